// The admin around an embedded app: answers its App Bridge, and nobody else.
(() => {
  "use strict";
  const frame = document.querySelector("iframe");
  const doors = document.body.dataset.doors;
  const home = document.body.dataset.home;
  const toast = document.querySelector("#toast");
  const bar = document.querySelector("#save-bar");
  let fading = 0;

  async function json(path, body) {
    const options = body
      ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }
      : {};
    const answer = await fetch(`${doors}/${path}`, options);
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    return told;
  }

  async function scopes(given) {
    if (given.request) {
      const wanted = given.request.join(", ");
      if (!window.confirm(`The app asks for: ${wanted}. Allow it?`)) {
        return { result: "declined-all", detail: await json("scopes") };
      }
      return { result: "granted-all", detail: await json("scopes", given) };
    }
    return json("scopes", given.revoke ? given : undefined);
  }

  function say(given) {
    window.clearTimeout(fading);
    toast.textContent = given ? given.message : "";
    toast.className = given?.isError ? "error" : "";
    toast.hidden = !given;
    fading = window.setTimeout(() => { toast.hidden = true; }, 5000);
  }

  function navigate(links) {
    const list = document.querySelector("#app-links");
    list.replaceChildren(
      ...links.map(({ label, path }) => {
        const link = document.createElement("a");
        link.textContent = label;
        link.href = `${home}${path}`;
        const item = document.createElement("li");
        item.append(link);
        return item;
      }),
    );
  }

  const verbs = {
    "id-token": async () => (await json("id_token")).id_token,
    scopes,
    toast: say,
    navigation: navigate,
    loading: (on) => { document.body.classList.toggle("loading", on); },
    "save-bar": ({ shown }) => { bar.hidden = !shown; },
    admin: (path) => { window.location.assign(home.replace(/\/apps\/.*$/, path)); },
    here: ({ title, path }) => {
      if (title) document.title = title;
      window.history.replaceState(null, "", `${home}${path === "/" ? "" : path}`);
    },
  };

  window.addEventListener("message", async (event) => {
    const verb = event.source === frame.contentWindow && event.data?.twinBridge;
    if (!verb) return;
    const answer = { twinAnswer: true, id: event.data.id };
    try {
      answer.value = await verbs[verb](event.data.given);
    } catch (error) {
      answer.error = String(error.message || error);
    }
    frame.contentWindow.postMessage(answer, event.origin);
  });
})();
