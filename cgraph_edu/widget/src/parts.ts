/** The pictures of a large graph's parts: those at hand, and those that Python has to draw first. */

import { record } from "./document";
import type { Folding } from "./folding";
import { PATIENCE_MS, type Messenger, type Model } from "./model";

/** A picture and what it stands for; see Python's widget/parts.py. */
export interface Picture {
  readonly part: number;
  readonly svg: string;
  readonly downward: unknown;
  readonly wires: unknown;
}

interface Listener {
  /** The picture that was asked for last is here. */
  shown(picture: Picture): void;
  /** What there is to say while it is not; "" when it is. */
  said(text: string): void;
}

export class Parts {
  readonly #known = new Map<number, Picture>();
  /** The part that is wanted, and not here yet. */
  #wanted: number | null = null;
  #patience = 0;

  constructor(
    private readonly model: Model,
    private readonly messenger: Messenger,
    private readonly folding: Folding,
    whole: Picture,
    private readonly listener: Listener,
  ) {
    this.#known.set(0, whole);
    const held = this.model.get("parts") ?? {};
    Object.values(held).forEach((picture) => this.#keep(picture));
    this.#keep(this.model.get("part"));
  }

  open(part: number): void {
    const picture = this.#known.get(part);
    this.#wait(null);
    if (this.model.get("opened") !== part) this.messenger.send("opened", part);
    if (picture) {
      this.listener.said("");
      this.listener.shown(picture);
    } else if (this.model.isAlone) {
      this.listener.said(
        `${this.#name(part)} was left out of this page, which it would make too large: open the notebook to see inside.`,
      );
    } else {
      this.#wait(part);
    }
  }

  /** Python has drawn a part; it may not be the one that is wanted by now. */
  hear(): void {
    this.#keep(this.model.get("part"));
    if (this.#wanted !== null && this.#known.has(this.#wanted)) this.open(this.#wanted);
  }

  dispose(): void {
    clearTimeout(this.#patience);
  }

  #keep(json: unknown): void {
    const picture = record(json ?? {}, "the picture of a part");
    if (picture["key"] !== this.folding.key || !this.folding.has(picture["part"])) return;
    this.#known.set(picture["part"], picture as unknown as Picture);
  }

  #wait(part: number | null): void {
    clearTimeout(this.#patience);
    this.#wanted = part;
    if (part === null) return;
    const name = this.#name(part);
    this.listener.said(`Opening ${name}…`);
    this.#patience = window.setTimeout(() => {
      this.listener.said(`Python has not drawn ${name} yet: is the kernel running?`);
    }, PATIENCE_MS);
  }

  #name(part: number): string {
    return this.folding.parts[part]?.name ?? "the whole graph";
  }
}
