/**
 * One step of training as one ONNX graph: forward, losses, backward, optimizer. What a step changes (parameters and the
 * optimizer's memories) is an input under its name and an output under `next.<name>`; batch norm's statistics of the
 * batch come out, and their running averages are the host's.
 */
import { EngineError } from "../../core/errors.ts";
import type { FloatTensor } from "../../core/tensor.ts";
import type { Activation } from "../../functions/function.ts";
import { isMonotone } from "../../functions/functions.ts";
import { consumersOf, type Graph, headsOf, inferShapes, inputOf, type Shapes } from "../../graph/graph.ts";
import type { Layer } from "../../graph/layers.ts";
import { add, concatenate, sliceOf } from "./arithmetic.ts";
import { activate, averagePool, batchNormalization, convolution, maxPool, upsample } from "./layers.ts";
import { darknetLoss, headLoss, type LossSettings } from "./loss.ts";
import { clipped, memories, type OptimizerSettings, update } from "./optimizer.ts";
import { Tape, type Value } from "./tape.ts";
import { type HeadGrid, maxObjects, targetEntries } from "./targets.ts";

export interface TrainingSettings {
  readonly batch: number;
  readonly optimizer: OptimizerSettings;
  /** Longest joint gradient that is used as it is. */
  readonly maxGradientNorm: number;
  /** What differs from darknet's own settings. */
  readonly loss: Partial<LossSettings>;
}

/** A parameter: the layer that owns it, the field there, and whether weight decay applies (to kernels only). */
export interface ParameterPlace {
  readonly name: string;
  readonly layer: string;
  readonly field: "weights" | "bias" | "scale";
  readonly value: FloatTensor;
}

export interface TrainingGraph {
  readonly model: Uint8Array;
  readonly inputName: string;
  readonly grids: readonly HeadGrid[];
  readonly parameters: readonly ParameterPlace[];
  /** Names of the batch norm layers; outputs `<name>.batchMean` and `<name>.batchVariance` [C]. */
  readonly norms: readonly string[];
}

/** Numbers that every step gives, besides its state; each of shape [] or [1]. */
export const measures = ["loss", "box", "objectness", "classes", "gradientNorm"] as const;

/** The parameters that training moves, in graph order. @throws EngineError [E_NOT_A_DNN] for a spiking or quantized graph. */
export function parametersOf(graph: Graph): ParameterPlace[] {
  return graph.layers.flatMap((layer) => {
    const place = (field: ParameterPlace["field"], value: unknown): ParameterPlace => {
      if ((value as FloatTensor).dtype !== "float32") throw notADnn(layer, "is quantized");
      return { name: `${layer.name}.${field}`, layer: layer.name, field, value: value as FloatTensor };
    };
    if (layer.kind === "convolution")
      return [place("weights", layer.weights), ...(layer.bias ? [place("bias", layer.bias)] : [])];
    if (layer.kind === "batchNorm") return [place("scale", layer.scale), place("bias", layer.bias)];
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
  const tape = new Tape();
  const shapes = inferShapes(graph);
  const input = inputOf(graph);
  const places = parametersOf(graph);
  const parameters = new Map(places.map(({ name, value }) => [name, tape.parameter(name, value.shape)]));
  const norms: string[] = [];
  const values = forward(tape, graph, settings.batch, parameters, (name, mean, variance) => {
    norms.push(name);
    tape.output(`${name}.batchMean`, mean);
    tape.output(`${name}.batchVariance`, variance);
  });

  const grids = gridsOf(graph, shapes);
  const objects = tape.input("objects", [settings.batch, maxObjects, 4]);
  const losses = grids.map((grid) => {
    const { head, rows, columns } = grid;
    const shape = [settings.batch, head.anchors.length / 2, targetEntries + head.classes, rows * columns];
    const target = tape.input(`${grid.name}.target`, shape);
    return headLoss(tape, grid, values.get(grid.name) as Value, target, objects, {
      ...darknetLoss(head.kind),
      ...settings.loss,
    });
  });
  const parts = (["box", "objectness", "classes"] as const).map((part) => {
    const sum = losses.map((loss) => loss[part]).reduce((a, b) => add(tape, a, b));
    tape.output(part, sum);
    return sum;
  });
  const loss = parts.reduce((a, b) => add(tape, a, b));
  tape.output("loss", loss);

  const variables = places.map(({ name }) => parameters.get(name) as Value);
  const { gradients, norm } = clipped(tape, tape.gradients(loss, variables), settings.maxGradientNorm);
  tape.output("gradientNorm", norm);
  const rate = tape.input("rate", []);
  const decayRate = tape.input("decayRate", []);
  places.forEach(({ name, field, value }, i) => {
    const names = memories(settings.optimizer).map((memory) => `${name}.${memory}`);
    const remembered = names.map((memory) => tape.input(memory, value.shape));
    const next = update(
      tape,
      settings.optimizer,
      variables[i],
      gradients[i],
      remembered,
      rate,
      field === "weights" ? decayRate : undefined,
    );
    [name, ...names].forEach((state, k) => {
      tape.output(`next.${state}`, next[k]);
    });
  });
  return { model: tape.encode(), inputName: input.name, grids, parameters: places, norms };
}

/** Emits every layer; gives their outputs [N, C, H, W] by name. */
function forward(
  tape: Tape,
  graph: Graph,
  batch: number,
  parameters: ReadonlyMap<string, Value>,
  onNorm: (name: string, mean: Value, variance: Value) => void,
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  const consumers = consumersOf(graph);
  // Where an activation is monotone, pooling first gives the same and is four times less work: it is put off until after the pool.
  const putOff = new Map<string, Activation>();
  for (const layer of graph.layers) {
    const inputs = layer.inputs.map((name) => values.get(name) as Value);
    const parameter = (field: string) => parameters.get(`${layer.name}.${field}`) as Value;
    const emit = (): Value => {
      switch (layer.kind) {
        case "input":
          return tape.input(layer.name, [batch, ...layer.shape]);
        case "convolution":
          return convolution(tape, inputs[0], parameter("weights"), parameters.get(`${layer.name}.bias`), layer);
        case "batchNorm": {
          const norm = batchNormalization(tape, inputs[0], parameter("scale"), parameter("bias"), layer.epsilon);
          onNorm(layer.name, norm.mean, norm.variance);
          return norm.output;
        }
        case "activation": {
          const readers = consumers.get(layer.name) ?? [];
          const mayWait = readers.length === 1 && readers[0].kind === "maxPool" && isMonotone(layer.activation);
          if (!mayWait) return activate(tape, inputs[0], layer.activation);
          putOff.set(layer.name, layer.activation);
          return inputs[0];
        }
        case "maxPool":
          return activate(tape, maxPool(tape, inputs[0], layer), putOff.get(layer.inputs[0]) ?? { fn: "linear" });
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
          return inputs[0];
        case "island":
        case "gaussianYolo":
        case "dfl":
        case "tail":
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

function notTrainable({ name, kind }: Layer): EngineError {
  return new EngineError(
    "E_TRAINING",
    `${name} [${kind}] cannot be trained here. Train the network where it comes from, and import it again`,
  );
}

function notADnn(layer: Layer, why: string): EngineError {
  return new EngineError(
    "E_NOT_A_DNN",
    `${layer.name} [${layer.kind}] ${why}; training takes graphs before conversion`,
  );
}
