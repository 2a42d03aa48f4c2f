/** Axes of figures: where they end, and where their ticks stand. */

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly type: "linear" | "log" | "category";
  /** Ends of the axis, or all categories. Measured where absent (numbers only). */
  readonly domain?: readonly (number | string)[];
  readonly ticks?: readonly number[];
  readonly format?: (value: number) => string;
}

/** At most `most` of the values, evenly, the last among them. */
export function thinned<T>(values: readonly T[], most: number): T[] {
  const every = Math.max(1, Math.ceil(values.length / most));
  return values.filter((_, i) => (values.length - 1 - i) % every === 0);
}

/** The given ends; or those of the values, from zero on a linear axis, and on to the next tick: ticks reach the data. */
export function numericDomain({ domain, type, ticks }: Axis, values: readonly number[]): [number, number] {
  if (type === "category") return [0, 1];
  if (domain) return [Number(domain[0]), Number(domain[1])];
  const positive = values.filter((value) => value > 0);
  const max = positive.length > 0 ? Math.max(...positive) : 1;
  if (type === "log") {
    const ends: [number, number] = [Math.min(...positive, max), max];
    return ticks ? ends : logarithmicEnds(ends);
  }
  const linear = evenTicks(max);
  return [0, linear[linear.length - 1]];
}

const mostGaps = 5;

/** From zero by 1, 2 or 5 times a power of ten, to the first that is not below `max`. */
export function evenTicks(max: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10(max / mostGaps));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size * mostGaps >= max) as number;
  return Array.from({ length: Math.ceil(Number((max / step).toPrecision(12))) + 1 }, (_, i) =>
    Number((i * step).toPrecision(12)),
  );
}

/** Logarithms are taken here and not by the scale, whose own labels leave out what is no power of ten. */
export function numericScale({ type, ticks, format = String }: Axis, domain: readonly [number, number]) {
  const values = ticks ?? (type === "log" ? decades(domain) : evenTicks(domain[1]));
  return {
    type: "linear",
    domain: domain.map((value) => transformed(value, type)),
    ticks: values.filter((value) => value <= domain[1]).map((value) => transformed(value, type)),
    tickFormat: (place: number) => format(type === "log" ? Number((10 ** place).toPrecision(9)) : place),
  } as const;
}

export function transformed(value: number, type: Axis["type"]): number {
  return type === "log" ? Math.log10(value) : value;
}

/** Powers of ten within the ends; where these are less than two powers apart, 2 and 5 times them as well. */
function decades([from, to]: readonly [number, number]): readonly number[] {
  return within(to / from >= 100 ? [1] : [1, 2, 5], from, to);
}

/** The last tick that is not above `from`, and the first that is not below `to`. */
function logarithmicEnds([from, to]: readonly [number, number]): [number, number] {
  const endsAmong = (factors: readonly number[]): [number, number] => {
    const steps = within(factors, from / 10, to * 10);
    return [steps.findLast((step) => step <= from) ?? from, steps.find((step) => step >= to) ?? to];
  };
  const narrow = endsAmong([1, 2, 5]);
  return narrow[1] / narrow[0] >= 100 ? endsAmong([1]) : narrow;
}

function within(factors: readonly number[], from: number, to: number): readonly number[] {
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++) {
    for (const factor of factors) values.push(Number((factor * 10 ** power).toPrecision(3)));
  }
  return values.filter((value) => value >= from && value <= to);
}

/** Where a value lies between the ends, 0 to 1. */
export function fraction(value: number, [from, to]: readonly [number, number], type: Axis["type"]): number {
  const [start, end] = [transformed(from, type), transformed(to, type)];
  return end === start ? 0 : (transformed(value, type) - start) / (end - start);
}
