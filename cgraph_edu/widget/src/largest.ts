/**
 * The paths with the largest products, and the sum of all others: graphs/largest.py for the browser,
 * where it is explained. Each node keeps the ways on from it that were asked for, the largest first,
 * and for each of its edges the largest way that was not.
 */

import type { Path } from "./derive";
import type { Graph } from "./document";

/** From a node to the target: over which of its edges, and then by which of the ways from there. */
interface Way {
  readonly size: number;
  readonly place: number;
  readonly rank: number;
}

/** At most `limit` paths, the largest first, as lists of edges; equal ones in writing order. */
export function largest(
  graph: Graph,
  partials: readonly number[],
  source: number,
  target: number,
  limit: number,
): number[][] {
  const end = (edge: number) => graph.edges[edge]!.target;
  const steps: (readonly number[])[] = [];
  const taken: Way[][] = [];
  const waiting: Way[][] = [];
  taken[target] = [{ size: 1, place: 0, rank: 0 }];
  const over = (node: number, place: number, rank: number): Way => {
    const edge = steps[node]![place]!;
    // nan counts as largest: it must not drop out of sight.
    const size = taken[end(edge)]![rank]!.size * Math.abs(partials[edge]!);
    return { size: Number.isNaN(size) ? Infinity : size, place, rank };
  };
  for (let node = target - 1; node >= source; node--) {
    const edges = graph.outgoing[node]!.filter((edge) => taken[end(edge)]);
    if (!edges.length) continue;
    steps[node] = edges;
    waiting[node] = edges.map((_, place) => over(node, place, 0));
    taken[node] = [takeLargest(waiting[node]!)!];
  }
  /** Let a node know one way more, if there is one, and first those that it goes on by. */
  const learn = (node: number) => {
    const asked: number[] = [];
    for (let rank = taken[node]!.length; node !== target && taken[node]!.length === rank; ) {
      asked.push(node);
      const last = taken[node]!.at(-1)!;
      node = end(steps[node]![last.place]!);
      rank = last.rank + 1;
    }
    for (const each of asked.reverse()) {
      const { place, rank } = taken[each]!.at(-1)!;
      if (taken[end(steps[each]![place]!)]![rank + 1]) waiting[each]!.push(over(each, place, rank + 1));
      const way = takeLargest(waiting[each]!);
      if (way) taken[each]!.push(way);
    }
  };
  const found: number[][] = [];
  while (found.length < limit && taken[source]?.[found.length]) {
    const path: number[] = [];
    let [node, rank] = [source, found.length];
    while (node !== target) {
      const way = taken[node]![rank]!;
      path.push(steps[node]![way.place]!);
      [node, rank] = [end(path.at(-1)!), way.rank];
    }
    found.push(path);
    learn(source);
  }
  return found;
}

/** Take the largest way out of a list; of equal ones the first to be written. */
function takeLargest(ways: Way[]): Way | undefined {
  if (!ways.length) return undefined;
  const isBefore = (x: Way, y: Way) =>
    x.size > y.size || (x.size === y.size && (x.place - y.place || x.rank - y.rank) < 0);
  const first = ways.reduce((best, way) => (isBefore(way, best) ? way : best));
  return ways.splice(ways.indexOf(first), 1)[0];
}

/**
 * The sum over all paths but these. It is summed on its own, not as a difference, which would lose
 * a small rest beside large paths: each way that leaves them somewhere, times all ways on from there.
 */
export function rest(
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
