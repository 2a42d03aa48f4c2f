/**
 * Weights as conversion will round them to b bits (`convert/quantize-weights.ts`): in fractions of λ, whole multiples of a unit of their output channel,
 *
 *     w̄ = w·λ_in      unit = max|w̄| / (2^(b−1) − 1)      w ≈ ⌊w̄/unit + ½⌋·unit/λ_in
 *
 * The backward pass goes straight through rounding. λ of the output, and a batch norm behind the convolution, scale a whole output channel: they move nothing
 * on this grid. Convolutions that meet in a sum share their unit in conversion; here each has its own.
 */
import { type Graph, layersByName } from "../../graph/graph.ts";
import type { ConvolutionLayer, Layer } from "../../graph/layers.ts";
import { bitsFor } from "../../graph/weight-bits.ts";
import { concatenate, reshaped, sliceOf } from "./arithmetic.ts";
import { exponential } from "./rounding.ts";
import type { Tape, Value } from "./tape.ts";

/** Where a whole channel is 0, its unit is this. */
const leastUnit = 1e-30;

/** The weights that a convolution computes with. @param parameters weights and log λ, by layer and field. @param bits absent: weights are as they are. */
export function roundedWeights(
  tape: Tape,
  graph: Graph,
  parameters: ReadonlyMap<string, Value>,
  bits: number | undefined,
): (layer: ConvolutionLayer) => Value {
  const byName = layersByName(graph);
  /** λ of a layer's output [C]; nothing where it is 1. */
  const lambdaOf = (name: string): Value | undefined => {
    const layer = byName.get(name) as Layer;
    switch (layer.kind) {
      case "activation": {
        const logLambda = parameters.get(`${name}.logLambda`);
        return logLambda && exponential(tape, logLambda);
      }
      case "maxPool":
      case "upsample":
      case "insertZeros":
        return lambdaOf(layer.inputs[0]);
      case "slice": {
        const whole = lambdaOf(layer.inputs[0]);
        return whole && sliceOf(tape, whole, 0, layer.start, layer.start + layer.count);
      }
      case "concat": {
        const parts = layer.inputs.flatMap((input) => lambdaOf(input) ?? []);
        return parts.length === layer.inputs.length ? concatenate(tape, parts, 0) : undefined;
      }
      default:
        return undefined;
    }
  };
  return ({ name, inputs: [input], groups }) => {
    const weights = parameters.get(`${name}.weights`) as Value;
    if (bits === undefined) return weights;
    const own = bitsFor(byName.get(input)?.kind === "input", bits);
    return roundToBits(tape, weights, lambdaOf(input), groups, own);
  };
}

/** @param weights [outC, inC / groups, kH, kW]. @param lambda of the input [inC]. */
export function roundToBits(
  tape: Tape,
  weights: Value,
  lambda: Value | undefined,
  groups: number,
  bits: number,
): Value {
  const [outChannels, perGroup, height, width] = weights.shape;
  const shape = [groups, outChannels / groups, perGroup, height, width];
  const unitShape = [groups, outChannels / groups, 1, 1, 1];
  const op = (name: string, inputs: readonly Value[], of = shape) => tape.emit(name, inputs, of);
  const factors = lambda ? reshaped(tape, lambda, [groups, 1, perGroup, 1, 1]) : tape.scalar(1);
  const fractions = op("Mul", [reshaped(tape, weights, shape), factors]);
  const greatest = tape.emit("ReduceMax", [op("Abs", [fractions])], unitShape, { axes: [2, 3, 4], keepdims: 1 });
  const unit = op(
    "Max",
    [op("Mul", [greatest, tape.scalar(1 / (2 ** (bits - 1) - 1))], unitShape), tape.scalar(leastUnit)],
    unitShape,
  );
  const whole = op("Floor", [op("Add", [op("Div", [fractions, unit]), tape.scalar(0.5)])]);
  const rounded = reshaped(tape, op("Div", [op("Mul", [whole, unit]), factors]), weights.shape);
  return tape.record(rounded, [weights], (g) => [g]);
}
