/** Copying as LaTeX: the text, and the buttons. */

import "./copy.css";

import type { Path, PathSum } from "./derive";
import { drawn, element, keepKeys, setText } from "./dom";
import type { Label } from "./names";
import { formatNumber } from "./numbers";

/** A node as LaTeX needs it: its name as it was typed, and as it is shown. */
export interface Named {
  readonly name: string;
  readonly label: Label;
}

/** ∂c/∂b · ∂e/∂c = 1 · 2 = 2, as LaTeX. `route` is the nodes along a path. */
export function pathLatex(route: readonly Named[], { factors, product }: Path): string {
  return inStages([symbols(route), numbers(factors), number(product)], " = ");
}

/** A derivative as the sum over its paths: the chain rule, with numbers, the products, the value. */
export function sumLatex(routes: readonly (readonly Named[])[], sum: PathSum): string {
  const { paths, count, total, remainder } = sum;
  const isAll = count === BigInt(paths.length);
  const [first] = routes;
  const stages = [
    [...routes.map(symbols), ...(isAll ? [] : ["\\cdots"])],
    [...paths.map((path) => numbers(path.factors)), ...(isAll ? [] : ["\\cdots"])],
    [...paths.map((path) => path.product), ...(isAll ? [] : [remainder])].map(factor),
  ].map((terms) => terms.join(" + "));
  const left = fraction(first![first!.length - 1]!, first![0]!);
  const lines = inStages([left, ...stages, number(total)], " \\\\\n&= ");
  return `\\begin{aligned}\n${lines.replace(" \\\\\n", " ")}\n\\end{aligned}`;
}

/** Stages joined; one that says the same as the one before it is left out. */
function inStages(stages: readonly string[], equals: string): string {
  return stages.filter((stage, i) => stage !== stages[i - 1]).join(equals);
}

function symbols(route: readonly Named[]): string {
  return route.slice(1).map((node, i) => fraction(node, route[i]!)).join(" \\cdot ");
}

function numbers(factors: readonly number[]): string {
  return factors.map(factor).join(" \\cdot ");
}

/** A number as a factor or a term: a negative one after the first in brackets. */
function factor(x: number, place: number): string {
  return place && x < 0 ? `\\left(${number(x)}\\right)` : number(x);
}

function fraction(over: Named, under: Named): string {
  return `\\frac{\\partial ${symbol(over)}}{\\partial ${symbol(under)}}`;
}

/** As Python's render/latex.py writes a name: alpha as \alpha, x_1 with an index. */
function symbol({ name, label: [stem, index] }: Named): string {
  const [word] = /^[A-Za-z]+/.exec(name) ?? [];
  const isGreek = word && word !== stem && /^[Α-ξπ-ω]$/.test(stem);
  const made = isGreek ? `\\${word}` : /^\p{L}$/u.test(stem) ? stem : `\\mathit{${escaped(stem)}}`;
  return index ? `${made}_{${escaped(index)}}` : made;
}

function number(x: number): string {
  return formatNumber(x)
    .replace(/e\+?(-?)0*(\d+)/, " \\cdot 10^{$1$2}")
    .replace("inf", "\\infty")
    .replace("nan", "\\text{nan}");
}

function escaped(text: string): string {
  const plain = text.replace(/[\\{}_#$%&]/g, (sign) => (sign === "\\" ? "\\backslash " : `\\${sign}`));
  return plain.replace(/\^/g, "\\hat{}");
}

/** Makes buttons that copy, and says what came of it. */
export class Copier {
  readonly root = element("p", { class: "cgx-copied", role: "status" });
  readonly #field = keepKeys(
    element("textarea", { class: "cgx-latex", readonly: "", rows: "2", "aria-label": "LaTeX" }),
  );

  constructor() {
    this.#field.addEventListener("blur", () => {
      // Under a pointer nothing may move before its click has come to what it was meant for.
      const isPressed = (this.root.getRootNode() as ParentNode).querySelector(":active");
      if (!isPressed) this.#say("");
      else addEventListener("click", () => this.#say(""), { once: true, capture: true });
    });
  }

  /** A button that copies `text()`, the LaTeX of `what`. */
  button(what: string, text: () => string): HTMLButtonElement {
    const made = keepKeys(
      element("button", {
        type: "button",
        class: "cgx-copy",
        "aria-label": `copy ${what} as LaTeX`,
        title: "copy as LaTeX",
      }),
    );
    made.append(
      drawn(
        "svg",
        { viewBox: "0 0 16 16", "aria-hidden": "true" },
        drawn("path", { d: "M5.5 5.5h8v8h-8zM10.5 2.5h-8v8" }),
      ),
    );
    made.addEventListener("click", () => void this.#copy(what, text()));
    return made;
  }

  async #copy(what: string, text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#say(`Copied ${what} as LaTeX.`);
    } catch {
      // No clipboard here: not asked for in time, or a page without https.
      this.#say("Press Ctrl+C to copy: ");
      this.#field.value = text;
      this.root.append(this.#field);
      this.#field.select();
    }
  }

  #say(text: string): void {
    setText(this.root, text);
  }
}
