/** What the ledger and the curve show of a scene, and what is announced of it. */

import type { Plot } from "./curve";
import { pathSum, type PathSum } from "./derive";
import { isComparison } from "./evaluate";
import { freeRange, type Range } from "./inputs";
import type { Step } from "./ledger";
import { formatTruth, typeset } from "./numbers";
import type { Scene } from "./scene";
import { twin } from "./steps";

/** The steps along each listed path. */
export function routes(scene: Scene, source: number, { paths }: PathSum): Step[][] {
  const start = { name: scene.name(source), label: scene.label(source), arrow: "" };
  return paths.map(({ edges }) => [
    start,
    ...edges.map((edge) => {
      const { target } = scene.graph.edges[edge]!;
      const arrow = `→${twin(scene.graph, edge)}`;
      return { name: scene.name(target), label: scene.label(target), arrow };
    }),
  ]);
}

/** The target against the source; `slope` is their derivative, `ranges` those of the sliders. */
export function plot(
  scene: Scene,
  source: number,
  target: number,
  slope: number,
  ranges: (input: number) => Range,
): Plot {
  const { graph, program, values, inputs } = scene;
  const input = graph.inputs.indexOf(source);
  const isInput = input >= 0;
  const x = values[source]!;
  const range = isInput ? ranges(input) : freeRange(x);
  return {
    source: scene.label(source),
    target: scene.label(target),
    at: program.along(values, source, target),
    range,
    x,
    y: values[target]!,
    slope,
    write: isComparison(graph.nodes[target]!.op) ? formatTruth : (y) => typeset(y),
    isInput,
    note: isInput
      ? ""
      : `${scene.name(source)} is computed: here it alone is varied, as if it were an input.`,
    points: Math.max(40, Math.min(120, Math.round(30000 / graph.nodes.length))),
    // The source itself is not among them.
    key: [graph, source, target, ...range, ...inputs.filter((_, i) => i !== input)],
  };
}

/** The derivative in words, or without a source the target's value. */
export function outcome(scene: Scene, source: number | null, target: number): string {
  const to = scene.name(target);
  if (source === null) return `${to} = ${typeset(scene.values[target]!)}`;
  const from = scene.name(source);
  const { total, count } = pathSum(scene.graph, scene.partials, source, target, 0);
  const derivative = `∂${to}/∂${from} = ${typeset(source === target ? 1 : total)}`;
  if (source === target) return derivative;
  if (!count) return `${derivative}, ${to} does not depend on ${from}`;
  return `${derivative}, ${count} ${count === 1n ? "path" : "paths"}`;
}
