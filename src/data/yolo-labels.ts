/**
 * One label file of a YOLO data set: a line an object, a class and numbers in fractions of the picture's width and height.
 * Four of them are a box (centre x and y, width, height), more are the corners of a polygon, as of segmentation or turned boxes.
 */
import type { Box } from "../core/box.ts";

/** A box in fractions of the picture, upright. */
export interface YoloObject extends Box {
  readonly classIndex: number;
}

export interface YoloLabels {
  readonly objects: readonly YoloObject[];
  /** Lines that were left out, each with its reason: "line 3: class 7 of 2". */
  readonly problems: readonly string[];
}

export interface LabelLayout {
  /** How many classes the data set names. */
  readonly classes: number;
  /** Numbers after the box that belong to keypoints; 0 where labels have none. */
  readonly keypointNumbers: number;
}

/** Programs write the border with rounding. */
const slack = 0.001;

/** Reads one label file. What is no object is left out, see `problems`; an object given twice counts once, as a problem too. */
export function parseYoloLabels(text: string, layout: LabelLayout): YoloLabels {
  const objects: YoloObject[] = [];
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    const words = line.trim().split(/[\s,]+/);
    if (words[0] === "") continue;
    const object = seen.has(words.join(" ")) ? "given twice" : readLine(words, layout);
    if (typeof object === "string") problems.push(`line ${index + 1}: ${object}`);
    else objects.push(object);
    seen.add(words.join(" "));
  }
  return { objects, problems };
}

/** The object, or why it is none. */
function readLine(words: readonly string[], { classes, keypointNumbers }: LabelLayout): YoloObject | string {
  const [classIndex, ...all] = words.map(Number);
  if (!Number.isInteger(classIndex)) return `"${words[0].slice(0, 20)}" is no class number`;
  if (classIndex < 0 || classIndex >= classes) return `class ${classIndex} of ${classes}`;
  const numbers = keypointNumbers > 0 && all.length === 4 + keypointNumbers ? all.slice(0, 4) : all;
  if (!numbers.every(Number.isFinite)) return "a word or NaN in the place of a number";
  const isPolygon = numbers.length >= 6 && numbers.length % 2 === 0;
  if (numbers.length !== 4 && !isPolygon) return `${numbers.length} numbers; a box has 4, a polygon 6, 8, …`;
  if (numbers.some((value) => value < -slack || value > 1 + slack))
    return "beyond 0 … 1: in pixels, or of another picture";
  const box = isPolygon ? around(numbers) : fromCentre(numbers);
  return box.xMax > box.xMin && box.yMax > box.yMin ? { classIndex, ...box } : "a box without area";
}

function fromCentre([x, y, width, height]: readonly number[]): Box {
  return { xMin: x - width / 2, yMin: y - height / 2, xMax: x + width / 2, yMax: y + height / 2 };
}

function around(corners: readonly number[]): Box {
  let [xMin, yMin, xMax, yMax] = [1, 1, 0, 0];
  for (let i = 0; i < corners.length; i += 2) {
    xMin = Math.min(xMin, corners[i]);
    xMax = Math.max(xMax, corners[i]);
    yMin = Math.min(yMin, corners[i + 1]);
    yMax = Math.max(yMax, corners[i + 1]);
  }
  return { xMin, yMin, xMax, yMax };
}

/** The line of one object; numbers with six decimals, as usual. */
export function formatYoloObject({ classIndex, xMin, yMin, xMax, yMax }: YoloObject): string {
  const numbers = [(xMin + xMax) / 2, (yMin + yMax) / 2, xMax - xMin, yMax - yMin];
  return `${classIndex} ${numbers.map((value) => value.toFixed(6)).join(" ")}\n`;
}
