/**
 * Questions to Python and its answers. One question at a time is on its way; what is asked meanwhile
 * waits, and only the last of it is sent. An answer counts if it has the number of the last question.
 */

import "./courier.css";

import { PATIENCE_MS, type Model } from "./model";

/** A wait that is longer is shown. */
const VISIBLE_MS = 150;

/** "waiting" is not to be seen yet. */
export type Wait = "none" | "waiting" | "computing" | "gone";

export class Courier<Request extends object, Answer extends { readonly number: number }> {
  /** What was asked last; null where everything was answered. */
  #asked: Request | null = null;
  #number: number;
  #isOut = false;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #wait: Wait = "none";

  /** `answered` is called with an answer, and whether nothing newer was asked. */
  constructor(
    private readonly model: Model,
    private readonly answered: (answer: Answer, isLast: boolean) => void,
    private readonly waited: (wait: Wait) => void,
  ) {
    this.#number = Math.max(this.#count("request"), this.#count("answer"));
    model.on("change:answer", this.#hear);
  }

  stop(): void {
    this.model.off("change:answer", this.#hear);
    this.#forget();
  }

  ask(request: Request): void {
    this.#asked = request;
    if (this.#wait === "none") this.#begin();
    // Whoever did not answer for so long may be another one by now: ask again.
    if (!this.#isOut || this.#wait === "gone") this.#send();
  }

  get isWaiting(): boolean {
    return this.#wait !== "none";
  }

  #send(): void {
    const request = this.#asked;
    this.#asked = null;
    this.#isOut = true;
    // Another view of the same widget may have asked, too.
    this.#number = Math.max(this.#number, this.#count("request")) + 1;
    this.model.set("request", { ...request, number: this.#number });
    this.model.save_changes();
  }

  readonly #hear = (): void => {
    const answer = this.model.get("answer") as Answer;
    // Too late: another question is on its way.
    if (answer.number < this.#number) return;
    this.#number = answer.number;
    this.#isOut = false;
    const isLast = this.#asked === null;
    this.#forget();
    if (isLast) this.#turn("none");
    else this.#begin(this.#wait);
    this.answered(answer, isLast);
    if (this.#asked) this.#send();
  };

  #begin(wait: Wait = "waiting"): void {
    this.#turn(wait === "gone" ? "computing" : wait);
    this.#timers = [
      setTimeout(() => this.#turn("computing"), VISIBLE_MS),
      setTimeout(() => this.#turn("gone"), PATIENCE_MS),
    ];
  }

  #forget(): void {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
  }

  #turn(wait: Wait): void {
    this.#wait = wait;
    this.waited(wait);
  }

  #count(trait: string): number {
    return Number((this.model.get(trait) as { number?: number } | undefined)?.number ?? 0);
  }
}
