/** The blocks as a table, with a menu of workers for each, and where a run put them. */

import { element, keepKeys, setText } from "../dom";
import { mathName } from "../names";
import type { Block } from "./document";
import { button, colour, enable, isEnabled, range, workerBadge } from "./parts";

export interface Placing {
  give(block: number, worker: number): void;
  automatic(): void;
  undo(): void;
}

export class BlocksPanel {
  readonly root = element("section", { class: "cgx-blocks", "aria-label": "blocks" });
  readonly #automatic = button("Automatic");
  readonly #undo = button("Undo");
  readonly #rows: readonly Row[];
  readonly #column = element("th", { scope: "col", hidden: "" }, "ran");
  #workers = 0;

  constructor(blocks: readonly Block[], placing: Placing) {
    for (const [control, act] of [
      [this.#automatic, placing.automatic],
      [this.#undo, placing.undo],
    ] as const) {
      control.addEventListener("click", () => isEnabled(control) && act());
    }
    this.#rows = blocks.map((block, index) => new Row(block, (worker) => placing.give(index, worker)));
    const heads = ["block", "worker"].map((word) => element("th", { scope: "col" }, word));
    const head = element("thead", {}, element("tr", {}, ...heads, this.#column));
    const body = element("tbody", {}, ...this.#rows.map(({ root }) => root));
    const buttons = element("div", { class: "cgx-buttons" }, this.#undo, this.#automatic);
    this.root.append(
      element("div", { class: "cgx-head" }, element("h3", { class: "cgx-title" }, "blocks"), buttons),
      element("div", { class: "cgx-list" }, element("table", { class: "cgx-table" }, head, body)),
    );
  }

  show(placement: readonly number[], workers: number): void {
    if (workers !== this.#workers) this.#rows.forEach((row) => row.offer(workers));
    this.#workers = workers;
    this.#rows.forEach((row, index) => row.show(placement[index]!));
  }

  /** Where the blocks ran that were to run where `wanted` says; null where nothing has run. */
  showRun(ran: readonly number[] | null, wanted: readonly number[]): void {
    this.#column.hidden = !ran;
    this.#rows.forEach((row, index) => row.showRun(ran && ran[index]!, wanted[index]!));
  }

  allow(canUndo: boolean, isAutomatic: boolean): void {
    enable(this.#undo, canUndo);
    enable(this.#automatic, !isAutomatic);
  }
}

class Row {
  readonly root = element("tr");
  readonly #menu: HTMLSelectElement;
  readonly #badge = workerBadge(0);
  readonly #ran = element("td", { hidden: "" });

  constructor({ name, label, note }: Block, given: (worker: number) => void) {
    this.#menu = keepKeys(element("select", { class: "cgx-menu", "aria-label": `worker of ${name}` }));
    this.#menu.addEventListener("change", () => given(Number(this.#menu.value)));
    const title = label ? mathName(label) : name;
    const blank = element("span", { class: "cgx-blank" }, this.#menu);
    this.#badge.setAttribute("aria-hidden", "true");
    this.root.append(
      element("th", { scope: "row" }, title, element("span", { class: "cgx-aside" }, note)),
      element("td", {}, element("span", { class: "cgx-choice" }, this.#badge, blank)),
      this.#ran,
    );
  }

  offer(workers: number): void {
    const options = range(workers).map((worker) => element("option", { value: worker }, String(worker)));
    this.#menu.replaceChildren(...options);
  }

  show(worker: number): void {
    this.#menu.value = String(worker);
    colour(this.#badge, worker);
  }

  showRun(ran: number | null, wanted: number): void {
    this.#ran.hidden = ran === null;
    this.#ran.classList.toggle("cgx-differs", ran !== wanted);
    setText(this.#ran, ran === wanted ? "✓" : `on ${ran}`);
  }
}
