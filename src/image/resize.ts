/**
 * Resampling of one picture to another size, separable, in float: each output pixel is a weighted sum of input pixels
 * along x, then along y. Sums are float64; they are rounded to float32 after x, and after each tap along y.
 */
import type { Pixels } from "../core/pixels.ts";
import type { Filter } from "../core/preprocessing.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { resizeKernel } from "./resize-kernel.ts";
import { type Taps, tapsFor } from "./taps.ts";

/** The taps of all output pixels along an axis, in one run: a loop over objects takes twice as long. */
interface Axis {
  readonly starts: Int32Array;
  /** The weights of output pixel i are those from ends[i − 1] (0 for the first) to ends[i]. */
  readonly ends: Int32Array;
  readonly weights: Float64Array;
}

/**
 * A picture of any size as planes [3, height, width] in [0, 1].
 * @param pixels bytes, red, green and blue of each pixel.
 * @param width in pixels, as `height`, of the result.
 */
export function resizePixels(pixels: Pixels, width: number, height: number, filter: Filter): FloatTensor {
  if (pixels.width === width && pixels.height === height) return planesOf(pixels);
  const along = axisOf(tapsFor(filter, pixels.width, width));
  const across = axisOf(tapsFor(filter, pixels.height, height));
  kernel ??= openKernel();
  const { memory, resizeRow, addRow, clip } = kernel;
  const at = layOut(memory, pixels.width, along, height);
  const bytes = new Uint8Array(memory.buffer, at.bytes, 3 * pixels.width);
  const stride = 4 * width * height;
  for (const [y, outputs] of outputsByInput(across).entries()) {
    if (outputs.length === 0) continue;
    bytes.set(pixels.data.subarray(y * bytes.length, (y + 1) * bytes.length));
    resizeRow(at.bytes, at.fractions, at.starts, at.ends, at.weights, width, at.row);
    for (const { output, weight } of outputs) addRow(at.row, weight, at.sums + 4 * output * width, stride, width);
  }
  // Lanczos overshoots; the others may pass 1 by a rounding error, and engines rely on the range.
  clip(at.sums, 3 * stride);
  return floatTensor([3, height, width], new Float32Array(memory.buffer, at.sums, 3 * width * height).slice());
}

/** What kernels/resize.ts exports; addresses are in bytes. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly resizeRow: (
    bytes: number,
    fractions: number,
    starts: number,
    ends: number,
    weights: number,
    width: number,
    row: number,
  ) => void;
  readonly addRow: (row: number, weight: number, sums: number, stride: number, width: number) => void;
  readonly clip: (values: number, bytes: number) => void;
}

/** Opened by the first picture. */
let kernel: Kernel | undefined;

function openKernel(): Kernel {
  const bytes = Uint8Array.from(atob(resizeKernel), (letter) => letter.charCodeAt(0));
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Kernel;
}

/** Where in the kernel's memory everything lies: it grows to the largest picture's row and result, and stays so. */
function layOut(memory: WebAssembly.Memory, fromWidth: number, along: Axis, height: number) {
  const width = along.starts.length;
  let end = 1024;
  const place = (bytes: number) => {
    const start = end;
    end = Math.ceil((end + bytes) / 16) * 16;
    return start;
  };
  const at = {
    fractions: place(8 * 256),
    weights: place(8 * along.weights.length),
    starts: place(4 * width),
    ends: place(4 * width),
    row: place(12 * width),
    bytes: place(3 * fromWidth),
    sums: place(12 * width * height),
  };
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  new Float64Array(memory.buffer, at.fractions).set(fractions);
  new Float64Array(memory.buffer, at.weights).set(along.weights);
  new Int32Array(memory.buffer, at.starts).set(along.starts);
  new Int32Array(memory.buffer, at.ends).set(along.ends);
  new Float32Array(memory.buffer, at.sums, 3 * width * height).fill(0);
  return at;
}

/** Of 255, as float32. */
const fractions = Float64Array.from({ length: 256 }, (_, byte) => Math.fround(byte / 255));

function axisOf(taps: readonly Taps[]): Axis {
  let end = 0;
  return {
    starts: Int32Array.from(taps, ({ start }) => start),
    ends: Int32Array.from(taps, ({ weights }) => (end += weights.length)),
    weights: Float64Array.from(taps.flatMap(({ weights }) => [...weights])),
  };
}

function planesOf({ width, height, data }: Pixels): FloatTensor {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let i = 0, at = 0; i < area; i++, at += 3) {
    planes[i] = fractions[data[at]];
    planes[area + i] = fractions[data[at + 1]];
    planes[2 * area + i] = fractions[data[at + 2]];
  }
  return floatTensor([3, height, width], planes);
}

interface Share {
  readonly output: number;
  readonly weight: number;
}

/** Of each input row, the output rows that it has a share in: filters that do not widen pass over some. */
function outputsByInput({ starts, ends, weights }: Axis): readonly Share[][] {
  const shares: Share[][] = [];
  for (let output = 0, k = 0; output < starts.length; output++) {
    for (let input = starts[output]; k < ends[output]; k++, input++) {
      while (shares.length <= input) shares.push([]);
      shares[input].push({ output, weight: weights[k] });
    }
  }
  return shares;
}
