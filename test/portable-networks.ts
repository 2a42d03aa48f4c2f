/** Networks that NIR has words for. */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import { calibrate, toSpiking } from "../src/convert/convert.ts";
import { conversionSettings } from "../src/convert/modes.ts";
import { type FloatTensor, floatTensor } from "../src/core/tensor.ts";
import { nirGraphOf } from "../src/exporters/nir/export-nir.ts";
import { type Graph, inputOf, type SpikingGraph } from "../src/graph/graph.ts";
import { importDarknet } from "../src/importers/darknet/import-darknet.ts";
import { darknetCfg } from "./darknet-cfg.ts";
import { randomPicture } from "./graphs.ts";
import { randomSpikingGraph, type SpikingOptions } from "./random-spiking.ts";
import { withStatistics } from "./with-statistics.ts";

export const plainSpiking: SpikingOptions = {
  seed: 1,
  layers: 5,
  neuron: "if",
  pool: "delta",
  levels: 1,
  delay: 0,
  vInit: 0,
  firingThreshold: 0.5,
  bits: 8,
};

/** Pixels of 0 and 1, whose currents are whole numbers. */
export function blackAndWhite({ shape, data }: FloatTensor): FloatTensor {
  return floatTensor(shape, Float32Array.from(data, Math.round));
}

/** The first random networks that NIR has words for: others have max-pools and enlargements, or sums of parts. */
export function portable(options: SpikingOptions, count: number, change = (graph: Graph) => graph): readonly Graph[] {
  const graphs: Graph[] = [];
  for (let seed = 1; graphs.length < count && seed < 100; seed++) {
    const graph = change(randomSpikingGraph({ ...options, seed }));
    try {
      nirGraphOf(graph);
      graphs.push(graph);
    } catch (error) {
      expect(error).toMatchObject({ code: "E_NOT_PORTABLE" });
    }
  }
  expect(graphs.length).toBe(count);
  return graphs;
}

export const asPoisson = (graph: Graph): Graph => ({
  ...graph,
  simulation: { ...(graph as SpikingGraph).simulation, encoding: "poisson" },
});

/** Two mean pools. */
export const pooledCfg = darknetCfg(
  "net width=16 height=12 channels=3",
  "convolutional batch_normalize=1 filters=6 size=3 stride=1 pad=1 activation=relu",
  "local_avgpool size=2 stride=2 padding=0",
  "convolutional batch_normalize=1 filters=8 size=3 stride=1 pad=1 activation=relu",
  "local_avgpool size=2 stride=2 padding=0",
  "convolutional filters=14 size=1 activation=linear",
  "region anchors=1,1.5,2,2.5 classes=2 num=2 softmax=1",
);

export async function pooledNetwork(changes: Parameters<typeof conversionSettings>[1]): Promise<SpikingGraph> {
  const dnn = withStatistics(importDarknet({ cfg: pooledCfg }), 5);
  const images = [1, 2, 3].map((seed) => randomPicture(inputOf(dnn).shape, seed));
  return toSpiking(await calibrate(dnn, images), conversionSettings("rate", { neuron: "if", ...changes }));
}

/** With numbers as their digests: comparing a million of them one by one takes seconds. */
export function digested(value: unknown): unknown {
  const replace = (_: string, each: unknown) => {
    if (each instanceof Map) return [...each];
    if (!ArrayBuffer.isView(each)) return each;
    return createHash("sha256")
      .update(new Uint8Array(each.buffer, each.byteOffset, each.byteLength))
      .digest("hex");
  };
  return JSON.parse(JSON.stringify(value, replace));
}
