/** How a tail's outputs hold boxes, as data, and what must be known of each layout. The table of all is in `layouts.ts`. */
import type { z } from "zod";
import type { Detection } from "../../core/box.ts";
import type { KeptOutput } from "../../onnx/onnx-session.ts";

/** [1, 4 + C, N]: centre and size in pixels, scores (Ultralytics' v8, v9 and 11). */
export interface ColumnsLayout {
  readonly name: "columns";
}

/** [1, N, 5 + C]: centre and size in pixels, objectness, scores (YOLOv5, v7; YOLOX with its grid decoded). */
export interface ObjectnessLayout {
  readonly name: "objectness";
}

/** [1, N, 5 + C]: offsets of cells of the grids of these strides one after the other, objectness, scores (YOLOX). */
export interface YoloXLayout {
  readonly name: "yolox";
  readonly strides: readonly number[];
}

/** [1, N, 6] or [N, 6]: corners in pixels, score, class; suppressed already (end-to-end exports). */
export interface RowsLayout {
  readonly name: "rows";
}

/** Boxes [1, N, 4], corners in fractions of the input, and scores [1, N, 1 + C], the background first (SSD). */
export interface ScoresAndBoxesLayout {
  readonly name: "scoresAndBoxes";
}

/** Offsets [1, N, 4] from boxes that are fixed in each cell, and scores [1, N, 1 + C], the background first (SSD before decoding). */
export interface PriorsLayout {
  readonly name: "priors";
  readonly strides: readonly number[];
  /** Sides in pixels of the square boxes of each stride. */
  readonly sizes: readonly (readonly number[])[];
  readonly centerVariance: number;
  readonly sizeVariance: number;
}

/**
 * Scores [1, n, C] and distances of the four sides [1, n, 4·bins] for each grid (PicoDet), or both in one [1, N, C + 4·bins]
 * (NanoDet): a side is the mean of its bins' distribution, in strides.
 */
export interface DistributionLayout {
  readonly name: "distribution";
  readonly strides: readonly number[];
  /** Where in a cell its point lies, in strides. */
  readonly center: number;
}

/** [1, 1 + 4 + C, H, W]: objectness, tanh and sigmoid of the box within a cell, scores (FastestDet). */
export interface FastestDetLayout {
  readonly name: "fastestdet";
}

/** Class, objectness, box (and landmarks) for each stride, [1, n, 1], [1, n, 1], [1, n, 4] (YuNet). */
export interface YunetLayout {
  readonly name: "yunet";
  readonly strides: readonly number[];
}

/** [1, A, H, W, 5 + K + C] for each grid: YOLOv5 before decoding, K other numbers (landmarks) in between. */
export interface AnchorsLayout {
  readonly name: "anchors";
  /** [width, height] pairs in pixels by grid, flattened, finest grid first. */
  readonly anchors: readonly (readonly number[])[];
  /** Numbers between objectness and scores that are no scores. */
  readonly others: number;
}

export type Layout =
  | ColumnsLayout
  | ObjectnessLayout
  | YoloXLayout
  | RowsLayout
  | ScoresAndBoxesLayout
  | PriorsLayout
  | DistributionLayout
  | FastestDetLayout
  | YunetLayout
  | AnchorsLayout;
export type LayoutName = Layout["name"];
export type LayoutOf<N extends LayoutName> = Extract<Layout, { readonly name: N }>;

export type Shapes = readonly (readonly number[] | undefined)[];

export interface LayoutSpec<L extends Layout> {
  /** Classes that outputs of these shapes hold, for an input of width × height pixels; undefined where they are of another layout. */
  readonly classesOf: (
    layout: L,
    shapes: Shapes,
    input: { readonly width: number; readonly height: number },
  ) => number | undefined;
  /** Boxes in fractions of the network's input, those that score above the threshold only. */
  readonly read: (
    layout: L,
    outputs: readonly KeptOutput[],
    context: {
      readonly width: number;
      readonly height: number;
      readonly scoreThreshold: number;
      readonly classes: number;
    },
  ) => Detection[];
  /** Fields besides `name`, as a model file holds them. */
  readonly schema: z.ZodRawShape;
}

export type ReadContext = Parameters<LayoutSpec<Layout>["read"]>[2];
