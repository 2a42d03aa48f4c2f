/** Convolutions, and the pools among them, as NIR has them: padding alike on both sides, square kernels, and no groups. */
import type { Shape } from "../../graph/layer-kinds.ts";
import { type ConvolutionLayer, windowOf } from "../../graph/layers.ts";
import { isMeanPool } from "../../graph/mean-pool.ts";
import { type Pads, type Pair, windowCounts, windowExtent } from "../../graph/windows.ts";
import type { Metadata, NodeOf } from "../../nir/nodes.ts";
import { type Draft, isPlain, type Piece, perNeuron, reals, refuse, whole } from "./draft.ts";

/** Kernel [outC, inC, kH, kW] without groups, and its window. */
interface Kernel {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float64Array;
  readonly pads: Pads;
  readonly dilations: Pair;
}

export function writeConvolution(convolution: ConvolutionLayer, draft: Draft): void {
  const [input] = convolution.inputs;
  const layer = { ...convolution, pads: usedPads(convolution, draft.shapeOf(input)) };
  const shape = draft.shapeOf(layer.name);
  const pieces = draft.pieces.get(input) as readonly Piece[];
  const factor = poolFactor(layer);
  const isWhole = pieces.length === 1 && pieces[0].count === pieces[0].channels;
  if (factor && isWhole) {
    draft.pieces.set(layer.name, whole([writePool(layer, factor, draft, pieces[0].from)], shape));
    return;
  }
  const kernel = squareKernel(layer, evenKernel(denseKernel(layer)));
  let first = 0;
  const nodes = pieces.map((piece, i) => {
    const node = convolutionNode(layer, kernel, draft, { piece, first, isBiased: i === 0 });
    first += piece.count;
    return draft.add(layer.name, node, piece.from);
  });
  draft.pieces.set(layer.name, whole(nodes, shape));
}

/** Cells beyond the lower and right edges that no window reaches are left out where the rest is then alike on both sides. */
function usedPads(layer: ConvolutionLayer, [, height, width]: Shape): Pads {
  const { strides } = layer;
  const [top, left, bottom, right] = layer.pads;
  if (top === bottom && left === right) return layer.pads;
  const counts = windowCounts(windowOf(layer), [height, width]);
  const [extentY, extentX] = windowExtent(windowOf(layer));
  const reached = [
    (counts[0] - 1) * strides[0] + extentY - top - height,
    (counts[1] - 1) * strides[1] + extentX - left - width,
  ];
  return [top, left, Math.min(bottom, Math.max(top, reached[0])), Math.min(right, Math.max(left, reached[1]))];
}

/** The part of a convolution that reads one piece of its input: channels from `first` on. */
function convolutionNode(
  layer: ConvolutionLayer,
  { shape: [outC, inC, height, width], data, pads, dilations }: Kernel,
  { shapeOf }: Draft,
  { piece, first, isBiased }: { readonly piece: Piece; readonly first: number; readonly isBiased: boolean },
): NodeOf<"Conv2d"> {
  const area = height * width;
  const weights = new Float64Array(outC * piece.channels * area);
  for (let o = 0; o < outC; o++) {
    const from = (o * inC + first) * area;
    weights.set(data.subarray(from, from + piece.count * area), (o * piece.channels + piece.start) * area);
  }
  const [, inputHeight, inputWidth] = shapeOf(layer.inputs[0]);
  const { bias, groups } = layer;
  const metadata = { ...(groups > 1 ? { groups: String(groups) } : {}), ...integersOf(layer) };
  return {
    type: "Conv2d",
    input_shape: [inputHeight, inputWidth],
    weight: reals([outC, piece.channels, height, width], weights),
    stride: layer.strides,
    padding: [pads[0], pads[1]],
    dilation: dilations,
    groups: 1,
    bias: reals([outC], isBiased && bias ? Float64Array.from(bias.data) : new Float64Array(outC)),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

/** Of integer weights: they stand shifted in the file, in the units of thresholds. */
function integersOf({ weights, shift }: ConvolutionLayer): Metadata {
  return shift === undefined ? {} : { dtype: weights.dtype, shift: String(shift) };
}

function denseKernel({ weights, groups, shift = 0, pads, dilations }: ConvolutionLayer): Kernel {
  const [outC, inPerGroup, height, width] = weights.shape;
  const row = inPerGroup * height * width;
  const outPerGroup = outC / groups;
  const data = new Float64Array(outC * groups * row);
  for (let o = 0; o < outC; o++) {
    const to = (o * groups + Math.floor(o / outPerGroup)) * row;
    for (let i = 0; i < row; i++) data[to + i] = weights.data[o * row + i] * 2 ** shift;
  }
  return { shape: [outC, groups * inPerGroup, height, width], data, pads, dilations };
}

/** The same with as many cells beyond opposite edges: zeros are put before or behind the kernel. */
function evenKernel(kernel: Kernel): Kernel {
  const [top, left, bottom, right] = kernel.pads;
  if (top === bottom && left === right) return kernel;
  const [y, x] = [Math.max(top, bottom), Math.max(left, right)];
  return grownKernel(kernel, [y - top, x - left, y - bottom, x - right], [y, x, y, x]);
}

/** The same with a square kernel, which is what the nir package expects: zeros around it, and as many more cells beyond the edges. */
function squareKernel(layer: ConvolutionLayer, kernel: Kernel): Kernel {
  const [, , height, width] = kernel.shape;
  if (height === width && kernel.dilations[0] === kernel.dilations[1]) return kernel;
  const extents = [(height - 1) * kernel.dilations[0] + 1, (width - 1) * kernel.dilations[1] + 1];
  const more = (Math.max(...extents) - Math.min(...extents)) / 2;
  if (!Number.isInteger(more))
    refuse(layer, `its kernel is ${height}×${width}, and readers of NIR take square ones only`);
  const [y, x] = extents[0] < extents[1] ? [more, 0] : [0, more];
  const [top, left, bottom, right] = kernel.pads;
  return grownKernel(kernel, [y, x, y, x], [top + y, left + x, bottom + y, right + x]);
}

/** Zeros around a kernel whose cells lie side by side from then on. */
function grownKernel(kernel: Kernel, [top, left, bottom, right]: Pads, pads: Pads): Kernel {
  const [outC, inC, height, width] = kernel.shape;
  const [dilationY, dilationX] = kernel.dilations;
  const newHeight = (height - 1) * dilationY + 1 + top + bottom;
  const newWidth = (width - 1) * dilationX + 1 + left + right;
  const data = new Float64Array(outC * inC * newHeight * newWidth);
  for (let plane = 0; plane < outC * inC; plane++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const to = (plane * newHeight + top + y * dilationY) * newWidth + left + x * dilationX;
        data[to] = kernel.data[(plane * height + y) * width + x];
      }
    }
  }
  return { shape: [outC, inC, newHeight, newWidth], data, pads, dilations: [1, 1] };
}

/** Of a mean's convolution that is padded alike on both sides: the weight of each channel. */
function poolFactor(layer: ConvolutionLayer): Float64Array | undefined {
  const { weights, pads, shift = 0 } = layer;
  if (!isMeanPool(layer) || pads[0] !== pads[2] || pads[1] !== pads[3]) return undefined;
  const [channels, , height, width] = weights.shape;
  return Float64Array.from({ length: channels }, (_, c) => weights.data[c * height * width] * 2 ** shift);
}

/** A sum pool; its factor goes into the thresholds of the neurons behind it where they hold it exactly, and into a scale otherwise. */
function writePool(layer: ConvolutionLayer, factor: Float64Array, draft: Draft, from: readonly string[]): string {
  const isInThreshold = isHeldByThresholds(layer, factor, draft);
  const metadata = {
    layer: layer.name,
    factor: reals([factor.length], factor),
    ...(isInThreshold ? { where: "v_threshold" } : {}),
    ...integersOf(layer),
  };
  const [, , height, width] = layer.weights.shape;
  const node = { type: "SumPool2d", kernel_size: [height, width], stride: layer.strides } as const;
  const pool = draft.add(layer.name, { ...node, padding: [layer.pads[0], layer.pads[1]], metadata }, from);
  if (isInThreshold) return pool;
  const scale = perNeuron(factor, draft.shapeOf(layer.name));
  return draft.add(`${layer.name}_scale`, { type: "Scale", scale }, [pool]);
}

/** In float the quotient is as good as the product; integers have to stay exact. */
function isHeldByThresholds({ name }: ConvolutionLayer, factor: Float64Array, draft: Draft): boolean {
  const [reader, ...others] = draft.readersOf(name);
  if (others.length > 0 || reader?.kind !== "integrateFire" || !isPlain(reader) || draft.options.loops) return false;
  return factor.every((value, c) => reader.vTh.dtype === "float32" || isDyadic(reader.vTh.data[c], value));
}

function isDyadic(threshold: number, factor: number): boolean {
  const quotient = Math.fround(threshold / factor);
  return quotient * factor === threshold;
}
