/** The figures of a placement beside those of the automatic one, and what they assume. */

import { element, keepKeys, setText } from "../dom";
import { readNumber } from "../inputs";
import { formatNumber } from "../numbers";
import type { Field, Figure } from "./document";

export class ComparisonPanel {
  readonly root = element("section", { class: "cgx-comparison", "aria-label": "comparison" });
  readonly #body = element("tbody");

  constructor() {
    const heads = ["yours", "automatic"].map((word) => element("th", { scope: "col" }, word));
    const head = element("thead", {}, element("tr", {}, element("td"), ...heads));
    this.root.append(
      element("div", { class: "cgx-head" }, element("h3", { class: "cgx-title" }, "yours beside the automatic one")),
      element("table", { class: "cgx-table" }, head, this.#body),
    );
  }

  show(figures: readonly Figure[]): void {
    this.#body.replaceChildren(...figures.map(line));
  }
}

function line({ name, yours, automatic, better, word }: Figure): HTMLElement {
  const cells = Object.entries({ yours, automatic }).map(([side, value]) => {
    if (side !== better) return element("td", {}, value);
    const sign = element("span", { class: "cgx-better" }, word);
    return element("td", {}, sign, " ", element("b", {}, value));
  });
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
}

/** A number field for each assumption, and how the automatic placement is found. */
export class MachinePanel {
  readonly root = element("section", { class: "cgx-machine", "aria-label": "assumptions" });
  readonly #note = element("p", { class: "cgx-note", role: "status" });
  readonly #explanation = element("p", { class: "cgx-aside" });
  readonly #inputs: readonly HTMLInputElement[];
  #machine: Readonly<Record<string, number>> = {};

  constructor(
    private readonly fields: readonly Field[],
    changed: (machine: Readonly<Record<string, number>>) => void,
  ) {
    this.#inputs = fields.map(({ name, label, note, unit, zero }) => {
      const field = element("input", {
        class: "cgx-field",
        inputmode: "decimal",
        autocomplete: "off",
        "aria-label": `${label} in ${unit}: ${note}`,
      });
      field.addEventListener("change", () => {
        const x = readNumber(field.value);
        const isPossible = x !== null && (x > 0 || (x === 0 && zero));
        field.setAttribute("aria-invalid", String(!isPossible));
        setText(this.#note, isPossible ? "" : `This must be a number, ${zero ? "0 or more" : "more than 0"}.`);
        if (isPossible) changed({ ...this.#machine, [name]: x });
      });
      return keepKeys(field);
    });
    const rows = fields.map(({ label, note, unit }, index) => {
      const words = element("span", {}, label, element("span", { class: "cgx-aside" }, note));
      return element("label", { class: "cgx-assumed" }, words, this.#inputs[index]!, element("span", { class: "cgx-aside" }, unit));
    });
    this.root.append(
      element("div", { class: "cgx-head" }, element("h3", { class: "cgx-title" }, "assumed, for the simulation")),
      ...rows,
      this.#note,
      element("div", { class: "cgx-why" }, element("h3", { class: "cgx-title" }, "the automatic placement"), this.#explanation),
    );
  }

  explain(text: string): void {
    setText(this.#explanation, text);
  }

  show(machine: Readonly<Record<string, number>>): void {
    // What a person is about to type stays.
    if (JSON.stringify(machine) === JSON.stringify(this.#machine)) return;
    this.#machine = machine;
    setText(this.#note, "");
    this.#inputs.forEach((field, index) => {
      field.value = formatNumber(machine[this.fields[index]!.name]!);
      field.removeAttribute("aria-invalid");
    });
  }
}
