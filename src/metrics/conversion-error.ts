/** How far a spiking layer is from the activation that it stands for. */
import { relativeError } from "../core/tensor.ts";
import type { Shape } from "../graph/layer-kinds.ts";

/** λ·n/U of every neuron [C, H, W]: the activation that net counts stand for after U unit steps. */
export function decodeCounts(
  counts: Int32Array,
  lambda: ArrayLike<number>,
  [, height, width]: Shape,
  unitSteps: number,
): Float64Array {
  const area = height * width;
  const values = new Float64Array(counts.length);
  for (let i = 0; i < values.length; i++) values[i] = (lambda[Math.floor(i / area)] * counts[i]) / unitSteps;
  return values;
}

/**
 * ‖λ·n/U − a‖₂ / ‖a‖₂ over the layer, a its activations in the DNN. It holds what earlier layers passed on as well: the
 * layer where it rises is where accuracy is lost.
 */
export function conversionError(
  counts: Int32Array,
  lambda: ArrayLike<number>,
  shape: Shape,
  unitSteps: number,
  activations: ArrayLike<number>,
): number {
  return relativeError(decodeCounts(counts, lambda, shape, unitSteps), activations);
}
