// The panel's tools: elements without innerHTML, and the control API.

export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value" || (key in made && typeof value !== "string")) made[key] = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export async function get(path) {
  return checked(await fetch(path, { cache: "no-store" }));
}

// What a person does: a refusal is shown, and answered with null.
export async function post(path, body = {}) {
  try {
    const told = await checked(await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }));
    notice("");
    return told;
  } catch (error) {
    notice(error.message);
    return null;
  }
}

async function checked(answer) {
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

export function notice(text) {
  const box = document.querySelector("#notice");
  box.textContent = text;
  box.hidden = !text;
}

export const number = (gid) => gid.split("/").pop();

export function flash(element) {
  element.classList.remove("flash");
  void element.offsetWidth; // let the animation begin anew
  element.classList.add("flash");
}
