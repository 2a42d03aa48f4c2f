/** What every engine's session refuses, in one place: nonsense options, a second run at a time, runs after it was disposed of. */
import { ArgumentError, EngineError, expectInteger, expectOneOf } from "../core/errors.ts";
import { type FloatTensor, sizeOf } from "../core/tensor.ts";
import { type Encoding, type Graph, inferShapes, inputOf, maxTimeSteps } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { isPopulation } from "../graph/layers.ts";
import { type Checkpoint, expectKeepable, type Recording, type RunOptions, type Session } from "./engine.ts";
import { withWholeActivity } from "./whole-activity.ts";

const encodings: readonly Encoding[] = ["constant", "poisson"];

/**
 * The session with these checks before it.
 * @throws from `run`: ArgumentError [E_ARGUMENT] for options out of their range; EngineError [E_SHAPE] for another picture
 *   than the network reads, [E_STATE] for a state that cannot be kept, [E_RECORD] for neurons that are not there, [E_BUSY] while a run goes on, [E_DISPOSED].
 */
export function guardedSession(graph: Graph, session: Session): Session {
  let isBusy = false;
  let isDisposed = false;

  function checkOpen(): void {
    if (isDisposed) throw new EngineError("E_DISPOSED", "the session has been disposed of. Open it again");
  }

  async function* run(image: FloatTensor, options: RunOptions): AsyncGenerator<Checkpoint> {
    checkOpen();
    checkOptions(options);
    expectKeepable(graph, options);
    checkPicture(graph, image);
    checkRecording(graph, options.record ?? {});
    if (isBusy) throw new EngineError("E_BUSY", "the session runs one picture at a time. Wait for it, or open another");
    isBusy = true;
    try {
      for await (const checkpoint of withWholeActivity(graph, options, (whole) => session.run(image, whole))) {
        checkOpen();
        yield checkpoint;
        checkOpen();
      }
    } catch (error) {
      // What an engine says whose threads and memory were taken away is not the reason.
      checkOpen();
      throw error;
    } finally {
      isBusy = false;
    }
  }

  return {
    run,
    dispose: async () => {
      if (isDisposed) return;
      isDisposed = true;
      await session.dispose();
    },
  };
}

function checkOptions({ timeSteps, at, encoding, seed }: RunOptions): void {
  expectInteger("timeSteps", timeSteps, 1, maxTimeSteps);
  for (const [i, t] of at.entries()) {
    expectInteger(`at[${i}]`, t, 1, timeSteps);
    if (i > 0 && t <= at[i - 1])
      throw new ArgumentError("E_ARGUMENT", `at must rise, but ${t} follows ${at[i - 1]}. Sort it, each step once`);
  }
  expectOneOf("encoding", encoding, encodings);
  expectInteger("seed", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

function checkPicture(graph: Graph, image: FloatTensor): void {
  const input = inputOf(graph);
  if (image.shape.join() !== input.shape.join()) {
    throw new EngineError(
      "E_SHAPE",
      `the picture is ${image.shape.join("×")}; the network reads ${input.shape.join("×")}`,
    );
  }
}

function checkRecording(graph: Graph, { counts = [], membranes = [], rasters = [] }: Recording): void {
  const asked = [...counts, ...membranes, ...rasters.map(({ layer }) => layer)];
  if (asked.length === 0) return;
  const populations = new Set(graph.layers.filter(isPopulation).map(({ name }) => name));
  const unknown = asked.find((name) => !populations.has(name));
  if (unknown !== undefined)
    throw new EngineError("E_RECORD", `there are no neurons named ${unknown} to record. See spiking-yolo inspect`);
  const shapes = inferShapes(graph);
  for (const { layer, neurons } of rasters) {
    const size = sizeOf(shapes.get(layer) as Shape);
    const outside = neurons.find((neuron) => !Number.isInteger(neuron) || neuron < 0 || neuron >= size);
    if (outside !== undefined)
      throw new EngineError("E_RECORD", `${layer} has neurons 0 to ${size - 1}, and no ${outside} to record`);
  }
}
