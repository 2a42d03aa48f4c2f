/**
 * Resolution where it counts. A neuron's last digit stands for Δ; rounding to it makes noise of Δ²/12, of which `gain` comes to the heads,
 * and halving it costs a digit of every active neuron: `fanOut` accumulates each. With noise adding up as power does, the least cost at a
 * given error of the heads is where what the last bit buys for its accumulates is the same in every channel (reverse water-filling):
 *
 *     Δ_c² · gain_c = μ² · fanOut_c
 *
 * μ follows from ε, the part of the heads' inputs (as a norm) that this noise would come to if every neuron were active:
 *
 *     ε² · ‖heads‖² = Σ_c positions_c · gain_c · Δ_c² / 12 = μ²/12 · Σ_c positions_c · fanOut_c
 *
 * Errors are correlated, and what comes to the heads is several times ε: ε says what one network may lose for what another may.
 */
import { consumersOf, type Graph, inferShapes } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { type ActivationLayer, isHead } from "../graph/layers.ts";
import { type ChannelNoise, noiseGains } from "./noise-gains.ts";

/** A channel keeps so many of the steps that it would have alone: silence is no rounding. */
const mostTimesCoarser = 16;

/**
 * Δ by activation layer and channel, wide enough for ε; absent where rounding does not matter for the cost (no spike is sent on), or where
 * the network was calibrated without slopes.
 * @param rounding ε.
 */
export function coarsestDigits(graph: Graph, rounding: number): ReadonlyMap<string, Float64Array> {
  const activations = graph.layers.filter((layer) => layer.kind === "activation");
  if (rounding === 0 || !hasSlopes(graph)) return new Map();
  const noise = noiseGains(graph);
  const shapes = inferShapes(graph);
  const positions = (layer: ActivationLayer) => {
    const [, height, width] = shapes.get(layer.name) as Shape;
    return height * width;
  };
  const consumers = consumersOf(graph);
  let [synapses, headPower] = [0, 0];
  for (const layer of activations) {
    const total = (values: Iterable<number>) => positions(layer) * [...values].reduce((sum, value) => sum + value, 0);
    synapses += total((noise.get(layer.name) as ChannelNoise).fanOut);
    if (consumers.get(layer.name)?.some(isHead)) headPower += total(layer.statistics?.power?.data ?? []);
  }
  if (synapses === 0 || headPower === 0) return new Map();
  const mu = rounding * Math.sqrt((12 * headPower) / synapses);
  return new Map(
    activations.map(({ name }) => {
      const { gain, fanOut } = noise.get(name) as ChannelNoise;
      return [name, gain.map((value, c) => (value === 0 || fanOut[c] === 0 ? 0 : mu * Math.sqrt(fanOut[c] / value)))];
    }),
  );
}

/** Whether calibration measured what is needed: models calibrated by earlier versions lack it. */
export function hasSlopes(graph: Graph): boolean {
  return graph.layers.every(
    (layer) =>
      layer.kind !== "activation" || (layer.statistics?.slope !== undefined && layer.statistics.power !== undefined),
  );
}

/** λ of a channel of which a last digit of Δ is enough, where λ stands for so many of them; not less than the range needs. */
export function coarserLambda(range: number, digit: number, units: number): number {
  return Math.max(range, Math.min(digit * units, range * mostTimesCoarser));
}
