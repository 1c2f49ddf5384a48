/** The picture: Python's SVG, whose texts and classes follow the numbers and the selection. */

import { DocumentError, type Graph } from "./document";
import { drawn, keepKeys, setAttribute, setText } from "./dom";
import { isComparison } from "./evaluate";
import { unfolded, type Sight } from "./folding";
import { GroupMark } from "./groups";
import { formatTruth, typeset } from "./numbers";

/** What is selected. A path is a list of edges; `lit` is the index of the one that stands out. */
export interface Selection {
  readonly source: number | null;
  readonly target: number;
  readonly paths: readonly (readonly number[])[];
  readonly lit: number;
}

/** Path colours repeat after six; the number beside each tells paths apart. */
export const HUES = 6;

const DIGITS = 4;
// As in Python's drawing: font sizes in px, advances in em.
const VALUE_SIZE = 16;
const PARTIAL_SIZE = 15;
const DIGIT_WIDTH = 0.64;
const POINT_WIDTH = 0.3;

const BADGE_SPACING = 18;
/** From the middle of a number that stands alone. */
const NUMBER_ROOM = 30;
const NUMBER_HEIGHT = 15;
const NONE: readonly number[] = [];

/** How far the picture shrinks before it scrolls, and how far it grows. */
const SMALLEST = 0.5;
const LARGEST = 1.1;
const LONG = 960;

export class Stage {
  readonly svg: SVGSVGElement;
  readonly #nodes: readonly (NodeMark | null)[];
  readonly #groups = new Map<number, GroupMark>();
  readonly #edges: readonly EdgeMark[];
  #values: readonly number[] = [];
  #selected = "";

  /** Throws DocumentError if `text` is not a picture of what is in sight of `graph`. */
  constructor(
    text: string,
    private readonly graph: Graph,
    picked: (node: number, reverse: boolean) => void,
    private readonly sight: Sight = unfolded(graph),
    opened: (part: number) => void = () => {},
  ) {
    this.svg = readSvg(text);
    const boxes = new Map<number, SVGGElement>();
    for (const group of this.svg.querySelectorAll<SVGGElement>(".node")) {
      boxes.set(Number(group.dataset["node"]), group);
    }
    this.#nodes = graph.nodes.map((node, index) => {
      const group = boxes.get(index);
      if (!group && this.sight.folding === null && node.drawn) {
        throw new DocumentError(`the picture has no node ${index}`);
      }
      if (!group) return null;
      return new NodeMark(group, isComparison(node.op), (reverse) => picked(index, reverse));
    });
    for (const [box, group] of boxes) {
      const part = this.sight.part(box);
      if (part === null || !this.sight.folding) continue;
      const told = this.sight.folding.parts[part];
      if (!told) throw new DocumentError(`the picture has a part ${part}`);
      this.#groups.set(part, new GroupMark(group, told, () => opened(part)));
    }
    this.#edges = this.sight.wires.map(
      (_, index) => new EdgeMark(part(this.svg, `.edge[data-edge="${index}"]`)),
    );
  }

  /** Whether the picture needs the full width. */
  get isLong(): boolean {
    return Number(this.svg.getAttribute("width")) > LONG;
  }

  show(values: readonly number[], partials: readonly number[]): void {
    this.#values = values;
    this.#nodes.forEach((node, index) => node?.show(values[index]!));
    this.#groups.forEach((group) => group.show(values));
    const numbers = this.sight.numbers(partials);
    this.#edges.forEach((edge, index) => edge.show(numbers[index]!));
  }

  /** Say the same in words. `remarks` are what else there is to say of each node. */
  label(remarks: readonly string[]): void {
    this.#nodes.forEach((node, index) => node?.say(remarks[index]));
    this.#groups.forEach((group) => group.say());
  }

  /** Show no number on this edge, until the next numbers come. */
  conceal(edge: number): void {
    const wire = this.sight.wire(edge);
    if (wire !== undefined) this.#edges[wire]!.conceal();
  }

  /** The same for wires between folded parts whose number is ∂target/∂source. */
  concealBetween(source: number, target: number): void {
    const { sight } = this;
    sight.wires.forEach((wire, index) => {
      const isFolded = sight.part(wire.source) !== null || sight.part(wire.target) !== null;
      const isAnswer = sight.result(wire.source) === source && sight.result(wire.target) === target;
      if (isFolded && isAnswer) this.#edges[index]!.conceal();
    });
  }

  /** The box of a node, or of the part that it is folded in; null where neither is in the picture. */
  box(node: number): SVGGElement | null {
    const shown = this.#nodes[node]?.group;
    if (shown) return shown;
    const box = this.sight.box(node);
    const part = box === null ? null : this.sight.part(box);
    return part === null ? null : (this.#groups.get(part)?.group ?? null);
  }

  /** Whether a node has a box of its own here. */
  has(node: number): boolean {
    return Boolean(this.#nodes[node]);
  }

  /** The wire of an edge; null where it has none here. */
  wire(edge: number): SVGGElement | null {
    const wire = this.sight.wire(edge);
    return wire === undefined ? null : this.#edges[wire]!.group;
  }

  /** Show on each folded part how many of the nodes that act in a pass have acted: the first `done`. */
  progress(acting: readonly number[], done: number): void {
    this.#groups.forEach((group, part) => {
      const inside = this.sight.folding!;
      const places = [...acting.keys()].filter((place) => inside.holds(part, acting[place]!));
      const past = places.filter((place) => place < done).length;
      group.progress(places.length ? `${past} of ${places.length} done` : "");
    });
  }

  paint(theme: "light" | "dark"): void {
    this.svg.classList.toggle("cg-light", theme === "light");
    this.svg.classList.toggle("cg-dark", theme === "dark");
  }

  /** A node in words: "c = a + b = 3". */
  describe(node: number): string {
    const shown = this.#nodes[node]?.group.getAttribute("aria-label");
    return shown ?? `${this.graph.nodes[node]!.name} = ${typeset(this.#values[node]!, DIGITS)}`;
  }

  /** The node that has the focus. */
  focused(): number | undefined {
    const index = this.#nodes.findIndex((node) => node?.group.matches(":focus"));
    return index < 0 ? undefined : index;
  }

  focus(node: number | null): void {
    if (node !== null) this.#nodes[node]?.group.focus();
  }

  /** The picture has turned: what stands in it has to be placed again. */
  turned(): void {
    this.#selected = "";
  }

  select(selection: Selection): void {
    const key = JSON.stringify(selection);
    if (key === this.#selected) return;
    if (!this.#selected) [...this.#nodes, ...this.#edges].forEach((mark) => mark?.forget());
    this.#selected = key;
    const { source, target, paths, lit } = selection;
    this.#nodes.forEach((node, index) => node?.mark(index === source, index === target));
    const inside = (part: number, node: number | null) =>
      node !== null && this.sight.folding!.holds(part, node);
    this.#groups.forEach((group, part) => group.mark(inside(part, source), inside(part, target)));
    const through = new Map<number, number[]>();
    paths.forEach((path, number) => {
      for (const wire of new Set(path.map((edge) => this.sight.wire(edge)))) {
        if (wire === undefined) continue;
        const known = through.get(wire);
        if (known) known.push(number);
        else through.set(wire, [number]);
      }
    });
    this.svg.classList.toggle("cgx-chosen", source !== null);
    this.#edges.forEach((edge, index) => edge.mark(through.get(index) ?? NONE, lit));
  }
}

class NodeMark {
  readonly #value: Element;
  readonly #label: string;
  /** What a dialect says of it. */
  readonly #note: string;
  #marked = "";
  #word: SVGTextElement | null = null;

  constructor(
    readonly group: SVGGElement,
    private readonly isTruth: boolean,
    picked: (reverse: boolean) => void,
  ) {
    this.#value = part(group, ".value");
    this.#label = part(group, ".formula").textContent ?? "";
    this.#note = noted(group);
    // As text the node must read like its label, "c = a + b 3", not "c = a + b3".
    this.#value.before(" ");
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "0");
    keepKeys(group);
    group.addEventListener("click", (event) => picked(event.shiftKey));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      picked(event.shiftKey);
    });
  }

  show(value: number): void {
    write(this.#value, this.isTruth ? formatTruth(value) : typeset(value, DIGITS));
  }

  say(remark = ""): void {
    const label = `${this.#label} = ${this.#value.textContent}${this.#note}`;
    setAttribute(this.group, "aria-label", remark ? `${label}, ${remark}` : label);
  }

  /** Forget what was marked, so that it is marked again. */
  forget(): void {
    this.#marked = "";
  }

  mark(isSource: boolean, isTarget: boolean): void {
    const key = `${isSource} ${isTarget}`;
    if (key === this.#marked) return;
    this.#marked = key;
    this.group.classList.toggle("cgx-source", isSource);
    this.group.classList.toggle("cgx-target", isTarget);
    this.group.setAttribute("aria-pressed", String(isSource || isTarget));
    const word = [isSource && "source", isTarget && "target"].filter(Boolean).join(", ");
    this.#word = inscribe(this.group, this.#word, word);
  }
}

/** What a dialect says of a node: ", leaf". */
export function noted(group: SVGGElement): string {
  const note = group.querySelector(".note");
  note?.before(" ");
  return note ? `, ${note.textContent}` : "";
}

/** Write a word at a box, in place of another. */
export function inscribe(
  group: SVGGElement,
  before: SVGTextElement | null,
  word: string,
): SVGTextElement | null {
  before?.remove();
  if (!word) return null;
  const box = part<SVGRectElement>(group, ".box");
  const at = (name: string) => Number(box.getAttribute(name));
  // Downward, wires come in from above: the word stands in the upper edge, beside them.
  const isInEdge = group.matches(".cgx-down .node:not(.input)");
  const x = at("x") + (isInEdge ? 15 : at("width") / 2);
  const y = at("y") + (isInEdge ? 2 : -7);
  const made = drawn("text", { class: `cgx-word ${isInEdge ? "cgx-in-edge" : ""}`, x, y }, word);
  // Beside the node, not in it, so that the focus ring stays on the box.
  group.after(made);
  return made;
}

class EdgeMark {
  readonly #number: Element | null;
  readonly #badges: SVGGElement[] = [];
  #marked = "";
  #colour = "";

  constructor(readonly group: SVGGElement) {
    this.#number = group.querySelector(".number");
  }

  /** Where badges go; a picture that is turned has others. */
  #places(): readonly (readonly [number, number])[] {
    const places = (this.group.getAttribute("data-badges") ?? "")
      .split(" ")
      .filter(Boolean)
      .map((point) => point.split(",").map(Number) as [number, number]);
    // A number that stands alone is on the wire: a badge must not cover it.
    const alone = this.group.querySelector(".alone")?.parentElement?.getAttribute("transform");
    const [left, top] = (alone?.match(/[\d.]+/g) ?? []).map(Number);
    // On a short wire they would cover each other.
    return places.filter(
      ([x, y], index) =>
        (!alone || Math.abs(x - left!) > NUMBER_ROOM || Math.abs(y - top!) > NUMBER_HEIGHT) &&
        places.slice(0, index).every(([u, v]) => Math.hypot(x - u, y - v) >= BADGE_SPACING),
    );
  }

  show(partial: number): void {
    if (this.#number) write(this.#number, typeset(partial, DIGITS));
  }

  /** Forget what was marked, so that it is marked again. */
  forget(): void {
    this.#marked = "";
  }

  conceal(): void {
    if (this.#number) write(this.#number, "?");
  }

  /** Colour the edge by the paths through it, given by their index. */
  mark(paths: readonly number[], lit: number): void {
    const isLit = paths.includes(lit);
    const key = `${paths}, ${isLit && lit}`;
    if (key === this.#marked) return;
    this.#marked = key;
    const colour = isLit ? hue(lit) : paths.length === 1 ? hue(paths[0]!) : "";
    const classes = this.group.classList;
    if (colour !== this.#colour) {
      if (this.#colour) classes.remove(this.#colour);
      if (colour) classes.add(colour);
      this.#colour = colour;
    }
    classes.toggle("cgx-on", paths.length > 0);
    classes.toggle("cgx-lit", isLit);
    // The first place is the best; several badges stand in the order of their numbers.
    const places = this.#places().slice(0, paths.length).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
    while (this.#badges.length < places.length) {
      const made = badge();
      this.#badges.push(made);
      this.group.append(made);
    }
    this.#badges.splice(places.length).forEach((badge) => badge.remove());
    places.forEach(([x, y], place) => {
      const hidden = paths.length - places.length;
      const isRest = hidden > 0 && place === places.length - 1;
      const made = this.#badges[place]!;
      // "+10" needs more room than "+9".
      const rest = hidden < 9 ? "cgx-badge" : "cgx-badge cgx-wide";
      setAttribute(made, "class", isRest ? rest : `cgx-badge ${hue(paths[place]!)}`);
      setAttribute(made, "transform", `translate(${x} ${y})`);
      setText(made.lastElementChild!, isRest ? `+${hidden + 1}` : String(paths[place]! + 1));
    });
  }
}

/** Put a number in the picture, squeezed where it would outgrow its room. */
export function write(place: Element, text: string): void {
  const before = place.textContent ?? "";
  if (before === text) return;
  setText(place, text);
  if (width(before) !== width(text)) squeeze(place);
}

/** Fit a number into its room. */
export function squeeze(place: Element): void {
  const room = Number(place.getAttribute("data-room"));
  const size = place.matches(".value") ? VALUE_SIZE : PARTIAL_SIZE;
  if (width(place.textContent ?? "") > room / size) {
    place.setAttribute("textLength", String(room));
    place.setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else {
    place.removeAttribute("textLength");
    place.removeAttribute("lengthAdjust");
  }
}

/** How wide a number is, in em. */
function width(text: string): number {
  return text.includes(".") ? (text.length - 1) * DIGIT_WIDTH + POINT_WIDTH : text.length * DIGIT_WIDTH;
}

/** The class of a path's colour. */
export function hue(path: number): string {
  return `cgx-p${(path % HUES) + 1}`;
}

function badge(): SVGGElement {
  const text = drawn("text", { y: "0.36em" });
  return drawn("g", { "aria-hidden": "true" }, drawn("circle", { r: "8" }), text);
}

export function part<T extends SVGElement = SVGGElement>(within: Element, selector: string): T {
  const found = within.querySelector<T>(selector);
  if (found === null) throw new DocumentError(`the picture has no ${selector}`);
  return found;
}

/** Parse the SVG as a document of its own, where nothing runs, and refuse what could run here. */
export function readSvg(text: string): SVGSVGElement {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  const svg = parsed.documentElement;
  if (!(svg instanceof SVGSVGElement)) throw new DocumentError("the picture is not an SVG");
  for (const item of [svg, ...svg.querySelectorAll("*")]) {
    if (/^(script|foreignObject|iframe|image|a)$/i.test(item.localName)) {
      throw new DocumentError(`the picture contains <${item.localName}>`);
    }
    for (const { name, value } of item.attributes) {
      if (/^on/i.test(name) || (/href$/i.test(name) && !value.startsWith("#"))) {
        throw new DocumentError(`the picture contains ${name}=`);
      }
    }
    if (item.localName === "style" && /@import|url\(/i.test(item.textContent ?? "")) {
      throw new DocumentError("the picture's style asks for a file");
    }
  }
  const width = Number(svg.getAttribute("width"));
  svg.style.minWidth = `${width * SMALLEST}px`;
  svg.style.maxWidth = `${width * LARGEST}px`;
  // Its nodes are controls here, with labels of their own; and a <title> would pop up as a tooltip.
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", svg.querySelector("title")?.textContent || "computational graph");
  svg.removeAttribute("aria-labelledby");
  svg.querySelectorAll(":scope > title, :scope > desc").forEach((item) => item.remove());
  return document.importNode(svg, true);
}
