/**
 * Derivatives from local partials, by two routes that know nothing of each other: reverse mode walks
 * the tape back from the target, path sums walk it forward from the source.
 */

import type { Graph } from "./document";
import { largest, rest } from "./largest";

export interface Path {
  readonly edges: readonly number[];
  readonly factors: readonly number[];
  readonly product: number;
}

export interface PathSum {
  /** Exact, however large; a path with a zero factor counts. */
  readonly count: bigint;
  /** The sum of all path products, found without listing the paths. */
  readonly total: number;
  /** All paths in order, or the largest by magnitude where there are more than were asked for. */
  readonly paths: readonly Path[];
  /** The sum over the paths that are not listed. */
  readonly remainder: number;
  /** The same derivative by reverse mode. */
  readonly engine: number;
  readonly agrees: boolean;
}

/** The adjoint of every node that the target depends on; undefined for the others. */
export function adjoints(
  graph: Graph,
  partials: readonly number[],
  target: number,
): (number | undefined)[] {
  const bars: (number | undefined)[] = new Array(graph.nodes.length).fill(undefined);
  bars[target] = 1;
  for (let node = target; node >= 0; node--) {
    const bar = bars[node];
    if (bar === undefined) continue;
    for (const edge of graph.incoming[node]!) {
      const { source } = graph.edges[edge]!;
      const contribution = bar * partials[edge]!;
      const known = bars[source];
      bars[source] = known === undefined ? contribution : known + contribution;
    }
  }
  return bars;
}

/** The paths from source to target, at most `limit` of them listed. */
export function pathSum(
  graph: Graph,
  partials: readonly number[],
  source: number,
  target: number,
  limit: number,
): PathSum {
  const engine = adjoints(graph, partials, target)[source] ?? 0;
  const { count, total, scale } = flow(graph, partials, source, target);
  const paths = largest(graph, partials, source, target, limit).map((edges): Path => {
    const factors = edges.map((edge) => partials[edge]!);
    return { edges, factors, product: factors.reduce((product, factor) => product * factor, 1) };
  });
  if (count <= BigInt(limit)) paths.sort((x, y) => inOrder(x.edges, y.edges));
  const isAll = count <= BigInt(paths.length);
  const remainder = isAll ? 0 : rest(graph, partials, source, target, paths);
  return { count, total, paths, remainder, engine, agrees: close(total, engine, scale) };
}

interface Flow {
  readonly count: bigint;
  readonly total: number;
  /** The sum of |product|: how large the terms are that `total` adds up. */
  readonly scale: number;
}

/** How many paths lead from source to target, and their sum, edge by edge from the source on. */
function flow(graph: Graph, partials: readonly number[], source: number, target: number): Flow {
  const reached = new Map<number, Flow>([[source, { count: 1n, total: 1, scale: 1 }]]);
  for (let node = source + 1; node <= target; node++) {
    let [count, total, scale] = [0n, 0, 0];
    for (const edge of graph.incoming[node]!) {
      const from = reached.get(graph.edges[edge]!.source);
      if (from === undefined) continue;
      count += from.count;
      total += from.total * partials[edge]!;
      scale += from.scale * Math.abs(partials[edge]!);
    }
    if (count) reached.set(node, { count, total, scale });
  }
  return reached.get(target) ?? { count: 0n, total: 0, scale: 0 };
}

function inOrder(x: readonly number[], y: readonly number[]): number {
  const first = x.findIndex((edge, i) => edge !== y[i]);
  return x[first]! - y[first]!;
}

/** Whether two routes to one number agree; the same rule as Python's core/numbers.py. */
export function close(x: number, y: number, scale: number): boolean {
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return true;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  const size = Math.max(Math.abs(x), Math.abs(y), Number.isFinite(scale) ? scale : 0);
  return Math.abs(x - y) <= 1e-9 * size;
}
