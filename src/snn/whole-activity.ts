/**
 * What a checkpoint has cost. Layers with delays are ahead of those that read them: when the heads are at step t, a layer before
 * them has sent t steps and as many more as there are delays between. All of that was spent to read the heads at t, so a
 * checkpoint's activity counts every layer up to the step of its own that the heads' step t rests on.
 */
import type { Graph } from "../graph/graph.ts";
import type { Checkpoint, LayerActivity, RunOptions } from "./engine.ts";

/** By layer name: the step of its own up to which each layer must have come for all ends of the graph to be at step t of T. */
export function stepsNeeded(graph: Graph, t: number, timeSteps: number): ReadonlyMap<string, number> {
  const needed = new Map<string, number>();
  for (const layer of graph.layers.toReversed()) {
    const own = needed.get(layer.name) ?? t;
    needed.set(layer.name, own);
    const delay = layer.kind === "integrateFire" ? layer.delay : 0;
    // An island waits for all that its inputs send.
    const before = layer.kind === "island" ? timeSteps : Math.min(timeSteps, own + delay);
    for (const name of layer.inputs) needed.set(name, Math.max(needed.get(name) ?? 0, before));
  }
  return needed;
}

/**
 * The checkpoints that `options` asks for, of a run that counts each layer's activity by the layer's own steps: the run is asked
 * for more of them, and goes on as far as layers before the heads would have come.
 */
export async function* withWholeActivity(
  graph: Graph,
  options: RunOptions,
  run: (options: RunOptions) => AsyncIterable<Checkpoint>,
): AsyncGenerator<Checkpoint> {
  const needed = options.at.map((t) => stepsNeeded(graph, t, options.timeSteps));
  const at = [...new Set([...options.at, ...needed.flatMap((steps) => [...steps.values()])])].sort((a, b) => a - b);
  const activities = new Map<number, Checkpoint["activity"]>();
  const waiting: Checkpoint[] = [];
  for await (const checkpoint of run({ ...options, at })) {
    activities.set(checkpoint.t, checkpoint.activity);
    if (options.at.includes(checkpoint.t)) waiting.push(checkpoint);
    while (waiting.length > 0) {
      const steps = needed[options.at.indexOf(waiting[0].t)];
      if (Math.max(...steps.values()) > checkpoint.t) break;
      const ready = waiting.shift() as Checkpoint;
      yield { ...ready, activity: activityAfter(ready.activity, steps, activities) };
    }
  }
}

function activityAfter(
  activity: Checkpoint["activity"],
  steps: ReadonlyMap<string, number>,
  activities: ReadonlyMap<number, Checkpoint["activity"]>,
): Checkpoint["activity"] {
  return new Map(
    [...activity.keys()].map((name) => [name, activities.get(steps.get(name) as number)?.get(name) as LayerActivity]),
  );
}
