/** Darknet's `[region]` (YOLOv2): anchors in grid cells, one softmax over the classes. */
import { z } from "zod";
import {
  anchorsSchema,
  checkAnchorHead,
  classesSchema,
  decodeAnchorGrid,
  independentProbabilities,
  plainEntries,
  sigmoid,
  softmaxProbabilities,
} from "./anchor-grid.ts";
import type { HeadSpec, RegionHead } from "./head.ts";

export const region: HeadSpec<RegionHead> = {
  arity: [1, 1],
  check: checkAnchorHead,
  decode: (head, [output], context) => {
    const [, gridH, gridW] = output.shape;
    const reading = {
      anchorUnit: { x: 1 / gridW, y: 1 / gridH },
      entries: plainEntries,
      center: sigmoid,
      size: Math.exp,
      toProbabilities: head.softmax ? softmaxProbabilities : independentProbabilities,
    };
    return decodeAnchorGrid(head, output, reading, context);
  },
  schema: { classes: classesSchema, anchors: anchorsSchema, softmax: z.boolean() },
};
