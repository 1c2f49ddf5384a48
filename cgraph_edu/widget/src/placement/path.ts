/** The critical path as steps to walk along, with a key or a click. */

import { element, keepKeys, setText } from "../dom";
import type { Step } from "./document";
import { workerBadge } from "./parts";

export class PathPanel {
  readonly root = element("section", { class: "cgx-path", "aria-label": "critical path" });
  readonly #list = element("ol", { class: "cgx-steps" });
  readonly #sum = element("p", { class: "cgx-sum-of-path" });
  #steps: readonly Step[] = [];
  #buttons: readonly HTMLButtonElement[] = [];
  #at = -1;

  /** `lit` is told the step that stands out, or -1 for none. */
  constructor(private readonly lit: (step: number) => void) {
    this.root.append(
      element("div", { class: "cgx-head" }, element("h3", { class: "cgx-title" }, "critical path: the chain of tasks and messages that ends last")),
      this.#list,
      this.#sum,
    );
    this.#list.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The same steps stay as they are, focus and all. */
  show(steps: readonly Step[], sum: string): void {
    setText(this.#sum, sum);
    if (JSON.stringify(steps) === JSON.stringify(this.#steps)) return;
    const hadFocus = this.#list.matches(":focus-within");
    this.#steps = steps;
    this.#buttons = steps.map((step, index) => {
      const isSent = step.worker === null;
      const made = element("button", { type: "button", class: isSent ? "cgx-leg cgx-sent" : "cgx-leg" });
      const aside = isSent ? "" : `, on worker ${step.worker}, ${step.seconds}`;
      made.append(isSent ? "→ " : badge(step.worker!), step.text, element("span", { class: "cgx-hidden" }, aside));
      made.addEventListener("click", () => this.#light(index === this.#at ? -1 : index));
      return keepKeys(made);
    });
    this.#list.replaceChildren(...this.#buttons.map((item) => element("li", {}, item)));
    this.mark(-1);
    if (hadFocus) this.#buttons[0]?.focus();
  }

  mark(step: number): void {
    this.#at = step;
    this.#buttons.forEach((item, index) => {
      item.setAttribute("aria-pressed", String(index === step));
      item.tabIndex = index === Math.max(step, 0) ? 0 : -1;
    });
  }

  get step(): Step | undefined {
    return this.#steps[this.#at];
  }

  #light(step: number): void {
    this.mark(step);
    this.lit(step);
  }

  #key(event: KeyboardEvent): void {
    const now = this.#buttons.findIndex((item) => item === event.target);
    const last = this.#buttons.length - 1;
    const next = {
      ArrowRight: Math.min(now + 1, last),
      ArrowDown: Math.min(now + 1, last),
      ArrowLeft: Math.max(now - 1, 0),
      ArrowUp: Math.max(now - 1, 0),
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.#light(next);
    this.#buttons[next]?.focus();
  }
}

function badge(worker: number): HTMLElement {
  const made = workerBadge(worker);
  made.setAttribute("aria-hidden", "true");
  return made;
}
