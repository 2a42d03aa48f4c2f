/** The report's Figure 2 of a channel of the present run: how the rates of its neurons are distributed. */
import { type Figure, rateDistributionFigure } from "../../../src/index.ts";
import type { ChannelMaps } from "../simulation/protocol.ts";

export interface NamedMaps {
  readonly configuration: string;
  readonly maps: ChannelMaps | null;
}

/** Null where no network has kept counts of that channel, or the DNN's activations are not known. */
export function channelFigure(layer: string, channel: number, named: readonly NamedMaps[]): Figure | null {
  const part = named.find(({ maps }) => maps?.partOfLayer)?.maps?.partOfLayer;
  if (!part) return null;
  const distributions = named.flatMap(({ configuration, maps }) => {
    if (!maps) return [];
    const { at, rates, width, height } = maps;
    const last = rates.subarray((at.length - 1) * width * height);
    return [{ configuration, timeSteps: at[at.length - 1], rates: last.map(Math.abs) }];
  });
  return rateDistributionFigure({ layer, channel, part, distributions }, { document });
}
