/** Figure 6: what each configuration finds on a picture as steps go by, beside what the DNN finds. */
import type { Box, Detection } from "../../core/box.ts";
import { drawSheet as drawPictures, type Panel } from "../../image/draw.ts";
import type { Canvas, Figure } from "./figure.ts";
import { fontSizePx } from "./look.ts";
import { escapeXml, gridOf, isolateIds } from "./svg.ts";

export interface LabelledBox extends Box {
  /** The model's. */
  readonly classIndex: number;
}

export interface DetectionsData {
  /** Which picture, for people. */
  readonly picture: string;
  /** `data:` URI. */
  readonly pictureUri: string;
  readonly width: number;
  readonly height: number;
  readonly classNames: readonly string[];
  /** Objects that are there, of classes that the model knows. */
  readonly truth: readonly LabelledBox[];
  readonly dnn: readonly Detection[];
  readonly configurations: readonly {
    readonly configuration: string;
    readonly at: readonly { readonly t: number; readonly detections: readonly Detection[] }[];
  }[];
  readonly scoreThreshold: number;
}

/** On a page, with the gap before the next. */
const panelPx = 248;
const gapPx = 12;
/** In a column: as narrow as a panel's title is. */
const leastPanelPx = 176;

/** @param index of the picture: there is a figure for each. */
export function detectionsFigure(data: DetectionsData, index: number, canvas: Canvas): Figure {
  const { picture, classNames, truth, dnn, configurations, scoreThreshold } = data;
  const id = `figure-6-${index + 1}`;
  // What is there and what the DNN finds end each row: it is where the row is going.
  const longest = Math.max(...configurations.map(({ at }) => at.length)) + 2;
  // There is a gap before the first panel as well.
  const room = canvas.columnPx === undefined ? canvas : { ...canvas, columnPx: canvas.columnPx - gapPx };
  const { columns, widthPx } = gridOf(room, { columns: longest, widthPx: panelPx }, longest, leastPanelPx);
  const goals: readonly Panel[] = [
    { title: "DNN", detections: dnn },
    { title: "Ground truth", detections: truth },
  ];
  const isColumn = canvas.columnPx !== undefined;
  const steps = configurations.map(({ configuration, at }) =>
    at
      // Every other one in a column: enough to see boxes come, and a page is no longer than that.
      .filter((_, i) => !isColumn || (at.length - 1 - i) % 2 === 0)
      .map(({ t, detections }) => ({ title: `${configuration}, T = ${t}`, detections })),
  );
  // Rows of a column break anywhere, so that the goals come once.
  const panels = isColumn ? [...goals, ...steps.flat()] : steps.flatMap((row) => [...row, ...goals]);
  const title = `Detections on ${picture} over time`;
  const list = (detections: readonly LabelledBox[]) =>
    detections.map(({ classIndex }) => classNames[classIndex] ?? `class ${classIndex}`).join(", ") || "nothing";
  const last = configurations.map(({ configuration, at }) => {
    const { t, detections } = at[at.length - 1];
    return `${configuration} after ${t} steps: ${list(detections)}.`;
  });
  const alt = `${title}. There are ${list(truth)}. The DNN finds ${list(dnn)}. ${last.join(" ")}`;
  return {
    id,
    label: `Figure 6${index === 0 ? "" : ` (${index + 1})`}`,
    title,
    caption: `Boxes that score above ${scoreThreshold}, with their scores; beside them what the data set says is there.`,
    alt,
    svg: isolateIds(
      describe(
        drawPictures({
          ...data,
          panels,
          columns,
          panelWidthPx: widthPx - gapPx,
          ...(isColumn ? { titleSizePx: fontSizePx } : {}),
        }),
        title,
        alt,
      ),
      id,
    ),
    rows: [
      ...truth.map((object) => row("ground truth", null, { ...object, score: null }, classNames)),
      ...dnn.map((detection) => row("DNN", null, detection, classNames)),
      ...configurations.flatMap(({ configuration, at }) =>
        at.flatMap(({ t, detections }) => detections.map((detection) => row(configuration, t, detection, classNames))),
      ),
    ],
  };
}

function row(
  configuration: string,
  t: number | null,
  { classIndex, score, xMin, yMin, xMax, yMax }: LabelledBox & { readonly score: number | null },
  classNames: readonly string[],
) {
  return { configuration, t, label: classNames[classIndex] ?? String(classIndex), score, xMin, yMin, xMax, yMax };
}

function describe(svg: string, title: string, alt: string): string {
  const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return svg.replace(
    /^<svg ([^>]*)>/,
    `<svg $1 viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">\n<title id="title">${escapeXml(title)}</title>\n<desc id="desc">${escapeXml(alt)}</desc>`,
  );
}
