/**
 * Neurons in NIR. A plain one is IF, whose reset by subtraction stands in its metadata, since NIR's own resets to a value. What sends −1
 * as well is a loop of NIR's parts, whose feedback arrives one step later, before the next integration:
 *
 *     I: V += current − V_th·up(t − 1) + V_th,neg·down(t − 1)
 *     up = V > V_th − ½          down = −V > V_th,neg − ½          spike = up − down
 *
 * With whole numbers V > V_th − ½ is V ≥ V_th, however a reader compares; in float the threshold is the number before V_th.
 */
import { slopeBelow } from "../../functions/functions.ts";
import type { IntegrateFireLayer, NeuronKind, ReadoutLayer } from "../../graph/layers.ts";
import type { Metadata } from "../../nir/nodes.ts";
import { isIntegerTensor } from "../../snn/neurons/threshold-parameters.ts";
import { type Draft, isPlain, nodesOf, perNeuron, reals, refuse, same, whole } from "./draft.ts";

type PopulationLayer = IntegrateFireLayer | ReadoutLayer;

/** A population whose neurons hold charge against thresholds that stay what they are. */
type Thresholds = Pick<PopulationLayer, "name" | "vTh" | "vThNeg">;

/** The neurons that stand for a kind's. */
interface NeuronWord {
  readonly verdict: "exact" | "lossy";
  /** For the documentation. */
  readonly how: string;
  /** What is lost; null: nothing. */
  readonly loss: string | null;
  readonly thresholds: (layer: PopulationLayer) => Thresholds;
}

const asTheyAre = { verdict: "exact", loss: null, thresholds: (layer: PopulationLayer) => layer } as const;
const loop = "a loop of `I`, `Threshold` and `Scale`";

export const neuronWords: { readonly [K in NeuronKind]: NeuronWord } = {
  if: { ...asTheyAre, how: "`IF`, its reset by subtraction named in metadata; with `--loops` a loop" },
  signed: { ...asTheyAre, how: `${loop}; \`IF\` where nothing negative is sent` },
  ibt: { ...asTheyAre, how: `${loop}; \`IF\` where nothing negative is sent` },
  takeback: {
    verdict: "lossy",
    how: "as `ibt`, which takes nothing back",
    loss: "take-back neurons undo what a transient fired too much",
    thresholds: (layer) => layer,
  },
  tracker: {
    verdict: "lossy",
    how: "as `ibt`, for functions of two straight lines; others are refused",
    loss: "trackers follow a function of all charge received, in phases",
    thresholds: (layer) => {
      const slope = slopeBelow(layer.activation);
      if (slope === null) refuse(layer, `neurons with thresholds do not follow ${layer.activation.fn}`);
      const { vTh } = layer;
      const negative = Float32Array.from(vTh.data, (value) => value / (slope || 1));
      return { ...layer, vThNeg: slope === 0 ? null : { dtype: "float32", shape: vTh.shape, data: negative } };
    },
  },
};

/** The node whose output is the population's spikes. */
export function writePopulation(layer: PopulationLayer, draft: Draft): string {
  const { loss, thresholds } = neuronWords[layer.neuron];
  if (loss) draft.lose(layer, loss, "neurons with thresholds that stay what they are");
  if (layer.levels > 1) draft.lose(layer, `spikes of up to ${layer.levels}`, "at most one a step");
  if (layer.vInit !== 0) draft.lose(layer, `membranes begin at ${layer.vInit} of V_th`, "membranes that begin at 0");
  if (layer.kind === "integrateFire" && layer.delay > 0)
    draft.lose(layer, `neurons wait ${layer.delay} steps`, "neurons that do not wait");
  const from = nodesOf(draft, layer, layer.inputs[0]);
  const neurons = thresholds(layer);
  const write = isPlain(layer) && neurons.vThNeg === null && !draft.options.loops ? writeFire : writeLoop;
  return write({ ...layer, ...neurons }, draft, from);
}

function metadataOf({ name, neuron, lambda, activation, vTh }: PopulationLayer): Metadata {
  return {
    layer: name,
    reset: "subtract",
    neuron,
    activation: JSON.stringify(activation),
    lambda,
    dtype: vTh.dtype,
  };
}

function writeFire(layer: PopulationLayer, draft: Draft, from: readonly string[]): string {
  const shape = draft.shapeOf(layer.name);
  const factor = factorBefore(draft, from);
  const threshold = Float64Array.from(layer.vTh.data, (value, c) => value / (factor?.[c] ?? 1));
  return draft.add(
    layer.name,
    {
      type: "IF",
      r: same(1, shape),
      v_threshold: perNeuron(threshold, shape),
      v_reset: same(0, shape),
      metadata: metadataOf(layer),
    },
    from,
  );
}

/** Of a sum pool whose factor the thresholds hold. */
function factorBefore({ nodes }: Draft, [source, ...others]: readonly string[]): ArrayLike<number> | undefined {
  const node = others.length === 0 ? nodes.get(source) : undefined;
  if (node?.type !== "SumPool2d" || node.metadata?.where !== "v_threshold") return undefined;
  const { factor } = node.metadata;
  return typeof factor === "string" ? undefined : factor?.data;
}

function writeLoop(layer: PopulationLayer, draft: Draft, from: readonly string[]): string {
  const { name, vTh, vThNeg } = layer;
  const shape = draft.shapeOf(name);
  const scale = (values: ArrayLike<number>) => ({ type: "Scale", scale: perNeuron(values, shape) }) as const;
  const threshold = ({ data }: typeof vTh) =>
    ({ type: "Threshold", threshold: perNeuron(data.length ? firesAbove(vTh, data) : data, shape) }) as const;
  const negated = Float64Array.from(vTh.data, (value) => -value);
  const membrane = draft.add(`${name}_membrane`, { type: "I", r: same(1, shape) }, from);
  const up = draft.add(`${name}_up`, threshold(vTh), [membrane]);
  draft.connect(draft.add(`${name}_give`, scale(negated), [up]), membrane);
  if (vThNeg === null) {
    const spikes = { type: "Scale", scale: same(1, shape), metadata: metadataOf(layer) } as const;
    return draft.add(name, spikes, [up]);
  }
  const turned = draft.add(`${name}_turned`, { type: "Scale", scale: same(-1, shape) }, [membrane]);
  const down = draft.add(`${name}_down`, threshold(vThNeg), [turned]);
  draft.connect(draft.add(`${name}_refund`, scale(vThNeg.data), [down]), membrane);
  const negative = draft.add(`${name}_negative`, { type: "Scale", scale: same(-1, shape) }, [down]);
  const spikes = { type: "Scale", scale: same(1, shape), metadata: metadataOf(layer) } as const;
  return draft.add(name, spikes, [up, negative]);
}

/** Greatest numbers at which nothing fires yet: strictly greater is then at least V_th. */
function firesAbove({ dtype }: PopulationLayer["vTh"], values: ArrayLike<number>): Float64Array {
  const isInteger = isIntegerTensor({ dtype } as PopulationLayer["vTh"]);
  return Float64Array.from(values, (value) => (isInteger ? value - 0.5 : numberBefore(value)));
}

/** The float64 before a positive one. */
function numberBefore(value: number): number {
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] -= 1n;
  return new Float64Array(bits.buffer)[0];
}

/**
 * Readouts keep all charge. What a head reads of it is the sum of the currents over the steps, so those are what the graph gives out; where
 * heads count spikes, the population gives them out.
 */
export function writeReadout(layer: ReadoutLayer, draft: Draft, output: string, isCounted: boolean): void {
  const shape = draft.shapeOf(layer.name);
  const from = isCounted ? [writePopulation(layer, draft)] : nodesOf(draft, layer, layer.inputs[0]);
  const { lambda, vTh } = layer;
  const metadata = {
    ...metadataOf(layer),
    reads: isCounted ? "count" : "vmem",
    lambda,
    v_th: reals(vTh.shape, Float64Array.from(vTh.data)),
  };
  const node = draft.add(output, { type: "Output", shape, metadata }, from);
  draft.pieces.set(layer.name, whole([node], shape));
}
