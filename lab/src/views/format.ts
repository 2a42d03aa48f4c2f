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
  return value.toFixed(Math.min(digits, 4));
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

/** Layer names where room is scarce: a readout is named after its head, "region12_readout" → "output 12". */
export function layerLabel(name: string): string {
  const readout = /^(?:region|yolo|gaussianYolo)(\d*)_readout$/.exec(name);
  return readout ? `output ${readout[1]}`.trim() : name;
}
