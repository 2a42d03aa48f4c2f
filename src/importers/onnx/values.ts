/** What a name in an ONNX graph stands for while the graph is walked. */
import type { Shape } from "../../graph/layer-kinds.ts";
import type { OnnxTensor } from "../../onnx/read-onnx.ts";

/** Known before any picture. */
export interface Constant {
  readonly kind: "constant";
  readonly tensor: OnnxTensor;
}

/** The output [1, C, H, W] of a layer of ours. */
export interface Signal {
  readonly kind: "signal";
  /** The layer. */
  readonly name: string;
  readonly shape: Shape;
  /** How it is computed of another layer's values one by one, where that may be part of a function: see `recognize-function.ts`. */
  readonly formula?: Formula;
}

/** A formula of x, the value of layer `base`. */
export interface Formula {
  readonly base: string;
  readonly text: string;
}

/**
 * The picture before the first convolution: scale·(pixel − mean) by channel, and where it was cut up (YOLOX's Focus), which pixels of
 * each block of stride² become which channels.
 */
export interface Picture {
  readonly kind: "picture";
  readonly scale: readonly number[];
  readonly mean: readonly number[];
  readonly stride: number;
  readonly parts: readonly PicturePart[];
}

/** All channels of the pixels at [y, x] of each block. */
export interface PicturePart {
  readonly y: number;
  readonly x: number;
}

/** No layer of ours computes it: it becomes part of an island or of the tail. */
export interface Opaque {
  readonly kind: "opaque";
  readonly reason: string;
  /** Where it may be part of a function. */
  readonly formula?: Formula;
}

export type Value = Constant | Signal | Picture | Opaque;
