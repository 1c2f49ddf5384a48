/** Names and derivatives as mathematics; Python's render/typeset.py says what they look like. */

import { element } from "./dom";

/** A node's name as it is shown: x_1 is x with the index 1, alpha is α without one. */
export type Label = readonly [stem: string, index: string];

export function mathName([stem, index]: Label): HTMLElement {
  const made = element("i", { class: "cgx-name" }, stem);
  if (index) made.append(element("sub", {}, index));
  return made;
}

/** ∂target/∂source as a stacked fraction, which reads "∂e/∂b" as text. */
export function derivative(target: Label, source: Label): HTMLElement {
  return element(
    "span",
    { class: "cgx-fraction" },
    element("span", {}, "∂", mathName(target)),
    element("span", { class: "cgx-hidden" }, "/"),
    element("span", {}, "∂", mathName(source)),
  );
}
