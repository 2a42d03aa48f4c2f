// @ts-check
/**
 * Draws docs/images/frontier.svg of the points in docs/images/frontier.jsonl, which bench/frontier.js writes: the report's Figure 11.
 *
 *     npm run build && node bench/frontier-figure.js
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

/** @param {string} path below src or dist. */
const built = (path) => import(new URL(`../dist/report/${path}.js`, import.meta.url).href);
/** @type {typeof import("../src/report/figures/frontier.ts")} */
const { frontierFigure } = await built("figures/frontier");
/** @type {typeof import("../src/report/frontier-file.ts")} */
const { readFrontier } = await built("frontier-file");
/** @type {typeof import("../src/report/node-canvas.ts")} */
const { nodeCanvas } = await built("node-canvas");

const folder = resolve(import.meta.dirname, "../docs/images");
const points = resolve(folder, "frontier.jsonl");
writeFileSync(
  resolve(folder, "frontier.svg"),
  frontierFigure(readFrontier(readFileSync(points, "utf8"), points), nodeCanvas()).svg,
);
