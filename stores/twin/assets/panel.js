// The control panel: a person plays merchant, shopper and bad luck, and watches what comes of it.
import { flash, get, h, post } from "./panel-page.js";
import { ShopColumn } from "./panel-shop.js";

const EVERY_MS = 1000;
const ROWS = 250;
const SHOWN = ["edit", "create", "delete", "write", "order", "delivery", "touch", "refused"];
const find = (selector) => document.querySelector(selector);

const columns = new Map();
const hidden = new Set();
let chosen = null;
let since = 0;
let paused = false;
let mode = "real";

async function tick() {
  if (document.hidden) return;
  try {
    const told = await get(`overview?since=${since}`);
    document.body.classList.remove("gone");
    await draw(told);
  } catch (error) {
    document.body.classList.add("gone");
    find("#quiet").textContent = `The twin does not answer: ${error.message}`;
  }
}

async function draw(told) {
  mode = told.clock.mode;
  find("#now").textContent = told.clock.now.slice(0, 19).replace("T", " ");
  find("#mode").textContent = mode === "virtual" ? "Clock stands: let it run" : "Clock runs: make it stand";
  find("#quiet").textContent = told.quiet ? "All is quiet" : "Deliveries are on their way";
  find("#quiet").classList.toggle("busy", !told.quiet);
  const isNew = told.last !== since;
  if (told.last < since) { // the twin was reset, or is another one
    since = 0;
    find("#log").replaceChildren();
    return;
  }
  since = told.last;
  showShops(told.shops);
  if (isNew) {
    logAll(told.log);
    await Promise.all([...columns.values()].map((column) => column.refresh()));
    await search();
  }
}

function showShops(shops) {
  const wanted = new Set(shops.map((shop) => shop.domain));
  for (const [domain, column] of columns) {
    if (wanted.has(domain)) continue;
    column.root.remove();
    columns.delete(domain);
  }
  for (const shop of shops) {
    if (!columns.has(shop.domain)) {
      const column = new ShopColumn(shop);
      columns.set(shop.domain, column);
      find("#shops").append(column.root);
      if (chosen) column.choose(chosen.ids[shop.domain], chosen);
    }
    columns.get(shop.domain).update(shop);
  }
}

async function search() {
  const query = encodeURIComponent(find("#query").value.trim());
  const { products } = await get(`catalogue?query=${query}`);
  find("#found").replaceChildren(...products.map((entry) => h("li", {},
    h("button", {
      type: "button",
      "aria-pressed": String(entry.key === chosen?.key),
      onclick: () => choose(entry),
    }, h("strong", {}, entry.title), h("small", {}, entry.key),
    h("span", { class: "dots", title: Object.keys(entry.ids).join(", ") },
      [...columns.keys()].map((domain) => h("i", { class: domain in entry.ids ? "on" : "" })))))));
  if (!chosen && products.length) await choose(products[0]);
}

async function choose(entry) {
  chosen = entry;
  await Promise.all([...columns].map(([domain, column]) => column.choose(entry.ids[domain], entry)));
  for (const button of document.querySelectorAll("#found button")) {
    button.setAttribute("aria-pressed", String(button.querySelector("small").textContent === entry.key));
  }
}

function logAll(entries) {
  if (paused) return;
  const rows = entries.map(row).reverse();
  const body = find("#log");
  body.prepend(...rows);
  rows.forEach(flash);
  while (body.rows.length > ROWS) body.deleteRow(-1);
}

function row(entry) {
  const made = h("tr", { "data-kind": entry.kind, hidden: hidden.has(entry.kind), class: entry.kind },
    h("td", {}, entry.time.slice(11, 19)), h("td", {}, entry.shop.split(".")[0]),
    h("td", {}, entry.kind), h("td", {}, said(entry)),
    h("td", { title: entry.cause || entry.request_id || "" }, entry.by || ""));
  if (entry.kind === "delivery" && !(entry.status >= 200 && entry.status < 300)) made.classList.add("bad");
  return made;
}

function said(entry) {
  const thing = entry.resource?.split("/").slice(-2).join(" ").split("?")[0];
  switch (entry.kind) {
    case "edit": return `${thing}: ${entry.attribute} ${short(entry.old)} → ${short(entry.new)}`;
    case "delivery": return `${entry.topic}: ${entry.status}${entry.attempt > 1 ? `, try ${entry.attempt}` : ""}`;
    case "write": return `${entry.operation} accepted${entry.cause ? `, because of ${entry.cause}` : ""}`;
    default: return [thing, entry.said].filter(Boolean).join(": ");
  }
}

const short = (value) => {
  const text = typeof value === "string" ? `“${value}”` : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

function showKinds() {
  find("#kinds").replaceChildren(...SHOWN.map((kind) => h("label", {}, h("input", {
    type: "checkbox", checked: true,
    onchange: (event) => {
      if (event.target.checked) hidden.delete(kind);
      else hidden.add(kind);
      for (const found of document.querySelectorAll(`#log [data-kind="${kind}"]`)) found.hidden = hidden.has(kind);
    },
  }), kind)));
}

find("#query").addEventListener("input", search);
find("#mode").addEventListener("click", async () => {
  await post("clock", { mode: mode === "virtual" ? "real" : "virtual" });
  await tick();
});
for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    await post("clock", { advance: Number(button.dataset.advance) });
    button.disabled = false;
    await tick();
  });
}
find("#pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
  event.target.textContent = paused ? "Go on" : "Pause";
});

showKinds();
await tick();
await search();
for (;;) {
  await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
  await tick();
}
