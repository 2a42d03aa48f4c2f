/** NeuroBench's metrics of a spiking network on pictures, each picture a sample. */
import type { FloatTensor } from "../core/tensor.ts";
import type { SpikingGraph } from "../graph/graph.ts";
import { type NeuroBenchResults, neuroBenchCounter } from "../metrics/neurobench.ts";
import { observeCalls } from "../snn/engines/reference/observe-calls.ts";

/**
 * @param images network inputs [C, H, W]; at least one.
 * @param seed of Poisson input.
 * @throws EngineError as {@link observeCalls}.
 */
export async function neuroBench(
  graph: SpikingGraph,
  images: Iterable<FloatTensor> | AsyncIterable<FloatTensor>,
  { seed = 1, onImage }: { readonly seed?: number; readonly onImage?: (done: number) => void } = {},
): Promise<NeuroBenchResults> {
  const counter = neuroBenchCounter(graph);
  let done = 0;
  for await (const image of images) {
    observeCalls(graph, image, seed, counter);
    counter.endSample();
    onImage?.(++done);
  }
  return counter.results();
}
