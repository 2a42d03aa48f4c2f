/**
 * Heads that predict boxes around anchors on a grid: numbers of a box, an objectness and the classes for each anchor.
 *
 *     x, y = (cell + center(t)) / grid      w, h = anchor·size(t)      score = σ(t_o)·p(class)·certainty
 *
 * Sizes and areas that overflow float32 are infinite, as they are in darknet: such boxes suppress nothing and are not suppressed.
 *
 * Source: darknet's region_layer.c, yolo_layer.c and gaussian_yolo_layer.c.
 */
import { z } from "zod";
import type { Detection } from "../core/box.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { anchorCount, type DecodingContext } from "./head.ts";

/** What the heads of this family share. */
interface AnchorHead {
  readonly classes: number;
  readonly anchors: readonly number[];
}

/** Where the heads of this family differ. */
export interface GridReading {
  /** Anchors' unit in fractions of the network's input. */
  readonly anchorUnit: { readonly x: number; readonly y: number };
  readonly entries: AnchorEntries;
  /** Place within a cell of a raw x or y. */
  readonly center: (t: number) => number;
  /** Factor on the anchor of a raw width or height. */
  readonly size: (t: number) => number;
  /** Turns a cell's logits, one a class, into probabilities, in place. */
  readonly toProbabilities: (scores: Float64Array) => void;
}

/** Where an anchor's numbers stand among its channels. */
export interface AnchorEntries {
  /** x, y, width and height. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
  /** How uncertain the box is: logits, of which the mean of sigmoids is taken off the score. */
  readonly uncertainty: readonly number[];
  readonly objectness: number;
  /** The first class. */
  readonly classes: number;
}

/** x, y, width, height, objectness, classes. */
export const plainEntries: AnchorEntries = { box: [0, 1, 2, 3], uncertainty: [], objectness: 4, classes: 5 };

export const anchorsSchema = z.array(z.number().min(0)).min(2).max(64);
export const classesSchema = z.int().min(1).max(65_536);

/** @param own numbers of an anchor besides its classes. */
export function checkAnchorHead(
  head: AnchorHead,
  [input]: readonly (readonly number[])[],
  fail: (what: string) => never,
  own = plainEntries.classes,
): void {
  const needed = anchorCount(head) * (own + head.classes);
  if (input[0] === needed) return;
  fail(
    `input has ${input[0]} channels; ${anchorCount(head)} anchors of ${own} + ${head.classes} classes need ${needed}`,
  );
}

/** @param output raw head input [anchors·(own numbers + classes), gridH, gridW]. */
export function decodeAnchorGrid(
  head: AnchorHead,
  output: FloatTensor,
  { anchorUnit, entries, center, size, toProbabilities }: GridReading,
  { scoreThreshold }: DecodingContext,
): Detection[] {
  const [, gridH, gridW] = output.shape;
  const area = gridH * gridW;
  const detections: Detection[] = [];
  const scores = new Float64Array(head.classes);
  const rows = entries.classes + head.classes;
  for (let anchor = 0; anchor < anchorCount(head); anchor++) {
    for (let cell = 0; cell < area; cell++) {
      const at = (entry: number) => output.data[(anchor * rows + entry) * area + cell];
      const objectness = sigmoid(at(entries.objectness));
      if (objectness <= scoreThreshold) continue;
      const [atX, atY, atWidth, atHeight] = entries.box;
      const x = ((cell % gridW) + center(at(atX))) / gridW;
      const y = (Math.floor(cell / gridW) + center(at(atY))) / gridH;
      // Rounded as darknet's floats are, since they overflow earlier.
      const width = Math.fround(size(at(atWidth)) * head.anchors[2 * anchor] * anchorUnit.x);
      const height = Math.fround(size(at(atHeight)) * head.anchors[2 * anchor + 1] * anchorUnit.y);
      const [xMin, yMin, xMax, yMax] = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
      for (let classIndex = 0; classIndex < head.classes; classIndex++)
        scores[classIndex] = at(entries.classes + classIndex);
      toProbabilities(scores);
      const certainty = 1 - meanSigmoid(entries.uncertainty, at);
      for (let classIndex = 0; classIndex < head.classes; classIndex++) {
        const score = objectness * scores[classIndex] * certainty;
        if (score > scoreThreshold) detections.push({ xMin, yMin, xMax, yMax, classIndex, score });
      }
    }
  }
  return detections;
}

function meanSigmoid(entries: readonly number[], at: (entry: number) => number): number {
  return entries.reduce((sum, entry) => sum + sigmoid(at(entry)) / entries.length, 0);
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** A sigmoid for each class. */
export function independentProbabilities(scores: Float64Array): void {
  for (let i = 0; i < scores.length; i++) scores[i] = sigmoid(scores[i]);
}

/** One softmax over all classes. */
export function softmaxProbabilities(scores: Float64Array): void {
  const max = scores.reduce((a, b) => Math.max(a, b));
  for (let i = 0; i < scores.length; i++) scores[i] = Math.exp(scores[i] - max);
  const sum = scores.reduce((a, b) => a + b);
  for (let i = 0; i < scores.length; i++) scores[i] /= sum;
}
