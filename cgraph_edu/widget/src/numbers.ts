/** Numbers as text, by the same rules as Python's format_number. */

/** `x` with at most `digits` significant digits, as Python's "%.{digits}g" writes it; -0 is "0". */
export function formatNumber(x: number, digits = 6): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const [significant, exponent] = roundHalfEven(Math.abs(x), digits);
  const sign = x < 0 ? "-" : "";
  if (exponent < -4 || exponent >= digits) {
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${point(significant, 1)}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  return exponent < 0
    ? `${sign}${point("0".repeat(-exponent) + significant, 1)}`
    : `${sign}${point(significant, exponent + 1)}`;
}

/** As `formatNumber`, with a real minus sign: for the picture and the ledger. */
export function typeset(x: number, digits = 6): string {
  return formatNumber(x, digits).replace(/-/g, "−");
}

/** How the value of a comparison is written. */
export function formatTruth(x: number): string {
  return x ? "True" : "False";
}

/** The significant digits of a positive number, and the power of ten of the first one. */
function roundHalfEven(x: number, digits: number): [string, number] {
  const [significant, exponent] = split(x.toExponential(digits - 1));
  // JavaScript rounds an exact tie up, Python to the even digit.
  if (split(x.toExponential(digits))[0].endsWith("5")) {
    const [exact, power] = split(x.toExponential(60));
    const head = exact.slice(0, digits);
    const isTie = /^50*$/.test(exact.slice(digits));
    if (isTie && "02468".includes(head.slice(-1))) return [head, power];
  }
  return [significant, exponent];
}

function split(exponential: string): [string, number] {
  const [mantissa, exponent] = exponential.split("e") as [string, string];
  return [mantissa.replace(".", ""), Number(exponent)];
}

/** Put a decimal point after `whole` digits and drop the zeros that say nothing. */
function point(significant: string, whole: number): string {
  const fraction = significant.slice(whole).replace(/0+$/, "");
  return fraction ? `${significant.slice(0, whole)}.${fraction}` : significant.slice(0, whole);
}
