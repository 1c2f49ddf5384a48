/** The graph document: what Python's graphs/document.py writes, checked before anything uses it. */

import type { Label } from "./names";

export type Expression = number | string | readonly [string, ...Expression[]];

export interface Op {
  readonly name: string;
  readonly operands: readonly string[];
  readonly forward: Expression;
  readonly partials: readonly Expression[];
}

export interface Constant {
  readonly value: number;
}

export interface GraphNode {
  readonly name: string;
  readonly label: Label;
  /** null for an input. */
  readonly op: Op | null;
  /** A number is the index of another node. */
  readonly operands: readonly (number | Constant)[];
  readonly value: number;
  /** False: only a guard needs it. */
  readonly drawn: boolean;
}

/** One use of one operand. */
export interface Edge {
  readonly source: number;
  readonly target: number;
  readonly port: number;
}

/** The comparison at `node` came out as `expected` when the graph was recorded. */
export interface Guard {
  readonly node: number;
  readonly expected: boolean;
  readonly text: string;
}

export interface Graph {
  /** In the order they were recorded: operands come before their uses. */
  readonly nodes: readonly GraphNode[];
  /** What a person sets, inputs that only a guard reads among them. */
  readonly inputs: readonly number[];
  /** Between drawn nodes, by target and then port, as in Python. */
  readonly edges: readonly Edge[];
  /** For each node the indices of the edges that enter it, and of those that leave it. */
  readonly incoming: readonly (readonly number[])[];
  readonly outgoing: readonly (readonly number[])[];
  readonly output: number;
  readonly guards: readonly Guard[];
}

export class DocumentError extends Error {}

type Json = Readonly<Record<string, unknown>>;

const NON_FINITE = new Map([
  ["inf", Infinity],
  ["-inf", -Infinity],
  ["nan", NaN],
]);

/** Check `json` and build a Graph from it. Throws DocumentError, which says what is wrong. */
export function readDocument(json: unknown): Graph {
  const document = record(json, "the document");
  if (document["format"] !== "cgraph_edu" || document["version"] !== 1) {
    throw new DocumentError("it is not a cgraph_edu document of version 1");
  }
  const ops = new Map<string, Op>();
  for (const [name, row] of Object.entries(record(document["ops"], "ops"))) {
    ops.set(name, readOp(name, record(row, `op ${name}`)));
  }
  const nodes = list(document["nodes"], "nodes").map((node, index) =>
    readNode(record(node, `node ${index}`), index, ops),
  );
  const incoming: number[][] = nodes.map(() => []);
  const outgoing: number[][] = nodes.map(() => []);
  const edges: Edge[] = [];
  nodes.forEach((node, target) => {
    if (!node.drawn) return;
    node.operands.forEach((source, port) => {
      if (typeof source !== "number") return;
      incoming[target]!.push(edges.length);
      outgoing[source]!.push(edges.length);
      edges.push({ source, target, port });
    });
  });
  return {
    nodes,
    inputs: nodes.flatMap((node, index) => (node.op === null && node.drawn ? [index] : [])),
    edges,
    incoming,
    outgoing,
    output: nodeIndex(document["output"], nodes.length, "output"),
    guards: list(document["guards"] ?? [], "guards").map((item) => {
      const guard = record(item, "a guard");
      return {
        node: nodeIndex(guard["node"], nodes.length, "a guard's node"),
        expected: guard["expected"] === true,
        text: text(guard["text"], "a guard's text"),
      };
    }),
  };
}

function readOp(name: string, row: Json): Op {
  const operands = list(row["operands"], "an op's operands").map((name) => text(name, "an operand"));
  const partials = list(row["partials"], "an op's partials");
  if (partials.length !== operands.length) {
    throw new DocumentError("an op must have one partial per operand");
  }
  return {
    name,
    operands,
    forward: row["forward"] as Expression,
    partials: partials as Expression[],
  };
}

function readNode(node: Json, index: number, ops: ReadonlyMap<string, Op>): GraphNode {
  const name = text(node["name"], `the name of node ${index}`);
  const [stem, mark] = list(node["label"] ?? [name], `the label of ${name}`);
  const label: Label = [text(stem, `the label of ${name}`), typeof mark === "string" ? mark : ""];
  const drawn = node["drawn"] !== false;
  const value = readNumber(node["value"], `the value of ${name}`);
  if (node["op"] === undefined || node["op"] === null) {
    return { name, label, op: null, operands: [], value, drawn };
  }
  const op = ops.get(text(node["op"], `the op of ${name}`));
  if (op === undefined) throw new DocumentError(`${name} uses an op that is not in the table`);
  const operands = list(node["operands"], `the operands of ${name}`).map((operand) =>
    typeof operand === "number"
      ? nodeIndex(operand, index, `an operand of ${name}`)
      : { value: readNumber(record(operand, `an operand of ${name}`)["value"], "a constant") },
  );
  if (operands.length !== op.operands.length) {
    throw new DocumentError(`${name} has ${operands.length} operands, not ${op.operands.length}`);
  }
  return { name, label, op, operands, value, drawn };
}

export function record(json: unknown, what: string): Json {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new DocumentError(`${what} is missing or malformed`);
  }
  return json as Json;
}

export function list(json: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(json)) throw new DocumentError(`${what}: a list is missing`);
  return json;
}

function text(json: unknown, what: string): string {
  if (typeof json !== "string" || json === "") throw new DocumentError(`${what} is missing`);
  return json;
}

function nodeIndex(json: unknown, below: number, what: string): number {
  if (!Number.isInteger(json) || (json as number) < 0 || (json as number) >= below) {
    throw new DocumentError(`${what} does not point at an earlier node`);
  }
  return json as number;
}

function readNumber(json: unknown, what: string): number {
  const value = fromJson(json);
  if (value === undefined) throw new DocumentError(`${what} is not a number`);
  return value;
}

/** JSON has no inf and nan: they come as strings. A truth value counts as 1 or 0, as in Python. */
export function fromJson(json: unknown): number | undefined {
  if (typeof json === "string") return NON_FINITE.get(json);
  return typeof json === "number" || typeof json === "boolean" ? Number(json) : undefined;
}

export function toJson(x: number): number | string {
  return Number.isFinite(x) ? x : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}
