/**
 * Tensors: contiguous, row-major typed arrays with a shape. Pictures and activations are [C, H, W], convolution
 * weights [outC, inC / groups, kH, kW], per-channel facts [C]. No strides and no views: what is not contiguous is copied.
 */
import { ShapeError } from "./errors.ts";

interface TypedArrays {
  float32: Float32Array<ArrayBufferLike>;
  float64: Float64Array<ArrayBufferLike>;
  int8: Int8Array<ArrayBufferLike>;
  int16: Int16Array<ArrayBufferLike>;
  int32: Int32Array<ArrayBufferLike>;
}

export type DType = keyof TypedArrays;

export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TypedArrays[D];
}

/** A float32 tensor: pictures [3, H, W] in [0, 1], activations [C, H, W]. */
export type FloatTensor = Tensor<"float32">;

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
} as const;

/** Number of elements of a shape; 1 for the empty shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function bytesPerElement(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** A new array of zeros of the given type. */
export function allocate<D extends DType>(dtype: D, length: number): TypedArrays[D] {
  return new constructors[dtype](length) as TypedArrays[D];
}

/** Wraps `data` (not copied) as a tensor; without `data`, zeros. Throws {@link ShapeError} where the length differs. */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data?: TypedArrays[D]): Tensor<D> {
  const values = data ?? allocate(dtype, sizeOf(shape));
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError(
      "E_SHAPE",
      `tensor of shape [${shape.join(", ")}] needs ${sizeOf(shape)} values, not ${values.length}`,
    );
  }
  return { dtype, shape, data: values };
}

/** A float32 tensor of the given shape; zeros where no data is given. */
export function floatTensor(
  shape: readonly number[],
  data?: Float32Array<ArrayBufferLike> | readonly number[],
): FloatTensor {
  return tensor("float32", shape, data && (data instanceof Float32Array ? data : Float32Array.from(data)));
}

/** ‖a − b‖₂ / ‖b‖₂ over all values: the relative error that reports call conversion error. 0 / 0 is 0. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return relativeErrorOf([[a, b]]);
}

/** The same over the values of several pairs [a, b] together. */
export function relativeErrorOf(pairs: Iterable<readonly [ArrayLike<number>, ArrayLike<number>]>): number {
  let difference = 0;
  let norm = 0;
  for (const [a, b] of pairs) {
    for (let i = 0; i < b.length; i++) {
      difference += (a[i] - b[i]) ** 2;
      norm += b[i] ** 2;
    }
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
