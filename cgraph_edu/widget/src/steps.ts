/**
 * Forward and reverse mode, step by step. A plan says which node acts at each step and along which
 * edges; the numbers come from the local partials, so that a slider changes them and not the plan.
 */

import type { Graph } from "./document";

export type Mode = "forward" | "reverse";

/** One step: a node and the edges that it uses. */
export interface Turn {
  readonly node: number;
  /** Forward: those that bring it a tangent. Reverse: those along which it hands its adjoint back. */
  readonly edges: readonly number[];
}

export interface Plan {
  readonly graph: Graph;
  readonly mode: Mode;
  /** Where the pass starts: its tangent or adjoint is 1. */
  readonly seed: number;
  readonly target: number;
  /** In the order of the pass. The first is the seed's, which uses no edge. */
  readonly turns: readonly Turn[];
  /** For each node the first and the last step that gives it something, or null. */
  readonly spans: readonly (readonly [first: number, last: number] | null)[];
  /** Forward: the nodes that do not depend on the seed. Reverse: those that it does not depend on. */
  readonly idle: ReadonlySet<number>;
}

/** What one edge brings: what flows into it, times its local partial. */
export interface Term {
  readonly edge: number;
  readonly flow: number;
  readonly partial: number;
  readonly value: number;
}

/** One equation: a node gets its tangent, or something for its adjoint. The seed's has no terms. */
export interface Line {
  readonly node: number;
  /** What the adjoint was, where this adds to it. */
  readonly before: number | null;
  readonly terms: readonly Term[];
  readonly value: number;
}

/** The nodes that can be reached from one, itself among them. */
function reach(graph: Graph, from: number, mode: Mode): Set<number> {
  const found = new Set([from]);
  // A set visits what is added to it on the way.
  for (const node of found) {
    if (mode === "forward") graph.outgoing[node]!.forEach((e) => found.add(graph.edges[e]!.target));
    else graph.incoming[node]!.forEach((e) => found.add(graph.edges[e]!.source));
  }
  return found;
}

/** The pass from `source` to `target`. Reverse mode goes from the target to all inputs. */
export function plan(graph: Graph, mode: Mode, source: number, target: number): Plan {
  const isForward = mode === "forward";
  const seed = isForward ? source : target;
  const needed = reach(graph, target, "reverse");
  const reached = reach(graph, seed, mode);
  const turns: Turn[] = [{ node: seed, edges: [] }];
  const drawn = [...graph.nodes.keys()].filter((node) => graph.nodes[node]!.drawn);
  for (const node of isForward ? drawn : [...drawn].reverse()) {
    if (!needed.has(node) || !reached.has(node) || (isForward && node === seed)) continue;
    const edges = graph.incoming[node]!.filter((edge) => reached.has(graph.edges[edge]!.source));
    if (edges.length) turns.push({ node, edges });
  }
  const spans: ([number, number] | null)[] = graph.nodes.map(() => null);
  turns.forEach(({ node, edges }, index) => {
    const given = isForward || !index ? [node] : edges.map((edge) => graph.edges[edge]!.source);
    for (const slot of given) spans[slot] = [spans[slot]?.[0] ?? index + 1, index + 1];
  });
  const idle = new Set(drawn.filter((node) => !reached.has(node)));
  return { graph, mode, seed, target, turns, spans, idle };
}

/** The first `count` steps at these partials: the equations of each, in order. */
export function take(
  { graph, mode, turns }: Plan,
  partials: readonly number[],
  count: number,
): Line[][] {
  const flows = new Map<number, number>();
  const term = (edge: number): Term => {
    const { source, target } = graph.edges[edge]!;
    const flow = flows.get(mode === "forward" ? source : target)!;
    return { edge, flow, partial: partials[edge]!, value: flow * partials[edge]! };
  };
  const give = (node: number, before: number | null, terms: readonly Term[]): Line => {
    const parts = terms.map((one) => one.value);
    if (before !== null) parts.unshift(before);
    // Without a 0 to start from, which would turn -0 into 0.
    const value = parts.length ? parts.reduce((sum, part) => sum + part) : 1;
    flows.set(node, value);
    return { node, before, terms, value };
  };
  return turns.slice(0, count).map(({ node, edges }) => {
    if (!edges.length || mode === "forward") return [give(node, null, edges.map(term))];
    return edges.map((edge) => {
      const { source } = graph.edges[edge]!;
      return give(source, flows.get(source) ?? null, [term(edge)]);
    });
  });
}

/** "₂" for the second of several edges that run side by side, else nothing. */
export function twin({ edges, incoming }: Graph, edge: number): string {
  const { source, target, port } = edges[edge]!;
  const has = incoming[target]!.some((e) => e !== edge && edges[e]!.source === source);
  return has ? "₁₂₃₄₅₆₇₈₉"[port]! : "";
}
