import { expect, test } from "vitest";
import { smallSpikingGraph } from "../../../../test/random-spiking.ts";
import type { Graph } from "../../../graph/graph.ts";
import type { Layer } from "../../../graph/layers.ts";
import { referenceEngine } from "./reference-engine.ts";

test("a network whose frames would not fit into memory is refused with the number", async () => {
  const graph = smallSpikingGraph();
  const source = graph.layers.find(({ kind }) => kind === "integrateFire") as Layer;
  const repeated = (name: string, input: string, times: number): Layer => {
    return { kind: "concat", name, inputs: Array<string>(times).fill(input) };
  };
  const wide: Layer = { kind: "upsample", name: "wide", inputs: [source.name], factor: 64 };
  const layers = [...graph.layers, wide, repeated("wider", "wide", 8)];
  const delayed = layers.map((layer) => (layer.kind === "integrateFire" ? { ...layer, delay: 1024 } : layer));
  const long = { ...graph, layers: delayed, simulation: { ...graph.simulation, timeSteps: 1024 } } as Graph;
  await expect(referenceEngine.open(long)).rejects.toThrow(
    /^the reference engine would take [\d.]+ GiB for this network; at most 4\.0 are supported/,
  );
  await expect(referenceEngine.open(graph)).resolves.toMatchObject({});
});
