/** What calibration left in a DNN: each layer's λ, by channel and as a whole; the data of figure 1. */
import { ArgumentError } from "../../core/errors.ts";
import { consumersOf, type Graph } from "../../graph/graph.ts";
import { type ActivationLayer, isHead } from "../../graph/layers.ts";
import type { LayerActivation } from "../figures/channel-activation.ts";

/** Activation layers within the network, in order; a head's readout is none of them. */
export function hiddenActivations(dnn: Graph): readonly ActivationLayer[] {
  const consumers = consumersOf(dnn);
  return dnn.layers
    .filter((layer) => layer.kind === "activation")
    .filter(({ name }) => !consumers.get(name)?.some(isHead));
}

/** @throws ArgumentError [E_CALIBRATION] where the network has not been calibrated, or not for this percentile. */
export function layerActivations(dnn: Graph, percentile: number): readonly LayerActivation[] {
  return hiddenActivations(dnn).map(({ name, statistics }) => {
    const column = statistics?.percentiles.indexOf(percentile) ?? -1;
    if (!statistics || column < 0)
      throw new ArgumentError("E_CALIBRATION", `${name} has no ${percentile}th percentile: calibrate the network anew`);
    const [channels, columns] = statistics.channel.shape;
    return {
      layer: name,
      channels: Array.from({ length: channels }, (_, channel) => statistics.channel.data[channel * columns + column]),
      whole: statistics.layer.data[column],
    };
  });
}

/** A channel that normalization by layer leaves little of its range. */
export interface FocusChannel {
  readonly layer: string;
  readonly channel: number;
  /** Its λ as a part of the layer's. */
  readonly part: number;
}

/** Channels below this part of their layer are as good as silent: there is nothing to see of them. */
const leastPart = 0.01;

/** The channel with the least part of its layer's λ, of those that are not silent. */
export function chooseFocus(layers: readonly LayerActivation[]): FocusChannel {
  const all = layers.flatMap(({ layer, channels, whole }) =>
    channels.map((lambda, channel): FocusChannel => ({ layer, channel, part: lambda / whole })),
  );
  const audible = all.filter(({ part }) => part >= leastPart);
  return (audible.length > 0 ? audible : all).reduce((least, other) => (other.part < least.part ? other : least));
}
