/**
 * One step of training as one ONNX graph: forward, objective, backward, optimizer. What a step changes (parameters and the
 * optimizer's memories) is an input under its name and an output under `next.<name>`; batch norm's statistics of the
 * batch come out, and their running averages are the host's.
 */
import { EngineError } from "../../core/errors.ts";
import { type FloatTensor, floatTensor } from "../../core/tensor.ts";
import { type Graph, headsOf, inferShapes, inputOf, layerMacs, type Shapes } from "../../graph/graph.ts";
import { add, scale } from "./arithmetic.ts";
import { forward, notADnn, notTrainable, type Rounding, roundedActivations } from "./forward.ts";
import { emitTerms, type Objective } from "./objective.ts";
import { clipped, memories, type OptimizerSettings, update } from "./optimizer.ts";
import { accumulatesOf, fanOuts, type SpikeTable } from "./spike-cost.ts";
import { Tape, type Value } from "./tape.ts";
import type { HeadGrid } from "./targets.ts";

/** Training through the rounding of spikes. */
export interface SpikingTraining extends Rounding {
  /** Whether λ is learned, or stays what calibration found. */
  readonly learnsLambda: boolean;
  readonly spikes: SpikeTable;
}

export interface TrainingSettings {
  readonly batch: number;
  readonly optimizer: OptimizerSettings;
  /** Longest joint gradient that is used as it is. */
  readonly maxGradientNorm: number;
  readonly objective: Objective;
  /** Its activations must have `trainedLambda`s to start from. */
  readonly spiking?: SpikingTraining | undefined;
  /** The DNN whose heads are the targets of distillation, batch norm folded. */
  readonly teacher?: Graph | undefined;
}

/** A parameter: the layer that owns it, the field there, and whether weight decay applies (to kernels only). */
export interface ParameterPlace {
  readonly name: string;
  readonly layer: string;
  readonly field: "weights" | "bias" | "scale" | "logLambda";
  readonly value: FloatTensor;
}

export interface TrainingGraph {
  readonly model: Uint8Array;
  readonly inputName: string;
  readonly grids: readonly HeadGrid[];
  readonly parameters: readonly ParameterPlace[];
  /** Inputs that stay the same in all steps. */
  readonly constants: ReadonlyMap<string, FloatTensor>;
  /** Names of the batch norm layers; outputs `<name>.batchMean` and `<name>.batchVariance` [C]. */
  readonly norms: readonly string[];
  /** Names of the populations that are rounded; outputs `<name>.accumulates`. */
  readonly populations: readonly string[];
}

/** Numbers that every step gives, besides its state; each of shape [] or [1]. Terms that are not asked for are 0. */
export const measures = ["loss", "detection", "distillation", "spikes", "accumulates", "gradientNorm"] as const;

/** What a graph holds that training may move, in graph order. @throws EngineError [E_NOT_A_DNN] for a spiking or quantized graph. */
export function parametersOf(graph: Graph, spiking?: SpikingTraining): ParameterPlace[] {
  const rounded = new Set(spiking ? roundedActivations(graph).map(({ name }) => name) : []);
  return graph.layers.flatMap((layer) => {
    const place = (field: ParameterPlace["field"], value: unknown): ParameterPlace => {
      if ((value as FloatTensor).dtype !== "float32") throw notADnn(layer, "is quantized");
      return { name: `${layer.name}.${field}`, layer: layer.name, field, value: value as FloatTensor };
    };
    if (layer.kind === "convolution")
      return [place("weights", layer.weights), ...(layer.bias ? [place("bias", layer.bias)] : [])];
    if (layer.kind === "batchNorm") return [place("scale", layer.scale), place("bias", layer.bias)];
    if (layer.kind === "activation" && rounded.has(layer.name)) {
      if (!layer.trainedLambda) throw new EngineError("E_TRAINING", `${layer.name} has no λ to begin with`);
      const { shape, data } = layer.trainedLambda;
      return [place("logLambda", floatTensor(shape, Float32Array.from(data, Math.log)))];
    }
    return [];
  });
}

export function gridsOf(graph: Graph, shapes: Shapes): HeadGrid[] {
  const [, inputHeight, inputWidth] = inputOf(graph).shape;
  return headsOf(graph).map((head) => {
    if (head.kind !== "region" && head.kind !== "yolo") throw notTrainable(head);
    // The loss is of logarithms of sizes.
    if (head.kind === "yolo" && head.sizes) throw notTrainable(head);
    const [, rows, columns] = shapes.get(head.name) ?? [];
    return { name: head.name, head, rows: rows as number, columns: columns as number, inputWidth, inputHeight };
  });
}

/** @throws EngineError [E_NOT_A_DNN] for a graph that is no DNN with a head. */
export function buildTrainingGraph(graph: Graph, settings: TrainingSettings): TrainingGraph {
  const { batch, spiking, teacher, objective } = settings;
  const tape = new Tape();
  const shapes = inferShapes(graph);
  const input = inputOf(graph);
  const constants = new Map<string, FloatTensor>();
  const constant = (name: string, value: FloatTensor) => {
    constants.set(name, value);
    return tape.input(name, value.shape);
  };
  const isMoved = ({ field }: ParameterPlace) => field !== "logLambda" || spiking?.learnsLambda === true;
  const all = parametersOf(graph, spiking);
  const places = all.filter(isMoved);
  const parameters = new Map(
    all.map((place) => {
      const { name, value } = place;
      return [name, isMoved(place) ? tape.parameter(name, value.shape) : constant(name, value)];
    }),
  );
  const image = tape.input(input.name, [batch, ...input.shape]);
  const norms: string[] = [];
  const costs: Value[] = [];
  const populations: string[] = [];
  const count = spiking && spikeCounter(tape, graph, shapes, spiking, batch);
  const values = forward(tape, graph, {
    image,
    parameters,
    rounding: spiking,
    onNorm: (name, mean, variance) => {
      norms.push(name);
      tape.output(`${name}.batchMean`, mean);
      tape.output(`${name}.batchVariance`, variance);
    },
    onCounts: (population, sender, exact) => {
      const cost = (count as SpikeCounter)(sender, exact);
      // What leads to no synapse (but to an island) costs nothing, and cannot be seen to fall silent.
      if (cost === undefined) return;
      populations.push(population);
      costs.push(cost);
      tape.output(`${population}.accumulates`, cost);
    },
  });
  const readBy = (of: Graph, from: ReadonlyMap<string, Value>) =>
    headsOf(of).flatMap((head) => head.inputs.map((name) => from.get(name) as Value));
  const wanted = teacher
    ? readBy(teacher, forward(tape, teacher, { image, parameters: teacherParameters(teacher, constant) }))
    : [];

  const heads = headsOf(graph).flatMap((head) => head.inputs.map(() => head));
  const grids = objective.detection ? gridsOf(graph, shapes) : [];
  const accumulates = costs.length === 0 ? undefined : costs.reduce((a, b) => add(tape, a, b));
  const terms = emitTerms(tape, objective, {
    batch,
    grids,
    heads,
    outputs: readBy(graph, values),
    wanted,
    accumulates,
  });
  const loss = [...terms.values()].reduce((a, b) => add(tape, a, b));
  const variables = places.map(({ name }) => parameters.get(name) as Value);
  const { gradients, norm } = clipped(tape, tape.gradients(loss, variables), settings.maxGradientNorm);
  const measured: { readonly [K in (typeof measures)[number]]: Value | undefined } = {
    loss,
    detection: terms.get("detection"),
    distillation: terms.get("distillation"),
    spikes: terms.get("spikes"),
    accumulates,
    gradientNorm: norm,
  };
  for (const name of measures) tape.output(name, measured[name] ?? tape.scalar(0));
  emitUpdates(tape, settings.optimizer, places, variables, gradients);
  return { model: tape.encode(), inputName: input.name, grids, parameters: places, constants, norms, populations };
}

function emitUpdates(
  tape: Tape,
  optimizer: OptimizerSettings,
  places: readonly ParameterPlace[],
  variables: readonly Value[],
  gradients: readonly Value[],
): void {
  const rate = tape.input("rate", []);
  const decayRate = tape.input("decayRate", []);
  places.forEach(({ name, field, value }, i) => {
    const names = memories(optimizer).map((memory) => `${name}.${memory}`);
    const remembered = names.map((memory) => tape.input(memory, value.shape));
    const decay = field === "weights" ? decayRate : undefined;
    const next = update(tape, optimizer, variables[i], gradients[i], remembered, rate, decay);
    [name, ...names].forEach((state, k) => {
      tape.output(`next.${state}`, next[k]);
    });
  });
}

/** A teacher's weights, which nothing moves, under names of their own. */
function teacherParameters(teacher: Graph, constant: (name: string, value: FloatTensor) => Value): Map<string, Value> {
  return new Map(parametersOf(teacher).map(({ name, value }) => [name, constant(`teacher.${name}`, value)]));
}

/** A population's accumulates by the layer that sends its counts on, as a part of the DNN's multiply-accumulates. */
type SpikeCounter = (sender: string, exact: Value) => Value | undefined;

function spikeCounter(
  tape: Tape,
  graph: Graph,
  shapes: Shapes,
  { spikes }: SpikingTraining,
  batch: number,
): SpikeCounter {
  const fans = fanOuts(graph);
  const macs = graph.layers.reduce((sum, layer) => sum + layerMacs(layer, shapes.get(layer.name) as never), 0);
  return (sender, exact) => {
    const [, , height, width] = exact.shape;
    const fan = fans.get(sender) as Float64Array;
    if (fan.every((synapses) => synapses === 0)) return undefined;
    const weights = tape.constant([1, 1, height, width], [...fan]);
    return scale(tape, accumulatesOf(tape, exact, spikes, weights), 1 / (macs * batch));
  };
}
