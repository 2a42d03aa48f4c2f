import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import { branchingNetwork, plainNetwork, randomPicture } from "../../test/graphs.ts";
import { calibrate, toSpiking } from "../convert/convert.ts";
import { conversionSettings } from "../convert/modes.ts";
import { type Graph, inferShapes, inputOf } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { type ConvolutionLayer, isPopulation, type LayerOf, windowOf } from "../graph/layers.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { phasesOf, stepWeight } from "../snn/phases.ts";
import { simulate } from "../snn/simulate.ts";
import { dnnOperations, neuronCount, spikingOperations } from "./operations.ts";

/** Calls `visit` for every multiplication of a convolution: output by output, tap by tap. The slow, obvious way. */
function visitTaps(
  layer: ConvolutionLayer,
  [inC, inH, inW]: Shape,
  [outC, outH, outW]: Shape,
  visit: (input: number | "padding") => void,
): void {
  const { groups } = layer;
  const { size, strides, dilations, pads } = windowOf(layer);
  for (let o = 0; o < outC; o++) {
    const group = Math.floor((o * groups) / outC);
    for (let outY = 0; outY < outH; outY++) {
      for (let outX = 0; outX < outW; outX++) {
        for (let c = (group * inC) / groups; c < ((group + 1) * inC) / groups; c++) {
          for (let ky = 0; ky < size[0]; ky++) {
            for (let kx = 0; kx < size[1]; kx++) {
              const y = outY * strides[0] + ky * dilations[0] - pads[0];
              const x = outX * strides[1] + kx * dilations[1] - pads[1];
              const isInside = y >= 0 && y < inH && x >= 0 && x < inW;
              visit(isInside ? (c * inH + y) * inW + x : "padding");
            }
          }
        }
      }
    }
  }
}

/** Spikes of all layers at each step, from those of the populations alone; and the accumulates that they cause. */
function bruteForce(graph: Graph, rasters: ReadonlyMap<string, Int8Array>, timeSteps: number) {
  const shapes = inferShapes(graph);
  const shapeOf = (name: string) => shapes.get(name)!;
  const kindOf = (name: string) => graph.layers.find((layer) => layer.name === name)!.kind;
  const poolCounts = new Map<string, number[]>();
  const poolMaxima = new Map<string, number[]>();
  let acs = 0;
  let spikes = 0;
  for (let t = 0; t < timeSteps; t++) {
    const weight = stepWeight(t + 1, phasesOf(graph));
    const frames = new Map<string, readonly number[]>();
    for (const layer of graph.layers) {
      const [c, h, w] = shapeOf(layer.name);
      const frameOf = (name: string) => frames.get(name)!;
      const [first] = layer.inputs;
      if (isPopulation(layer)) {
        const row = [...rasters.get(layer.name)!.subarray(t * c * h * w, (t + 1) * c * h * w)];
        spikes += row.reduce((sum, spike) => sum + Math.abs(spike), 0);
        frames.set(layer.name, row);
      } else if (layer.kind === "convolution" && kindOf(first) !== "input") {
        visitTaps(layer, shapeOf(first), shapeOf(layer.name), (input) => {
          if (input !== "padding") acs += Math.abs(frameOf(first)[input]);
        });
      } else if (layer.kind === "sum") {
        for (const name of layer.inputs) {
          if (kindOf(name) !== "convolution") acs += frameOf(name).reduce((sum, spike) => sum + Math.abs(spike), 0);
        }
      } else if (layer.kind === "maxPool") {
        const counts = poolCounts.get(layer.name) ?? frameOf(first).map(() => 0);
        for (const [i, spike] of frameOf(first).entries()) counts[i] += weight * spike;
        const maxima = poolMaxima.get(layer.name) ?? new Array(c * h * w).fill(0);
        const now = maxima.map((_, i) => windowMax(layer, counts, shapeOf(first), [c, h, w], i));
        frames.set(
          layer.name,
          now.map((max, i) => (max - maxima[i]) / weight),
        );
        poolCounts.set(layer.name, counts);
        poolMaxima.set(layer.name, now);
      } else if (layer.kind === "upsample") {
        const [, inH, inW] = shapeOf(first);
        const source = (i: number) => {
          const [channel, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
          return (channel * inH + Math.floor(y / layer.factor)) * inW + Math.floor(x / layer.factor);
        };
        frames.set(
          layer.name,
          Array.from({ length: c * h * w }, (_, i) => frameOf(first)[source(i)]),
        );
      } else if (layer.kind === "concat") {
        frames.set(layer.name, layer.inputs.flatMap(frameOf));
      } else if (layer.kind === "slice") {
        frames.set(layer.name, frameOf(first).slice(layer.start * h * w, (layer.start + layer.count) * h * w));
      }
    }
  }
  return { acs, spikes };
}

function windowMax(
  { size, strides, pads }: LayerOf<"maxPool">,
  counts: readonly number[],
  [, inH, inW]: Shape,
  [, h, w]: Shape,
  output: number,
): number {
  const [channel, outY, outX] = [Math.floor(output / (h * w)), Math.floor(output / w) % h, output % w];
  const [top, left] = [outY * strides[0] - pads[0], outX * strides[1] - pads[1]];
  let max = Number.NEGATIVE_INFINITY;
  for (let y = top; y < top + size[0]; y++) {
    for (let x = left; x < left + size[1]; x++) {
      if (y >= 0 && y < inH && x >= 0 && x < inW) max = Math.max(max, counts[(channel * inH + y) * inW + x]);
    }
  }
  return max;
}

test.each([
  ["plain", plainNetwork],
  ["branching", branchingNetwork],
])("MACs of random %s networks equal a count one by one, with and without padding", (_, network) => {
  for (const seed of [1, 2]) {
    const graph = network(seed);
    const shapes = inferShapes(graph);
    for (const { name, macs, macsWithinBorders } of dnnOperations(graph).layers) {
      const layer = graph.layers.find((candidate) => candidate.name === name) as ConvolutionLayer;
      let [all, inside] = [0, 0];
      visitTaps(layer, shapes.get(layer.inputs[0])!, shapes.get(name)!, (input) => {
        all++;
        if (input !== "padding") inside++;
      });
      expect({ name, macs, macsWithinBorders }).toEqual({ name, macs: all, macsWithinBorders: inside });
    }
  }
});

test.each([
  ["plain", 1, plainNetwork],
  ["plain", 4, plainNetwork],
  ["branching", 1, branchingNetwork],
  ["branching", 3, branchingNetwork],
])("accumulates of random %s networks, spikes up to %i, equal a count one by one", async (_, levels, network) => {
  const graph = network(5);
  const picture = randomPicture(inputOf(graph).shape, 3);
  const snn = toSpiking(await calibrate(graph, [picture]), conversionSettings("fast", { bits: "float", levels }));
  const populations = snn.layers.filter(isPopulation);
  const shapes = inferShapes(snn);
  const sizeOf = (name: string) => shapes.get(name)!.reduce((a, b) => a * b);
  const rasters = populations.map(({ name }) => ({
    layer: name,
    neurons: Array.from({ length: sizeOf(name) }, (_, i) => i),
  }));
  const timeSteps = 9;
  const session = await referenceEngine.open(snn);
  for await (const { recorded, activity } of simulate(session, picture, {
    ...snn.simulation!,
    timeSteps,
    at: [timeSteps],
    record: { rasters },
  })) {
    const { acs, spikes, macs, neuronUpdates } = spikingOperations(snn, activity, { t: timeSteps, timeSteps });
    const expected = bruteForce(snn, recorded.rasters, timeSteps);
    expect(expected.acs).toBeGreaterThan(1000);
    expect({ acs, spikes }).toEqual(expected);
    expect(neuronUpdates).toBe(populations.reduce((sum, { name }) => sum + sizeOf(name), 0) * timeSteps);
    expect(neuronCount(snn) * timeSteps).toBe(neuronUpdates);
    expect(macs).toBe(dnnOperations(graph).layers[0].macs);
  }
});

test("a picture that comes as spikes costs no multiplications", async () => {
  const graph = plainNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const snn = toSpiking(dnn, conversionSettings("fast", { encoding: "poisson" }));
  expect(spikingOperations(snn, new Map(), { t: 3, timeSteps: 8 }).macs).toBe(0);
});

test("a delayed population integrates ahead of its firing, but not beyond the run", async () => {
  const graph = plainNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const snn = toSpiking(dnn, conversionSettings("fast", { delay: 2 }));
  const updates = (t: number) => spikingOperations(snn, new Map(), { t, timeSteps: 8 }).neuronUpdates;
  const readout = 7 * 6 * 5;
  const hidden = neuronCount(snn) - readout;
  expect(updates(3)).toBe(hidden * 5 + readout * 3);
  expect(updates(7)).toBe(hidden * 8 + readout * 7);
});

describeWithData("darknet's own configurations", () => {
  test("Tiny YOLO needs 3,485,520,896 multiply-accumulates, which is the paper's 6.97E+09 FLOP", () => {
    const cfg = readFileSync(dataPath("models/yolov2-tiny-voc.cfg"), "utf8");
    const { macs, macsWithinBorders, layers } = dnnOperations(importDarknet({ cfg, cfgName: "yolov2-tiny-voc.cfg" }));
    expect(macs).toBe(3_485_520_896);
    // The nine layers by hand: 3×3 taps less those that hang over, twice an axis; the last is 1×1.
    const sides = [
      [416, 3, 16],
      [208, 16, 32],
      [104, 32, 64],
      [52, 64, 128],
      [26, 128, 256],
      [13, 256, 512],
      [13, 512, 1024],
      [13, 1024, 1024],
    ];
    const inside = sides.map(([side, inC, outC]) => (3 * side - 2) ** 2 * inC * outC);
    expect(layers.map((layer) => layer.macsWithinBorders)).toEqual([...inside, 13 * 13 * 1024 * 125]);
    expect(macsWithinBorders).toBe([...inside, 13 * 13 * 1024 * 125].reduce((a, b) => a + b));
  });
});
