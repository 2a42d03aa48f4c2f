/**
 * Heads that predict boxes around anchors on a grid: 4 numbers of a box, an objectness and the classes for each anchor.
 *
 *     x, y = (cell + center(t)) / grid      w, h = anchor·exp(t)      score = σ(t_o)·p(class)
 *
 * Source: darknet's region_layer.c and yolo_layer.c.
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
  /** Place within a cell of a raw x or y. */
  readonly center: (t: number) => number;
  /** Turns a cell's logits, one a class, into probabilities, in place. */
  readonly toProbabilities: (scores: Float64Array) => void;
}

export const anchorsSchema = z.array(z.number().positive()).min(2).max(64);
export const classesSchema = z.int().min(1).max(65_536);

export function checkAnchorHead(
  head: AnchorHead,
  [input]: readonly (readonly number[])[],
  fail: (what: string) => never,
): void {
  const needed = anchorCount(head) * (5 + head.classes);
  if (input[0] === needed) return;
  fail(`input has ${input[0]} channels; ${anchorCount(head)} anchors of 5 + ${head.classes} classes need ${needed}`);
}

/** @param output raw head input [anchors·(5 + classes), gridH, gridW]. */
export function decodeAnchorGrid(
  head: AnchorHead,
  output: FloatTensor,
  { anchorUnit, center, toProbabilities }: GridReading,
  { scoreThreshold }: DecodingContext,
): Detection[] {
  const [, gridH, gridW] = output.shape;
  const area = gridH * gridW;
  const detections: Detection[] = [];
  const scores = new Float64Array(head.classes);
  for (let anchor = 0; anchor < anchorCount(head); anchor++) {
    for (let cell = 0; cell < area; cell++) {
      const at = (entry: number) => output.data[(anchor * (5 + head.classes) + entry) * area + cell];
      const objectness = sigmoid(at(4));
      if (objectness <= scoreThreshold) continue;
      const x = ((cell % gridW) + center(at(0))) / gridW;
      const y = (Math.floor(cell / gridW) + center(at(1))) / gridH;
      const halfWidth = (Math.exp(at(2)) * head.anchors[2 * anchor] * anchorUnit.x) / 2;
      const halfHeight = (Math.exp(at(3)) * head.anchors[2 * anchor + 1] * anchorUnit.y) / 2;
      const [xMin, yMin, xMax, yMax] = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
      for (let classIndex = 0; classIndex < head.classes; classIndex++) scores[classIndex] = at(5 + classIndex);
      toProbabilities(scores);
      for (let classIndex = 0; classIndex < head.classes; classIndex++) {
        const score = objectness * scores[classIndex];
        if (score > scoreThreshold) detections.push({ xMin, yMin, xMax, yMax, classIndex, score });
      }
    }
  }
  return detections;
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
