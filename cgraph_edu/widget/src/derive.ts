/**
 * Derivatives from local partials, by two routes that know nothing of each other: reverse mode walks
 * the tape back from the target, path sums walk it forward from the source.
 */

import type { Graph } from "./document";

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
  const reached = walk(graph, partials, source, target, limit).get(target);
  if (reached === undefined) {
    return { count: 0n, total: 0, paths: [], remainder: 0, engine, agrees: engine === 0 };
  }
  const { count, total, scale } = reached;
  const paths = reached.best.map((prefix) => unfold(prefix, partials));
  if (count <= BigInt(limit)) paths.sort((x, y) => inOrder(x.edges, y.edges));
  const listed = paths.reduce((sum, path) => sum + path.product, 0);
  const remainder = count > BigInt(paths.length) ? total - listed : 0;
  return { count, total, paths, remainder, engine, agrees: close(total, engine, scale) };
}

/** A path from the source to some node, as its last edge and what came before. */
interface Prefix {
  readonly product: number;
  readonly edge: number;
  readonly before: Prefix | null;
}

interface Reached {
  readonly count: bigint;
  readonly total: number;
  /** The sum of |product|: how large the terms are that `total` adds up. */
  readonly scale: number;
  /** The largest prefixes by magnitude. A factor scales all alike, so these suffice further on. */
  readonly best: readonly Prefix[];
}

/** What the source reaches, node by node up to the target. */
function walk(
  graph: Graph,
  partials: readonly number[],
  source: number,
  target: number,
  limit: number,
): Map<number, Reached> {
  const start: Prefix = { product: 1, edge: -1, before: null };
  const reached = new Map([[source, { count: 1n, total: 1, scale: 1, best: [start] } as Reached]]);
  for (let node = source + 1; node <= target; node++) {
    let count = 0n;
    let total = 0;
    let scale = 0;
    const best: Prefix[] = [];
    for (const edge of graph.incoming[node]!) {
      const from = reached.get(graph.edges[edge]!.source);
      if (from === undefined) continue;
      const factor = partials[edge]!;
      count += from.count;
      total += from.total * factor;
      scale += from.scale * Math.abs(factor);
      for (const before of from.best) {
        best.push({ product: before.product * factor, edge, before });
      }
    }
    if (count === 0n) continue;
    best.sort((x, y) => magnitude(y.product) - magnitude(x.product));
    reached.set(node, { count, total, scale, best: best.slice(0, limit) });
  }
  return reached;
}

function unfold(last: Prefix, partials: readonly number[]): Path {
  const edges: number[] = [];
  for (let prefix = last; prefix.before !== null; prefix = prefix.before) edges.push(prefix.edge);
  edges.reverse();
  return { edges, factors: edges.map((edge) => partials[edge]!), product: last.product };
}

function inOrder(x: readonly number[], y: readonly number[]): number {
  const first = x.findIndex((edge, i) => edge !== y[i]);
  return x[first]! - y[first]!;
}

/** nan counts as largest: it must not drop out of sight. */
function magnitude(x: number): number {
  return Number.isNaN(x) ? Number.MAX_VALUE : Math.min(Math.abs(x), Number.MAX_VALUE);
}

/** Whether two routes to one number agree; the same rule as Python's core/numbers.py. */
function close(x: number, y: number, scale: number): boolean {
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return true;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  const size = Math.max(1, Math.abs(x), Math.abs(y), Number.isFinite(scale) ? scale : 0);
  return Math.abs(x - y) <= 1e-9 * size;
}
