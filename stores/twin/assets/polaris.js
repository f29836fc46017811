// A stand-in for Polaris' web components: plain elements with Shopify's names and attributes.
// Enough to read and use an embedded page where Shopify's CDN can't be reached; not its looks.
(() => {
  "use strict";
  const source = document.currentScript?.src || "/shopifycloud/polaris.js";
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("polaris.css", source).href;
  document.head.append(style);

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };

  // Elements come to life when the page is parsed: some of them look at what they contain.
  const waiting = [];
  const define = (name, behaviour) => waiting.push([name, behaviour]);

  // What has a heading gets one at its top, at the level of its kind.
  const headed = (level) => class extends HTMLElement {
    connectedCallback() {
      const text = this.getAttribute("heading");
      if (!text || this.querySelector(":scope > .s-heading")) return;
      this.prepend(element(`h${level}`, { class: "s-heading" }, text));
    }
  };
  define("s-page", headed(1));
  define("s-section", headed(2));
  define("s-banner", headed(3));

  const roles = {
    "s-banner": "status", "s-table": "table", "s-table-header-row": "row",
    "s-table-header": "columnheader", "s-table-body": "rowgroup", "s-table-row": "row",
    "s-table-cell": "cell", "s-unordered-list": "list", "s-ordered-list": "list",
    "s-list-item": "listitem", "s-divider": "separator", "s-spinner": "progressbar",
    "s-app-nav": "navigation",
  };
  const giveRoles = (root) => {
    for (const [name, role] of Object.entries(roles)) {
      for (const found of root.querySelectorAll(`${name}:not([role])`)) found.setAttribute("role", role);
    }
  };

  define("s-button", class extends HTMLElement {
    static observedAttributes = ["disabled", "loading"];

    connectedCallback() {
      if (!this.hasAttribute("role")) this.setAttribute("role", this.hasAttribute("href") ? "link" : "button");
      this.update();
      this.addEventListener("click", (event) => this.act(event));
      this.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.click(); }
      });
    }

    attributeChangedCallback() { this.update(); }

    get off() { return this.hasAttribute("disabled") || this.hasAttribute("loading"); }

    update() {
      this.tabIndex = this.off ? -1 : 0;
      this.setAttribute("aria-disabled", String(this.off));
    }

    act(event) {
      if (this.off) { event.stopImmediatePropagation(); return; }
      const href = this.getAttribute("href");
      if (href) window.open(href, this.getAttribute("target") || "_self");
      const form = this.closest("form");
      if (form && this.getAttribute("type") === "submit") form.requestSubmit();
      if (form && this.getAttribute("type") === "reset") form.reset();
    }
  });

  define("s-link", class extends HTMLElement {
    connectedCallback() {
      if (this.querySelector("a")) return;
      const link = element("a", { href: this.getAttribute("href"), target: this.getAttribute("target") });
      link.append(...this.childNodes);
      this.append(link);
    }
  });

  // Fields hold a real control inside, so that forms, labels and keyboards work by themselves.
  const field = (build) => class extends HTMLElement {
    static observedAttributes = ["value", "checked", "error", "disabled"];

    connectedCallback() {
      if (this.control) return;
      this.control = build(this, element);
      this.control.id = `s-${Math.random().toString(36).slice(2)}`;
      for (const name of ["name", "placeholder", "disabled", "required", "readonly", "min", "max", "step", "autocomplete"]) {
        if (this.hasAttribute(name)) this.control.setAttribute(name, this.getAttribute(name));
      }
      const label = element("label", { for: this.control.id }, this.getAttribute("label") || "");
      const details = element("small", {}, this.getAttribute("details") || "");
      this.complaint = element("small", { class: "s-error", role: "alert" });
      this.append(...(this.control.type === "checkbox" ? [this.control, label] : [label, this.control]), details, this.complaint);
      this.attributeChangedCallback("error", null, this.getAttribute("error"));
    }

    attributeChangedCallback(name, before, value) {
      if (!this.control) return;
      if (name === "value" && this.control.value !== value) this.control.value = value ?? "";
      if (name === "checked") this.control.checked = value !== null;
      if (name === "disabled") this.control.disabled = value !== null;
      if (name === "error") {
        this.complaint.textContent = value || "";
        this.control.setAttribute("aria-invalid", String(!!value));
      }
    }

    get value() { return this.control ? this.control.value : this.getAttribute("value"); }
    set value(value) { this.setAttribute("value", value); if (this.control) this.control.value = value; }
    get checked() { return this.control ? this.control.checked : this.hasAttribute("checked"); }
    set checked(on) { this.toggleAttribute("checked", on); if (this.control) this.control.checked = on; }
    get name() { return this.getAttribute("name"); }
  };
  const input = (type) => (host, make) => make("input", { type, value: host.getAttribute("value") });
  for (const [name, type] of Object.entries({
    "s-text-field": "text", "s-search-field": "search", "s-number-field": "number",
    "s-money-field": "text", "s-email-field": "email", "s-url-field": "url",
    "s-password-field": "password", "s-date-field": "date",
  })) define(name, field(input(type)));
  define("s-text-area", field((host, make) => make("textarea", { rows: host.getAttribute("rows") || 3 }, host.getAttribute("value") || "")));
  const box = (host, make) => make("input", { type: "checkbox", value: host.getAttribute("value") || "on", checked: host.hasAttribute("checked") ? "" : null });
  define("s-checkbox", field(box));
  define("s-switch", field(box));
  define("s-select", field((host, make) => {
    const control = make("select");
    for (const option of host.querySelectorAll("s-option")) {
      const value = option.getAttribute("value") ?? option.textContent;
      const chosen = value === host.getAttribute("value") ? "" : null;
      control.append(make("option", { value, selected: chosen }, option.textContent));
    }
    host.querySelectorAll("s-option").forEach((option) => option.remove());
    return control;
  }));

  const begin = () => {
    for (const [name, behaviour] of waiting) {
      if (!customElements.get(name)) customElements.define(name, behaviour);
    }
    giveRoles(document);
    new MutationObserver(() => giveRoles(document)).observe(document.body, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
