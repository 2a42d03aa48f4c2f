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
  for (let anchor = 0; anchor < anchorCount(head); anchor++) {
    for (let cell = 0; cell < area; cell++) {
      const at = (entry: number) => output.data[(anchor * (5 + head.classes) + entry) * area + cell];
      const objectness = sigmoid(at(4));
      if (objectness <= scoreThreshold) continue;
      const x = ((cell % gridW) + center(at(0))) / gridW;
      const y = (Math.floor(cell / gridW) + center(at(1))) / gridH;
      const halfWidth = (Math.exp(at(2)) * head.anchors[2 * anchor] * anchorScale.x) / 2;
      const halfHeight = (Math.exp(at(3)) * head.anchors[2 * anchor + 1] * anchorScale.y) / 2;
      const box = { xMin: x - halfWidth, yMin: y - halfHeight, xMax: x + halfWidth, yMax: y + halfHeight };
      const scores = classScores(head, (classIndex) => at(5 + classIndex));
      for (const [classIndex, probability] of scores.entries()) {
        const score = objectness * probability;
        if (score > scoreThreshold) detections.push({ ...box, classIndex, score });
      }
    }
  }
  return detections;
}

function classScores(head: Head, at: (classIndex: number) => number): Float64Array {
  const logits = Float64Array.from({ length: head.classes }, (_, classIndex) => at(classIndex));
  if (head.kind === "yolo" || !head.softmax) return logits.map(sigmoid);
  const max = logits.reduce((a, b) => Math.max(a, b));
  const exponentials = logits.map((logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / sum);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
