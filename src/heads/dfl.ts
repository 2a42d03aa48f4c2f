/**
 * YOLOv8's and 11's head: a box's sides are so many cells away from a cell's middle as a distribution expects (distribution
 * focal loss: Li et al., "Generalized Focal Loss", NeurIPS 2020); class scores are sigmoids. As the exports' own tails compute it.
 */
import { z } from "zod";
import type { Detection } from "../core/box.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { classesSchema, sigmoid } from "./anchor-grid.ts";
import type { DecodingContext, DflHead, HeadSpec } from "./head.ts";

export const dfl: HeadSpec<DflHead> = {
  arity: [2, 64],
  check: ({ classes, bins }, inputs, fail) => {
    if (inputs.length % 2 !== 0) fail(`it reads ${inputs.length} maps; two for each grid are expected`);
    for (let i = 0; i < inputs.length; i += 2) {
      const [distances, scores] = [inputs[i], inputs[i + 1]];
      if (distances[0] !== 4 * bins)
        fail(`map ${i} has ${distances[0]} channels; 4 sides of ${bins} bins are expected`);
      if (scores[0] !== classes) fail(`map ${i + 1} has ${scores[0]} channels; ${classes} classes are expected`);
      if (distances[1] !== scores[1] || distances[2] !== scores[2])
        fail(`maps ${i} and ${i + 1} are of different grids`);
    }
  },
  decode: (head, inputs, context) => {
    const found: Detection[] = [];
    for (let i = 0; i < inputs.length; i += 2) decodeGrid(head, inputs[i], inputs[i + 1], context, found);
    return found;
  },
  schema: { classes: classesSchema, bins: z.int().min(2).max(256) },
};

function decodeGrid(
  { classes, bins }: DflHead,
  distances: FloatTensor,
  scores: FloatTensor,
  { scoreThreshold }: DecodingContext,
  found: Detection[],
): void {
  const [, rows, columns] = scores.shape;
  const area = rows * columns;
  for (let cell = 0; cell < area; cell++) {
    const side = (number: number) => expectedBin(distances.data, number * bins * area + cell, area, bins);
    let box: Pick<Detection, "xMin" | "yMin" | "xMax" | "yMax"> | undefined;
    for (let classIndex = 0; classIndex < classes; classIndex++) {
      const score = sigmoid(scores.data[classIndex * area + cell]);
      if (!(score > scoreThreshold)) continue;
      if (!box) {
        const [x, y] = [(cell % columns) + 0.5, Math.floor(cell / columns) + 0.5];
        box = {
          xMin: (x - side(0)) / columns,
          yMin: (y - side(1)) / rows,
          xMax: (x + side(2)) / columns,
          yMax: (y + side(3)) / rows,
        };
      }
      found.push({ classIndex, score, ...box });
    }
  }
}

/** Σ bin·softmax(x)_bin, in cells. */
function expectedBin(data: Float32Array, start: number, step: number, bins: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < bins; bin++) greatest = Math.max(greatest, data[start + bin * step]);
  let sum = 0;
  let weighted = 0;
  for (let bin = 0; bin < bins; bin++) {
    const part = Math.exp(data[start + bin * step] - greatest);
    sum += part;
    weighted += bin * part;
  }
  return weighted / sum;
}
