/** Names and derivatives as mathematics: italic, an index lowered, ∂e/∂b stacked. */

import { element } from "./dom";

/** A node's name; "x_1" and "v1" get their number as an index. */
export function mathName(name: string): HTMLElement {
  const [, base, index] = /^(.*?[^\d_])_?(\d+)$/.exec(name) ?? [undefined, name, ""];
  const made = element("i", { class: "cgx-name" }, base!);
  if (index) made.append(element("sub", {}, index));
  return made;
}

/** ∂target/∂source as a stacked fraction, which reads "∂e/∂b" as text. */
export function derivative(target: string, source: string): HTMLElement {
  return element(
    "span",
    { class: "cgx-fraction" },
    element("span", {}, "∂", mathName(target)),
    element("span", { class: "cgx-hidden" }, "/"),
    element("span", {}, "∂", mathName(source)),
  );
}
