/** What Python's placement.py tells of a graph: its document, its answers, and what a run gave. */

import { DocumentError, list, record } from "../document";
import type { Label } from "../names";

/** What is placed as one. */
export interface Block {
  readonly name: string;
  /** What it is called in the picture. */
  readonly item: number;
  /** As mathematics; null for a scope, whose name is plain text. */
  readonly label: Label | null;
  /** Its formula, or how many nodes it has. */
  readonly note: string;
}

/** An assumption about the machines. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly note: string;
  readonly unit: string;
  /** Whether it can be 0. */
  readonly zero: boolean;
}

export interface Document {
  readonly blocks: readonly Block[];
  /** So many workers there can be. */
  readonly most: number;
  readonly fields: readonly Field[];
  /** Why nothing can be run; "" where it can. */
  readonly run: string;
}

export interface Request {
  /** The worker of each block; null for the automatic placement. */
  readonly placement: readonly number[] | null;
  readonly workers: number;
  readonly isReverse: boolean;
  readonly machine: Readonly<Record<string, number>>;
}

export interface Figure {
  readonly name: string;
  readonly yours: string;
  readonly automatic: string;
  readonly better: "yours" | "automatic" | "";
  readonly word: string;
}

/** A task of the critical path, or a message, which no worker does. */
export interface Step {
  readonly text: string;
  readonly worker: number | null;
  readonly isReverse: boolean;
  readonly items: readonly number[];
  readonly wires: readonly (readonly [source: number, target: number])[];
  readonly seconds: string;
}

export interface Answer extends Request {
  readonly number: number;
  readonly placement: readonly number[];
  readonly svg: string;
  readonly timeline: string;
  readonly figures: readonly Figure[];
  readonly isAutomatic: boolean;
  readonly explanation: string;
  readonly path: readonly Step[];
  readonly sum: string;
  /** The comparison in a sentence. */
  readonly words: string;
  readonly message: string;
}

/** A run: under way, done, or failed. */
export interface Outcome {
  readonly number: number;
  readonly state: "running" | "done" | "failed";
  /** The placement that was to be run. */
  readonly of: readonly number[];
  /** How long it has been under way; Python tells this again and again. */
  readonly seconds?: number;
  readonly error?: string;
  readonly lines?: readonly { readonly name: string; readonly value: string; readonly agrees: boolean }[];
  readonly rest?: string;
  /** Where each block really ran. */
  readonly ran?: readonly number[];
  readonly where?: string;
  /** How long it took, beside the simulated time. */
  readonly took?: string;
  readonly timeline?: string;
}

/** The document, or DocumentError where it is none. */
export function readPlacement(json: unknown): Document {
  const document = record(json, "the document");
  const blocks = list(document["blocks"], "blocks") as readonly Block[];
  const isWhole = blocks.every((block) => typeof block?.name === "string" && Number.isInteger(block.item));
  if (document["version"] !== 1 || !isWhole) throw new DocumentError("its blocks are malformed");
  const fields = list(document["fields"], "fields") as readonly Field[];
  return { blocks, fields, most: Number(document["most"]), run: String(document["run"]) };
}
