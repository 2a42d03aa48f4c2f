/** Where a network's layers go on a chip: a bar a layer over the numbers of its cores, with the edges of chips. */
import * as Plot from "@observablehq/plot";
import type { Fit } from "../../targets/fit.ts";
import type { PlacedStage, Placement } from "../../targets/place.ts";
import type { Canvas, Figure } from "./figure.ts";
import { ink, lookOf, muted } from "./look.ts";
import { drawPanel, drawSheet } from "./svg.ts";

const rowHeightPx = 22;
/** More edges than this would be one grey area. */
const maxEdges = 24;

export function placementFigure({ label, target }: Fit, placement: Placement, canvas: Canvas): Figure {
  const { stages, cores, chips, coresPerChip, homeless } = placement;
  const names = [...stages.map(({ layer }) => layer), ...homeless];
  const end = Math.max(coresPerChip, ...stages.map(({ last }) => last + 1));
  const edges = Array.from({ length: chips + 1 }, (_, chip) => chip * coresPerChip).filter((core) => core <= end);
  const isSingle = coresPerChip <= 16;
  const middle = ({ first, last }: PlacedStage) => (first + last + 1) / 2;
  const panel = drawPanel(canvas, {
    width: 720,
    height: 70 + rowHeightPx * names.length,
    marginLeft: 110,
    marginRight: 90,
    marginTop: 34,
    marginBottom: 12,
    x: {
      domain: [0, end],
      axis: "top",
      label: "core",
      ...(isSingle
        ? { ticks: Array.from({ length: end }, (_, core) => core + 0.5), tickFormat: (x: number) => `${x - 0.5}` }
        : {}),
    },
    y: { domain: names, label: null, tickSize: 0, padding: 0.2 },
    marks: [
      Plot.ruleX(edges.length <= maxEdges ? edges : [0], { stroke: muted, strokeDasharray: "3,3" }),
      Plot.rectX(stages, {
        x1: "first",
        x2: ({ last }: PlacedStage) => last + 1,
        y: "layer",
        fill: lookOf(0).color,
      }),
      Plot.text(stages, {
        x: isSingle ? middle : ({ last }: PlacedStage) => last + 1,
        y: "layer",
        text: ({ first, cores: own }: PlacedStage) => (isSingle ? `core ${first}` : own.toLocaleString("en")),
        textAnchor: isSingle ? "middle" : "start",
        dx: isSingle ? 0 : 5,
        fill: isSingle ? "white" : ink,
      }),
      Plot.text(homeless, {
        x: 0,
        y: (name: string) => name,
        text: () => "fits on no core that is left",
        textAnchor: "start",
        dx: 5,
        fill: lookOf(4).color,
      }),
    ],
  });
  const title = `${label}: ${cores.toLocaleString("en")} cores of ${(chips * coresPerChip).toLocaleString("en")} (${chips} ${chips === 1 ? "chip" : "chips"})`;
  const alt = `${title}. ${stages.map(({ layer, first, last }) => `${layer}: cores ${first} to ${last}.`).join(" ")}${homeless.map((name) => ` ${name} fits on none.`).join("")}`;
  const id = `placement-${target}`;
  return {
    id,
    label: "Placement",
    title,
    caption: "Dashed lines are the edges of chips.",
    alt,
    svg: drawSheet([panel], { id, title, alt, columns: 1 }),
    rows: stages.map(({ layer, cores: own, first, last }) => ({ layer, cores: own, first, last })),
  };
}
