/** The curve of the target against the source, with its tangent at the present value. */

import "./curve.css";

import type { Guard } from "./document";
import { drawn, element, keepKeys, setText } from "./dom";
import { tidy, type Range } from "./inputs";
import { mathName, type Label } from "./names";
import { typeset } from "./numbers";

/** Everything that is drawn. */
export interface Plot {
  readonly source: Label;
  readonly target: Label;
  /** The target where the source is x, or the guard that fails there. */
  readonly at: (x: number) => number | Guard;
  readonly range: Range;
  readonly x: number;
  readonly y: number;
  /** The derivative shown elsewhere: the tangent's slope. */
  readonly slope: number;
  /** How the target's values are written. */
  readonly write: (y: number) => string;
  /** Whether the source is an input, whose point can be moved. */
  readonly isInput: boolean;
  /** What there is to say about it. */
  readonly note: string;
  /** How many points the curve gets. */
  readonly points: number;
  /** Plots that are equal in these have the same curve; only their points differ. */
  readonly key: readonly unknown[];
}

type Point = readonly [x: number, y: number];

/** What sampling gave: unbroken pieces, the heights to show, and where guards begin to fail. */
interface Trace {
  readonly pieces: readonly (readonly Point[])[];
  readonly heights: readonly [low: number, high: number];
  readonly branches: readonly number[];
  readonly guard: string;
}

const HEIGHT = 186;
const [TOP, SIDE, BOTTOM] = [18, 16, 30];
/** The tangent's length on either side of its point, in px. */
const REACH = 74;
/** What is larger could overflow. */
const HUGE = 1e308;
/** The widths of characters, in px. */
const [DIGIT, LETTER] = [7.4, 7.8];

export class Curve {
  readonly root = element("section", { class: "cgx-curve", "aria-label": "curve" });
  readonly #title = element("h3", { class: "cgx-title" });
  readonly #note = element("p", { class: "cgx-caption" });
  readonly #texts = drawn("g", { "aria-hidden": "true" });
  readonly #lines = ["axes", "branch", "guides", "line", "tangent"].map((name) =>
    drawn("path", { class: `cgx-${name}` }),
  );
  readonly #point = keepKeys(
    drawn(
      "g",
      { class: "cgx-point", role: "slider", tabindex: "0" },
      drawn("circle", { r: "22" }),
      drawn("circle", { r: "5" }),
    ),
  );
  readonly #svg = drawn(
    "svg",
    { class: "cgx-plot", height: String(HEIGHT) },
    ...this.#lines,
    this.#texts,
    this.#point,
  );

  #plot: Plot | null = null;
  #trace: Trace | null = null;
  #traced: readonly unknown[] = [];
  #width = 0;
  #frame = 0;
  readonly #observer = new ResizeObserver(([entry]) => {
    this.#width = Math.min(entry!.contentRect.width, 360);
    this.#draw();
  });

  constructor(private readonly moved: (x: number) => void) {
    const svg = this.#svg;
    svg.addEventListener("pointerdown", (event) => {
      if (!this.#plot?.isInput || event.button) return;
      svg.setPointerCapture(event.pointerId);
      // No text is to be selected.
      event.preventDefault();
      this.#point.focus({ preventScroll: true });
      this.#drag(event);
    });
    svg.addEventListener("pointermove", (event) => {
      if (svg.hasPointerCapture(event.pointerId)) this.#drag(event);
    });
    this.#point.addEventListener("keydown", (event) => this.#key(event));
    this.#observer.observe(this.root);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
  }

  /** Show a sentence in place of the curve. */
  say(...parts: readonly (Node | string)[]): void {
    this.#plot = null;
    this.root.replaceChildren(element("p", { class: "cgx-sentence" }, ...parts));
  }

  /** Show a plot; what takes time is drawn in the next frame. */
  show(plot: Plot): void {
    const { source, target, range, x, y, slope, write, isInput } = plot;
    if (!this.#plot) this.root.replaceChildren(this.#title, this.#svg, this.#note);
    if (this.#plot?.source !== source || this.#plot.target !== target) {
      this.#title.replaceChildren(mathName(target), " against ", mathName(source), ", and its tangent");
    }
    this.#plot = plot;
    const [from, to] = [source.join(""), target.join("")];
    set(this.#point, {
      "aria-label": `${from} on the curve`,
      "aria-disabled": !isInput,
      "aria-valuemin": range[0],
      "aria-valuemax": range[1],
      "aria-valuenow": x,
      "aria-valuetext": `${from} = ${typeset(x)}, ${to} = ${write(y)}, slope ${typeset(slope)}`,
    });
    this.#svg.classList.toggle("cgx-free", isInput);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  // --- Moving the point ------------------------------------------------------------------------

  #key(event: KeyboardEvent): void {
    if (!this.#plot?.isInput || event.altKey || event.ctrlKey || event.metaKey) return;
    const { x, range: [min, max, step] } = this.#plot;
    const way = {
      ArrowRight: 1,
      ArrowUp: 1,
      ArrowLeft: -1,
      ArrowDown: -1,
      PageUp: 10,
      PageDown: -10,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    this.moved(clamp(tidy(x + way * step), min, max));
  }

  #drag({ clientX }: PointerEvent): void {
    const [min, max, step] = this.#plot!.range;
    const part = (clientX - this.#svg.getBoundingClientRect().left - SIDE) / (this.#width - 2 * SIDE);
    const x = clamp(tidy(min + Math.round((part * (max - min)) / step) * step), min, max);
    if (x !== this.#plot!.x) this.moved(x);
  }

  // --- Drawing ---------------------------------------------------------------------------------

  #draw(): void {
    const plot = this.#plot;
    const width = this.#width;
    if (!plot || width < 80) return;
    if (!this.#trace || plot.key.some((part, i) => part !== this.#traced[i])) {
      this.#traced = plot.key;
      this.#trace = follow(plot);
    }
    const { pieces, branches, heights: [low, high], guard } = this.#trace;
    const beyond = guard && `Another branch beyond here: this graph was recorded for ${guard.replace(/ /g, "\u00a0")}. `;
    setText(this.#note, beyond + plot.note);
    const { x, y, slope, range: [min, max] } = plot;
    const [wide, tall] = [width - 2 * SIDE, HEIGHT - TOP - BOTTOM];
    const across = (x: number) => pixel(SIDE + wide * part(x, min, max));
    const down = (y: number) => pixel(TOP + tall * (1 - part(y, low, high)));
    const place = ([x, y]: Point) => `${across(x)} ${down(y)}`;
    // The axes go through zero where it is in sight.
    const [x0, y0] = [across(clamp(0, min, max)), down(clamp(0, low, high))];
    const isPlaced = Number.isFinite(x) && Number.isFinite(y);
    const [px, py] = isPlaced ? [across(x), down(y)] : [across(clamp(x || 0, min, max)), y0];
    // The tangent's slope on the screen; by halves, because a difference may overflow.
    const rise = (slope * (max / 2 - min / 2) * tall) / (high / 2 - low / 2) / wide;
    const run = REACH / Math.hypot(1, rise);
    const hasTangent = isPlaced && Number.isFinite(rise);
    const paths = [
      `M${SIDE} ${y0}H${width - SIDE}M${x0} ${TOP}V${HEIGHT - BOTTOM}`,
      branches.map((x) => `M${across(x)} 0V${HEIGHT}`).join(""),
      isPlaced ? `M${x0} ${py}H${px}V${y0}` : "",
      pieces.map((piece) => `M${piece.map(place).join("L")}`).join(""),
      hasTangent ? `M${px - run} ${py + run * rise}L${px + run} ${py - run * rise}` : "",
    ];
    this.#lines.forEach((line, i) => line.setAttribute("d", paths[i]!));
    set(this.#point, { transform: `translate(${px} ${clamp(py, 5, HEIGHT - 5)})` });
    this.#point.classList.toggle("cgx-lost", !isPlaced);
    set(this.#svg, { width });
    this.#texts.replaceChildren();

    // Numbers stand on the far side of an axis from the point, names where no number is.
    const isAbove = py <= y0;
    const isRight = px >= x0;
    const under = isAbove ? y0 + 17 : y0 - 8;
    const now = typeset(x);
    const half = (now.length * DIGIT) / 2;
    const middle = clamp(px, half, width - half);
    for (const [end, place] of [[min, 0], [max, width]] as const) {
      const room = Math.abs(middle - place) - half - typeset(end).length * DIGIT;
      if (room > 8) this.#put("end", place, under, place ? "end" : "start", typeset(end));
    }
    this.#put("now", middle, under, "middle", now);
    const value = plot.write(y);
    if (isPlaced && Math.abs(py - y0) > 11) {
      const least = value.length * DIGIT;
      const beside = isRight ? Math.max(x0 - 7, least) : Math.min(x0 + 7, width - least);
      this.#put("now", beside, py + 5, isRight ? "end" : "start", value);
    }
    const isLeft = x0 > 30 && (isRight !== py < TOP + 22 || x0 > width - 30);
    this.#put("axis", isLeft ? x0 - 8 : x0 + 8, TOP - 2, isLeft ? "end" : "start", ...plot.target);
    this.#put("axis", width, isAbove ? y0 - 8 : y0 + 17, "end", ...plot.source);
    // The slope stands where the curve bends away from the tangent, but not on an axis's texts.
    const [before, after] = [-1, 1].map((way) => Number(plot.at(x + ((max - min) / 9) * way)));
    const bends = before! + after! >= 2 * y;
    const text = `slope ${typeset(slope)}`;
    const long = text.length * LETTER;
    const fits = (right: boolean) => (right ? px + 12 + long < width : px - 12 > long);
    const isNear = Math.abs(py - y0) < 24;
    let isBelow = isNear ? !isAbove : bends || py < TOP + 28;
    let right = isBelow === rise >= 0;
    if (!fits(right) && fits(!right)) [isBelow, right] = [isNear === isBelow, !right];
    const at = right ? Math.min(px + 12, width - long) : Math.max(px - 12, long);
    this.#put("slope", at, py + (isBelow ? 22 : -13), right ? "start" : "end", text);
  }

  #put(name: string, x: number, y: number, anchor: string, text: string, index = ""): void {
    const made = drawn("text", { class: `cgx-${name}`, "text-anchor": anchor }, text);
    if (index) made.append(drawn("tspan", { class: "cgx-index", dy: "4" }, index));
    set(made, { x, y: clamp(y, 12, HEIGHT - 4) });
    this.#texts.append(made);
  }
}

/** Sample a plot from end to end. A piece ends where a value or its graph does, and where it jumps. */
function follow({ at, points, range: [min, max] }: Plot): Trace {
  const pieces: Point[][] = [[]];
  const branches: number[] = [];
  let guard = "";
  const look = (x: number): Point => {
    const y = at(x);
    return [x, typeof y === "number" ? y : NaN];
  };
  const keep = (point: Point) => {
    if (Number.isFinite(point[1])) pieces[pieces.length - 1]!.push(point);
  };
  let last = look(min);
  keep(last);
  for (let i = 1; i <= points; i++) {
    const here = look(min + ((max - min) / points) * i);
    const [p, q, isBroken] = gap(last, here, look);
    if (isBroken) {
      const outside = [p, q].map(([x]) => at(x)).find((y) => typeof y !== "number");
      if (outside !== undefined) {
        guard = (outside as Guard).text;
        branches.push(q[0]);
      }
      keep(p);
      pieces.push([]);
      keep(q);
    }
    keep(here);
    last = here;
  }
  const drawn = pieces.filter((piece) => piece.length > 1);
  return { pieces: drawn, heights: heights(pieces), branches, guard };
}

/** Close in on what breaks the curve between two points, if anything does. */
function gap(p: Point, q: Point, look: (x: number) => Point): readonly [Point, Point, boolean] {
  const height = ([, y]: Point, [, z]: Point) =>
    Number.isNaN(y) && Number.isNaN(z) ? 0 : Math.abs(y - z) >= 0 ? Math.abs(y - z) : Infinity;
  for (let k = 0; k < 40; k++) {
    const before = height(p, q);
    const middle = look(p[0] / 2 + q[0] / 2);
    const [left, right] = [height(p, middle), height(middle, q)];
    // What is smooth halves; a jump stays as high however near one comes.
    if (before === 0 || Math.max(left, right) < 0.9 * before) return [p, q, false];
    if (left > right) q = middle;
    else p = middle;
  }
  return [p, q, true];
}

/** The heights to show: all of the curve, but not the far ends of poles. */
function heights(pieces: readonly (readonly Point[])[]): readonly [number, number] {
  const all = pieces.flatMap((piece) => piece.map(([, y]) => y)).sort((a, b) => a - b);
  const quantile = (q: number) => all[Math.round(q * (all.length - 1))] ?? 0;
  let [low, high] = [quantile(0), quantile(1)];
  const [least, most] = [quantile(0.1), quantile(0.9)];
  if (pieces.length > 1 && most > least && high - low > 4 * (most - least)) {
    low = Math.max(low, 1.5 * least - most / 2);
    high = Math.min(high, 1.5 * most - least / 2);
  }
  // Zero, where it is near; and room for a curve that is level.
  const room = high / 2 - low / 2 || Math.abs(high) || 1;
  if (low > 0 && low < room) low = 0;
  if (high < 0 && -high < room) high = 0;
  return [clamp(low - room / 8, -HUGE, HUGE), clamp(high + room / 8, -HUGE, HUGE)];
}

/** Where x is between two ends, as a part of the way; by halves, because the way may overflow. */
function part(x: number, from: number, to: number): number {
  return (x / 2 - from / 2) / (to / 2 - from / 2);
}

function clamp(x: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, x));
}

/** To 0.1 px, and not so far outside that drawing it goes wrong. */
function pixel(x: number): number {
  return Math.round(clamp(x, -1e4, 1e4) * 10) / 10;
}

function set(item: Element, attributes: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(attributes)) item.setAttribute(name, String(value));
}
