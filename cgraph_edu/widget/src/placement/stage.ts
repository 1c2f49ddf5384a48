/** The picture of a placement: Python's SVG, whose boxes can be given to another worker. */

import { drawn, keepKeys, setAttribute } from "../dom";
import { part, readSvg } from "../stage";
import type { Block, Step } from "./document";

/** What a person does to a block. */
export interface Giving {
  /** Give it to the next worker. */
  next(block: number): void;
  /** Give it to this worker, if there is one. */
  to(block: number, worker: number): void;
}

export class PlacementStage {
  readonly svg: SVGSVGElement;
  readonly #boxes: readonly SVGGElement[];

  /** Throws DocumentError if `text` is not a picture of these blocks. */
  constructor(
    text: string,
    private readonly blocks: readonly Block[],
    placement: readonly number[],
    giving: Giving,
  ) {
    this.svg = readSvg(text);
    const width = Number(this.svg.getAttribute("width"));
    this.svg.style.minWidth = `calc(${width}px * var(--cgx-smallest, 0.5))`;
    this.#boxes = blocks.map(({ item }, index) => {
      const box = part(this.svg, `.node[data-node="${item}"]`);
      enliven(box, index, giving);
      setAttribute(box, "aria-label", `${read(box)}, on worker ${placement[index]}`);
      return box;
    });
  }

  paint(theme: "light" | "dark"): void {
    this.svg.classList.toggle("cg-light", theme === "light");
    this.svg.classList.toggle("cg-dark", theme === "dark");
  }

  /** The block whose box has the focus; -1 for none. */
  get focused(): number {
    return this.#boxes.findIndex((box) => box.matches(":focus"));
  }

  focus(block: number): void {
    this.#boxes[block]?.focus({ preventScroll: true });
  }

  /** Mark a step of the critical path, or none. */
  light(step: Step | undefined): void {
    this.svg.classList.toggle("cgx-stepping", Boolean(step));
    this.#boxes.forEach((box, index) => {
      const isActing = Boolean(step && step.worker !== null && step.items.includes(this.blocks[index]!.item));
      box.classList.toggle("cgx-acting", isActing);
    });
    for (const edge of this.svg.querySelectorAll<SVGElement>(".edge")) {
      const ends = [Number(edge.dataset["source"]), Number(edge.dataset["target"])];
      const isActive = step?.wires.some(([source, target]) => source === ends[0] && target === ends[1]);
      edge.classList.toggle("cgx-active", Boolean(isActive));
    }
  }
}

/** What stands in a box. As text its parts must read like that. */
function read(box: SVGGElement): string {
  // The worker's number goes beside it, so that the focus ring stays on the box.
  const badge = drawn("g", { class: "cgx-on-box", "aria-hidden": "true" });
  badge.append(...box.querySelectorAll(".pill, .badge"));
  box.after(badge);
  const parts = [...box.querySelectorAll(".formula, .note, .value")];
  for (const text of parts.slice(1)) text.before(" ");
  return parts.map(({ textContent }) => textContent).join(", ");
}

function enliven(box: SVGGElement, index: number, giving: Giving): void {
  setAttribute(box, "role", "button");
  setAttribute(box, "tabindex", "0");
  keepKeys(box);
  box.addEventListener("click", () => giving.next(index));
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") giving.next(index);
    else if (/^[0-9]$/.test(event.key)) giving.to(index, Number(event.key));
    else return;
    event.preventDefault();
  });
}
