/** Says when the numbers shown are not those of the sliders, and what Python said. */

import type { Guard } from "./document";
import { element, setText } from "./dom";
import { PATIENCE_MS } from "./model";
import { typeset } from "./numbers";

export class Report {
  readonly root = element("p", { class: "cgx-message", role: "status" });
  #patience = 0;

  /** `isAlone`: there is no Python to ask. */
  constructor(private readonly isAlone: () => boolean) {}

  say(text: string): void {
    setText(this.root, text);
    this.root.hidden = text === "";
  }

  /** `said` is Python's last message; `inputs` are those of the numbers that are shown. */
  show(guard: Guard | undefined, said: string, inputs: Readonly<Record<string, number>>): void {
    if (!guard || said) this.stop();
    if (!guard) {
      this.say(said);
      return;
    }
    const at = Object.entries(inputs)
      .map(([name, value]) => `${name} = ${typeset(value)}`)
      .join(", ");
    const fact = `This graph was recorded for ${guard.text}.`;
    const still = `The numbers shown are still those at ${at}.`;
    if (said) {
      this.say(`${said} ${still}`);
    } else if (this.isAlone()) {
      const why = "Elsewhere Python takes another branch: open the notebook to follow it.";
      this.say(`This page was saved for ${guard.text}. ${why} ${still}`);
    } else if (!this.#patience) {
      this.say(`${fact} Asking Python to trace the other branch… ${still}`);
      this.#patience = window.setTimeout(() => {
        this.say(`${fact} Python has not answered yet: is the kernel running? ${still}`);
      }, PATIENCE_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#patience);
    this.#patience = 0;
  }
}
