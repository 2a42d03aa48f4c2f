/**
 * From raw head outputs to boxes.
 *
 * Region (YOLOv2): x, y = (cell + σ(t)) / grid; w, h = anchor·exp(t) / grid; score = σ(t_o)·softmax(classes).
 * Yolo (YOLOv3): the same with anchors in input pixels, a sigmoid per class, and x, y stretched by `scaleXY`.
 * Source: darknet's region_layer.c and yolo_layer.c.
 */
import type { Detection } from "../core/box.ts";
import { anchorCount, type Head } from "../core/head.ts";
import type { FloatTensor } from "../core/tensor.ts";

/**
 * Boxes of one head in fractions of the network's input, not clipped: one for each class whose score exceeds
 * `scoreThreshold`.
 * @param output raw head output [anchors·(5 + classes), gridH, gridW].
 * @param inputSize of the network's input in pixels (for anchors in pixels).
 */
export function decodeHead(
  head: Head,
  output: FloatTensor,
  inputSize: { readonly width: number; readonly height: number },
  scoreThreshold: number,
): Detection[] {
  const [, gridH, gridW] = output.shape;
  const area = gridH * gridW;
  const detections: Detection[] = [];
  const anchorScale =
    head.kind === "region" ? { x: 1 / gridW, y: 1 / gridH } : { x: 1 / inputSize.width, y: 1 / inputSize.height };
  const scaleXY = head.kind === "yolo" ? head.scaleXY : 1;
  const center = (t: number) => scaleXY * sigmoid(t) - (scaleXY - 1) / 2;
  const scores = new Float64Array(head.classes);
  for (let anchor = 0; anchor < anchorCount(head); anchor++) {
    for (let cell = 0; cell < area; cell++) {
      const at = (entry: number) => output.data[(anchor * (5 + head.classes) + entry) * area + cell];
      const objectness = sigmoid(at(4));
      if (objectness <= scoreThreshold) continue;
      const x = ((cell % gridW) + center(at(0))) / gridW;
      const y = (Math.floor(cell / gridW) + center(at(1))) / gridH;
      const halfWidth = (Math.exp(at(2)) * head.anchors[2 * anchor] * anchorScale.x) / 2;
      const halfHeight = (Math.exp(at(3)) * head.anchors[2 * anchor + 1] * anchorScale.y) / 2;
      const [xMin, yMin, xMax, yMax] = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
      for (let classIndex = 0; classIndex < head.classes; classIndex++) scores[classIndex] = at(5 + classIndex);
      toProbabilities(head, scores);
      for (let classIndex = 0; classIndex < head.classes; classIndex++) {
        const score = objectness * scores[classIndex];
        if (score > scoreThreshold) detections.push({ xMin, yMin, xMax, yMax, classIndex, score });
      }
    }
  }
  return detections;
}

/** Turns a cell's logits, one a class, into probabilities, in place. */
function toProbabilities(head: Head, scores: Float64Array): void {
  if (head.kind === "yolo" || !head.softmax) {
    for (let i = 0; i < scores.length; i++) scores[i] = sigmoid(scores[i]);
    return;
  }
  const max = scores.reduce((a, b) => Math.max(a, b));
  for (let i = 0; i < scores.length; i++) scores[i] = Math.exp(scores[i] - max);
  const sum = scores.reduce((a, b) => a + b);
  for (let i = 0; i < scores.length; i++) scores[i] /= sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
