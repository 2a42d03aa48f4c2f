/**
 * The neurons, as pure functions on numbers: the definition that every engine must equal, in float64 (V_th = 1) and in
 * integers (V_th per channel; values are whole numbers and V saturates at ±2^30).
 *
 * Every step, in this order:
 *
 *     integrate  V ← V + I
 *     fire       s = fire(V, n)          s ∈ {−levels … +levels}, n the net count Σs so far
 *     reset      V ← V − given(n, s)     by subtraction: what the spikes stand for is given up, the rest is kept
 *
 * Integration is the same for all. What a kind fires and gives up stands in its file in `neurons/`.
 */
import type { NeuronKind } from "../graph/layers.ts";
import type { NeuronModel } from "./neurons/neuron-model.ts";
import { takeback } from "./neurons/take-back.ts";
import { ibt, plain, signed } from "./neurons/threshold.ts";
import { tracker } from "./neurons/tracker.ts";

/** All kinds. Whoever adds one adds its file and its row. */
export const neuronModels: { readonly [K in NeuronKind]: NeuronModel } = { takeback, ibt, signed, if: plain, tracker };

/** Bound of the membrane in integer graphs. */
export const membraneBound = 2 ** 30;

/** Adds a current; integer membranes stop at ±2^30. */
export function integrate(v: number, current: number, isInteger: boolean): number {
  const sum = v + current;
  return isInteger ? Math.max(-membraneBound, Math.min(membraneBound, sum)) : sum;
}
