/** A picture's run as a framework with hooks would see it: every call of a convolution, and every step of a population. Done by the reference engine. */
import { EngineError } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import { inputOf, type SpikingGraph } from "../../../graph/graph.ts";
import type { FrameStream } from "./frames.ts";
import type { Snapshot } from "./population.ts";
import { checkMemory, keptSteps } from "./reference-engine.ts";
import { type Observation, openStreams } from "./streams.ts";

export interface Observer {
  /** A call of a convolution with its input [C, H, W]: at each step, or once with the picture where that is a constant current. */
  readonly onCall: (layer: string, inputs: ArrayLike<number>) => void;
  /** Spikes [C, H, W] of neurons that send any (not of readouts), and their membranes behind that step. */
  readonly onStep: (layer: string, spikes: ArrayLike<number>, membranes: ArrayLike<number>) => void;
}

/**
 * Runs a picture [C, H, W] from rest, all T steps of every layer.
 * @param seed of Poisson input.
 * @throws EngineError [E_ISLAND] for networks with islands, in which nobody can look at single calls; [E_MEMORY] as the reference engine.
 */
export function observeCalls(graph: SpikingGraph, image: FloatTensor, seed: number, observer: Observer): void {
  const { timeSteps, encoding } = graph.simulation;
  const island = graph.layers.find(({ kind }) => kind === "island");
  if (island)
    throw new EngineError(
      "E_ISLAND",
      `${island.name} [island] is computed densely, as a whole: its calls cannot be seen`,
    );
  checkMemory(graph, timeSteps);
  const at = Array.from({ length: timeSteps }, (_, i) => i + 1);
  const keep = keptSteps(graph, timeSteps);
  const { streams, observations } = openStreams(graph, image, { timeSteps, at, encoding, seed }, keep, new Map());
  const frame = (name: string, t: number) => (streams.get(name) as FrameStream).frame(t);
  const { name: picture } = inputOf(graph);
  for (const t of at) {
    for (const layer of graph.layers) {
      frame(layer.name, t);
      if (layer.kind === "convolution") {
        const [input] = layer.inputs;
        if (input !== picture || encoding === "poisson") observer.onCall(layer.name, frame(input, t));
        else if (t === 1) observer.onCall(layer.name, image.data);
      } else if (layer.kind === "integrateFire") {
        const { snapshots } = observations.get(layer.name) as Observation;
        observer.onStep(layer.name, frame(layer.name, t), (snapshots.get(t) as Snapshot).membranes);
        snapshots.delete(t);
      }
    }
  }
}
