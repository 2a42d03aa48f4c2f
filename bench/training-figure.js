// @ts-check
/**
 * Draws docs/images/spiking-training.svg of the points in docs/images/spiking-training.json, which are results of `evaluate --json`: mAP
 * against accumulates and against latency, of the network trained through its spikes and of conversions of the same DNN.
 *
 *     npm run build && node bench/training-figure.js
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

/** @param {string} path below src or dist. */
const built = (path) => import(new URL(`../dist/report/${path}.js`, import.meta.url).href);
/** @type {typeof import("../src/report/figures/line-panel.ts")} */
const { linePanel } = await built("figures/line-panel");
/** @type {typeof import("../src/report/figures/look.ts")} */
const { lookOf } = await built("figures/look");
/** @type {typeof import("../src/report/figures/svg.ts")} */
const { drawSheet } = await built("figures/svg");
/** @type {typeof import("../src/report/node-canvas.ts")} */
const { nodeCanvas } = await built("node-canvas");

const folder = resolve(import.meta.dirname, "../docs/images");
/** @type {{metric: string, dnn: number, source: string, series: {name: string, points: {acPerMac: number, latency: number, map: number}[]}[]}} */
const { metric, dnn, source, series } = JSON.parse(readFileSync(resolve(folder, "spiking-training.json"), "utf8"));

const panels = /** @type {const} */ ([
  ["acPerMac", "accumulates for each multiply-accumulate of the DNN", "linear"],
  ["latency", "steps until the heads' last (logarithmic)", "log"],
]).map(([key, label, type]) =>
  linePanel(nodeCanvas(), {
    title: key === "acPerMac" ? "by accumulates" : "by latency",
    series: series.map(({ name, points }, i) => ({
      name,
      look: lookOf(i),
      points: points.map((point) => ({ x: point[key], y: point.map })).toSorted((a, b) => a.x - b.x),
    })),
    rules: [{ y: dnn, name: `DNN ${dnn} %` }],
    x: { label, type, ...(type === "log" ? { domain: [1, 32], ticks: [1, 2, 4, 8, 16, 32] } : { domain: [0, 3.5] }) },
    y: { label: `${metric}, %`, type: "linear", domain: [60, 86], ticks: [60, 65, 70, 75, 80, 85] },
    widthPx: 520,
    heightPx: 340,
    labelWidthPx: 200,
  }),
);
const title = `${metric} against accumulates and latency`;
const alt = `${title}, ${source}: ${series.map(({ name, points }) => `${name} ${points.map(({ map, acPerMac }) => `${map} % at ${acPerMac}`).join(", ")}`).join("; ")}.`;
writeFileSync(
  resolve(folder, "spiking-training.svg"),
  drawSheet(panels, { id: "spiking-training", title, alt, columns: 2 }),
);
