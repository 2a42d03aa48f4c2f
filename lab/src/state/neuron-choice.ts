/** Which neuron is looked at. */
import type { Cell } from "../../../src/index.ts";
import type { CheckpointView, RunInfo, Slot } from "../simulation/protocol.ts";

export interface NeuronChoice {
  readonly slot: Slot;
  readonly cell: Cell;
}

/** The wanted neuron where the run's networks have it, else the one that fired most of those that are watched. */
export function neuronIn(
  { lanes }: Pick<RunInfo, "lanes">,
  checkpoints: Readonly<Record<Slot, readonly Pick<CheckpointView, "raster">[]>>,
  wanted: NeuronChoice | null,
): NeuronChoice {
  if (wanted && lanes.some(({ slot, populations }) => slot === wanted.slot && hasCell(populations, wanted.cell)))
    return wanted;
  const [{ slot, neurons }] = lanes;
  const fired = neurons.map((_, column) =>
    checkpoints[slot].reduce((sum, { raster }) => sum + spikesIn(raster, column, neurons.length), 0),
  );
  const { layer, channel, y, x } = neurons[fired.indexOf(Math.max(...fired))];
  return { slot, cell: { layer, channel, y, x } };
}

/** Of one column of [step, neuron]. */
function spikesIn(raster: Int8Array, column: number, columns: number): number {
  let spikes = 0;
  for (let at = column; at < raster.length; at += columns) spikes += Math.abs(raster[at]);
  return spikes;
}

function hasCell(populations: RunInfo["lanes"][number]["populations"], { layer, channel, y, x }: Cell): boolean {
  return populations.some(
    ({ name, shape: [channels, height, width] }) => name === layer && channel < channels && y < height && x < width,
  );
}
