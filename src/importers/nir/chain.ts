/**
 * What stands between one population's spikes (or the picture) and the next neurons: pools, scales, a convolution. All of it is linear, so
 * it comes to one convolution; that is what engines run.
 */
import { sizeOf } from "../../core/tensor.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { type Pads, type Pair, type Window, windowCounts } from "../../graph/windows.ts";
import type { Metadata, NodeOf, Reals } from "../../nir/nodes.ts";

export interface Kernel {
  /** [outC, inC / groups, kH, kW]. */
  readonly shape: readonly [number, number, number, number];
  readonly data: Float64Array;
  readonly bias: Float64Array;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  readonly groups: number;
}

interface Pool extends Pick<Window, "size" | "strides" | "pads"> {
  /** What a cell of a window counts. */
  readonly part: number;
}

export interface Chain {
  /** Layer whose spikes, or pixels, it begins with. */
  readonly source: string;
  readonly sourceShape: Shape;
  readonly pool: Pool | null;
  /** By which each channel is multiplied after the pool; null: by nothing. */
  readonly scale: Float64Array | null;
  readonly kernel: Kernel | null;
  /** By which each channel is multiplied after the convolution; null: by nothing. */
  readonly gain: Float64Array | null;
  /** Of what it gives. */
  readonly shape: Shape;
  readonly isFlat: boolean;
  /** What nodes on the way say of themselves. */
  readonly metadata: Metadata;
}

type Fail = (what: string) => never;

/** No layer of a detector has more; what a file's numbers would come to is looked at before it is made. */
const maxWeights = 2 ** 24;

export function chainFrom(source: string, shape: Shape): Chain {
  return {
    source,
    sourceShape: shape,
    pool: null,
    scale: null,
    kernel: null,
    gain: null,
    shape,
    isFlat: false,
    metadata: {},
  };
}

/** A value for each channel, from one for every neuron, for each channel, or for all. */
export function perChannel({ data, shape }: Reals, [channels, height, width]: Shape, fail: Fail): Float64Array {
  if (data.length === 1) return new Float64Array(channels).fill(data[0]);
  const area = data.length === channels ? 1 : height * width;
  if (data.length !== channels * area || !(shape[0] === channels || shape.length === 1))
    fail(`it has values [${shape.join(", ")}] for neurons ${channels}×${height}×${width}`);
  const first = Float64Array.from({ length: channels }, (_, c) => data[c * area]);
  for (let i = 0; i < data.length; i++)
    if (data[i] !== first[Math.floor(i / area)])
      fail("neurons of one channel differ; layers here have one value for a channel");
  return first;
}

export function pooled(chain: Chain, node: NodeOf<"SumPool2d"> | NodeOf<"AvgPool2d">, fail: Fail): Chain {
  if (chain.pool || chain.kernel || chain.isFlat)
    fail("it pools currents or another pool's sums; pools of spikes are supported");
  const { kernel_size: size, stride: strides, padding, metadata } = node;
  if (padding === "same") return fail("a pool with padding same is not supported");
  const [y, x] = padding === "valid" ? [0, 0] : padding;
  const pads = [y, x, y, x] as const;
  const part = node.type === "SumPool2d" ? 1 : 1 / (size[0] * size[1]);
  const [channels, ...extents] = chain.sourceShape;
  const counts = windowCounts({ size, strides, pads, dilations: [1, 1] }, extents as unknown as Pair);
  if (counts.some((count) => count < 1)) fail(`its windows are larger than what it reads, ${chain.shape.join("×")}`);
  if (channels * size[0] * size[1] > maxWeights) fail(`its windows of ${size.join("×")} have too many cells`);
  return { ...chain, pool: { size, strides, pads, part }, shape: [channels, ...counts], metadata: { ...metadata } };
}

export function scaled(chain: Chain, { scale, metadata }: NodeOf<"Scale">, fail: Fail): Chain {
  if (chain.isFlat) fail("a scale of what is flattened is not supported");
  const factors = perChannel(scale, chain.shape, fail);
  const times = (before: Float64Array | null) => (before ? factors.map((factor, c) => factor * before[c]) : factors);
  if (chain.kernel) return { ...chain, gain: times(chain.gain) };
  return { ...chain, scale: times(chain.scale), metadata: { ...chain.metadata, ...metadata } };
}

export function flattened(chain: Chain, { start_dim: start, end_dim: end }: NodeOf<"Flatten">, fail: Fail): Chain {
  if (![0, 1].includes(start) || ![-1, 2, chain.shape.length - 1].includes(end))
    fail(`axes ${start} to ${end} are not all of them`);
  const isFlat = sizeOf(chain.shape) !== chain.shape[0];
  if (isFlat && chain.kernel) fail("it flattens currents; spikes before a linear layer are flattened here");
  return { ...chain, isFlat };
}

/** A linear layer is a convolution as large as what it reads. */
export function multiplied(chain: Chain, weight: Reals, bias: Reals | null, fail: Fail): Chain {
  const [outC, columns, ...rest] = weight.shape;
  if (rest.length > 0 || weight.shape.length !== 2)
    fail(`its weights have shape [${weight.shape.join(", ")}]; [out, in] expected`);
  if (columns !== sizeOf(chain.shape)) fail(`its weights read ${columns} values; ${sizeOf(chain.shape)} come in`);
  const [inC, height, width] = chain.shape;
  const window = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  const kernel = {
    ...window,
    shape: [outC, inC, height, width],
    data: Float64Array.from(weight.data),
    groups: 1,
  } as const;
  return convolved({ ...chain, isFlat: false }, { ...kernel, bias: biasOf(bias, outC, fail) }, {}, fail);
}

function biasOf(bias: Reals | null, outC: number, fail: Fail): Float64Array {
  if (bias && bias.data.length !== outC) fail(`it has ${bias.data.length} biases for ${outC} outputs`);
  return bias ? Float64Array.from(bias.data) : new Float64Array(outC);
}

export function convolvedBy(chain: Chain, node: NodeOf<"Conv2d">, fail: Fail): Chain {
  const { weight, stride, dilation, groups } = node;
  const [outC, inPerGroup, height, width] = weight.shape;
  if (weight.shape.length !== 4)
    fail(`its weights have shape [${weight.shape.join(", ")}]; [out, in / groups, height, width] expected`);
  if (groups < 1 || inPerGroup * groups !== chain.shape[0] || outC % groups !== 0)
    fail(`its weights read ${inPerGroup * groups} channels in ${groups} groups; ${chain.shape[0]} come in`);
  const window = { strides: stride, dilations: dilation, pads: padsOf(node, [height, width], fail) };
  const kernel = {
    ...window,
    shape: [outC, inPerGroup, height, width],
    data: Float64Array.from(weight.data),
    groups,
  } as const;
  return convolved(chain, { ...kernel, bias: biasOf(node.bias, outC, fail) }, node.metadata ?? {}, fail);
}

/** As PyTorch's: what is odd of `same` goes behind. */
function padsOf({ padding, dilation, stride }: NodeOf<"Conv2d">, size: Pair, fail: Fail): Pads {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding !== "same") return [padding[0], padding[1], padding[0], padding[1]];
  if (stride.some((distance) => distance !== 1)) fail("padding same goes with stride 1");
  const [y, x] = size.map((extent, axis) => (extent - 1) * dilation[axis]);
  return [Math.floor(y / 2), Math.floor(x / 2), Math.ceil(y / 2), Math.ceil(x / 2)];
}

function convolved(chain: Chain, own: Kernel, metadata: Metadata, fail: Fail): Chain {
  if (chain.kernel) fail("it reads currents; there have to be neurons between two convolutions");
  if (chain.isFlat) fail("it reads what is flattened");
  const [outC, , height, width] = own.shape;
  const counts = windowCounts({ ...own, size: [height, width] }, [chain.shape[1], chain.shape[2]]);
  if (counts.some((count) => count < 1)) fail(`its kernel is larger than what it reads, ${chain.shape.join("×")}`);
  const { scale, pool } = chain;
  const kernel = scale ? scaledInputs(own, scale) : own;
  const shape = [outC, ...counts] as const;
  return {
    ...chain,
    kernel: pool ? behindPool(kernel, pool, chain, shape, fail) : kernel,
    scale: null,
    pool: null,
    shape,
    metadata,
  };
}

function scaledInputs(kernel: Kernel, scale: Float64Array): Kernel {
  const [outC, inPerGroup, height, width] = kernel.shape;
  const area = height * width;
  const outPerGroup = outC / kernel.groups;
  const data = kernel.data.map((value, i) => {
    const plane = Math.floor(i / area);
    const group = Math.floor(Math.floor(plane / inPerGroup) / outPerGroup);
    return value * scale[group * inPerGroup + (plane % inPerGroup)];
  });
  return { ...kernel, data };
}

/**
 * A convolution of a pool's sums as one of what the pool reads: every weight is spread over a window, strides multiply.
 * Cells beyond the edges have to be beyond the edges of both.
 */
function behindPool(kernel: Kernel, pool: Pool, chain: Chain, output: Shape, fail: Fail): Kernel {
  const [outC, inPerGroup, height, width] = kernel.shape;
  const { size, strides, pads, part } = pool;
  const extent = (k: 0 | 1) => (kernel.shape[k + 2] - 1) * kernel.dilations[k] * strides[k] + size[k];
  const [newHeight, newWidth] = [extent(0), extent(1)];
  if (outC * inPerGroup * newHeight * newWidth > maxWeights)
    fail("pool and convolution together have too many weights");
  const data = new Float64Array(outC * inPerGroup * newHeight * newWidth);
  for (let i = 0; i < kernel.data.length; i++) {
    const [plane, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const top = y * kernel.dilations[0] * strides[0];
    const left = x * kernel.dilations[1] * strides[1];
    for (let py = 0; py < size[0]; py++)
      for (let px = 0; px < size[1]; px++)
        data[(plane * newHeight + top + py) * newWidth + left + px] += part * kernel.data[i];
  }
  const edges = ([0, 1] as const).map((k) => {
    const read = chain.sourceShape[k + 1];
    const isPadded = kernel.pads[k] > 0 || kernel.pads[k + 2] > 0;
    if (isPadded && (pads[k] > 0 || size[k] > strides[k] || chain.shape[k + 1] * strides[k] < read))
      fail("the pool before it leaves cells over, so its padding would meet them");
    const before = kernel.pads[k] * strides[k] + pads[k];
    const after = (output[k + 1] - 1) * kernel.strides[k] * strides[k] + extent(k) - read - before;
    return [before, Math.max(0, after)] as const;
  });
  return {
    ...kernel,
    shape: [outC, inPerGroup, newHeight, newWidth],
    data,
    strides: [kernel.strides[0] * strides[0], kernel.strides[1] * strides[1]],
    dilations: [1, 1],
    pads: [edges[0][0], edges[1][0], edges[0][1], edges[1][1]],
  };
}

/** The whole chain as one convolution: of each channel by itself where there is none in it. */
export function kernelOf({ sourceShape: [channels], pool, scale, kernel, gain }: Chain): Kernel {
  if (kernel) return gain ? multipliedOutputs(kernel, gain) : kernel;
  const { size, strides, pads, part } = pool ?? { size: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], part: 1 };
  const area = size[0] * size[1];
  const data = Float64Array.from({ length: channels * area }, (_, i) => part * (scale?.[Math.floor(i / area)] ?? 1));
  const bias = new Float64Array(channels);
  return { shape: [channels, 1, size[0], size[1]], data, bias, strides, dilations: [1, 1], pads, groups: channels };
}

function multipliedOutputs(kernel: Kernel, gain: Float64Array): Kernel {
  const row = kernel.data.length / kernel.shape[0];
  const data = kernel.data.map((value, i) => value * gain[Math.floor(i / row)]);
  return { ...kernel, data, bias: kernel.bias.map((value, c) => value * gain[c]) };
}
