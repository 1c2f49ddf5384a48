/** A saved page, which Python's widget/saved.py writes: explorers with nobody behind them. */

import type { Model } from "./model";

type Render = (view: { model: Model; el: HTMLElement }) => unknown;

/** What anywidget's model is where there is a kernel. */
class SavedModel implements Model {
  readonly isAlone = true;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(private readonly state: Record<string, unknown>) {}

  get(name: string): unknown {
    return this.state[name];
  }

  set(name: string, value: unknown): void {
    this.state[name] = value;
    this.#listeners.get(`change:${name}`)?.forEach((callback) => callback());
  }

  save_changes(): void {}

  on(event: string, callback: () => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: () => void): void {
    this.#listeners.get(event)?.delete(callback);
  }
}

/** Bring this module's explorers on a page to life, if it is one. Each place holds a still picture. */
export function openPage(module: string, render: Render): void {
  const states = document.querySelectorAll<HTMLElement>(`script.cgx-state[data-module="${module}"]`);
  for (const state of states) {
    const el = document.getElementById(state.dataset["place"]!);
    if (el) render({ model: new SavedModel(JSON.parse(state.textContent!)), el });
  }
}
