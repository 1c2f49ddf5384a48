/** Names and derivatives as mathematics, by the rules of Python's render/typeset.py. */

import { element } from "./dom";

const GREEK = new Map<string, string>(
  (
    "alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ " +
    "nu ν xi ξ omicron ο pi π rho ρ sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω Gamma Γ " +
    "Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω"
  )
    .match(/\S+ \S/g)!
    .map((pair) => pair.split(" ") as [string, string]),
);

const greek = (word: string) => GREEK.get(word) ?? word;

/** A node's name: x1 and x_1 as x with index 1, alpha as α, any other as it is. */
export function mathName(name: string): HTMLElement {
  const [stem, index] = split(name);
  const made = element("i", { class: "cgx-name" }, greek(stem));
  if (index) made.append(element("sub", {}, index));
  return made;
}

function split(name: string): [string, string] {
  const direct = /^(\p{L}+?)(\d+)$/u.exec(name);
  if (direct) return [direct[1]!, direct[2]!];
  const lowered = /^(\p{L}+\d*)_([\p{L}\d_]+)$/u.exec(name);
  const parts = lowered?.[2]!.split("_") ?? [];
  const isIndex = parts.length === 1 || parts.every((part) => /^\d+$/.test(part));
  return lowered && isIndex ? [lowered[1]!, parts.map(greek).join(",")] : [name, ""];
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
