/** Beyond the paper: what several ways to convert keep of the DNN's mAP, over what they cost in accumulates and in steps. */
import { thinned } from "./axis.ts";
import type { Canvas, Figure } from "./figure.ts";
import { linePanel, type Point, type Series } from "./line-panel.ts";
import { lookOf } from "./look.ts";
import { drawSheet, gridOf, type Panel } from "./svg.ts";

/** A network, converted in one way and run for so many steps. */
export interface FrontierPoint {
  /** For people. */
  readonly network: string;
  /** Of which data. */
  readonly data: string;
  readonly pictures: number;
  /** mAP of the DNN on these pictures, in [0, 1]. */
  readonly dnn: number;
  /** The way to convert: its points are drawn as one line. */
  readonly line: string;
  /** What is different from the line's other points, besides steps; may be empty. */
  readonly setting: string;
  /** Steps of a layer, and steps until the heads have theirs. */
  readonly t: number;
  readonly latency: number;
  /** Of the DNN's mAP, with its 95 % interval over pictures drawn anew. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** ‖SNN − DNN‖ / ‖DNN‖ of the heads' inputs. */
  readonly outputError: number;
  /** Accumulates for each of the DNN's multiply-accumulates, summed over steps. */
  readonly acPerMac: number;
}

const costs = {
  acPerMac: "AC / MAC",
  latency: "latency in steps",
} as const;
type Cost = keyof typeof costs;

/** Shares outside are not drawn: what is lost there is of no use as a detector. In percent. */
const [leastShown, mostShown] = [50, 110];

/** A row of panels for each network, in the order of the points; the lines have the same look in all. */
export function frontierFigure(points: readonly FrontierPoint[], canvas: Canvas): Figure {
  const networks = [...new Set(points.map(({ network }) => network))];
  const lines = [...new Set(points.map(({ line }) => line))];
  const { columns, widthPx } = gridOf(canvas, { columns: 2, widthPx: 610 }, 2, 300);
  const panels = networks.flatMap((network) =>
    (Object.keys(costs) as Cost[]).map((cost): Panel => {
      const own = points.filter((point) => point.network === network);
      const most = own.toSorted((a, b) => b.pictures - a.pictures)[0];
      const series = lines.map((line, i): Series => {
        const ofLine = own.filter((point) => point.line === line).toSorted((a, b) => a[cost] - b[cost]);
        const fewer = ofLine.find(({ pictures }) => pictures < most.pictures);
        const name = fewer ? `${line} (${fewer.pictures} pictures)` : line;
        return { name, look: lookOf(i), points: ofLine.filter(isShown).map((point) => pointAt(point, cost)) };
      });
      const ticks = ticksAround(series.flatMap((line) => line.points.map(({ x }) => Number(x))));
      return linePanel(canvas, {
        title: `${network}, ${most.pictures} pictures of ${most.data}`,
        series,
        rules: [{ y: 100, name: `DNN, mAP ${(100 * most.dnn).toFixed(1)} %` }],
        x: {
          label: `${costs[cost]} (logarithmic)`,
          type: "log",
          domain: [ticks[0], ticks[ticks.length - 1]],
          ticks: thinned(ticks, widthPx / 50),
        },
        y: { label: "share of the DNN's mAP, %", type: "linear", domain: [leastShown, mostShown], ticks: shareTicks },
        widthPx,
        heightPx: canvas.columnPx === undefined ? 300 : 250,
        labelWidthPx: 245,
      });
    }),
  );
  const title = "Share of the DNN's mAP over accumulates and latency";
  const alt = `${title}. ${networks.map((network) => describe(network, points, lines)).join(" ")}`;
  return {
    id: "figure-11",
    label: "Figure 11",
    title,
    caption: `AC / MAC: accumulates for each multiply-accumulate of the DNN, summed over steps. Latency: until the heads have what they are read from. Left is cheaper or sooner, up is better. Points of less than ${leastShown} % are left out. Bars: 95 % intervals of the share, over pictures drawn anew; ends beyond the plot are cut. A spike is one accumulate at each synapse that it reaches, whatever it stands for.`,
    alt,
    svg: drawSheet(panels, { id: "figure-11", title, alt, columns }),
    rows: points.map((point) => ({ ...point })),
  };
}

const shareTicks = [50, 60, 70, 80, 90, 100, 110] as const;

function isShown({ share }: FrontierPoint): boolean {
  return 100 * share >= leastShown && 100 * share <= mostShown;
}

function pointAt(point: FrontierPoint, cost: Cost): Point {
  const cut = (share: number) => Math.min(mostShown, Math.max(leastShown, 100 * share));
  return { x: point[cost], y: 100 * point.share, low: cut(point.low), high: cut(point.high) };
}

/** 1, 2 and 5 times powers of ten, from the last that is not above the values to the first that is not below. */
function ticksAround(values: readonly number[]): readonly number[] {
  const all = [-2, -1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
  const first = all.findLastIndex((tick) => tick <= Math.min(...values));
  const last = all.findIndex((tick) => tick >= Math.max(...values));
  return all.slice(Math.max(0, first), last < 0 ? all.length : last + 1);
}

/** Where each line first keeps 99 %, or what is its best. */
function describe(network: string, points: readonly FrontierPoint[], lines: readonly string[]): string {
  const reached = lines.flatMap((name) => {
    const own = points.filter((point) => point.network === network && point.line === name);
    if (own.length === 0) return [];
    const best = own.toSorted((a, b) => b.share - a.share)[0];
    const [first = best] = own.filter(({ share }) => share >= 0.99).toSorted((a, b) => a.acPerMac - b.acPerMac);
    return [
      `${name} ${(100 * first.share).toFixed(1)} % at ${first.acPerMac.toFixed(2)} accumulates and ${first.latency} steps`,
    ];
  });
  return `${network}: ${reached.join("; ")}.`;
}
