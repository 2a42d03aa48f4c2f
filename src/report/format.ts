/** Numbers for people, the same in tables, figures and on the command line. */

const prefixes = ["p", "n", "µ", "m", "", "k", "M", "G", "T"] as const;
const unprefixed = prefixes.indexOf("");

/** Three digits and a prefix: `16.0 mJ`, `3.49 G`. */
export function withPrefix(value: number, unit = ""): string {
  if (value === 0) return `0 ${unit}`.trimEnd();
  const place = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))) / 3) + unprefixed;
  const at = Math.max(0, Math.min(prefixes.length - 1, place));
  return `${digits(value / 1000 ** (at - unprefixed))} ${prefixes[at]}${unit}`.trimEnd();
}

/** Energy from picojoules: `16.0 mJ`. */
export function joules(picojoules: number): string {
  return withPrefix(picojoules * 1e-12, "J");
}

/** Joules without a prefix: `0.12 J`, `4.29e-4 J`, `1.056 J`. Three digits, and one more where the first is a 1. */
export function plainJoules(value: number): string {
  const text = value.toExponential(2).startsWith("1") ? value.toPrecision(4) : value.toPrecision(3);
  return `${value >= 0.01 ? Number(text) : Number(text).toExponential()} J`;
}

/** Three significant digits without an exponent: `0.0341`, `12.0`, `1,234`. */
export function digits(value: number): string {
  if (value === 0) return "0";
  const magnitude = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  const decimals = Math.max(0, 2 - magnitude);
  return decimals > 6 ? value.toExponential(2) : grouped(value.toFixed(decimals));
}

/** A whole number with its thousands apart: `3,485,520,896`. */
export function whole(value: number): string {
  return grouped(value.toFixed(0));
}

/** A share as percent with one decimal. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** By hand, since what `toLocaleString` does depends on the machine. */
function grouped(text: string): string {
  const [integer, fraction] = text.split(".");
  const apart = integer.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}
