/**
 * Islands in a spiking network: computed once a picture, when their inputs have sent all that they send, on the values that
 * these sent counts stand for. Their own values come to the neurons that read them at once, as a picture's current does. The same arithmetic
 * in every engine, so that engines agree to the last bit.
 */
import { EngineError } from "../core/errors.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import type { Graph } from "../graph/graph.ts";
import type { IslandLayer, Population } from "../graph/layers.ts";
import { type KeptSession, openKept } from "../onnx/onnx-session.ts";
import { isIntegerTensor } from "./neurons/threshold-parameters.ts";

export interface OpenIslands {
  /** The island's values [C, H, W] for the net counts [C, H, W] of its inputs. */
  run(
    island: IslandLayer,
    counts: readonly ArrayLike<number>[],
    shapes: readonly (readonly number[])[],
  ): Promise<FloatTensor>;
  dispose(): Promise<void>;
}

/** @throws EngineError [E_ENGINE] where ONNX Runtime refuses one. */
export async function openIslands(graph: Graph): Promise<OpenIslands> {
  const sessions = new Map<string, KeptSession>();
  for (const layer of graph.layers) {
    if (layer.kind !== "island") continue;
    const { model, inputNames, outputName } = layer;
    sessions.set(layer.name, await openKept({ model, inputNames, outputNames: [outputName] }, `island ${layer.name}`));
  }
  const frameUnits = graph.simulation?.frameUnits ?? 1;
  return {
    async run(island, counts, shapes) {
      const inputs = counts.map((of, i) => valuesOf(of, shapes[i], island, i, frameUnits));
      const [{ dims, data }] = await (sessions.get(island.name) as KeptSession).run(inputs);
      if (dims.slice(1).join() !== island.shape.join())
        throw new EngineError(
          "E_ENGINE",
          `${island.name} [island] gives ${dims.join("×")}; the graph says ${island.shape.join("×")}`,
        );
      return floatTensor(island.shape, data);
    },
    dispose: async () => {
      for (const session of sessions.values()) await session.dispose();
    },
  };
}

/** λ·n/U. */
function valuesOf(
  counts: ArrayLike<number>,
  shape: readonly number[],
  { name, inputLambdas }: IslandLayer,
  input: number,
  frameUnits: number,
): FloatTensor {
  const lambda = inputLambdas?.[input];
  if (!lambda)
    throw new EngineError("E_NOT_SPIKING", `${name} [island] has no λ of its inputs. Convert the graph first`);
  const area = shape[1] * shape[2];
  const values = new Float32Array(counts.length);
  for (let i = 0; i < values.length; i++) values[i] = (lambda.data[Math.floor(i / area)] * counts[i]) / frameUnits;
  return floatTensor(shape, values);
}

/** The charge that an island's values bring to the neurons that read them: V_th·U·value/λ, whole in integer graphs. */
export function islandCharges(
  values: FloatTensor,
  { lambda, vTh }: Pick<Population, "lambda" | "vTh">,
  frameUnits: number,
): Float64Array {
  const area = values.shape[1] * values.shape[2];
  const isInteger = isIntegerTensor(vTh);
  return Float64Array.from(values.data, (value, i) => {
    const c = Math.floor(i / area);
    if (lambda.data[c] === 0) return 0;
    const charge = (value * vTh.data[c] * frameUnits) / lambda.data[c];
    const bounded = Math.max(-greatestCharge, Math.min(greatestCharge, charge));
    return isInteger ? Math.round(bounded) : bounded;
  });
}

/** Beyond this a membrane would saturate; targets end long before. */
const greatestCharge = 2 ** 29;
