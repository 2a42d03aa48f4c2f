/** What calibration left in a DNN: each layer's λ, by channel and as a whole; the data of figure 1. */
import { ArgumentError } from "../../core/errors.ts";
import { consumersOf, type Graph } from "../../graph/graph.ts";
import { type ActivationLayer, isHead } from "../../graph/layers.ts";
import { quantile } from "../../metrics/firing-rates.ts";
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

/** Of the layer with the least median part, the channel at the lower quartile of those that are not silent. */
export function chooseFocus(layers: readonly LayerActivation[]): FocusChannel {
  const parts = layers.map(({ layer, channels, whole }) => ({ layer, parts: channels.map((value) => value / whole) }));
  const focus = parts.reduce((least, other) =>
    quantile(other.parts, 0.5) < quantile(least.parts, 0.5) ? other : least,
  );
  const part = quantile(
    focus.parts.filter((value) => value > 0),
    0.25,
  );
  return { layer: focus.layer, channel: focus.parts.indexOf(part), part };
}
