/** Lines over a common axis, each named beside its last point or in a legend: the panel that most figures are made of. */
import * as Plot from "@observablehq/plot";
import { type Axis, fraction, numericDomain, numericScale, thinned, transformed } from "./axis.ts";
import type { Canvas } from "./figure.ts";
import { legend, type Place } from "./legend.ts";
import { fontSizePx, ink, muted, type SeriesLook } from "./look.ts";
import { namesAtRight } from "./names-at-right.ts";
import { drawPanel, type Panel } from "./svg.ts";

export interface Point {
  /** A number, or one of the axis' categories. */
  readonly x: number | string;
  readonly y: number;
  /** Ends of an interval around y. */
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly name: string;
  readonly look: SeriesLook;
  /** In order of x; none is drawn where there are no points. */
  readonly points: readonly Point[];
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
  /** Room for names at the right, on a page. */
  readonly labelWidthPx: number;
}

/** With more points a line has a symbol at some of them only: they would hide it. */
const mostSymbols = 40;
const marginLeft = 56;
/** Where no names stand at the right: half of the last tick's label. */
const marginRightInColumn = 16;
/** Of categories' names, in radians. */
const tickAngle = Math.PI / 5;
/** Between categories' names. */
const tickGapPx = 20;
/** Before the first and after the last category, in gaps between them. */
const categoryPadding = 0.3;

export function linePanel(canvas: Canvas, options: LinePanelOptions): Panel {
  const { series, rules = [], x, y, widthPx, labelWidthPx } = options;
  const drawn = series.filter(({ points }) => points.length > 0);
  const frame = frameOf(options, canvas.columnPx === undefined ? labelWidthPx : marginRightInColumn);
  const ends = drawn.flatMap(({ points }) => points.flatMap(({ y, low = y, high = y }) => [y, low, high]));
  const yDomain = numericDomain(y, [...ends, ...rules.map((rule) => rule.y)]);
  const xDomain = numericDomain(
    x,
    drawn.flatMap(({ points }) => points.map((point) => Number(point.x))),
  );
  const named = [
    ...drawn.map(({ name, look, points }) => ({ name, look, y: points[points.length - 1].y })),
    ...rules.map(({ name, y }) => ({ name, look: undefined, y })),
  ];
  const heightOf = (value: number) => frame.innerHeight * (1 - fraction(value, yDomain, y.type));
  const names =
    canvas.columnPx === undefined
      ? {
          marks: namesAtRight(
            named,
            named.map(({ y }) => heightOf(y)),
            frame.innerHeight,
          ),
          heightPx: 0,
        }
      : legend(named, {
          widthPx: frame.innerWidth,
          heightPx: frame.innerHeight,
          lines: [
            ...drawn.map(({ points }) => polyline(points, x, xDomain, frame, heightOf)),
            ...rules.map((rule) => [0, frame.innerWidth].map((place) => ({ x: place, y: heightOf(rule.y) }))),
          ],
          abovePx: frame.marginTop - titlePx(options),
          leftPx: marginLeft - 6,
        });
  return drawPanel(canvas, {
    ...(options.title === undefined ? {} : { title: options.title }),
    width: widthPx,
    height: options.heightPx + names.heightPx,
    marginTop: frame.marginTop + names.heightPx,
    marginLeft,
    marginBottom: frame.marginBottom,
    marginRight: frame.marginRight,
    x: xScale(x, xDomain, frame.innerWidth),
    y: { ...numericScale(y, yDomain), label: null, grid: true },
    marks: [
      ...rules.map((rule) =>
        Plot.ruleY([transformed(rule.y, y.type)], { stroke: ink, strokeWidth: 1.2, strokeDasharray: "4,2" }),
      ),
      ...drawn.flatMap((line) => lineMarks(line, x.type, y.type)),
      // The y axis' name stands over it, where it can be read without turning the head.
      Plot.text([y.label], {
        text: (label: string) => label,
        frameAnchor: "top-left",
        dx: 4 - marginLeft,
        dy: -20,
        fill: muted,
        textAnchor: "start",
      }),
      ...names.marks,
    ],
  });
}

/** Margins, and what they leave to the plot. */
interface Frame {
  readonly marginTop: number;
  readonly marginRight: number;
  readonly marginBottom: number;
  readonly innerWidth: number;
  readonly innerHeight: number;
}

function frameOf(options: LinePanelOptions, marginRight: number): Frame {
  const { x, widthPx, heightPx } = options;
  const marginTop = 26 + titlePx(options);
  const marginBottom = x.type === "category" ? 24 + slantedPx(x.domain ?? []) : 42;
  return {
    marginTop,
    marginRight,
    marginBottom,
    innerWidth: widthPx - marginLeft - marginRight,
    innerHeight: heightPx - marginTop - marginBottom,
  };
}

function titlePx({ title }: LinePanelOptions): number {
  return title === undefined ? 0 : 18;
}

function xScale(x: Axis, domain: readonly [number, number], innerWidth: number): Plot.ScaleOptions {
  if (x.type === "category") {
    return {
      type: "point",
      label: null,
      domain: [...(x.domain ?? [])],
      ticks: thinned(x.domain ?? [], innerWidth / tickGapPx),
      tickRotate: (-tickAngle * 180) / Math.PI,
      padding: categoryPadding,
    };
  }
  return {
    ...numericScale(x, domain),
    label: x.label,
    labelAnchor: "center",
    labelArrow: "none",
    labelOffset: 36,
  };
}

function lineMarks({ look, points }: Series, xType: Axis["type"], yType: Axis["type"]): readonly Plot.Markish[] {
  const at = ({ x }: Point) => (xType === "category" ? x : transformed(Number(x), xType));
  const place = { x: at, y: (point: Point) => transformed(point.y, yType), stroke: look.color };
  const sure = points.filter(({ low, high }) => low !== undefined && high !== undefined && high > low);
  return [
    ...(sure.length === 0
      ? []
      : [
          Plot.ruleX(sure, {
            x: at,
            y1: ({ low }: Point) => transformed(low as number, yType),
            y2: ({ high }: Point) => transformed(high as number, yType),
            stroke: look.color,
            strokeOpacity: 0.6,
          }),
        ]),
    Plot.line(points, { ...place, strokeWidth: 1.8, strokeDasharray: look.dash }),
    Plot.dot(points.length > mostSymbols ? thinned(points, mostSymbols / 2) : points, {
      ...place,
      fill: "white",
      symbol: look.symbol,
      r: 3.2,
    }),
  ];
}

/** Where a line runs, in pixels of the plot, with the ends of its intervals. */
function polyline(
  points: readonly Point[],
  x: Axis,
  xDomain: readonly [number, number],
  { innerWidth }: Frame,
  heightOf: (y: number) => number,
): readonly Place[] {
  const categories = x.domain ?? [];
  const across = (point: Point) =>
    x.type === "category"
      ? (categories.indexOf(point.x) + categoryPadding) / Math.max(1, categories.length - 1 + 2 * categoryPadding)
      : fraction(Number(point.x), xDomain, x.type);
  return points.flatMap((point) => {
    const { y, low = y, high = y } = point;
    return [y, low, high, y].map((value) => ({ x: innerWidth * across(point), y: heightOf(value) }));
  });
}

/** Height of the longest name, slanted. */
function slantedPx(names: readonly (number | string)[]): number {
  return Math.max(0, ...names.map((name) => String(name).length)) * 0.6 * fontSizePx * Math.sin(tickAngle);
}
