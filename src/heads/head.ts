/**
 * What a detection head is, as data (the graph carries it: a head is a layer), and what must be known of each kind. The
 * table of all is in `heads.ts`.
 */
import type { z } from "zod";
import type { Detection } from "../core/box.ts";
import type { FloatTensor, Tensor } from "../core/tensor.ts";
import type { Layout } from "./layouts/layout.ts";

/** Darknet's `[region]` (YOLOv2): one softmax over classes; anchors in grid cells. */
export interface RegionHead {
  readonly kind: "region";
  readonly classes: number;
  /** [width, height] pairs in grid cells, flattened. */
  readonly anchors: readonly number[];
  /** Class scores by softmax over the classes (YOLOv2), else by a sigmoid each. */
  readonly softmax: boolean;
}

/** Darknet's `[yolo]` (YOLOv3): independent sigmoids; anchors in pixels of the network's input. */
export interface YoloHead {
  readonly kind: "yolo";
  readonly classes: number;
  /** [width, height] pairs in input pixels, flattened: those of this head only (the mask is applied). */
  readonly anchors: readonly number[];
  /** Stretches the sigmoid of x and y around 0.5; 1 in YOLOv3. */
  readonly scaleXY: number;
  /** How a raw width or height t becomes a factor on the anchor: (2·σ(t))² (scaled YOLOv4, YOLOv7); absent: e^t. */
  readonly sizes?: "squared" | undefined;
}

/** Darknet's `[Gaussian_yolo]`: as `[yolo]`, each number of a box with an uncertainty beside it. */
export interface GaussianYoloHead {
  readonly kind: "gaussianYolo";
  readonly classes: number;
  readonly anchors: readonly number[];
  readonly scaleXY: number;
}

/**
 * YOLOv8's and 11's: for each grid two maps, distances to a box's four sides as distributions over `bins` cells, and a sigmoid for
 * each class. Grids come finest first; inputs are [distances, classes, distances, classes, …].
 */
export interface DflHead {
  readonly kind: "dfl";
  readonly classes: number;
  readonly bins: number;
}

/** What follows a network's last convolutions, kept as the ONNX that it was, and run densely. */
export interface TailHead {
  readonly kind: "tail";
  /** How its outputs are read. */
  readonly layout: Layout;
  readonly classes: number;
  /** Bytes of a ModelProto [bytes]. */
  readonly model: Tensor<"int8">;
  /** In the ONNX model, of each input in order. */
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** Heads that read one map with boxes around anchors: what can be trained. */
export type AnchorHead = RegionHead | YoloHead;
export type Head = AnchorHead | GaussianYoloHead | DflHead | TailHead;
export type HeadKind = Head["kind"];
export type HeadOf<K extends HeadKind> = Extract<Head, { readonly kind: K }>;

/** What decoding may look at besides a head's own inputs. */
export interface DecodingContext {
  /** Of the network's input in pixels. */
  readonly width: number;
  readonly height: number;
  /** Only boxes that score above this are given. */
  readonly scoreThreshold: number;
}

/** A kind's answers to everything that is asked of heads. */
export interface HeadSpec<H extends Head> {
  /** Least and greatest number of input tensors. */
  readonly arity: readonly [number, number];
  /** Calls `fail` with what is wrong where the inputs [C, H, W] do not fit. */
  readonly check: (head: H, inputs: readonly (readonly number[])[], fail: (what: string) => never) => void;
  /** Boxes in fractions of the network's input, not clipped, from the raw inputs [C, H, W]. */
  readonly decode: (
    head: H,
    inputs: readonly FloatTensor[],
    context: DecodingContext,
  ) => Detection[] | Promise<Detection[]>;
  /** Fields besides `kind`, as a model file holds them. */
  readonly schema: z.ZodRawShape;
}

/** Number of anchor boxes per grid cell. */
export function anchorCount(head: { readonly anchors: readonly number[] }): number {
  return head.anchors.length / 2;
}
