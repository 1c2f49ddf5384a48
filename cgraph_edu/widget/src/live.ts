/** What is said to those who do not see: once things have come to rest, or at once. */

import { element, setText } from "./dom";

/** A change counts as settled, and is announced, after this long. */
const SETTLED_MS = 500;

export class Live {
  readonly root = element("p", { class: "cgx-hidden cgx-live", "aria-live": "polite" });
  #settling = 0;

  /** `words` is asked when things have come to rest; null for nothing new. */
  settle(words: () => string | null): void {
    this.stop();
    this.#settling = window.setTimeout(() => {
      const text = words();
      if (text !== null) this.say(text);
    }, SETTLED_MS);
  }

  say(text: string): void {
    setText(this.root, text);
  }

  stop(): void {
    clearTimeout(this.#settling);
  }
}
