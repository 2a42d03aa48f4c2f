/** Figure 6: what each configuration finds on a picture as steps go by, beside what the DNN finds. */
import type { Detection } from "../../core/box.ts";
import { drawSheet as drawPictures } from "../../image/draw.ts";
import type { Figure } from "./figure.ts";
import { escapeXml, isolateIds } from "./svg.ts";

export interface DetectionsData {
  /** Which picture, for people. */
  readonly picture: string;
  /** `data:` URI. */
  readonly pictureUri: string;
  readonly width: number;
  readonly height: number;
  readonly classNames: readonly string[];
  readonly dnn: readonly Detection[];
  readonly configurations: readonly {
    readonly configuration: string;
    readonly at: readonly { readonly t: number; readonly detections: readonly Detection[] }[];
  }[];
  readonly scoreThreshold: number;
}

const panelWidthPx = 236;

/** @param index of the picture: there is a figure for each. */
export function detectionsFigure(data: DetectionsData, index: number): Figure {
  const { picture, classNames, dnn, configurations, scoreThreshold } = data;
  const id = `figure-6-${index + 1}`;
  // The DNN ends each row: it is where the row is going.
  const panels = configurations.flatMap(({ configuration, at }) => [
    ...at.map(({ t, detections }) => ({ title: `${configuration}, T = ${t}`, detections })),
    { title: "DNN", detections: dnn },
  ]);
  const columns = Math.max(...configurations.map(({ at }) => at.length)) + 1;
  const title = `Detections on ${picture} over time`;
  const list = (detections: readonly Detection[]) =>
    detections.map(({ classIndex }) => classNames[classIndex] ?? `class ${classIndex}`).join(", ") || "nothing";
  const last = configurations.map(({ configuration, at }) => {
    const { t, detections } = at[at.length - 1];
    return `${configuration} after ${t} steps: ${list(detections)}.`;
  });
  const alt = `${title}. The DNN finds ${list(dnn)}. ${last.join(" ")}`;
  return {
    id,
    label: `Figure 6${index === 0 ? "" : ` (${index + 1})`}`,
    title,
    caption: `Boxes that score above ${scoreThreshold}, with their scores.`,
    alt,
    svg: isolateIds(describe(drawPictures({ ...data, panels, columns, panelWidthPx }), title, alt), id),
    rows: [
      ...dnn.map((detection) => row("DNN", null, detection, classNames)),
      ...configurations.flatMap(({ configuration, at }) =>
        at.flatMap(({ t, detections }) => detections.map((detection) => row(configuration, t, detection, classNames))),
      ),
    ],
  };
}

function row(configuration: string, t: number | null, detection: Detection, classNames: readonly string[]) {
  const { classIndex, score, xMin, yMin, xMax, yMax } = detection;
  return { configuration, t, label: classNames[classIndex] ?? String(classIndex), score, xMin, yMin, xMax, yMax };
}

function describe(svg: string, title: string, alt: string): string {
  const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return svg.replace(
    /^<svg ([^>]*)>/,
    `<svg $1 viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">\n<title id="title">${escapeXml(title)}</title>\n<desc id="desc">${escapeXml(alt)}</desc>`,
  );
}
