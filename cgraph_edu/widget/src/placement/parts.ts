/** Small things that the panels share. */

import { element, keepKeys, setAttribute, setText } from "../dom";

/** Workers' colours repeat after eight; the number tells them apart. */
const COLOURS = 8;

export function button(text: string, kind = ""): HTMLButtonElement {
  return keepKeys(element("button", { type: "button", class: `cgx-control ${kind}`.trim() }, text));
}

/** A button that can't be used still has the focus and its name. */
export function enable(control: HTMLElement, isEnabled: boolean): void {
  setAttribute(control, "aria-disabled", String(!isEnabled));
}

export function isEnabled(control: HTMLElement): boolean {
  return control.getAttribute("aria-disabled") !== "true";
}

/** A worker's number in its colour. */
export function workerBadge(worker: number): HTMLElement {
  const made = element("span", { class: "cgx-worker" });
  colour(made, worker);
  return made;
}

export function colour(badge: HTMLElement, worker: number): void {
  setText(badge, String(worker));
  badge.style.setProperty("--cgx-worker", `var(--cg-worker-${worker % COLOURS}-line)`);
}

export function range(count: number): number[] {
  return [...Array(count).keys()];
}
