/**
 * The forward pass of a graph, of the DNN and of the spiking network alike: what differs is how an activation responds. Values are
 * [N, C, H, W] by layer name.
 */
import { EngineError } from "../../core/errors.ts";
import { isMonotone } from "../../functions/functions.ts";
import { consumersOf, type Graph } from "../../graph/graph.ts";
import { type ActivationLayer, isHead, type Layer } from "../../graph/layers.ts";
import { add, concatenate, multiply, sliceOf } from "./arithmetic.ts";
import { activate, averagePool, batchNormalization, convolution, insertZeros, maxPool, upsample } from "./layers.ts";
import { countsOf, type SurrogateName } from "./rounding.ts";
import type { Tape, Value } from "./tape.ts";
import { roundedWeights } from "./weight-rounding.ts";

/** How neurons round; see `rounding.ts`. */
export interface Rounding {
  /** D, the counts that stand for λ: the most that a neuron sends. */
  readonly units: number;
  readonly surrogate: SurrogateName;
  /** Bits that weights are rounded to; absent: they are not. See `weight-rounding.ts`. */
  readonly weightBits?: number | undefined;
}

export interface ForwardOptions {
  /** The picture [N, C, H, W]. */
  readonly image: Value;
  /** Weights, biases, scales and log λ, by layer and field. */
  readonly parameters: ReadonlyMap<string, Value>;
  /** Absent: activations are those of the DNN. */
  readonly rounding?: Rounding | undefined;
  /** Told of the statistics of each batch norm. */
  readonly onNorm?: (name: string, mean: Value, variance: Value) => void;
  /** Told of counts before rounding: of which population, and whose output they become (a pool's, where it comes first). */
  readonly onCounts?: (population: string, sender: string, exact: Value) => void;
}

/** Activations that neurons stand for and that are rounded: all but those that a head reads, whose charge is read as it is. */
export function roundedActivations(graph: Graph): readonly ActivationLayer[] {
  const consumers = consumersOf(graph);
  return graph.layers.filter(
    (layer) => layer.kind === "activation" && !consumers.get(layer.name)?.some(isHead),
  ) as ActivationLayer[];
}

/** @throws EngineError [E_TRAINING] for layers that cannot be trained, [E_NOT_A_DNN] after conversion. */
export function forward(tape: Tape, graph: Graph, options: ForwardOptions): ReadonlyMap<string, Value> {
  const { parameters, rounding } = options;
  const values = new Map<string, Value>();
  const consumers = consumersOf(graph);
  const weightsOf = roundedWeights(tape, graph, parameters, rounding?.weightBits);
  const rounded = new Set(rounding ? roundedActivations(graph).map(({ name }) => name) : []);
  // Where an activation is monotone, pooling first gives the same and is four times less work: it is put off until after the
  // pool. Rounding is monotone, too.
  const putOff = new Map<string, ActivationLayer>();
  const respond = (layer: ActivationLayer, x: Value, sender: string): Value => {
    const y = activate(tape, x, layer.activation);
    if (!rounding || !rounded.has(layer.name)) return y;
    const logLambda = parameters.get(`${layer.name}.logLambda`) as Value;
    const counts = countsOf(tape, y, logLambda, rounding.units, rounding.surrogate);
    options.onCounts?.(layer.name, sender, counts.exact);
    return counts.value;
  };
  for (const layer of graph.layers) {
    const inputs = layer.inputs.map((name) => values.get(name) as Value);
    const parameter = (field: string) => parameters.get(`${layer.name}.${field}`) as Value;
    const emit = (): Value => {
      switch (layer.kind) {
        case "input":
          return options.image;
        case "convolution":
          return convolution(tape, inputs[0], weightsOf(layer), parameters.get(`${layer.name}.bias`), layer);
        case "batchNorm": {
          const norm = batchNormalization(tape, inputs[0], parameter("scale"), parameter("bias"), layer.epsilon);
          options.onNorm?.(layer.name, norm.mean, norm.variance);
          return norm.output;
        }
        case "activation": {
          const readers = consumers.get(layer.name) ?? [];
          const mayWait = readers.length === 1 && readers[0].kind === "maxPool" && isMonotone(layer.activation);
          if (!mayWait) return respond(layer, inputs[0], layer.name);
          putOff.set(layer.name, layer);
          return inputs[0];
        }
        case "maxPool": {
          const waiting = putOff.get(layer.inputs[0]);
          const pooled = maxPool(tape, inputs[0], layer);
          return waiting ? respond(waiting, pooled, layer.name) : pooled;
        }
        case "averagePool":
          return averagePool(tape, inputs[0], layer);
        case "upsample":
          return upsample(tape, inputs[0], layer.factor);
        case "concat":
          return concatenate(tape, inputs, 1);
        case "slice":
          return sliceOf(tape, inputs[0], 1, layer.start, layer.start + layer.count);
        case "sum":
          if (layer.scales) throw notADnn(layer, "has been normalized");
          return inputs.reduce((a, b) => add(tape, a, b));
        case "region":
        case "yolo":
        case "gaussianYolo":
        case "dfl":
        case "tail":
          return inputs[0];
        case "product":
          if (layer.factors) throw notADnn(layer, "has been normalized");
          return multiply(tape, inputs[0], inputs[1]);
        case "insertZeros":
          return insertZeros(tape, inputs[0], layer.factor);
        case "island":
          throw notTrainable(layer);
        case "integrateFire":
        case "readout":
          throw notADnn(layer, "spikes");
        default:
          return layer satisfies never;
      }
    };
    values.set(layer.name, emit());
  }
  return values;
}

export function notTrainable({ name, kind }: Layer): EngineError {
  return new EngineError(
    "E_TRAINING",
    `${name} [${kind}] cannot be trained here. Train the network where it comes from, and import it again`,
  );
}

export function notADnn(layer: Layer, why: string): EngineError {
  return new EngineError(
    "E_NOT_A_DNN",
    `${layer.name} [${layer.kind}] ${why}; training takes graphs before conversion`,
  );
}
