/** The ledger: every path with its product, their sum, and what reverse mode found on its own. */

import type { PathSum } from "./derive";
import { element, keepKeys, setText } from "./dom";
import { derivative, mathName, type Label } from "./names";
import { typeset } from "./numbers";
import { hue } from "./stage";

/** More paths than this are summed up in one row. */
export const LISTED = 12;
/** From this many paths on, symbols are written only for the path that stands out. */
const CROWD = 4;
/** Longer paths, too, leave their symbols to the line below. */
const LONG = 4;
/** Nodes of a path that are written out before its middle is left out. */
const SHOWN_NODES = 12;
/** Terms that the sum is written with. */
const TERMS = 6;

/** A node along a path, and how it is reached: "→", numbered where two edges run side by side. */
export interface Step {
  readonly label: Label;
  readonly arrow: string;
}

/** One state of the ledger. */
export interface Account {
  readonly source: Label;
  readonly target: Label;
  readonly sum: PathSum;
  /** The steps along each listed path, the source first. */
  readonly routes: readonly (readonly Step[])[];
}

interface Handlers {
  /** A path stands out while the pointer or the focus is on it; -1 when none does. */
  readonly lit: (path: number) => void;
  readonly chosen: (path: number) => void;
}

export class Ledger {
  readonly root = element("section", { class: "cgx-ledger", "aria-label": "paths" });
  #shape = "";
  #rows: readonly Row[] = [];
  #account: Account | null = null;
  readonly #more = new Line("cgx-more");
  readonly #sum = new Line("cgx-sum");
  readonly #engine = new Line("cgx-engine");
  readonly #detail = element("p", { class: "cgx-detail" });

  constructor(private readonly handlers: Handlers) {}

  /** Show a sentence in place of the table. */
  say(...parts: readonly (Node | string)[]): void {
    this.#shape = "";
    this.#account = null;
    this.#rows = [];
    this.root.replaceChildren(element("p", { class: "cgx-sentence" }, ...parts));
  }

  show(account: Account): void {
    this.#account = account;
    const shape = JSON.stringify([account.target, account.sum.paths.map((path) => path.edges)]);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#build(account);
    }
    const { sum } = account;
    this.#rows.forEach((row, index) => row.show(sum.paths[index]!.factors, sum.paths[index]!.product));
    const hidden = sum.count - BigInt(sum.paths.length);
    this.#more.value(`and ${hidden} more ${hidden === 1n ? "path" : "paths"}, sum`, sum.remainder);
    this.#sum.terms(sum);
    this.#engine.value("reverse mode found", sum.engine);
    this.#engine.mark(sum.agrees);
  }

  /** Mark the path that stands out and the one that was chosen; -1 for none. */
  mark(lit: number, chosen: number): void {
    this.#rows.forEach((row, index) => row.mark(index === lit, index === chosen));
    this.#detail.replaceChildren();
    const route = this.#account?.routes[lit];
    if (route === undefined || this.#detail.hidden) return;
    const path = this.#account!.sum.paths[lit]!;
    this.#detail.className = `cgx-detail ${hue(lit)}`;
    const numbers = path.factors.length > 1 ? ` = ${factors(path.factors)}` : "";
    this.#detail.append(badge(lit), " ", symbols(route), `${numbers} = ${typeset(path.product)}`);
  }

  #build({ source, target, sum, routes }: Account): void {
    const isBrief = routes.length < CROWD && routes.every((route) => route.length <= LONG);
    this.#rows = routes.map((route, index) => new Row(index, route, isBrief, this.handlers));
    this.#detail.hidden = isBrief;
    this.#sum.head.replaceChildren(derivative(target, source));
    const hides = sum.count > BigInt(routes.length);
    const wide = isBrief ? "5" : "3";
    this.root.replaceChildren(
      element(
        "table",
        { class: isBrief ? "cgx-brief" : "" },
        element("caption", { class: "cgx-hidden" }, `Paths from ${source} to ${target}`),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("td"),
            element("th", { scope: "col" }, "path"),
            element("th", { scope: "col", colspan: wide }, "product of local partials"),
            element("td"),
          ),
        ),
        element("tbody", {}, ...this.#rows.map((row) => row.root), ...(hides ? [this.#more.root] : [])),
        element("tfoot", {}, this.#sum.root, this.#engine.root),
      ),
      this.#detail,
    );
    for (const line of [this.#more, this.#sum, this.#engine]) line.span(isBrief);
    this.#sum.root.firstElementChild!.textContent = "Σ";
  }
}

class Row {
  readonly root: HTMLTableRowElement;
  readonly #button: HTMLButtonElement;
  readonly #first = equals();
  readonly #factors = element("td", { class: "cgx-factors" });
  readonly #second = equals();
  readonly #product = element("td", { class: "cgx-value" });

  constructor(index: number, route: readonly Step[], isBrief: boolean, { lit, chosen }: Handlers) {
    this.#button = keepKeys(element("button", { type: "button", class: "cgx-route" }));
    this.#button.append(...arrows(route));
    this.root = element(
      "tr",
      { class: hue(index), "data-path": String(index) },
      element("td", {}, badge(index)),
      element("th", { scope: "row" }, this.#button),
      ...(isBrief ? [element("td", { class: "cgx-symbols" }, symbols(route)), this.#first] : []),
      this.#factors,
      this.#second,
      this.#product,
      element("td"),
    );
    this.root.addEventListener("pointerenter", () => lit(index));
    this.root.addEventListener("pointerleave", () => lit(-1));
    this.#button.addEventListener("focus", () => lit(index));
    this.#button.addEventListener("blur", () => lit(-1));
    this.#button.addEventListener("click", () => chosen(index));
  }

  show(numbers: readonly number[], product: number): void {
    setText(this.#product, typeset(product));
    // One factor is the product already: it is written once.
    if (numbers.length > 1) setText(this.#factors, factors(numbers));
    else setText(this.#first.parentNode ? this.#first : this.#second, "");
  }

  mark(isLit: boolean, isChosen: boolean): void {
    this.root.classList.toggle("cgx-lit", isLit);
    this.#button.setAttribute("aria-pressed", String(isChosen));
  }
}

/** A row below the paths: a head, perhaps the terms of a sum, a value, perhaps a mark. */
class Line {
  readonly head = element("th", { scope: "row" });
  readonly root: HTMLTableRowElement;
  readonly #middle = element("td", { class: "cgx-factors" });
  readonly #equals = equals();
  readonly #number = element("td", { class: "cgx-value" });
  readonly #verdict = element("td", { class: "cgx-mark" });

  constructor(name: string) {
    this.root = element(
      "tr",
      { class: name },
      element("td"),
      this.head,
      this.#middle,
      this.#equals,
      this.#number,
      this.#verdict,
    );
  }

  span(isBrief: boolean): void {
    this.#middle.colSpan = isBrief ? 3 : 1;
  }

  value(words: string, value: number): void {
    setText(this.head, words);
    setText(this.#equals, "");
    setText(this.#number, typeset(value));
  }

  terms({ paths, count, total }: PathSum): void {
    this.#middle.replaceChildren();
    const isWhole = count <= BigInt(TERMS);
    if (count > 1n && isWhole) {
      this.#middle.append(equals("span"), " ");
      paths.forEach(({ product }, index) => {
        const sign = index === 0 ? "" : product < 0 ? "− " : "+ ";
        const size = element("span", { class: hue(index) }, typeset(sign ? Math.abs(product) : product));
        this.#middle.append(element("span", { class: "cgx-term" }, sign, size), " ");
      });
    } else if (count > 1n) {
      this.#middle.append(`sum of all ${count} paths`);
    }
    setText(this.#number, typeset(total));
  }

  mark(agrees: boolean): void {
    setText(this.#verdict, agrees ? "✓" : "✗ they differ");
    this.#verdict.classList.toggle("cgx-differs", !agrees);
  }
}

function equals<K extends "td" | "span">(tag: K = "td" as K): HTMLElementTagNameMap[K] {
  return element(tag, { class: "cgx-equals" }, "=");
}

function badge(path: number): HTMLElement {
  return element("span", { class: `cgx-badge ${hue(path)}` }, String(path + 1));
}

/** "1 · (−2)": a negative factor after the first is put in brackets. */
function factors(numbers: readonly number[]): string {
  return numbers
    .map((number, index) => (index > 0 && number < 0 ? `(${typeset(number)})` : typeset(number)))
    .join(" ·\u00a0");
}

function symbols(route: readonly Step[]): HTMLElement {
  const made = element("span", { class: "cgx-product" });
  for (let i = 1; i < route.length; i++) {
    if (i > 1) made.append(" · ");
    made.append(derivative(route[i]!.label, route[i - 1]!.label));
  }
  return made;
}

/** "b → c → e", with the middle of a long path left out. */
function arrows(route: readonly Step[]): (Node | string)[] {
  const left = route.length > SHOWN_NODES ? route.length - SHOWN_NODES : 0;
  const half = SHOWN_NODES / 2;
  return route.flatMap(({ label, arrow }, index) => {
    if (left && index >= half && index < half + left) {
      return index === half ? [element("span", { class: "cgx-arrow" }, ` → … ${left} more … `)] : [];
    }
    if (index === 0) return [mathName(label)];
    const via = element("span", { class: "cgx-arrow" }, `${arrow} `);
    return [" ", element("span", { class: "cgx-term" }, via, mathName(label))];
  });
}
