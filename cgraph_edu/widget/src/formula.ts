/** A formula that a person typed, read into an expression tree, as core/expressions.py does. */

import type { Expression } from "./document";

const TOKEN = /\s*(?:(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)|([\p{L}_][\p{L}\p{N}_]*)|(\*\*|\/\/|[-+*/%(),]))/iuy;

/** Operators with what they are called and how tightly they bind; all but ** group to the left. */
const OPERATORS: Readonly<Record<string, readonly [name: string, binding: number]>> = {
  "+": ["add", 1],
  "-": ["sub", 1],
  "*": ["mul", 2],
  "/": ["div", 2],
  "//": ["floordiv", 2],
  "%": ["mod", 2],
  "**": ["pow", 4],
};
const MINUS = 3;
/** Deeper brackets than this are nobody's answer. */
const DEEPEST = 100;

class Unreadable extends Error {}

/** The tree of a formula; null for what is none. Names are left as they are. */
export function readFormula(text: string): Expression | null {
  const tokens = tokenize(text);
  if (!tokens) return null;
  try {
    const reader = new Reader(tokens);
    const tree = reader.sum(0);
    return reader.isDone ? tree : null;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** The names that a formula uses, those of functions among them. */
export function namesIn(text: string): string[] {
  return text.match(/(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
}

function tokenize(text: string): string[] | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim()) {
    const found = TOKEN.exec(text);
    if (!found) return null;
    tokens.push(found[0].trim());
  }
  return tokens;
}

class Reader {
  #at = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get isDone(): boolean {
    return this.#at === this.tokens.length;
  }

  /** What is written from here on, as far as operators bind at least so tightly. */
  sum(least: number): Expression {
    if (++this.#depth > DEEPEST) throw new Unreadable();
    let left = this.#first();
    for (;;) {
      const operator = OPERATORS[this.tokens[this.#at] ?? ""];
      if (!operator || operator[1] < least) break;
      this.#at++;
      const [name, binding] = operator;
      // To the right of ** a minus may stand, and another **.
      left = [name, left, this.sum(name === "pow" ? MINUS : binding + 1)];
    }
    this.#depth--;
    return left;
  }

  #first(): Expression {
    const token = this.tokens[this.#at++];
    if (token === undefined) throw new Unreadable();
    if (token === "-") return ["neg", this.sum(MINUS)];
    if (token === "(") return this.#closed(this.sum(0));
    if (/^[\d.]/.test(token)) return Number(token);
    if (!/^[\p{L}_]/u.test(token)) throw new Unreadable();
    if (this.tokens[this.#at] !== "(") return token;
    const parts: Expression[] = [];
    do {
      this.#at++;
      parts.push(this.sum(0));
    } while (this.tokens[this.#at] === ",");
    return this.#closed([token, ...parts]);
  }

  #closed(tree: Expression): Expression {
    if (this.tokens[this.#at++] !== ")") throw new Unreadable();
    return tree;
  }
}
