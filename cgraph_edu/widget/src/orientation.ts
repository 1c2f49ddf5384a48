/**
 * The picture from top to bottom: where it would be too small to read, its elements get the second
 * set of coordinates that Python computed. They stay the same elements, with focus and numbers.
 */

import { DocumentError, list, record } from "./document";
import { element } from "./dom";
import { squeeze } from "./stage";

/** On a narrow screen, a picture that would shrink below this share of its size is turned. */
const NARROW = 600;
const READABLE = 0.7;
/** On a wide one it may get smaller, and is turned only where it then stays on the screen. */
const LEGIBLE = 0.5;
const TALLEST = 1100;
/** A turned picture shrinks and grows so far: its smallest text stays at 11 px. */
const SMALLEST = 0.93;
const LARGEST = 1.1;

/** As in Python's drawing, in px. */
const HEIGHT = 46;
const RADIUS = 10;
const BASE = 29;
const STACKED = 4;

/** An attribute, from left to right and downward. */
type Change = readonly [Element, name: string, across: string, down: string];
type Attributes = Readonly<Record<string, string | number>>;

export class Orientation {
  readonly #across: number;
  readonly #down: number;
  #tall = 0;
  readonly #changes: Change[] = [];
  readonly #styles: readonly [across: string, down: string];
  /** As wide as the stage and of no height, so that turning the picture does not resize it. */
  readonly #ruler = element("div");
  #observer: ResizeObserver | undefined;
  #isDown = false;

  /** `json` are the coordinates, if there are any. Throws DocumentError where they don't fit. */
  constructor(
    json: unknown,
    private readonly svg: SVGSVGElement,
  ) {
    this.#across = Number(svg.getAttribute("width"));
    this.#down = json ? this.#read(record(json, "downward")) : 0;
    const style = svg.getAttribute("style") ?? "";
    this.#styles = [style, limits(this.#down * SMALLEST, this.#down * LARGEST)];
  }

  /** Turn with the width of the stage, which holds the picture; `turned` is called after each turn. */
  watch(stage: Element, turned: () => void): void {
    if (!this.#down) return;
    stage.prepend(this.#ruler);
    this.#observer = new ResizeObserver(([entry]) => {
      const { width } = entry!.contentRect;
      // A stage that is not on the page, or hidden, has no width.
      if (width && this.#turn(this.#isDownAt(width))) turned();
    });
    this.#observer.observe(this.#ruler);
  }

  #isDownAt(width: number): boolean {
    const share = width / this.#across;
    return width < NARROW ? share < READABLE : share < LEGIBLE && this.#tall <= TALLEST;
  }

  stop(): void {
    this.#observer?.disconnect();
  }

  /** Whether anything changed. */
  #turn(isDown: boolean): boolean {
    if (isDown === this.#isDown) return false;
    this.#isDown = isDown;
    const { svg } = this;
    for (const [place, name, ...values] of this.#changes) {
      place.setAttribute(name, values[Number(isDown)]!);
    }
    svg.style.cssText = this.#styles[Number(isDown)]!;
    svg.classList.toggle("cgx-down", isDown);
    svg.querySelectorAll("[data-room]").forEach(squeeze);
    return true;
  }

  /** Note what will change, and return how wide the picture is downward. */
  #read(json: Readonly<Record<string, unknown>>): number {
    const [width, height] = numbers(json["size"], 2);
    this.#tall = height;
    const [cell] = numbers([json["cell"]], 1);
    const [valueRoom, partialRoom] = numbers(json["rooms"], 2);
    const groups = this.svg.querySelectorAll(".node");
    const wires = this.svg.querySelectorAll(".edge");
    const boxes = listed(json["boxes"], groups.length);
    const edges = listed(json["edges"], wires.length);
    this.#set(this.svg, "", { viewBox: `0 0 ${width} ${height}`, width, height });
    this.#set(this.svg, ":scope > .paper", { width, height });
    groups.forEach((group, index) => {
      const [x, y, formula] = numbers(boxes[index], 3);
      const split = x + formula;
      const corner = (end: string) => `a${RADIUS},${RADIUS} 0 0 1 ${end}`;
      this.#set(group, ".back", { x, y, width: formula + cell });
      this.#set(group, ".box", { x, y, width: formula + cell });
      this.#set(group, ".behind", { x: x + STACKED, y: y - STACKED, width: formula + cell });
      this.#set(group, ".note", { x: x + formula / 2, y: y + BASE });
      this.#set(group, ".cell", {
        d:
          `M${split},${y}h${cell - RADIUS}${corner(`${RADIUS},${RADIUS}`)}v${HEIGHT - 2 * RADIUS}` +
          `${corner(`${-RADIUS},${RADIUS}`)}h${RADIUS - cell}z`,
      });
      this.#set(group, ".divider", { d: `M${split},${y}v${HEIGHT}` });
      this.#set(group, ".formula", { x: x + formula / 2, y: y + BASE });
      this.#set(group, ".value", { x: split + cell / 2, y: y + BASE, "data-room": valueRoom });
    });
    wires.forEach((group, edge) => {
      const [d, x, y, badges] = listed(edges[edge], 4) as [unknown, ...unknown[]];
      const [endX, endY] = end(String(d));
      this.#set(group, "", { "data-badges": String(badges) });
      this.#set(group, ".wire", { d: String(d) });
      this.#set(group, ".head", { d: `M${endX},${endY + 7}l-4.9-9.5l4.9 2.6l4.9-2.6z` });
      this.#set(group, ".partial", { transform: `translate(${numbers([x, y], 2).join(" ")})` });
      this.#set(group, ".number:not(.shape)", { "data-room": partialRoom });
    });
    return width;
  }

  #set(within: Element, selector: string, attributes: Attributes): void {
    const place = selector ? within.querySelector(selector) : within;
    if (!place) return;
    for (const [name, value] of Object.entries(attributes)) {
      this.#changes.push([place, name, place.getAttribute(name) ?? "", String(value)]);
    }
  }
}

/** Where a path ends; its last line may be one straight down, which has no x of its own. */
function end(path: string): Pair {
  const x = path.replace(/V[^CV]*$/, "").match(/([\d.]+),[\d.]+$/)?.[1];
  return numbers([x, path.match(/[\d.]+$/)?.[0]].map(Number), 2);
}

function limits(least: number, most: number): string {
  return `min-width:${least}px;max-width:${most}px`;
}

function listed(json: unknown, count: number): readonly unknown[] {
  const found = list(json, "downward");
  if (found.length !== count) throw new DocumentError("downward is malformed");
  return found;
}

type Pair = [number, number];
function numbers(json: unknown, count: 1): [number];
function numbers(json: unknown, count: 2): Pair;
function numbers(json: unknown, count: 3): [...Pair, number];
function numbers(json: unknown, count: number): readonly number[] {
  const found = listed(json, count);
  if (!found.every(Number.isFinite)) throw new DocumentError("downward is malformed");
  return found as readonly number[];
}
