/** Which neurons are watched: a few of each population, the same ones for the same network. */
import { type Graph, inferShapes, seededRandom } from "../../../src/index.ts";
import { isPopulationLayer } from "./populations.ts";
import type { SampledNeuron } from "./protocol.ts";

/** Rows of the raster for each population. */
const perPopulation = 7;

export interface NeuronSample {
  /** Indices into [C, H, W] by layer, as recordings take them; rising. */
  readonly rasters: readonly { readonly layer: string; readonly neurons: readonly number[] }[];
  /** The same neurons, as views name them, in the same order. */
  readonly neurons: readonly SampledNeuron[];
}

/** Drawn uniformly over all neurons of each population: most of them are as silent as most neurons are. */
export function sampleNeurons(graph: Graph): NeuronSample {
  const shapes = inferShapes(graph);
  const random = seededRandom(20);
  const picked = graph.layers.filter(isPopulationLayer).map((layer) => {
    const [channels, height, width] = shapes.get(layer.name) as readonly [number, number, number];
    const size = channels * height * width;
    const indices = new Set<number>();
    while (indices.size < Math.min(perPopulation, size)) indices.add(Math.floor(random() * size));
    const neurons = [...indices].sort((a, b) => a - b);
    const named = neurons.map((index): SampledNeuron => {
      const channel = Math.floor(index / (height * width));
      const position = index % (height * width);
      return { layer: layer.name, channel, x: position % width, y: Math.floor(position / width) };
    });
    return { raster: { layer: layer.name, neurons }, named };
  });
  return { rasters: picked.map(({ raster }) => raster), neurons: picked.flatMap(({ named }) => named) };
}
