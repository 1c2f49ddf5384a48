/** To run a placement for real: the button, how far it is, and what came of it. */

import { element, keepKeys, setText } from "../dom";
import { readSvg } from "../stage";
import type { Outcome } from "./document";
import { button, enable, isEnabled } from "./parts";

export class RunPanel {
  readonly root = element("section", { class: "cgx-running", "aria-label": "run" });
  readonly #button = button("Run it", "cgx-next");
  readonly #status = element("p", { class: "cgx-status", role: "status" });
  readonly #clock = element("span", { class: "cgx-clock", "aria-hidden": "true" });
  readonly #result = element("div", { class: "cgx-result" });
  #drawn = "";

  constructor(run: () => void) {
    this.#button.addEventListener("click", () => isEnabled(this.#button) && run());
    this.root.append(
      element("div", { class: "cgx-run-bar" }, this.#button, this.#status, this.#clock),
      this.#result,
    );
  }

  /**
   * `why` it can't be run, "" where it can; `isOld`: it ran another placement than is shown; `isOrdered`:
   * another run is about to begin.
   */
  show(outcome: Outcome | null, why: string, isOld: boolean, isOrdered: boolean): void {
    const isRunning = !why && (isOrdered || outcome?.state === "running");
    enable(this.#button, !why && !isRunning);
    this.root.setAttribute("aria-busy", String(isRunning));
    const seconds = Math.round((isRunning && outcome?.seconds) || 0);
    setText(this.#clock, seconds ? `${seconds} s` : "");
    const said = why || (isRunning ? "running on the workers…" : status(outcome, isOld));
    setText(this.#status, said);
    const isFailure = outcome?.state === "failed" && !why && !isRunning;
    this.#status.classList.toggle("cgx-failed", isFailure);
    if (!outcome || outcome.state === "done") this.#draw(outcome);
    this.#result.classList.toggle("cgx-old", Boolean(outcome && (isOld || isRunning || outcome.state !== "done")));
  }

  /** The pictures in the colours of the theme. */
  paint(theme: "light" | "dark"): void {
    const svg = this.#result.querySelector("svg");
    svg?.classList.toggle("cg-light", theme === "light");
    svg?.classList.toggle("cg-dark", theme === "dark");
  }

  #draw(outcome: Outcome | null): void {
    const key = JSON.stringify(outcome);
    if (key === this.#drawn) return;
    this.#drawn = key;
    if (!outcome) {
      this.#result.replaceChildren();
      return;
    }
    const rows = (outcome.lines ?? []).map(({ name, value, agrees }) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        element("td", {}, value),
        element("td", { class: agrees ? "" : "cgx-differs" }, agrees ? "✓ as computed here" : "✗ not as computed here"),
      ),
    );
    const table = element("table", { class: "cgx-table" }, element("tbody", {}, ...rows));
    this.#result.replaceChildren(
      element("div", { class: "cgx-measured" }, timeline("measured", outcome.timeline!)),
      table,
      element("p", { class: "cgx-aside" }, [outcome.rest, outcome.where, outcome.took].filter(Boolean).join(". ") + "."),
    );
  }
}

function status(outcome: Outcome | null, isOld: boolean): string {
  if (!outcome) return "on real processes, through Dask";
  if (outcome.state === "failed") return outcome.error ?? "It failed.";
  return isOld ? "done, of the placement before: run it again for this one" : "done";
}

/** A picture of who did what when, with a heading. */
export function timeline(word: string, text: string): HTMLElement {
  const svg = readSvg(text);
  svg.setAttribute("role", "img");
  svg.style.minWidth = `calc(${svg.getAttribute("width")}px * var(--cgx-smallest, 0.5))`;
  const told = new DOMParser().parseFromString(text, "image/svg+xml").querySelector("desc");
  svg.setAttribute("aria-label", `${word}: ${told?.textContent ?? ""}`);
  const caption = element("figcaption", { class: "cgx-title" }, word);
  const about = { class: "cgx-scroll", role: "group", tabindex: 0, "aria-label": `${word} timeline` };
  const scroll = keepKeys(element("div", about, svg));
  return element("figure", { class: "cgx-timeline" }, caption, scroll);
}
