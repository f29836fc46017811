// One shop's column: its health, the chosen product as a form, what shoppers see of it, its faults.
import { Faults } from "./panel-faults.js";
import { flash, get, h, number, post } from "./panel-page.js";

const TEXTS = { title: "Title", vendor: "Vendor", productType: "Type", tags: "Tags" };
const STATUSES = ["ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"];

export class ShopColumn {
  constructor(shop) {
    this.domain = shop.domain;
    this.currency = shop.currency;
    this.id = null;
    this.form = null;
    this.facts = h("p", { class: "facts" });
    this.power = h("button", { type: "button", onclick: () => this.toggle() });
    this.place = h("div", { class: "product" });
    this.front = h("div", { class: "front", "aria-label": `Storefront of ${shop.name}` });
    const base = `/shops/${shop.domain}`;
    this.root = h("article", { class: "shop" },
      h("header", {}, h("h2", {}, shop.name), this.power,
        h("p", {}, shop.domain, " · ", h("a", { href: `${base}/admin` }, "admin"), " · ",
          h("a", { href: `${base}/` }, "storefront")), this.facts),
      this.place, this.front, new Faults(shop.domain).root);
  }

  update(shop) {
    const { calls = 0, points = 0, throttled = 0 } = shop.counters;
    this.outage = shop.outage;
    this.power.textContent = shop.outage ? "API is down: bring it up" : "API is up: take it down";
    this.root.classList.toggle("down", shop.outage);
    this.facts.textContent = `${shop.plan} · ${shop.currency} · ${shop.products} products · ` +
      `${shop.orders} orders · ${calls} calls · ${Math.round(points)} points · ${throttled} throttled` +
      `${shop.held ? ` · ${shop.held} deliveries held` : ""}`;
  }

  async toggle() {
    await post(`shops/${this.domain}/settings`, { outage: !this.outage });
    this.update({ ...(await get("overview?since=1e9")).shops.find((shop) => shop.domain === this.domain) });
  }

  // Show a product of this shop, or what to do where it has none of that kind.
  async choose(id, entry) {
    this.id = id ?? null;
    this.entry = entry;
    this.form = null;
    await this.refresh();
  }

  async refresh() {
    if (!this.entry) return;
    if (this.id === null) {
      this.absent();
      return;
    }
    let product;
    try {
      product = await get(`shops/${this.domain}/products/${this.id}`);
    } catch {
      this.id = null; // it was deleted meanwhile
      this.absent();
      return;
    }
    if (!this.form || this.form.dataset.shape !== shape(product)) this.draw(product);
    else this.renew(product);
    this.show(product);
  }

  absent() {
    this.form = null;
    this.front.replaceChildren();
    this.place.replaceChildren(h("p", { class: "hint" }, "Not in this shop. "),
      h("button", { type: "button", onclick: () => this.create() }, "Create it here"));
  }

  async create() {
    const sku = this.entry.key.startsWith("id ") ? null : this.entry.key;
    const made = await post(`shops/${this.domain}/products`,
      { title: this.entry.title, variants: [{ sku, price: "10.00", stock: 5 }] });
    if (made) await this.choose(Number(number(made.id)), this.entry);
  }

  draw(product) {
    this.fields = new Map();
    const keep = (key, value, control) => {
      control.dataset.shown = value;
      this.fields.set(key, control);
      return control;
    };
    const field = (key, label, value, build) => h("label", {}, label, keep(key, value, build(value)));
    const line = (value) => h("input", { value });
    const texts = Object.entries(TEXTS).map(([name, label]) => field(name, label, text(product[name]), line));
    const status = field("status", "Status", product.status, (value) =>
      h("select", {}, STATUSES.map((each) => h("option", { selected: each === value }, each))));
    const words = field("descriptionHtml", "Description (HTML)", product.descriptionHtml, (value) =>
      h("textarea", { rows: 2, value }));
    this.form = h("form", { onsubmit: (event) => this.save(event), "data-shape": shape(product) },
      texts, status, words, this.variants(product, keep),
      h("div", { class: "row" }, h("button", { class: "main" }, "Save"),
        h("button", { type: "button", class: "danger", onclick: () => this.remove() }, "Delete")));
    this.place.replaceChildren(this.form);
  }

  variants(product, keep) {
    const cell = (variant, name, label, value, disabled = false) => h("td", {}, keep(`${variant.id} ${name}`,
      text(value), h("input", {
        value: text(value), disabled, "aria-label": `${label} of ${variant.title}`,
        inputmode: name === "sku" ? "text" : "decimal",
      })));
    const rows = product.variants.map((variant) => h("tr", {}, h("th", { scope: "row" }, variant.title),
      cell(variant, "price", "Price", variant.price),
      cell(variant, "compareAtPrice", "Compare-at price", variant.compareAtPrice),
      cell(variant, "sku", "SKU", variant.sku),
      // Over several locations it is a sum, which nobody can count.
      cell(variant, "available", "Stock", available(variant), Object.keys(variant.stock).length > 1),
      h("td", {}, h("button", { type: "button", onclick: () => this.order(variant),
        "aria-label": `Order one ${variant.title}` }, "Order"))));
    const heads = ["", "Price", "Was", "SKU", "Stock", ""].map((head) => h("th", {}, head));
    return h("div", { class: "scroll" }, h("table", { class: "variants" },
      h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)));
  }

  // Take over what has changed in the shop, but for what a person is just writing.
  renew(product) {
    const now = new Map(Object.keys(TEXTS).map((name) => [name, text(product[name])]));
    now.set("status", product.status).set("descriptionHtml", product.descriptionHtml);
    for (const variant of product.variants) {
      for (const name of ["price", "compareAtPrice", "sku"]) now.set(`${variant.id} ${name}`, text(variant[name]));
      now.set(`${variant.id} available`, text(available(variant)));
    }
    for (const [key, value] of now) {
      const control = this.fields.get(key);
      if (!control || control.dataset.shown === value) continue;
      if (control.value === control.dataset.shown) {
        control.value = value;
        flash(control);
      }
      control.dataset.shown = value;
    }
  }

  async save(event) {
    event.preventDefault();
    const fields = {};
    const variants = new Map();
    const counts = [];
    for (const [key, control] of this.fields) {
      if (control.value === control.dataset.shown) continue;
      const [owner, name] = key.includes(" ") ? key.split(" ") : [null, key];
      if (name === "available") counts.push({ variant: owner, available: Number(control.value) });
      else if (owner) variants.set(owner, { ...variants.get(owner), id: owner, [name]: control.value || null });
      else fields[name] = control.value;
    }
    const path = `shops/${this.domain}`;
    if (Object.keys(fields).length || variants.size) {
      await post(`${path}/products/${this.id}`, { ...fields, variants: [...variants.values()] });
    }
    for (const count of counts) await post(`${path}/stock`, count);
    this.form = null;
    await this.refresh();
  }

  async order(variant) {
    await post(`shops/${this.domain}/orders`, { lines: [{ variant: variant.id, quantity: 1 }] });
    await this.refresh();
  }

  async remove() {
    if (!window.confirm(`Delete this product in ${this.domain}?`)) return;
    await post(`shops/${this.domain}/products/${this.id}/delete`);
    await this.choose(null, this.entry);
  }

  // What a shopper sees.
  show(product) {
    const cheapest = product.variants[0];
    const left = product.variants.reduce((sum, variant) => sum + Number(available(variant) || 0), 0);
    const offer = !product.visible ? "Not shown to shoppers" : left > 0 ? `${left} left` : "Sold out";
    const told = `${product.title}|${cheapest.price}|${cheapest.compareAtPrice}|${offer}`;
    if (this.front.dataset.told === told) return;
    if (this.front.dataset.told) flash(this.front);
    this.front.dataset.told = told;
    this.front.replaceChildren(h("small", {}, "Storefront"), h("strong", {}, product.title),
      h("span", {}, `${cheapest.price} ${this.currency} `,
        cheapest.compareAtPrice ? h("s", {}, cheapest.compareAtPrice) : null),
      h("span", { class: product.visible && left > 0 ? "good" : "bad" }, offer));
  }
}

const text = (value) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));
const shape = (product) => `${product.id} ${product.variants.map((variant) => variant.id).join(" ")}`;

function available(variant) {
  const places = Object.values(variant.stock || {});
  if (places.length === 0) return "";
  return places.reduce((sum, place) => sum + (place.available ?? 0), 0);
}
