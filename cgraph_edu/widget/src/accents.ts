/** The bar of an adjoint and the dot of a tangent, placed by the height of what is under them. */

import { mathName, type Label } from "./names";
import type { Mode } from "./steps";

const COMBINING: Record<Mode, string> = { forward: "\u0307", reverse: "\u0304" };

const SERIF = '"STIX Two Text", STIXGeneral, "Times New Roman", "Liberation Serif", serif';
const known = new Map<string, readonly [number, number]>();
let pen: CanvasRenderingContext2D | null = null;

/** The width of a text in italics and its height above the line, in em. */
export function measure(text: string): readonly [width: number, height: number] {
  let size = known.get(text);
  if (size === undefined) {
    pen ??= document.createElement("canvas").getContext("2d")!;
    pen.font = `italic 100px ${SERIF}`;
    const { width, actualBoundingBoxAscent } = pen.measureText(text);
    size = [width / 100, actualBoundingBoxAscent / 100];
    known.set(text, size);
  }
  return size;
}

/** ē or ė. As text it has the combining mark, which alone would be drawn in odd places. */
export function flowName(label: Label, mode: Mode): HTMLElement {
  const made = mathName(label);
  const [width, height] = measure(label[0]);
  made.classList.add(`cgx-${mode}`);
  made.style.setProperty("--w", `${width}em`);
  made.style.setProperty("--h", `${height}em`);
  const mark = document.createElement("span");
  mark.className = "cgx-hidden";
  mark.textContent = COMBINING[mode];
  made.firstChild!.after(mark);
  return made;
}
