/** `[Gaussian_yolo]`: a `[yolo]` whose boxes come with an uncertainty of each number, which lowers the score. */
import { z } from "zod";
import {
  type AnchorEntries,
  anchorsSchema,
  checkAnchorHead,
  classesSchema,
  decodeAnchorGrid,
  independentProbabilities,
  sigmoid,
} from "./anchor-grid.ts";
import type { GaussianYoloHead, HeadSpec } from "./head.ts";

/** x and its uncertainty, y and its, width, height; objectness; classes. */
const entries: AnchorEntries = { box: [0, 2, 4, 6], uncertainty: [1, 3, 5, 7], objectness: 8, classes: 9 };

export const gaussianYolo: HeadSpec<GaussianYoloHead> = {
  arity: [1, 1],
  check: (head, inputs, fail) => checkAnchorHead(head, inputs, fail, entries.classes),
  decode: (head, [output], context) => {
    const { scaleXY } = head;
    const reading = {
      anchorUnit: { x: 1 / context.width, y: 1 / context.height },
      entries,
      center: (t: number) => scaleXY * sigmoid(t) - (scaleXY - 1) / 2,
      size: Math.exp,
      toProbabilities: independentProbabilities,
    };
    return decodeAnchorGrid(head, output, reading, context);
  },
  schema: { classes: classesSchema, anchors: anchorsSchema, scaleXY: z.number().min(0.5).max(4) },
};
