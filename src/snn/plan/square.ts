/**
 * Windows as the kernels take them: square, with one stride, and as many cells beyond the upper edge as beyond the left
 * one. Any convolution with equal strides can be written so, with weights of 0; cells beyond the other edges only decide how many
 * outputs there are, which frames tell.
 */
import { EngineError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type ConvolutionLayer, type MaxPoolLayer, type SpikePooling, windowOf } from "../../graph/layers.ts";
import { type Window, windowExtent } from "../../graph/windows.ts";

export interface SquareConvolution extends ConvolutionLayer {
  /** [outC, inC / groups, k, k]. */
  readonly weights: Tensor;
  readonly stride: number;
  /** Zeros above and to the left. */
  readonly padding: number;
  /** As the graph has it: weights of 0 that were added are no synapses. */
  readonly window: Window;
}

export interface SquarePool {
  readonly name: string;
  readonly pooling: SpikePooling | undefined;
  readonly size: number;
  readonly stride: number;
  /** Cells above and to the left that belong to no neuron. */
  readonly offset: number;
}

/** @throws EngineError [E_TOPOLOGY] where strides differ. */
export function squareConvolution(layer: ConvolutionLayer): SquareConvolution {
  const window = windowOf(layer);
  const { size, strides, dilations, pads } = window;
  if (strides[0] !== strides[1]) fail(layer, `strides ${strides.join(" and ")} differ`);
  const padding = Math.max(pads[0], pads[1]);
  const shift = [padding - pads[0], padding - pads[1]] as const;
  const extent = windowExtent(window);
  const side = Math.max(extent[0] + shift[0], extent[1] + shift[1]);
  const square = { ...layer, stride: strides[0], padding, window };
  if (side === size[0] && side === size[1] && shift[0] === 0 && shift[1] === 0) return square;
  const { data, dtype, shape } = layer.weights;
  const kernels = shape[0] * shape[1];
  const placed = new (data.constructor as new (length: number) => typeof data)(kernels * side * side);
  for (let kernel = 0, i = 0; kernel < kernels; kernel++) {
    for (let y = 0; y < size[0]; y++) {
      for (let x = 0; x < size[1]; x++) {
        const [atY, atX] = [y * dilations[0] + shift[0], x * dilations[1] + shift[1]];
        placed[(kernel * side + atY) * side + atX] = data[i++];
      }
    }
  }
  return { ...square, weights: { dtype, shape: [shape[0], shape[1], side, side], data: placed } as Tensor };
}

/** @throws EngineError [E_TOPOLOGY] where windows are not square. */
export function squarePool(layer: MaxPoolLayer): SquarePool {
  const { name, pooling, size, strides, pads } = layer;
  if (size[0] !== size[1] || strides[0] !== strides[1] || pads[0] !== pads[1])
    fail(
      layer,
      `windows of ${size.join("×")} every ${strides.join(" and ")} with pads ${pads.join(", ")} differ in y and x`,
    );
  return { name, pooling, size: size[0], stride: strides[0], offset: pads[0] };
}

function fail({ name, kind }: ConvolutionLayer | MaxPoolLayer, what: string): never {
  throw new EngineError(
    "E_TOPOLOGY",
    `${name} [${kind}]: ${what}; the event engine cannot run that. Use --engine reference`,
  );
}
