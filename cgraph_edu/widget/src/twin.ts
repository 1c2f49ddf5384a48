/** The picture in words: each node, its value, the target's derivative by it, and where that is from. */

import "./twin.css";

import { adjoints } from "./derive";
import { element, keepKeys } from "./dom";
import { typeset } from "./numbers";
import type { Scene } from "./scene";

export class Twin {
  readonly root = element("details", { class: "cgx-twin" });
  readonly #list = element("ul");

  /** `told` is asked for the lines when there is someone to read them. */
  constructor(private readonly told: () => readonly string[]) {
    this.root.append(keepKeys(element("summary", {}, "The graph in words")), this.#list);
    this.root.addEventListener("toggle", () => this.settle());
  }

  /** Bring the words up to date. */
  settle(): void {
    if (!this.root.open) return;
    const items = this.told().map((line) => element("li", {}, line));
    // A line that says the same is left as it is, with who reads it.
    const same = [...this.#list.children].slice(0, items.length);
    this.#list.replaceChildren(
      ...items.map((item, i) => (same[i]?.textContent === item.textContent ? same[i]! : item)),
    );
  }
}

/** A line for each node. */
export function sentences(scene: Scene, target: number): string[] {
  const { graph, partials } = scene;
  const bars = adjoints(graph, partials, target);
  const to = scene.name(target);
  return graph.nodes.flatMap(({ op, drawn }, node) => {
    if (!drawn) return [];
    const what = `${scene.stage.describe(node)}${op ? "" : ", an input"}`;
    const bar = bars[node];
    if (node === target) return `${what}, the target. ∂${to}/∂${to} = 1: it changes as itself.`;
    if (bar === undefined) return `${what}. ${to} does not depend on ${scene.name(node)}: 0.`;
    const terms = graph.outgoing[node]!.flatMap((edge) => {
      const on = graph.edges[edge]!.target;
      if (bars[on] === undefined) return [];
      const [x, y] = [partials[edge]!, bars[on]!].map((x) => (x < 0 ? `(${typeset(x)})` : typeset(x)));
      return on === target ? x! : `${x} · ${y} through ${scene.name(on)}`;
    });
    const sum = [terms.join(" + "), typeset(bar)];
    return `${what}. ∂${to}/∂${scene.name(node)} = ${sum.slice(sum[0] === sum[1] ? 1 : 0).join(" = ")}.`;
  });
}
