/** Lines over a common axis, each named beside its last point: the panel that most figures are made of. */
import * as Plot from "@observablehq/plot";
import type { Canvas } from "./figure.ts";
import { spreadLabels } from "./labels.ts";
import { fontSizePx, ink, muted, type SeriesLook } from "./look.ts";
import { drawPanel, type Panel } from "./svg.ts";

export interface Point {
  /** A number, or one of the axis' categories. */
  readonly x: number | string;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly look: SeriesLook;
  /** In order of x; none is drawn where there are no points. */
  readonly points: readonly Point[];
}

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly type: "linear" | "log" | "category";
  /** Ends of the axis, or all categories. Measured where absent (numbers only). */
  readonly domain?: readonly (number | string)[];
  readonly ticks?: readonly number[];
  readonly format?: (value: number) => string;
}

/** A horizontal line with a meaning of its own. */
export interface Rule {
  readonly y: number;
  readonly name: string;
}

export interface LinePanelOptions {
  readonly title?: string;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
  readonly x: Axis;
  readonly y: Axis;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Room for names at the right. */
  readonly labelWidthPx: number;
}

const marginLeft = 56;
/** Of categories' names, in radians. */
const tickAngle = Math.PI / 5;
/** Between categories' names. */
const tickGapPx = 20;
const labelGapPx = fontSizePx + 3;

export function linePanel(canvas: Canvas, options: LinePanelOptions): Panel {
  const { series, rules = [], x, y, widthPx, heightPx, labelWidthPx } = options;
  const drawn = series.filter(({ points }) => points.length > 0);
  const isCategory = x.type === "category";
  const marginTop = options.title === undefined ? 26 : 44;
  const marginBottom = isCategory ? 24 + slantedPx(x.domain ?? []) : 42;
  const numbers = [...drawn.flatMap(({ points }) => points.map((point) => point.y)), ...rules.map((rule) => rule.y)];
  const yDomain = numericDomain(y, numbers);
  const xDomain = isCategory
    ? []
    : numericDomain(
        x,
        drawn.flatMap(({ points }) => points.map((point) => Number(point.x))),
      );
  const named = [
    ...drawn.map(({ name, look, points }) => ({ name, look, y: points[points.length - 1].y })),
    ...rules.map(({ name, y }) => ({ name, look: undefined, y })),
  ];
  const [top, bottom] = [marginTop, heightPx - marginBottom];
  const wished = named.map((name) => bottom + (top - bottom) * fraction(name.y, yDomain, y.type));
  const places = spreadLabels(wished, labelGapPx, [top, bottom]);
  const at = (point: Point) => (isCategory ? point.x : transformed(Number(point.x), x.type));
  const beside = (place: number) => ({ frameAnchor: "top-right", dy: place - marginTop }) as const;
  return drawPanel(canvas, {
    ...(options.title === undefined ? {} : { title: options.title }),
    width: widthPx,
    height: heightPx,
    marginTop,
    marginLeft,
    marginBottom,
    marginRight: labelWidthPx,
    x: isCategory
      ? {
          type: "point",
          label: null,
          domain: [...(x.domain ?? [])],
          ticks: thinned(x.domain ?? [], (widthPx - marginLeft - labelWidthPx) / tickGapPx),
          tickRotate: (-tickAngle * 180) / Math.PI,
          padding: 0.3,
        }
      : {
          ...numericScale(x, xDomain as [number, number]),
          label: x.label,
          labelAnchor: "center",
          labelArrow: "none",
          labelOffset: 36,
        },
    y: { ...numericScale(y, yDomain), label: null, grid: true },
    marks: [
      ...rules.map((rule) =>
        Plot.ruleY([transformed(rule.y, y.type)], { stroke: ink, strokeWidth: 1.2, strokeDasharray: "4,2" }),
      ),
      ...drawn.flatMap(({ look, points }) => {
        const place = { x: at, y: (point: Point) => transformed(point.y, y.type), stroke: look.color };
        return [
          Plot.line(points, { ...place, strokeWidth: 1.8, strokeDasharray: look.dash }),
          Plot.dot(points, { ...place, fill: "white", symbol: look.symbol, r: 3.2 }),
        ];
      }),
      // The y axis' name stands over it, where it can be read without turning the head.
      Plot.text([y.label], {
        text: (label: string) => label,
        frameAnchor: "top-left",
        dx: 4 - marginLeft,
        dy: -20,
        fill: muted,
        textAnchor: "start",
      }),
      ...named.flatMap(({ name, look }, i) => [
        ...(look
          ? [Plot.dot([name], { ...beside(places[i]), dx: 18, stroke: look.color, symbol: look.symbol, r: 3.2 })]
          : []),
        Plot.text([name], {
          ...beside(places[i]),
          text: (text: string) => text,
          lineAnchor: "middle",
          textAnchor: "start",
          dx: look ? 27 : 8,
          fill: look?.color ?? muted,
        }),
      ]),
    ],
  });
}

/** At most `most` of the values, evenly, the last among them. */
export function thinned<T>(values: readonly T[], most: number): T[] {
  const every = Math.max(1, Math.ceil(values.length / most));
  return values.filter((_, i) => (values.length - 1 - i) % every === 0);
}

/** Height of the longest name, slanted. */
function slantedPx(names: readonly (number | string)[]): number {
  return Math.max(0, ...names.map((name) => String(name).length)) * 0.6 * fontSizePx * Math.sin(tickAngle);
}

/** The given ends, or those of the values (from zero on a linear axis). */
function numericDomain({ domain, type }: Axis, values: readonly number[]): [number, number] {
  if (domain) return [Number(domain[0]), Number(domain[1])];
  const positive = values.filter((value) => value > 0);
  const max = positive.length > 0 ? Math.max(...positive) : 1;
  return [type === "log" ? Math.min(...positive, max) : 0, max];
}

/** Logarithms are taken here and not by the scale, whose own labels leave out what is no power of ten. */
function numericScale({ type, ticks, format = String }: Axis, domain: readonly [number, number]) {
  const values = ticks ?? (type === "log" ? decades(domain) : undefined);
  return {
    type: "linear",
    domain: domain.map((value) => transformed(value, type)),
    ticks: values ? values.map((value) => transformed(value, type)) : 5,
    tickFormat: (place: number) => format(type === "log" ? Number((10 ** place).toPrecision(9)) : place),
  } as const;
}

function transformed(value: number, type: Axis["type"]): number {
  return type === "log" ? Math.log10(value) : value;
}

/** Powers of ten within the ends; where there are fewer than two, 2 and 5 times them as well. */
function decades([from, to]: readonly [number, number]): readonly number[] {
  const within = (factors: readonly number[]) => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++) {
      for (const factor of factors) ticks.push(Number((factor * 10 ** power).toPrecision(3)));
    }
    return ticks.filter((tick) => tick >= from && tick <= to);
  };
  const powers = within([1]);
  return powers.length >= 2 ? powers : within([1, 2, 5]);
}

/** Where a value lies between the ends, 0 to 1. */
function fraction(value: number, [from, to]: readonly [number, number], type: Axis["type"]): number {
  const [start, end] = [transformed(from, type), transformed(to, type)];
  return end === start ? 0 : (transformed(value, type) - start) / (end - start);
}
