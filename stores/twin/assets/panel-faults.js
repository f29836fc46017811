// The knobs of one shop, drawn from what the twin says of them: bounds, meaning, value.
import { get, h, post } from "./panel-page.js";

const KINDS = ["429", "503", "500", "502", "504", "401", "402", "403", "404", "423", "430", "cut",
  "cut_after", "truncated", "user_errors", "throttled", "internal_error", "slow", "slow_answer"];

export class Faults {
  constructor(domain) {
    this.domain = domain;
    this.path = `shops/${domain}/settings`;
    this.list = h("div", { class: "knobs" });
    this.count = h("span", { class: "badge", hidden: true });
    this.root = h("details", { class: "faults" },
      h("summary", {}, "Faults and knobs ", this.count), this.list);
    this.root.addEventListener("toggle", () => this.root.open && this.load());
    this.load();
  }

  async load() {
    this.draw((await get(this.path)).knobs);
  }

  async turn(name, value) {
    await post(this.path, { [name]: value });
    await this.load();
  }

  draw(knobs) {
    const turned = knobs.filter((knob) => knob.turned).length;
    this.count.textContent = `${turned} turned`;
    this.count.hidden = turned === 0;
    if (this.root.contains(document.activeElement) && this.list.childElementCount) {
      this.mark(knobs); // a person is at it: leave the controls where they are
      return;
    }
    const groups = Map.groupBy ? Map.groupBy(knobs, (knob) => knob.group) : grouped(knobs);
    this.list.replaceChildren(...[...groups].map(([name, members]) =>
      h("fieldset", {}, h("legend", {}, name), members.map((knob) => this.knob(knob)))));
  }

  mark(knobs) {
    for (const knob of knobs) {
      const row = this.list.querySelector(`[data-knob="${knob.name}"]`);
      row?.classList.toggle("turned", knob.turned);
      const shown = row?.querySelector("output");
      if (shown) shown.textContent = told(knob);
    }
  }

  knob(knob) {
    const id = `${this.domain}-${knob.name}`;
    const build = { share: "slider", switch: "tick", choice: "select", faults: "rules", rogues: "rogues" };
    const control = this[build[knob.kind] || "field"](knob, id);
    return h("div", { class: knob.turned ? "knob turned" : "knob", "data-knob": knob.name },
      h("label", { for: id, title: knob.says }, knob.name.replaceAll("_", " ")), control,
      h("small", {}, knob.says));
  }

  slider(knob, id) {
    const shown = h("output", { for: id }, told(knob));
    const range = h("input", { id, type: "range", min: "0", max: "1", step: "0.05", value: String(knob.value) });
    range.addEventListener("input", () => { shown.textContent = percent(range.value); });
    range.addEventListener("change", () => this.turn(knob.name, Number(range.value)));
    return h("span", { class: "slider" }, range, shown);
  }

  tick(knob, id) {
    return h("input", {
      id, type: "checkbox", role: "switch", checked: knob.value,
      onchange: (event) => this.turn(knob.name, event.target.checked),
    });
  }

  select(knob, id) {
    return h("select", { id, onchange: (event) => this.turn(knob.name, event.target.value) },
      knob.words.map((word) => h("option", { value: word, selected: word === knob.value }, word)));
  }

  field(knob, id) {
    const isJson = knob.kind === "topics";
    const isNumber = knob.kind === "seconds" || knob.kind === "count";
    const value = isJson ? JSON.stringify(knob.value) : knob.value ?? "";
    return h("input", {
      id, type: isNumber ? "number" : "text", value: String(value), step: "any",
      min: isNumber ? String(knob.least) : null, max: isNumber ? String(knob.most) : null,
      onchange: (event) => {
        const text = event.target.value;
        if (text === "" && knob.empty) return this.turn(knob.name, null);
        if (isJson) return this.turn(knob.name, parsed(text));
        return this.turn(knob.name, isNumber ? Number(text) : text);
      },
    });
  }

  rules(knob, id) {
    const kind = h("select", { id }, KINDS.map((each) => h("option", {}, each)));
    const share = h("input", { type: "number", min: "0", max: "1", step: "0.05", value: "1", "aria-label": "probability" });
    const count = h("input", { type: "number", min: "1", placeholder: "ever", "aria-label": "how often" });
    const operation = h("input", { placeholder: "any operation", "aria-label": "operation" });
    const seconds = h("input", { type: "number", min: "0", placeholder: "s", "aria-label": "seconds, or Retry-After" });
    const add = () => {
      const rule = { kind: kind.value, probability: Number(share.value) };
      if (count.value) rule.count = Number(count.value);
      if (operation.value) rule.operation = operation.value;
      if (seconds.value) rule[kind.value === "429" ? "retry_after" : "seconds"] = Number(seconds.value);
      this.turn(knob.name, [...knob.value, rule]);
    };
    return h("div", { class: "rules" }, this.standing(knob, (rule) =>
      `${rule.kind} at ${percent(rule.probability)}${rule.count === null ? "" : `, ${rule.count} left`}${rule.operation ? ` of ${rule.operation}` : ""}`),
    h("span", {}, kind, share, count, operation, seconds, h("button", { type: "button", onclick: add }, "Add")));
  }

  rogues(knob, id) {
    const attribute = h("input", { id, value: "title", "aria-label": "attribute" });
    const value = h("input", { value: "Rogue {n}", "aria-label": "value" });
    const every = h("input", { type: "number", min: "0.1", value: "5", "aria-label": "every so many seconds" });
    const add = () => this.turn(knob.name, [...knob.value,
      { attribute: attribute.value, value: value.value, every: Number(every.value) }]);
    return h("div", { class: "rules" }, this.standing(knob, (rule) =>
      `${rule.attribute} := ${rule.value} every ${rule.every} s`),
    h("span", {}, attribute, value, every, h("button", { type: "button", onclick: add }, "Let loose")));
  }

  standing(knob, words) {
    return knob.value.map((rule, place) => h("p", {}, words(rule), " ",
      h("button", { type: "button", "aria-label": `Remove ${words(rule)}`,
        onclick: () => this.turn(knob.name, knob.value.filter((_, other) => other !== place)) }, "×")));
  }
}

const percent = (share) => `${Math.round(share * 100)} %`;
const told = (knob) => (knob.kind === "share" ? percent(knob.value) : String(knob.value));

function parsed(text) {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return text; // the twin says what is wrong with it
  }
}

function grouped(knobs) {
  const groups = new Map();
  for (const knob of knobs) groups.set(knob.group, [...(groups.get(knob.group) || []), knob]);
  return groups;
}
