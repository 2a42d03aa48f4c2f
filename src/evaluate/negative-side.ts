/**
 * How much of a network's output rests on what its leaky layers give below zero: what plain IF neurons, which send nothing negative, would
 * leave out. Each layer by itself, and all together, is taken for a ReLU, and the DNN's outputs are compared. No spikes are involved: where
 * all together change the outputs by much, the network collapses without imbalanced thresholds, however long it runs.
 */
import type { FloatTensor } from "../core/tensor.ts";
import { outputError } from "../detections/detections.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import type { Graph } from "../graph/graph.ts";

export interface NegativeSide {
  /** ‖cut − dnn‖ / ‖dnn‖ of the heads' inputs with all leaky layers cut off at zero, mean over pictures. */
  readonly outputError: number;
  readonly layers: readonly {
    readonly name: string;
    /** Part of the layer's values that is below zero. */
    readonly belowZero: number;
    /** With this layer alone cut off. */
    readonly outputError: number;
  }[];
}

/** @param images network inputs [3, H, W]. Undefined where no layer is leaky. */
export async function measureNegativeSide(
  dnn: Graph,
  images: readonly FloatTensor[],
  onRun?: (done: number, total: number) => void,
): Promise<NegativeSide | undefined> {
  const names = leakyLayers(dnn);
  if (names.length === 0) return undefined;
  const exact = await outputsOf(dnn, images, names);
  const total = names.length + 1;
  const errorWithout = async (cut: readonly string[], done: number) => {
    const outputs = await outputsOf(withoutNegatives(dnn, cut), images, []);
    onRun?.(done, total);
    return meanOf(outputs.map((one, i) => outputError(one, withoutLayers(exact[i], names))));
  };
  const layers = [];
  for (const [i, name] of names.entries()) {
    const belowZero = meanOf(exact.map((outputs) => partBelowZero(outputs.get(name) as FloatTensor)));
    layers.push({ name, belowZero, outputError: await errorWithout([name], i + 1) });
  }
  return { outputError: await errorWithout(names, total), layers };
}

/** Names of the leaky layers, in graph order. */
export function leakyLayers(dnn: Graph): readonly string[] {
  return dnn.layers.flatMap((layer) =>
    layer.kind === "activation" && layer.activation.fn === "leaky" ? [layer.name] : [],
  );
}

type Outputs = ReadonlyMap<string, FloatTensor>;

async function outputsOf(dnn: Graph, images: readonly FloatTensor[], outputs: readonly string[]): Promise<Outputs[]> {
  const session = await openDnn(dnn, { outputs });
  try {
    const all: Outputs[] = [];
    for (const image of images) all.push(await session.run(image));
    return all;
  } finally {
    await session.dispose();
  }
}

function withoutNegatives(dnn: Graph, names: readonly string[]): Graph {
  return {
    ...dnn,
    layers: dnn.layers.map((layer) =>
      layer.kind === "activation" && names.includes(layer.name) ? { ...layer, activation: { fn: "relu" } } : layer,
    ),
  };
}

function withoutLayers(outputs: Outputs, names: readonly string[]): Outputs {
  return new Map([...outputs].filter(([name]) => !names.includes(name)));
}

function partBelowZero({ data }: FloatTensor): number {
  return data.reduce((count, value) => count + (value < 0 ? 1 : 0), 0) / data.length;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
