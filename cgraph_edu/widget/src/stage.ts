/** The picture: Python's SVG, whose texts and classes follow the numbers and the selection. */

import { DocumentError, type Graph } from "./document";
import { drawn, keepKeys } from "./dom";
import { isComparison } from "./evaluate";
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

/** How far the picture shrinks before it scrolls, and how far it grows. */
const SMALLEST = 0.45;
const LARGEST = 1.1;
const LONG = 960;

export class Stage {
  readonly svg: SVGSVGElement;
  readonly #nodes: readonly (NodeMark | null)[];
  readonly #edges: readonly EdgeMark[];
  #selected = "";

  /** Throws DocumentError if `text` is not a picture of `graph`. */
  constructor(
    text: string,
    private readonly graph: Graph,
    picked: (node: number, reverse: boolean) => void,
  ) {
    this.svg = readSvg(text);
    this.#nodes = graph.nodes.map((node, index) => {
      if (!node.drawn) return null;
      return new NodeMark(part(this.svg, `.node[data-node="${index}"]`), isComparison(node.op), (reverse) =>
        picked(index, reverse),
      );
    });
    this.#edges = graph.edges.map(
      (_, index) => new EdgeMark(part(this.svg, `.edge[data-edge="${index}"]`)),
    );
  }

  /** Whether the picture needs the full width. */
  get isLong(): boolean {
    return Number(this.svg.getAttribute("width")) > LONG;
  }

  /** `remarks` are what else there is to say of each node. */
  show(
    values: readonly number[],
    partials: readonly number[],
    remarks: readonly string[] = [],
  ): void {
    this.#nodes.forEach((node, index) => node?.show(values[index]!, remarks[index]));
    this.#edges.forEach((edge, index) => edge.show(partials[index]!));
  }

  /** Show no number on this edge, until the next numbers come. */
  conceal(edge: number): void {
    this.#edges[edge]!.conceal();
  }

  paint(theme: "light" | "dark"): void {
    this.svg.classList.toggle("cg-light", theme === "light");
    this.svg.classList.toggle("cg-dark", theme === "dark");
  }

  /** A node in words: "c = a + b = 3". */
  describe(node: number): string {
    return this.#nodes[node]?.group.getAttribute("aria-label") ?? "";
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
    this.#selected = key;
    const { source, target, paths, lit } = selection;
    this.#nodes.forEach((node, index) => node?.mark(index === source, index === target));
    const through = this.graph.edges.map((): number[] => []);
    paths.forEach((path, number) => path.forEach((edge) => through[edge]!.push(number)));
    this.svg.classList.toggle("cgx-chosen", source !== null);
    this.#edges.forEach((edge, index) => edge.mark(through[index]!, lit));
  }
}

class NodeMark {
  readonly #value: Element;
  readonly #label: string;
  #word: SVGTextElement | null = null;

  constructor(
    readonly group: SVGGElement,
    private readonly isTruth: boolean,
    picked: (reverse: boolean) => void,
  ) {
    this.#value = part(group, ".value");
    this.#label = part(group, ".formula").textContent ?? "";
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

  show(value: number, remark = ""): void {
    write(this.#value, this.isTruth ? formatTruth(value) : typeset(value, DIGITS));
    const label = `${this.#label} = ${this.#value.textContent}`;
    this.group.setAttribute("aria-label", remark ? `${label}, ${remark}` : label);
  }

  mark(isSource: boolean, isTarget: boolean): void {
    this.group.classList.toggle("cgx-source", isSource);
    this.group.classList.toggle("cgx-target", isTarget);
    this.group.setAttribute("aria-pressed", String(isSource || isTarget));
    const word = [isSource && "source", isTarget && "target"].filter(Boolean).join(", ");
    this.#word?.remove();
    this.#word = null;
    if (!word) return;
    const box = part<SVGRectElement>(this.group, ".box");
    const at = (name: string) => Number(box.getAttribute(name));
    // Downward, wires come in from above: the word stands in the upper edge, beside them.
    const isInEdge = this.group.matches(".cgx-down .node:not(.input)");
    const x = at("x") + (isInEdge ? 15 : at("width") / 2);
    const y = at("y") + (isInEdge ? 2 : -7);
    this.#word = drawn("text", { class: `cgx-word ${isInEdge ? "cgx-in-edge" : ""}`, x, y }, word);
    // Beside the node, not in it, so that the focus ring stays on the box.
    this.group.after(this.#word);
  }
}

class EdgeMark {
  readonly #number: Element | null;
  #badges: readonly SVGGElement[] = [];

  constructor(private readonly group: SVGGElement) {
    this.#number = group.querySelector(".number");
  }

  /** Where badges go; a picture that is turned has others. */
  #places(): readonly (readonly [number, number])[] {
    const places = (this.group.getAttribute("data-badges") ?? "")
      .split(" ")
      .filter(Boolean)
      .map((point) => point.split(",").map(Number) as [number, number]);
    // On a short wire they would cover each other.
    return places.filter(([x, y], index) =>
      places.slice(0, index).every(([u, v]) => Math.hypot(x - u, y - v) >= BADGE_SPACING),
    );
  }

  show(partial: number): void {
    if (this.#number) write(this.#number, typeset(partial, DIGITS));
  }

  conceal(): void {
    if (this.#number) write(this.#number, "?");
  }

  /** Colour the edge by the paths through it, given by their index. */
  mark(paths: readonly number[], lit: number): void {
    const isLit = paths.includes(lit);
    const colour = isLit ? hue(lit) : paths.length === 1 ? hue(paths[0]!) : "";
    const classes = this.group.classList;
    for (let h = 1; h <= HUES; h++) classes.toggle(`cgx-p${h}`, colour === `cgx-p${h}`);
    classes.toggle("cgx-on", paths.length > 0);
    classes.toggle("cgx-lit", isLit);
    this.#badges.forEach((badge) => badge.remove());
    // The first place is the best; several badges stand in the order of their numbers.
    const places = this.#places().slice(0, paths.length).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
    this.#badges = places.map(([x, y], place) => {
      const hidden = paths.length - places.length;
      const isLast = place === places.length - 1;
      return isLast && hidden > 0
        ? badge(x, y, `+${hidden + 1}`, "")
        : badge(x, y, String(paths[place]! + 1), hue(paths[place]!));
    });
    this.group.append(...this.#badges);
  }
}

/** Put a number in the picture, squeezed where it would outgrow its room. */
export function write(place: Element, text: string): void {
  if (place.textContent === text) return;
  place.textContent = text;
  squeeze(place);
}

/** Fit a number into its room. */
export function squeeze(place: Element): void {
  const text = place.textContent ?? "";
  const room = Number(place.getAttribute("data-room"));
  const size = place.matches(".value") ? VALUE_SIZE : PARTIAL_SIZE;
  const points = text.split(".").length - 1;
  const isWide = (text.length - points) * DIGIT_WIDTH + points * POINT_WIDTH > room / size;
  if (isWide) {
    place.setAttribute("textLength", String(room));
    place.setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else {
    place.removeAttribute("textLength");
    place.removeAttribute("lengthAdjust");
  }
}

/** The class of a path's colour. */
export function hue(path: number): string {
  return `cgx-p${(path % HUES) + 1}`;
}

function badge(x: number, y: number, text: string, colour: string): SVGGElement {
  return drawn(
    "g",
    { class: `cgx-badge ${colour}`, transform: `translate(${x} ${y})`, "aria-hidden": "true" },
    drawn("circle", { r: "8" }),
    drawn("text", { y: "0.36em" }, text),
  );
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
