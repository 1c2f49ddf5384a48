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

/**
 * The sum over all paths but these. It is summed on its own, not as a difference, which would lose
 * a small rest beside large paths: each way that leaves them somewhere, times all ways on from there.
 */
function rest(
  graph: Graph,
  partials: readonly number[],
  source: number,
  target: number,
  paths: readonly Path[],
): number {
  const onward: number[] = [];
  onward[target] = 1;
  for (let node = target - 1; node >= source; node--) {
    for (const edge of graph.outgoing[node]!) {
      const on = onward[graph.edges[edge]!.target];
      if (on !== undefined) onward[node] = (onward[node] ?? 0) + partials[edge]! * on;
    }
  }
  let sum = 0;
  let groups = [{ together: paths, node: source, product: 1 }];
  for (let depth = 0; groups.length; depth++) {
    groups = groups.flatMap(({ together, node, product }) =>
      (node === target ? [] : graph.outgoing[node]!).flatMap((edge) => {
        const to = graph.edges[edge]!.target;
        const further = product * partials[edge]!;
        const same = together.filter((path) => path.edges[depth] === edge);
        if (same.length) return [{ together: same, node: to, product: further }];
        if (onward[to] !== undefined) sum += further * onward[to]!;
        return [];
      }),
    );
  }
  return sum;
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

/** A path to come: it keeps to one that was found for `depth` edges, and leaves it on `edge`. */
interface Lead {
  readonly bound: number;
  readonly edges: readonly number[];
  readonly depth: number;
  readonly edge: number;
  readonly size: number;
  /** Where it leaves, and where what it leaves does; these sort equal ones in writing order. */
  readonly departures: readonly number[];
}

/**
 * The paths with the largest products by magnitude, as lists of edges, by the same rule as Python's
 * `PathSum.top`: the best way on from each node is known; the next best path leaves one that was
 * found already, and goes on in the best way.
 */
function largest(
  graph: Graph,
  partials: readonly number[],
  source: number,
  target: number,
  limit: number,
): number[][] {
  const to = (edge: number) => graph.edges[edge]!.target;
  const onward: number[] = [];
  const best: number[] = [];
  onward[target] = 1;
  for (let node = target - 1; node >= source; node--) {
    for (const edge of graph.outgoing[node]!) {
      const on = onward[to(edge)];
      const size = on === undefined ? -1 : magnitude(partials[edge]! * on);
      if (size > (onward[node] ?? -1)) [onward[node], best[node]] = [size, edge];
    }
  }
  const found: number[][] = [];
  const start = { bound: 0, edges: [], depth: 0, edge: -1, size: 1, departures: [0, 0, 0] };
  let leads: Lead[] = onward[source] === undefined ? [] : [start];
  while (leads.length && found.length < limit) {
    const [{ departures, ...lead }] = leads as [Lead];
    const edges = lead.edges.slice(0, lead.depth);
    let { size } = lead;
    let node = source;
    if (lead.edge >= 0) {
      edges.push(lead.edge);
      node = to(lead.edge);
    }
    while (node !== target) {
      const ways = graph.outgoing[node]!.filter((edge) => onward[to(edge)] !== undefined);
      const first = ways.indexOf(best[node]!);
      const depth = edges.length;
      for (const [place, edge] of ways.entries()) {
        if (place === first) continue;
        const here = size * Math.abs(partials[edge]!);
        const bound = magnitude(here * onward[to(edge)]!);
        const leaves = place > first ? [1, -depth, place] : [-1, depth, place];
        const from = [...departures.slice(0, -3), ...leaves, 0, 0, 0];
        leads.push({ bound, edges, depth, edge, size: here, departures: from });
      }
      edges.push(best[node]!);
      size *= Math.abs(partials[best[node]!]!);
      node = to(best[node]!);
    }
    found.push(edges);
    leads = leads.slice(1).sort(bySize).slice(0, limit - found.length);
  }
  return found;
}

/** nan counts as largest: it must not drop out of sight. */
function magnitude(x: number): number {
  return Number.isNaN(x) ? Infinity : Math.abs(x);
}

function bySize(x: Lead, y: Lead): number {
  if (x.bound !== y.bound) return x.bound < y.bound ? 1 : -1;
  const first = x.departures.findIndex((at, i) => at !== y.departures[i]);
  return x.departures[first]! - y.departures[first]!;
}

function inOrder(x: readonly number[], y: readonly number[]): number {
  const first = x.findIndex((edge, i) => edge !== y[i]);
  return x[first]! - y[first]!;
}

/** Whether two routes to one number agree; the same rule as Python's core/numbers.py. */
function close(x: number, y: number, scale: number): boolean {
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return true;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  const size = Math.max(Math.abs(x), Math.abs(y), Number.isFinite(scale) ? scale : 0);
  return Math.abs(x - y) <= 1e-9 * size;
}
