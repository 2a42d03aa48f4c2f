/**
 * Phases: how much a spike of a step weighs (weighted spikes: Kim, Kim, Huh, Lee, Choi, "Deep neural networks with weighted
 * spikes", Neurocomputing 2018; here the weights fall once and then stay at 1).
 *
 *     w_t = 2^max(0, phases − t):   2^(phases−1), …, 4, 2, 1, 1, 1, …
 *
 * A step of weight w is w unit steps in one: its currents count w times, and a neuron either fires in all of them or in none.
 * Large weights come first, so that a spike train is a binary number whose digits are −1, 0 and +1, and what a digit gets
 * wrong a later one corrects. Every net count at step t is a multiple of w_t, since all weights before are.
 */
import type { Graph } from "../graph/graph.ts";

/** w_t of step t ≥ 1. */
export function stepWeight(t: number, phases: number): number {
  return 2 ** Math.max(0, phases - t);
}

/** Σ w_1 … w_t: the unit steps that have gone by; t where all spikes weigh 1. */
export function unitSteps(t: number, phases: number): number {
  const weighted = Math.min(t, phases);
  return 2 ** phases - 2 ** (phases - weighted) + (t - weighted);
}

/** Unit steps that a frame stands for where it is given as a whole: all that its phases can weigh, or its steps where all weigh 1. */
export function frameUnitsOf(timeSteps: number, phases: number): number {
  return phases > 1 ? unitSteps(phases, phases) : timeSteps;
}

/** What net counts and charges at step t are divided by: the unit steps so far, or a frame's where it is given as a whole. */
export function unitsAt(t: number, graph: Graph): number {
  return graph.simulation?.frameUnits ?? unitSteps(t, phasesOf(graph));
}

/** Of a spiking graph. */
export function phasesOf({ simulation }: Graph): number {
  return simulation?.phases ?? 1;
}
