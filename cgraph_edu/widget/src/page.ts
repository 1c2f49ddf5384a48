/** A saved page, which Python's widget/page.py writes: an explorer with nobody behind it. */

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

/** Bring the page to life, if this is one. Until then its place holds the still picture. */
export function openPage(render: Render): void {
  const state = document.querySelector("script.cgx-state");
  const el = document.querySelector<HTMLElement>(".cgx-page");
  if (state && el) render({ model: new SavedModel(JSON.parse(state.textContent!)), el });
}
