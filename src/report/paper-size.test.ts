import { describe, expect, test } from "vitest";
import * as data from "../../test/figure-data.ts";
import { smallStudy } from "../../test/report-study.ts";
import { operationCosts } from "../metrics/energy.ts";
import { fontSizePx } from "./figures/look.ts";
import { nodeCanvas } from "./node-canvas.ts";
import { paperCanvas, sizedForPaper } from "./paper-size.ts";
import { figureNumbers, figuresOf } from "./report-figures.ts";

const { study } = await smallStudy();
const { pictureUri, ...shown } = data.detections();
const studyData = {
  study,
  pictures: study.dnnDetections.map(() => ({ ...shown, name: "one", uri: pictureUri })),
  classNames: shown.classNames,
  costs: operationCosts,
  scoreThreshold: 0.25,
};

describe.each([
  ["a column", { widthInches: 3.3, fontPoints: 7.5 }],
  ["a page", { widthInches: 7, fontPoints: 7 }],
  ["a slide", { widthInches: 10, fontPoints: 18 }],
])("in %s", (_, size) => {
  const canvas = paperCanvas(nodeCanvas(), size);
  test.each(figureNumbers)(
    "figure %i is as wide as that, its text as large, and it has no title of its own",
    (number) => {
      for (const figure of figuresOf(
        number,
        { study: studyData, accuracy: data.accuracy(), frontier: data.frontier() },
        canvas,
      )) {
        const svg = sizedForPaper(figure.svg, size);
        expect(svg).toMatch(new RegExp(`^<svg[^>]* width="${size.widthInches}in" height="[\\d.]+in"`));
        expect(svg).not.toContain(`>${figure.title}</text>`);
        const [, width] = /viewBox="[\d.]+ [\d.]+ ([\d.]+) /.exec(svg)!;
        const pointsAUnit = (size.widthInches * 72) / Number(width);
        const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map(([, units]) => Number(units));
        expect(Math.min(fontSizePx, ...sizes) * pointsAUnit).toBeGreaterThan(0.98 * size.fontPoints);
      }
    },
  );
});
