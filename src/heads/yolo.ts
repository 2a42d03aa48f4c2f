/** Darknet's `[yolo]` (YOLOv3 and later): anchors in pixels of the network's input, a sigmoid for each class. */
import { z } from "zod";
import {
  anchorsSchema,
  checkAnchorHead,
  classesSchema,
  decodeAnchorGrid,
  independentProbabilities,
  plainEntries,
  sigmoid,
} from "./anchor-grid.ts";
import type { HeadSpec, YoloHead } from "./head.ts";

export const yolo: HeadSpec<YoloHead> = {
  arity: [1, 1],
  check: checkAnchorHead,
  decode: (head, [output], context) => {
    const { scaleXY, sizes } = head;
    const reading = {
      anchorUnit: { x: 1 / context.width, y: 1 / context.height },
      entries: plainEntries,
      center: (t: number) => scaleXY * sigmoid(t) - (scaleXY - 1) / 2,
      size: sizes === "squared" ? (t: number) => (2 * sigmoid(t)) ** 2 : Math.exp,
      toProbabilities: independentProbabilities,
    };
    return decodeAnchorGrid(head, output, reading, context);
  },
  schema: {
    classes: classesSchema,
    anchors: anchorsSchema,
    scaleXY: z.number().min(0.5).max(4),
    sizes: z.literal("squared").optional(),
  },
};
