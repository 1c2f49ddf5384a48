/**
 * An answer to "what is ∂target/∂source?", and the mistake behind a wrong one: graphs/answers.py for
 * the browser, where it is explained. The hints come from there, too.
 */

import { close, pathSum, type PathSum } from "./derive";
import { DocumentError } from "./document";
import { compile, type Program } from "./evaluate";
import { namesIn, readFormula } from "./formula";
import { formatNumber } from "./numbers";
import { twin } from "./steps";

const FEW = 8;
const MOST_NAMED = 12;
const MOST_NODES = 100;
const LONGEST = 1000;
const FORM = "Write a number or a formula, such as -2.5, 1/3 or 2*a + 1.";
const NUMBER = /^[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf|infinity|nan)$/i;
const COMMA = /^[-+−]?\d*,\d+$/;
const SIGNS: readonly (readonly [string, string])[] = [
  ["−", "-"],
  ["·", "*"],
  ["×", "*"],
  ["÷", "/"],
  ["^", "**"],
  ["²", "**2"],
  ["³", "**3"],
];

/** What is asked, and where. */
export interface Question {
  readonly program: Program;
  readonly values: readonly number[];
  readonly source: number;
  readonly target: number;
  readonly tolerance: number;
  /** What to say of each mistake, with blanks such as {source}. */
  readonly hints: Readonly<Record<string, string>>;
}

/** What is said of an answer. */
export interface Verdict {
  /** null: it says no number. */
  readonly isRight: boolean | null;
  readonly value: number | null;
  readonly read: string;
  readonly mistakes: readonly string[];
  readonly hint: string;
  /** The one path that was taken, if that is the mistake. */
  readonly path: readonly number[];
}

interface Mistake {
  readonly name: string;
  readonly value: number;
  readonly words: Readonly<Record<string, string>>;
  readonly path?: readonly number[];
}

class AnswerError extends Error {}

export function judge(question: Question, text: string): Verdict {
  try {
    const [value, read] = readAnswer(question, text.trim());
    return verdict(question, value, read);
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    return { isRight: null, value: null, read: "", mistakes: [], hint: error.message, path: [] };
  }
}

function verdict(question: Question, value: number, read: string): Verdict {
  const sum = sumAt(question, question.values, question.source);
  const size = sum.paths.reduce((total, { product }) => total + Math.abs(product), 0);
  const accepts = (x: number) =>
    isNear(x, sum.total, question.tolerance) || close(x, sum.total, size);
  if (accepts(value)) return { isRight: true, value, read, mistakes: [], hint: "", path: [] };
  const wrong = [...mistakes(question, sum)].filter((one) => !accepts(one.value));
  const exact = wrong.filter((one) => isNear(value, one.value, 1e-6));
  const found = exact.length
    ? exact
    : wrong.filter((one) => isNear(value, one.value, question.tolerance));
  if (!found.length) found.push({ name: "unknown", value, words: {} });
  const hints = new Set(found.map((one) => worded(question, one)));
  const names = new Set(found.map(({ name }) => name).filter((name) => name !== "unknown"));
  const hint = [...hints].slice(0, 2).join(" Or: ");
  return { isRight: false, value, read, mistakes: [...names], hint, path: found[0]!.path ?? [] };
}

function worded({ program, source, target, hints }: Question, { name, words }: Mistake): string {
  const { nodes } = program.graph;
  const known: Record<string, string> = {
    source: nodes[source]!.name,
    target: nodes[target]!.name,
    ...words,
  };
  return hints[name]!.replace(/\{(\w+)\}/g, (_, blank: string) => known[blank]!);
}

// --- What was answered -----------------------------------------------------------------------------

function readAnswer(question: Question, text: string): [value: number, read: string] {
  if (!text) throw new AnswerError(`There is no answer yet. ${FORM}`);
  if (text.length > LONGEST) {
    throw new AnswerError(`That is longer than ${LONGEST} characters. ${FORM}`);
  }
  let plain = COMMA.test(text) ? text.replace(",", ".") : text;
  for (const [sign, operator] of SIGNS) plain = plain.replaceAll(sign, operator);
  const isNumber = NUMBER.test(plain);
  const value = isNumber
    ? parseFloat(plain.replace(/inf\w*/i, "Infinity"))
    : evaluated(question, text, plain);
  const shown = formatNumber(value);
  const read = !isNumber ? `${text} = ${shown}` : plain === text ? text : `${text}, read as ${shown},`;
  if (Number.isNaN(value)) throw new AnswerError(`${read} is not a number. ${FORM}`);
  return [value, read];
}

function evaluated({ program, values }: Question, text: string, plain: string): number {
  const { nodes } = program.graph;
  const known = new Map([["pi", Math.PI]]);
  nodes.forEach(({ name, drawn }, node) => drawn && known.set(name, values[node]!));
  const unreadable = new AnswerError(`'${text}' could not be read. ${FORM}`);
  const tree = readFormula(plain);
  for (const name of namesIn(plain)) {
    if (known.has(name) || isFunction(name)) continue;
    const listed = nodes.filter(({ drawn }) => drawn).slice(0, MOST_NAMED);
    const names = listed.map((node) => node.name).join(", ");
    throw new AnswerError(`There is no ${name} in this graph. Its names are ${names}.`);
  }
  if (tree === null) throw unreadable;
  try {
    return compile(tree, [...known.keys()])([...known.values()]);
  } catch (error) {
    if (error instanceof DocumentError) throw unreadable;
    throw error;
  }
}

function isFunction(name: string): boolean {
  return [1, 2, 3].some((arity) => {
    try {
      return Boolean(compile([name, ...new Array<number>(arity).fill(1)], []));
    } catch {
      return false;
    }
  });
}

// --- Mistakes --------------------------------------------------------------------------------------

function sumAt({ program, target }: Question, values: readonly number[], source: number): PathSum {
  return pathSum(program.graph, program.partials(values), source, target, FEW);
}

/**
 * The numbers that usual mistakes lead to, the likeliest first: signs last where there is no minus on
 * the way.
 */
function* mistakes(question: Question, sum: PathSum): Generator<Mistake> {
  const { program, values, source, target } = question;
  const { graph } = program;
  const { paths, total } = sum;
  const products = paths.map(({ product }) => product);
  const isWhole = sum.count <= BigInt(FEW);
  const named = (name: string) => (value: number) => ({ name, value, words: {} });
  if (sum.count > 1n) {
    for (const { edges, product } of paths) {
      const steps = edges.map((edge) => {
        const { target } = graph.edges[edge]!;
        return ` →${twin(graph, edge)} ${graph.nodes[target]!.name}`;
      });
      const path = graph.nodes[source]!.name + steps.join("");
      yield { name: "one path", value: product, words: { path }, path: edges };
    }
  }
  const some = isWhole ? partSums(products) : products.map((product) => total - product);
  yield* some.map(named("a path missed"));
  if (isWhole && paths.some(({ factors }) => factors.length > 1)) {
    const sums = paths.map(({ factors }) => add(factors));
    const longer = sums.filter((_, index) => paths[index]!.factors.length > 1);
    yield* [add(sums), multiply(sums), ...longer].map(named("factors added"));
  }
  if (isWhole && paths.length > 1) yield named("paths multiplied")(multiply(products));
  const negative = paths.flatMap(({ edges, factors }) => edges.filter((_, i) => factors[i]! < 0));
  const signs = (isWhole ? signsLost(sum, new Set(negative)) : [-total]).map(named("a sign lost"));
  if (negative.length) yield* signs;
  yield named("the value")(values[target]!);
  yield* elsewhere(question).map(named("another point"));
  let tried = 0;
  for (const [node, { name, op, drawn }] of graph.nodes.entries()) {
    if (!drawn || tried++ >= MOST_NODES || node === source || node === target) continue;
    const value = sumAt(question, values, node).total;
    yield { name: op ? "another step" : "another input", value, words: { other: name } };
  }
  yield* signs;
}

function signsLost({ paths, total }: PathSum, negative: ReadonlySet<number>): number[] {
  return [
    -total,
    add(paths.map(({ product }) => Math.abs(product))),
    ...paths.map(({ product }) => total - 2 * product),
    ...[...negative].map((edge) =>
      add(paths.map(({ edges, product }) => (edges.includes(edge) ? -product : product))),
    ),
  ];
}

/** The derivative at other inputs, where the graph is the same. */
function elsewhere(question: Question): number[] {
  const { program, values, source } = question;
  const { inputs } = program.graph;
  const here = inputs.map((node) => values[node]!);
  const some = inputs.slice(0, MOST_NAMED);
  const place = some.indexOf(source);
  const points: number[][] = [];
  if (place >= 0) {
    for (const x of [...here.slice(0, MOST_NAMED), 0, 1, -here[place]!]) points.push(replaced(here, place, x));
  }
  some.forEach((_, p) =>
    some.slice(p + 1).forEach((_, q) => {
      points.push(replaced(replaced(here, p, here[p + q + 1]!), p + q + 1, here[p]!));
    }),
  );
  return points.flatMap((inputs) => {
    const there = program.values(inputs);
    return program.failedGuard(there) ? [] : [sumAt(question, there, source).total];
  });
}

/** The sums of two or more of the products, but not of all. */
function partSums(products: readonly number[]): number[] {
  const sums: number[] = [];
  for (let chosen = 1; chosen < 2 ** products.length - 1; chosen++) {
    const some = products.filter((_, i) => chosen & (1 << i));
    if (some.length > 1) sums.push(add(some));
  }
  return sums;
}

function replaced(numbers: readonly number[], place: number, by: number): number[] {
  return numbers.map((x, i) => (i === place ? by : x));
}

function add(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0);
}

function multiply(numbers: readonly number[]): number {
  return numbers.reduce((product, x) => product * x, 1);
}

function isNear(x: number, y: number, tolerance: number): boolean {
  return close(x, y, 0) || (Number.isFinite(y) && Math.abs(x - y) <= tolerance * Math.abs(y));
}
