/** ONNX's tensors: as bytes in their own type, and as numbers. */

/** TensorProto.DataType of what can be read, with the bytes that an element takes. */
export const elementTypes = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  uint16: { code: 4, bytes: 2 },
  int16: { code: 5, bytes: 2 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  bool: { code: 9, bytes: 1 },
  float16: { code: 10, bytes: 2 },
  float64: { code: 11, bytes: 8 },
  uint32: { code: 12, bytes: 4 },
  uint64: { code: 13, bytes: 8 },
  bfloat16: { code: 16, bytes: 2 },
} as const;

export type OnnxDType = keyof typeof elementTypes;

/** A constant in its own type: contiguous, row-major, little-endian. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** By TensorProto.DataType. */
export const dtypeOfCode: ReadonlyMap<number, OnnxDType> = new Map(
  Object.entries(elementTypes).map(([dtype, { code }]) => [code, dtype as OnnxDType]),
);

type Getter = (view: DataView, at: number) => number;

const getters: { readonly [D in OnnxDType]: Getter } = {
  float32: (view, at) => view.getFloat32(at, true),
  uint8: (view, at) => view.getUint8(at),
  int8: (view, at) => view.getInt8(at),
  uint16: (view, at) => view.getUint16(at, true),
  int16: (view, at) => view.getInt16(at, true),
  int32: (view, at) => view.getInt32(at, true),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  bool: (view, at) => view.getUint8(at),
  float16: (view, at) => fromHalf(view.getUint16(at, true)),
  float64: (view, at) => view.getFloat64(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  uint64: (view, at) => Number(view.getBigUint64(at, true)),
  bfloat16: (view, at) => {
    const wide = new DataView(new ArrayBuffer(4));
    wide.setUint16(2, view.getUint16(at, true), true);
    return wide.getFloat32(0, true);
  },
};

/** IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The values as numbers; whole numbers beyond ±2^53 are rounded. */
export function numbersOf({ dtype, bytes }: OnnxTensor): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = elementTypes[dtype].bytes;
  const get = getters[dtype];
  return Float64Array.from({ length: bytes.length / size }, (_, i) => get(view, i * size));
}

/** A tensor of 64-bit whole numbers, which shapes and indices are. */
export function int64Tensor(name: string, shape: readonly number[], values: readonly number[]): OnnxTensor {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  return { name, dtype: "int64", shape, bytes: new Uint8Array(data.buffer) };
}

export function float32Tensor(name: string, shape: readonly number[], values: ArrayLike<number>): OnnxTensor {
  return { name, dtype: "float32", shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}
