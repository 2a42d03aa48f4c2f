/**
 * Every figure drawn from invented data, against the drawing that people have looked at (`test/figures/`): a change shows
 * as a diff of lines, and `vitest -u` accepts it after a look.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { rasterizeSvg } from "#platform";
import * as data from "../../../test/figure-data.ts";
import { nodeCanvas } from "../node-canvas.ts";
import { accuracyFigure } from "./accuracy.ts";
import { channelActivationFigure } from "./channel-activation.ts";
import { channelRatesFigure } from "./channel-rates.ts";
import { detectionsFigure } from "./detections.ts";
import type { Figure } from "./figure.ts";
import { frontierFigure } from "./frontier.ts";
import { layerActivityFigure } from "./layer-activity.ts";
import { layerErrorFigure } from "./layer-error.ts";
import { operationEnergyFigure } from "./operation-energy.ts";
import { operationsOverTimeFigure } from "./operations-over-time.ts";
import { placementFigure } from "./placement.ts";
import { rasterFigure } from "./raster.ts";
import { rateDistributionFigure } from "./rate-distribution.ts";
import { videoEnergyFigure } from "./video-energy.ts";

const canvas = nodeCanvas();

const figures: Readonly<Record<string, () => Figure>> = {
  "figure-1": () => channelActivationFigure(data.channelActivation(), canvas),
  "figure-2": () => rateDistributionFigure(data.rateDistribution(), canvas),
  "figure-3": () => channelRatesFigure(data.channelRates(), canvas),
  "figure-4": () => rasterFigure(data.raster(), canvas),
  "figure-5": () => accuracyFigure(data.accuracy(), canvas),
  "figure-6-1": () => detectionsFigure(data.detections(), 0, canvas),
  "figure-7": () => operationEnergyFigure(data.operationEnergy(), canvas),
  "figure-8": () => layerErrorFigure(data.layerError(), canvas),
  "figure-9": () => operationsOverTimeFigure(data.operationsOverTime(), canvas),
  "placement-speck": () => placementFigure(data.fit(), data.placement(), canvas),
  "figure-10": () => layerActivityFigure(data.layerActivity(), canvas),
  "figure-11": () => frontierFigure(data.frontier(), canvas),
  "figure-12": () => videoEnergyFigure(data.videoEnergy(), canvas),
};

const folder = resolve(import.meta.dirname, "../../../test/figures");

test.each(Object.entries(figures))("%s is drawn as it was when people looked at it", async (id, draw) => {
  const { svg } = draw();
  const file = resolve(folder, `${id}.svg`);
  if (process.env.CI) expect(existsSync(file), `${file} is missing`).toBe(true);
  await expect(svg).toMatchFileSnapshot(file);
});

test.each(Object.entries(figures))("%s: same data, same bytes, whatever was drawn before", (_, draw) => {
  const first = draw().svg;
  for (const other of Object.values(figures)) other();
  expect(draw().svg).toBe(first);
});

test.each(Object.entries(figures))("%s stands in a page beside others and says what it shows", (id, draw) => {
  const figure = draw();
  expect(figure.id).toBe(id);
  const ids = [...figure.svg.matchAll(/\sid="([^"]+)"/g)].map(([, name]) => name);
  expect(ids.length).toBeGreaterThan(1);
  for (const name of ids) expect(name.startsWith(`${id}-`), name).toBe(true);
  for (const [, target] of figure.svg.matchAll(/(?:href="#|url\(#)([^")]+)/g)) expect(ids).toContain(target);
  expect(figure.svg).toContain('role="img"');
  expect(figure.alt).toContain(figure.title);
  expect(figure.alt.length).toBeGreaterThan(figure.title.length + 20);
});

test.each(Object.entries(figures))(
  "%s: every line of its data has the same columns and no number is lost",
  (_, draw) => {
    const { rows } = draw();
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(Object.keys(rows[0]));
      for (const cell of Object.values(row)) if (typeof cell === "number") expect(Number.isFinite(cell)).toBe(true);
    }
  },
);

test.each(Object.entries(figures))("%s: nothing is drawn at a place that is none", (_, draw) => {
  expect(draw().svg).not.toMatch(/NaN|Infinity|undefined/);
});

test.each(Object.entries(figures))("%s can be rasterized and is not blank", async (_, draw) => {
  const { data: pixels, width, height } = await rasterizeSvg(draw().svg);
  const dark = pixels.filter((value) => value < 128).length;
  expect(dark / (width * height)).toBeGreaterThan(0.002);
});
