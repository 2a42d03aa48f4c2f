/** Pictures with boxes, as SVG: data in, drawing out; rasterizing is the platform's. */
import type { Box } from "../core/box.ts";
import { type LabelPlace, placeLabels } from "./place-labels.ts";

/** A box of a class: a detection with its score, or an object that is there, without. */
export interface ShownBox extends Box {
  readonly classIndex: number;
  readonly score?: number;
}

export interface Panel {
  readonly title: string;
  readonly detections: readonly ShownBox[];
}

export interface Sheet {
  /** `data:` URI of the picture that all panels show. */
  readonly pictureUri: string;
  readonly width: number;
  readonly height: number;
  readonly panels: readonly Panel[];
  readonly classNames: readonly string[];
  /** Panels in a row; the rest go below. */
  readonly columns: number;
  /** Width of a panel in pixels of the drawing. */
  readonly panelWidthPx: number;
  readonly titleSizePx?: number;
}

const gap = 12;
const titleHeight = 30;

/** The picture once a panel, with that panel's boxes, labels and title. */
export function drawSheet(sheet: Sheet): string {
  const { panels, columns, panelWidthPx } = sheet;
  const panelHeight = (panelWidthPx * sheet.height) / sheet.width;
  const rows = Math.ceil(panels.length / columns);
  const width = Math.min(columns, panels.length) * (panelWidthPx + gap) + gap;
  const height = rows * (panelHeight + titleHeight + gap) + gap;
  const drawn = panels.map((panel, i) => {
    const x = gap + (i % columns) * (panelWidthPx + gap);
    const y = gap + Math.floor(i / columns) * (panelHeight + titleHeight + gap);
    return `<g transform="translate(${round(x)} ${round(y)})">${drawPanel(panel, sheet, panelHeight)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${round(width)}" height="${round(height)}" font-family="DejaVu Sans, sans-serif">`,
    `<defs><image id="picture" width="${panelWidthPx}" height="${round(panelHeight)}" preserveAspectRatio="none" xlink:href="${sheet.pictureUri}"/></defs>`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...drawn,
    "</svg>",
  ].join("\n");
}

function drawPanel({ title, detections }: Panel, sheet: Sheet, panelHeight: number): string {
  const scale = sheet.panelWidthPx / sheet.width;
  const labels = detections.map((detection) => labelOf(detection, sheet.classNames));
  const places = placeLabels(
    detections.map(({ xMin, yMin, xMax, yMax }) => ({
      xMin: xMin * scale,
      yMin: yMin * scale,
      xMax: xMax * scale,
      yMax: yMax * scale,
    })),
    labels.map(labelWidth),
    labelHeight,
    { width: sheet.panelWidthPx, height: panelHeight },
  );
  // Labels after all frames, the surest last: they stay readable where objects crowd.
  const boxes = [
    ...[...detections].reverse().map((detection) => drawFrame(detection, scale)),
    ...detections
      .flatMap(({ classIndex }, i) => {
        const place = places[i];
        return place ? [drawLabel(labels[i], place, colorOf(classIndex))] : [];
      })
      .reverse(),
  ];
  return [
    `<text x="0" y="20" font-size="${sheet.titleSizePx ?? 16}" font-weight="bold" fill="#1b1f24">${escapeXml(title)}</text>`,
    `<g transform="translate(0 ${titleHeight})"><use xlink:href="#picture"/>${boxes.join("")}</g>`,
  ].join("");
}

function drawFrame({ xMin, yMin, xMax, yMax, classIndex }: ShownBox, scale: number): string {
  const place = `x="${round(xMin * scale)}" y="${round(yMin * scale)}" width="${round((xMax - xMin) * scale)}" height="${round((yMax - yMin) * scale)}" fill="none"`;
  return `<rect ${place} stroke="white" stroke-width="4" stroke-opacity="0.7"/><rect ${place} stroke="${colorOf(classIndex)}" stroke-width="2.5"/>`;
}

const labelHeight = 17;
const labelSize = 12;

function labelOf({ classIndex, score }: ShownBox, classNames: readonly string[]): string {
  const name = classNames[classIndex] ?? `class ${classIndex}`;
  return score === undefined ? name : `${name} ${Math.round(100 * score)} %`;
}

function labelWidth(label: string): number {
  return label.length * labelSize * 0.62 + 8;
}

function drawLabel(label: string, { x, y }: LabelPlace, color: string): string {
  return [
    `<rect x="${round(x)}" y="${round(y)}" width="${round(labelWidth(label))}" height="${labelHeight}" fill="${color}"/>`,
    `<text x="${round(x + 4)}" y="${round(y + 13)}" font-size="${labelSize}" fill="white">${escapeXml(label)}</text>`,
  ].join("");
}

/** Dark enough for white text, and apart from each other for people with deuteranopia as well; `class-colors.test.ts` says how far. */
const classColors = [
  "#2d5ab4",
  "#e61919",
  "#0a5c41",
  "#aa00ff",
  "#663300",
  "#cc3399",
  "#1313ae",
  "#e6195d",
  "#5c0a5c",
  "#0000ff",
] as const;

/** More classes than there are colours share them: their names stand beside. */
export function colorOf(classIndex: number): string {
  return classColors[classIndex % classColors.length];
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
