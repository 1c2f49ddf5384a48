/** The cost meter: edges touched by a pass, beside the same derivatives path by path. */

import { element, setText } from "./dom";
import type { Plan } from "./steps";

/** More edges than this are not drawn one by one. */
const DRAWN = 18;

export interface PathCost {
  readonly paths: bigint;
  /** How many edges they have in all. */
  readonly edges: bigint;
  /** The length of each path, where they have few edges. */
  readonly lengths: readonly number[];
}

/** What it takes to multiply out, one by one, the paths that a pass stands for. */
export function pathCost({ graph, mode, seed, target }: Plan): PathCost {
  // For each node its ways to the target: how many, and how many edges these have.
  const ways = new Map([[target, { paths: 1n, edges: 0n }]]);
  for (let node = target - 1; node >= 0; node--) {
    const found = { paths: 0n, edges: 0n };
    for (const edge of graph.outgoing[node]!) {
      const on = ways.get(graph.edges[edge]!.target);
      if (!on) continue;
      found.paths += on.paths;
      found.edges += on.edges + on.paths;
    }
    if (found.paths) ways.set(node, found);
  }
  const sources = mode === "forward" ? [seed] : graph.inputs;
  const all = { paths: 0n, edges: 0n };
  for (const node of sources) {
    if (node === target) continue;
    all.paths += ways.get(node)?.paths ?? 0n;
    all.edges += ways.get(node)?.edges ?? 0n;
  }
  const lengths: number[] = [];
  const walk = (node: number, length: number): void => {
    if (node === target) lengths.push(length);
    else if (ways.has(node)) {
      graph.outgoing[node]!.forEach((edge) => walk(graph.edges[edge]!.target, length + 1));
    }
  };
  if (all.edges <= DRAWN) sources.forEach((node) => walk(node, 0));
  return { ...all, lengths };
}

/** A count, exact up to a million: "1,024", and "1.18 × 10²¹". */
export function shortCount(count: bigint): string {
  if (count < 10_000_000n) return count.toLocaleString("en");
  const [mantissa, power] = count
    .toLocaleString("en", { notation: "scientific", maximumFractionDigits: 2 })
    .split("E") as [string, string];
  return `${mantissa} × 10${power.replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]!)}`;
}

export class Cost {
  readonly root = element("section", { class: "cgx-cost", "aria-label": "cost" });
  readonly #passed = element("b");
  #cells = cells([]);
  #plan: Plan | null = null;

  /** Show how far a pass has come. */
  show(plan: Plan, step: number): void {
    const [touched, all] = [step, plan.turns.length].map((turns) =>
      plan.turns.slice(0, turns).reduce((sum, { edges }) => sum + edges.length, 0),
    ) as [number, number];
    if (plan !== this.#plan) this.#build(plan, all);
    this.#plan = plan;
    setText(this.#passed, `${touched.toLocaleString("en")} of ${all.toLocaleString("en")}`);
    this.#cells.querySelectorAll("i").forEach((cell, i) => cell.classList.toggle("cgx-full", i < touched));
  }

  #build(plan: Plan, all: number): void {
    const { paths, edges, lengths } = pathCost(plan);
    this.#cells = cells(all > DRAWN ? [] : [all]);
    const which = paths === 1n ? "1 path" : `all ${shortCount(paths)} paths`;
    const inputs = plan.graph.inputs.length;
    const passes = [`forward ${inputs}`, "reverse 1"];
    if (plan.mode === "reverse") passes.reverse();
    this.root.replaceChildren(
      element("h3", { class: "cgx-title" }, "cost, in edges touched"),
      element("p", {}, "this pass", this.#passed),
      this.#cells,
      element(
        "p",
        {},
        `${which}, multiplied out`,
        element("b", { title: String(edges) }, shortCount(edges)),
      ),
      cells(lengths),
      element("p", { class: "cgx-aside" }, "Passes for every input: ", element("span", {}, passes.join(", "))),
    );
  }
}

/** A small box for each edge, path by path. */
function cells(lengths: readonly number[]): HTMLElement {
  const paths = lengths.map((length) =>
    element("span", {}, ...Array.from({ length }, () => element("i"))),
  );
  return element("div", { class: "cgx-cells", "aria-hidden": "true" }, ...paths);
}
