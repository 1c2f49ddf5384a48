/** Paths, forward or reverse: one of three, as radio buttons. */

import { element, keepKeys } from "./dom";
import type { Mode } from "./steps";

export type View = "paths" | Mode;

const VIEWS: readonly View[] = ["paths", "forward", "reverse"];

export class Modes {
  readonly root = element("div", { class: "cgx-modes", role: "radiogroup", "aria-label": "mode" });
  readonly #buttons: readonly HTMLButtonElement[];

  constructor(chosen: (view: View) => void) {
    this.#buttons = VIEWS.map((view, index) => {
      const word = view[0]!.toUpperCase() + view.slice(1);
      const button = element("button", { type: "button", role: "radio", class: "cgx-mode" }, word);
      button.addEventListener("click", () => chosen(view));
      button.addEventListener("keydown", (event) => {
        const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: 2, ArrowUp: 2 }[event.key];
        if (move === undefined) return;
        event.preventDefault();
        const next = (index + move) % VIEWS.length;
        this.#buttons[next]!.focus();
        chosen(VIEWS[next]!);
      });
      return keepKeys(button);
    });
    this.root.append(...this.#buttons);
  }

  set(view: View): void {
    this.#buttons.forEach((button, index) => {
      button.setAttribute("aria-checked", String(VIEWS[index] === view));
      button.tabIndex = VIEWS[index] === view ? 0 : -1;
    });
  }
}

/** The mode that Python names; what it does not know is the paths. */
export function readView(told: unknown): View {
  return VIEWS.find((view) => view === told) ?? "paths";
}
