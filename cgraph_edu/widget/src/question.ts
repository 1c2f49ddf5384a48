/** The bar: "How does [e] change with [b] ?", a sentence whose blanks are menus. */

import type { Graph } from "./document";
import { element, keepKeys } from "./dom";

export class Question {
  readonly root: HTMLElement;
  /** The inputs offered as sources. */
  inputs: readonly string[] = [];
  readonly #target = menu("target: the node that changes");
  readonly #source = menu("source: what it changes with");
  readonly #note = element(
    "span",
    { class: "cgx-note-asked" },
    "The derivative is hidden until you predict it.",
  );

  constructor(changed: (source: string, target: string) => void) {
    const tell = () => changed(this.#source.value, this.#target.value);
    this.#target.addEventListener("change", tell);
    this.#source.addEventListener("change", tell);
    this.root = element(
      "div",
      { class: "cgx-bar" },
      "How does ",
      blank(this.#target),
      " change with ",
      blank(this.#source),
      " ?",
      this.#note,
    );
  }

  /** Offer the nodes of a graph; `inputs` are the names that come first as sources. */
  build({ nodes }: Graph, inputs: readonly string[]): void {
    this.inputs = inputs;
    const drawn = nodes.filter((node) => node.drawn);
    const computed = drawn.filter((node) => node.op !== null).map((node) => node.name);
    const names = drawn.filter((node) => node.op === null).map((node) => node.name);
    const others = drawn.map((node) => node.name).filter((name) => !inputs.includes(name));
    this.#target.replaceChildren(...options(computed), ...group("inputs", names));
    this.#source.replaceChildren(
      element("option", { value: "" }, "an input"),
      ...options(inputs),
      ...group("other nodes", others),
    );
  }

  /** `blank` is what stands for no source. */
  set(source: string, target: string, blank = "an input"): void {
    this.#source.options[0]!.text = blank;
    this.#target.value = target;
    this.#source.value = source;
    this.#source.classList.toggle("cgx-empty", source === "");
  }

  /** A question that is asked can't be changed. */
  lock(isLocked: boolean): void {
    this.#target.disabled = this.#source.disabled = isLocked;
    this.#note.hidden = !isLocked;
  }

  focus(): void {
    this.#source.focus();
  }
}

function menu(label: string): HTMLSelectElement {
  return keepKeys(element("select", { class: "cgx-menu", "aria-label": label }));
}

function blank(select: HTMLSelectElement): HTMLElement {
  return element("span", { class: "cgx-blank" }, select);
}

function options(names: readonly string[]): HTMLElement[] {
  return names.map((name) => element("option", { value: name }, name));
}

function group(label: string, names: readonly string[]): HTMLElement[] {
  return names.length ? [element("optgroup", { label }, ...options(names))] : [];
}
