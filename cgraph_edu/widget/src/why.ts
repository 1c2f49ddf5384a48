/** Why a derivative is 0 or 1, in words. What there is to say follows from the ops' own formulas. */

import type { PathSum } from "./derive";
import type { Expression, Graph } from "./document";
import { compile, isComparison } from "./evaluate";
import { derivative, mathName } from "./names";
import { typeset } from "./numbers";
import type { Scene } from "./scene";

type Branches = readonly ["where", test: Expression, yes: Expression, no: Expression];

export type Words = readonly (Node | string)[];

/** Each comparison's sign, and the one that holds when it does not. */
const SIGNS: Readonly<Record<string, string>> = {
  lt: "<≥",
  le: "≤>",
  gt: ">≤",
  ge: "≥<",
  eq: "=≠",
  ne: "≠=",
};

/** Their slopes are nowhere 0: what says so is rounding. */
const NOWHERE_FLAT = /^(exp|expm1|log|log1p|sqrt|atan|tanh|sigmoid)$/;

/** The derivative of a node by itself, or by one that it does not depend on. */
export function whyTrivial(
  { nodes, guards, outgoing }: Graph,
  source: number,
  target: number,
): Words {
  const [from, to] = [nodes[source]!.label, nodes[target]!.label];
  if (source === target) return [derivative(to, to), " = 1: ", mathName(to), " changes as itself."];
  /** Whether a guard reads the source, through nodes that serve nothing else. */
  const reads = (node: number): boolean =>
    node === source ||
    (!nodes[node]!.drawn && nodes[node]!.operands.some((one) => typeof one === "number" && reads(one)));
  const guard = outgoing[source]!.length ? undefined : guards.find(({ node }) => reads(node));
  const role = guard ? [" ", mathName(from), ` only decides which branch is taken: ${guard.text}.`] : [];
  return [mathName(to), " does not depend on ", mathName(from), ": the derivative is 0.", ...role];
}

/** What makes a path sum 0 or 1, or single paths of it 0; nothing where there is nothing to say. */
export function why({ graph, values, partials }: Scene, { paths, total, count }: PathSum): Words {
  const because = (edge: number) => reason(graph, values, partials[edge]!, edge);
  const products = paths.map((path) => path.product);
  const size = products.reduce((sum, product) => sum + Math.abs(product), 0);
  const flat = paths.map((path) => path.edges.find((edge) => partials[edge] === 0));
  const at = [...new Set(flat)].filter((edge) => edge !== undefined);
  if (size === 0) {
    if (!at.length) return ["0 because the products are too small for a floating-point number."];
    const more = at.length > 2 ? `, and alike on ${at.length - 2} more` : "";
    const some = at.slice(0, 2).map((edge, i) => [i ? ", and " : "0 because ", ...because(edge)]);
    return [...some.flat(), `${more}.`];
  }
  // What is left by rounding counts as 0.
  if (count > 1n && Math.abs(total) <= 1e-14 * size) {
    const terms = count <= 6n ? `: ${added(products)} = 0` : "";
    return [`The paths cancel${terms}${total ? ", up to rounding" : ""}.`];
  }
  const [{ edges, factors }] = paths as [(typeof paths)[0]];
  if (total === 1 && count === 1n && factors.every((factor) => factor === 1)) {
    if (edges.length > 1) return ["1 because every local partial on the way is 1."];
    return ["1 because ", ...because(edges[0]!), "."];
  }
  const lost = flat.findIndex((edge) => edge !== undefined);
  if (lost >= 0) return [`Path ${lost + 1} adds 0 because `, ...because(flat[lost]!), "."];
  if (total !== 1 || count > 6n) return [];
  if (count > 1n) return [`1 because the paths add up to it: ${added(products)} = 1.`];
  return ["1 because the factors multiply to it."];
}

/** Why an edge's local partial is what it is, 0 or 1. */
function reason(
  { nodes, edges }: Graph,
  values: readonly number[],
  partial: number,
  edge: number,
): Words {
  const { source, target, port } = edges[edge]!;
  const { op, operands, label } = nodes[target]!;
  const { name, forward, operands: variables, partials } = op!;
  const holds = (test: Expression) => compile(test, variables, operands)(values) !== 0;
  const write = (tree: Expression) => {
    const operand = operands[variables.indexOf(tree as string)] ?? { value: Number(tree) };
    return typeof operand === "number" ? mathName(nodes[operand]!.label) : typeset(operand.value);
  };
  /** A condition that holds, or does not; of several, those that decide. */
  const decides = (test: Expression, isTrue: boolean): Words => {
    if (!Array.isArray(test)) return [write(test), isTrue ? " is True" : " is False"];
    const [f, x, y] = test as unknown as readonly [string, Expression, Expression];
    if (f in SIGNS) return [write(x), ` ${SIGNS[f]![isTrue ? 0 : 1]} `, write(y)];
    // Of comparisons, + is "or" and · is "and".
    const parts = [x, y].filter((part) => holds(part) === isTrue);
    return parts.flatMap((part, i) => [i ? " and " : "", ...decides(part, isTrue)]);
  };

  // Down the branches that are taken, to what decides.
  let tree = partials[port]!;
  let where: Words = [];
  while (Array.isArray(tree) && tree[0] === "where") {
    const [, test, yes, no] = tree as unknown as Branches;
    where = [" where ", ...decides(test, holds(test))];
    tree = holds(test) ? yes : no;
  }
  const [from, to] = [mathName(nodes[source]!.label), mathName(label)];
  if (typeof tree !== "number") {
    const slope = derivative(label, nodes[source]!.label);
    const operand = operands[variables.indexOf(tree as string)];
    if (typeof operand === "object") return [slope, ` is the constant ${partial}`];
    if (!partial && NOWHERE_FLAT.test(name)) {
      const at = ` = ${typeset(values[source]!)}`;
      return [`${name} is so nearly flat at `, from, `${at} that its slope is rounded to 0`];
    }
    const formula = operand === undefined ? [] : [" = ", write(tree), ", which"];
    return [slope, ...formula, ` is ${partial} at these values`];
  }
  if (partial) return [to, " changes just as ", from, " does", ...where];
  if (isComparison(op)) return ["a comparison is flat: it only says True or False"];
  if (!where.length) {
    const chooses = Array.isArray(forward) && forward[0] === "where";
    if (chooses) return [from, " only chooses which operand counts"];
    return [`${name} is flat: it moves only in jumps`];
  }
  return variables.length > 1 && name !== "clip"
    ? [to, " does not change with ", from, ...where]
    : [`${name} is flat`, ...where, ", and ", from, ` = ${typeset(values[source]!)}`];
}

/** "2 − 2": numbers as a sum. */
function added(numbers: readonly number[]): string {
  return numbers
    .map((x, i) => (i ? `${x < 0 ? "−" : "+"} ${typeset(Math.abs(x))}` : typeset(x)))
    .join(" ");
}
