/** How many workers there are, and which pass is shown. */

import { element, keepKeys } from "../dom";
import { range } from "./parts";

const PASSES = ["Forward", "Reverse"];

export class Bar {
  readonly root = element("div", { class: "cgx-bar" });
  readonly #workers: HTMLSelectElement;
  readonly #passes: readonly HTMLButtonElement[];

  constructor(
    blocks: number,
    most: number,
    private readonly does: { workers(count: number): void; pass(isReverse: boolean): void },
  ) {
    const options = range(most).map((i) => element("option", { value: i + 1 }, String(i + 1)));
    this.#workers = keepKeys(
      element("select", { class: "cgx-menu cgx-count", "aria-label": "number of workers" }, ...options),
    );
    this.#workers.addEventListener("change", () => does.workers(Number(this.#workers.value)));
    this.#passes = PASSES.map((word, index) => this.#pass(word, index));
    const radios = element("div", { class: "cgx-modes", role: "radiogroup", "aria-label": "pass" }, ...this.#passes);
    const blank = element("span", { class: "cgx-blank" }, this.#workers);
    this.root.append(`Place ${blocks} ${blocks === 1 ? "block" : "blocks"} on`, blank, "workers", radios);
  }

  show(workers: number, isReverse: boolean): void {
    this.#workers.value = String(workers);
    this.#passes.forEach((radio, index) => {
      const isChosen = (index === 1) === isReverse;
      radio.setAttribute("aria-checked", String(isChosen));
      radio.tabIndex = isChosen ? 0 : -1;
    });
  }

  #pass(word: string, index: number): HTMLButtonElement {
    const radio = element("button", { type: "button", role: "radio", class: "cgx-mode" }, word);
    radio.addEventListener("click", () => this.does.pass(index === 1));
    radio.addEventListener("keydown", (event) => {
      if (!/^Arrow/.test(event.key)) return;
      event.preventDefault();
      this.#passes[1 - index]!.focus();
      this.does.pass(index === 0);
    });
    return keepKeys(radio);
  }
}
