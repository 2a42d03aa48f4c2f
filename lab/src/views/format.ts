/** Numbers and names as the page shows them. */

const suffixes = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** 1234567 → "1.23 M". */
export function shortNumber(value: number): string {
  const [unit, suffix] = suffixes.find(([size]) => value >= size) ?? [1, ""];
  return `${threeDigits(value / unit)} ${suffix}`.trim();
}

/** Three significant digits, without an exponent. */
export function threeDigits(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return withMinus(value.toFixed(Math.min(digits, 4)));
}

/** A number's text with the sign that people write: what languages print in its place is a hyphen. */
export function withMinus(number: number | string): string {
  return String(number).replace("-", "\u2212");
}

/** Picojoules in the unit that reads best: "1.23 mJ". */
export function energyText(picojoules: number): string {
  const units = [
    [1e12, "J"],
    [1e9, "mJ"],
    [1e6, "µJ"],
    [1e3, "nJ"],
  ] as const;
  const [unit, name] = units.find(([size]) => picojoules >= size) ?? [1, "pJ"];
  return `${threeDigits(picojoules / unit)} ${name}`;
}

export function percentText(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

/**
 * Where a population stands, in words: "layer 3", "output", "output 2". Names in model files are the importer's, and say little
 * to people.
 */
export function populationLabel(populations: readonly { readonly name: string }[], name: string): string {
  const isOutput = (candidate: string) => candidate.endsWith("_readout");
  const alike = populations.filter((population) => isOutput(population.name) === isOutput(name));
  const place = alike.findIndex((population) => population.name === name) + 1;
  if (!isOutput(name)) return `layer ${place}`;
  return alike.length > 1 ? `output ${place}` : "output";
}

/** The next round number, such that its half is one, too. */
export function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.2, 1.6, 2, 3, 4, 5, 6, 8].find((factor) => factor * unit >= value) ?? 10) * unit;
}
