/** The explorer's shared state, as anywidget hands it to the browser. */

export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
  /** There is no Python behind it, and never will be: see page.ts. */
  readonly isAlone?: boolean;
}

/** After this long without an answer Python may be gone. */
export const PATIENCE_MS = 3000;

/** Tells the kernel at most once a frame, and always the last value. */
export class Messenger {
  readonly #waiting = new Map<string, unknown>();
  #frame = 0;

  constructor(private readonly model: Model) {}

  send(name: string, value: unknown): void {
    this.#waiting.set(name, value);
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.flush());
  }

  /** Whether the browser has a newer value than the model. */
  isAhead(name: string): boolean {
    return this.#waiting.has(name);
  }

  flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#waiting.size) return;
    // The model calls back for each: what is still waiting then must not be taken from the model.
    for (const [name, value] of [...this.#waiting]) {
      this.model.set(name, value);
      if (this.#waiting.get(name) === value) this.#waiting.delete(name);
    }
    this.model.save_changes();
  }
}
