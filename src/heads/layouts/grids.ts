/** Layouts that leave it to the reader to decode boxes from the cells of grids. */
import { z } from "zod";
import type { Detection } from "../../core/box.ts";
import type { KeptOutput } from "../../onnx/onnx-session.ts";
import { sigmoid } from "../anchor-grid.ts";
import { cellsOf, cornersOf, gridOf, meanOfSoftmax, pushDetections, stridesSchema, visitCells } from "./boxes.ts";
import { boxesAndScores } from "./decoded.ts";
import type {
  AnchorsLayout,
  DistributionLayout,
  FastestDetLayout,
  LayoutSpec,
  PriorsLayout,
  Shapes,
  YoloXLayout,
  YunetLayout,
} from "./layout.ts";

/** centre = (cell + t)·stride, size = e^t·stride. Source: YOLOX, demo_postprocess. */
export const yolox: LayoutSpec<YoloXLayout> = {
  classesOf: ({ strides }, [first, ...more], input) =>
    more.length === 0 && first?.length === 3 && first[1] === cellsOf(input, strides) && first[2] > 5
      ? first[2] - 5
      : undefined,
  read: ({ strides }, [{ dims: shape, data }], context) => {
    const columns = shape[2];
    const detections: Detection[] = [];
    visitCells(context, strides, (index, column, row, stride) => {
      const at = (entry: number) => data[index * columns + entry];
      if (!(at(4) > context.scoreThreshold)) return;
      const [x, y] = [(column + at(0)) * stride, (row + at(1)) * stride];
      const box = cornersOf(x, y, Math.exp(at(2)) * stride, Math.exp(at(3)) * stride);
      pushDetections(detections, box, (classIndex) => at(4) * at(5 + classIndex), context);
    });
    return detections;
  },
  schema: { strides: stridesSchema },
};

/** centre = prior + t·variance·size, size = prior·e^(t·variance), all in fractions. Source: UltraFace, box_utils.py. */
export const priors: LayoutSpec<PriorsLayout> = {
  classesOf: ({ strides, sizes }, shapes, input) => {
    const pair = boxesAndScores(shapes.map((shape) => ({ dims: shape ?? [] })));
    const count = strides.reduce((sum, stride, i) => sum + cellsOf(input, [stride]) * (sizes[i]?.length ?? 0), 0);
    return pair && pair[0].dims[1] === count && pair[1].dims[2] > 1 ? pair[1].dims[2] - 1 : undefined;
  },
  read: ({ strides, sizes, centerVariance, sizeVariance }, outputs, context) => {
    const [boxes, scores] = boxesAndScores(outputs) ?? [outputs[0], outputs[1]];
    const columns = scores.dims[2];
    const detections: Detection[] = [];
    let index = 0;
    for (const [level, stride] of strides.entries()) {
      const grid = gridOf(context, stride);
      for (let cell = 0; cell < grid.columns * grid.rows; cell++) {
        const x = ((cell % grid.columns) + 0.5) / grid.columns;
        const y = (Math.floor(cell / grid.columns) + 0.5) / grid.rows;
        for (const size of sizes[level]) {
          const [width, height] = [Math.min(1, size / context.width), Math.min(1, size / context.height)];
          const [dx, dy, dw, dh] = boxes.data.subarray(4 * index, 4 * index + 4);
          const box = cornersOf(
            (x + dx * centerVariance * width) * context.width,
            (y + dy * centerVariance * height) * context.height,
            width * Math.exp(dw * sizeVariance) * context.width,
            height * Math.exp(dh * sizeVariance) * context.height,
          );
          const from = index * columns + 1;
          pushDetections(detections, box, (classIndex) => scores.data[from + classIndex], context);
          index += 1;
        }
      }
    }
    return detections;
  },
  schema: {
    strides: stridesSchema,
    sizes: z
      .array(z.array(z.number().positive().max(65_536)).min(1).max(16))
      .min(1)
      .max(8),
    centerVariance: z.number().positive().max(10),
    sizeVariance: z.number().positive().max(10),
  },
};

/** Distances of a point's sides, each the mean of a distribution. Source: Generalized Focal Loss; NanoDet, PicoDet. */
export const distribution: LayoutSpec<DistributionLayout> = {
  classesOf: ({ strides }, shapes, input) => {
    const cells = cellsOf(input, strides);
    if (shapes.some((shape) => shape?.length !== 3)) return undefined;
    const known = shapes as readonly (readonly number[])[];
    // One output of both: bins are not seen in it; NanoDet's are 8.
    if (known.length === 1) return known[0][1] === cells && known[0][2] > 32 ? known[0][2] - 32 : undefined;
    if (known.length !== 2 * strides.length) return undefined;
    const counts = strides.map((stride) => cellsOf(input, [stride]));
    const fits = known.every(([, count], i) => count === counts[i % strides.length]);
    return fits && known[strides.length][2] % 4 === 0 ? known[0][2] : undefined;
  },
  read: ({ strides, center }, outputs, context) => {
    const detections: Detection[] = [];
    for (const [level, stride] of strides.entries()) {
      const first = cellsOf(context, strides.slice(0, level));
      const { scores, sides } = columnsOf(outputs, level, strides.length, context.classes, first);
      visitCells(context, [stride], (index, column, row) => {
        const scoreOf = (classIndex: number) => scores.output.data[scores.from + index * scores.columns + classIndex];
        let isAbove = false;
        for (let classIndex = 0; classIndex < context.classes; classIndex++)
          isAbove ||= scoreOf(classIndex) > context.scoreThreshold;
        if (!isAbove) return;
        const [x, y] = [(column + center) * stride, (row + center) * stride];
        const from = sides.from + index * sides.columns;
        const [left, top, right, bottom] = [0, 1, 2, 3].map(
          (side) => meanOfSoftmax(sides.output.data, from + side * sides.bins, sides.bins) * stride,
        );
        pushDetections(detections, [x - left, y - top, x + right, y + bottom], scoreOf, context);
      });
    }
    return detections;
  },
  schema: { strides: stridesSchema, center: z.number().min(0).max(1) },
};

/** Where a level's scores and distributions stand. */
function columnsOf(outputs: readonly KeptOutput[], level: number, levels: number, classes: number, first: number) {
  if (outputs.length === 1) {
    const [output] = outputs;
    const columns = output.dims[2];
    const from = first * columns;
    const bins = (columns - classes) / 4;
    return { scores: { output, from, columns }, sides: { output, from: from + classes, columns, bins } };
  }
  const [scores, sides] = [outputs[level], outputs[levels + level]];
  return {
    scores: { output: scores, from: 0, columns: scores.dims[2] },
    sides: { output: sides, from: 0, columns: sides.dims[2], bins: sides.dims[2] / 4 },
  };
}

/** score = objectness^0.6·class^0.4, centre = (cell + tanh t)/grid, size = σ(t). Source: FastestDet, utils/tool.py. */
export const fastestdet: LayoutSpec<FastestDetLayout> = {
  classesOf: (_, [first, ...more]) =>
    more.length === 0 && first?.length === 4 && first[1] > 5 ? first[1] - 5 : undefined,
  read: (_, [{ dims: shape, data }], context) => {
    const [, , rows, columns] = shape;
    const area = rows * columns;
    const detections: Detection[] = [];
    for (let cell = 0; cell < area; cell++) {
      const at = (entry: number) => data[entry * area + cell];
      const x = (((cell % columns) + Math.tanh(at(1))) / columns) * context.width;
      const y = ((Math.floor(cell / columns) + Math.tanh(at(2))) / rows) * context.height;
      const box = cornersOf(x, y, sigmoid(at(3)) * context.width, sigmoid(at(4)) * context.height);
      const objectness = at(0) ** 0.6;
      pushDetections(detections, box, (classIndex) => objectness * at(5 + classIndex) ** 0.4, context);
    }
    return detections;
  },
  schema: {},
};

/** score = √(class·objectness), centre = (cell + t)·stride, size = e^t·stride. Source: OpenCV, face_detect.cpp. */
export const yunet: LayoutSpec<YunetLayout> = {
  classesOf: ({ strides }, shapes, input) => {
    if (shapes.length < 3 * strides.length || shapes.some((shape) => shape?.length !== 3)) return undefined;
    const wanted = (group: number) =>
      strides.map((stride, i) => shapes[group * strides.length + i]?.[1] === cellsOf(input, [stride]));
    const widths = [0, 1, 2].map((group) => shapes[group * strides.length]?.[2]);
    return [0, 1, 2].flatMap(wanted).every(Boolean) && widths.join() === "1,1,4" ? 1 : undefined;
  },
  read: ({ strides }, outputs, context) => {
    const detections: Detection[] = [];
    for (const [level, stride] of strides.entries()) {
      const [scores, objectness, boxes] = [0, 1, 2].map((group) => outputs[group * strides.length + level].data);
      const limit = (value: number) => Math.min(1, Math.max(0, value));
      visitCells(context, [stride], (index, column, row) => {
        const score = Math.sqrt(limit(scores[index]) * limit(objectness[index]));
        const [dx, dy, dw, dh] = boxes.subarray(4 * index, 4 * index + 4);
        const box = cornersOf(
          (column + dx) * stride,
          (row + dy) * stride,
          Math.exp(dw) * stride,
          Math.exp(dh) * stride,
        );
        pushDetections(detections, box, () => score, context);
      });
    }
    return detections;
  },
  schema: { strides: stridesSchema },
};

/** centre = (cell + 2σ(t) − ½)·stride, size = (2σ(t))²·anchor, score = σ(objectness)·σ(class). Source: YOLOv5, models/yolo.py. */
export const anchors: LayoutSpec<AnchorsLayout> = {
  classesOf: (layout, shapes) => {
    const [first] = shapes;
    const fits = (shapes as Shapes).every(
      (shape, i) => shape?.length === 5 && shape[1] === (layout.anchors[i]?.length ?? 0) / 2,
    );
    const classes = (first?.[4] ?? 0) - 5 - layout.others;
    return fits && shapes.length === layout.anchors.length && classes >= 1 ? classes : undefined;
  },
  read: (layout, outputs, context) => {
    const detections: Detection[] = [];
    for (const [level, { dims: shape, data }] of outputs.entries()) {
      const [, count, rows, columns, entries] = shape;
      for (let index = 0; index < count * rows * columns; index++) {
        const at = (entry: number) => sigmoid(data[index * entries + entry]);
        const objectness = at(4);
        if (!(objectness > context.scoreThreshold)) continue;
        const anchor = Math.floor(index / (rows * columns));
        const [column, row] = [index % columns, Math.floor(index / columns) % rows];
        const x = ((column + 2 * at(0) - 0.5) / columns) * context.width;
        const y = ((row + 2 * at(1) - 0.5) / rows) * context.height;
        const [width, height] = layout.anchors[level].slice(2 * anchor, 2 * anchor + 2);
        const box = cornersOf(x, y, (2 * at(2)) ** 2 * width, (2 * at(3)) ** 2 * height);
        const scoreOf = (classIndex: number) => objectness * at(5 + layout.others + classIndex);
        pushDetections(detections, box, scoreOf, context);
      }
    }
    return detections;
  },
  schema: {
    anchors: z
      .array(z.array(z.number().positive().max(65_536)).min(2).max(64))
      .min(1)
      .max(8),
    others: z.int().min(0).max(1024),
  },
};
