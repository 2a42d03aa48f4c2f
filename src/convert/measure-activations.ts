/**
 * Calibration: what each activation layer's |f(x)| amounts to over a set of pictures, per channel and per layer; how steep f is there, for the
 * resolution that a channel needs; and the means of what convolutions read, for the rounding of their weights.
 *
 * The statistics are kept in the graph, so that one calibration serves every scope and percentile afterwards.
 */
import { ConversionError } from "../core/errors.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { valueAt } from "../functions/functions.ts";
import { derive, type Graph } from "../graph/graph.ts";
import type { ActivationLayer, ActivationStatistics, ConvolutionLayer, Layer } from "../graph/layers.ts";
import { type ChannelMeans, channelMeans } from "./channel-means.ts";
import { MagnitudeHistogram } from "./magnitude-histogram.ts";

export interface MeasureOptions {
  /** Which magnitudes count: all (default), or those above 2^−16. */
  readonly sample?: ActivationStatistics["sample"];
  readonly threads?: number;
  /** Called after each picture. */
  readonly onImage?: (done: number) => void;
}

/** The percentiles that are kept. 99.9 is the paper's. */
export const storedPercentiles = [50, 90, 95, 98, 99, 99.5, 99.9, 99.95, 99.99, 100] as const;

/**
 * Runs the DNN over `images` (network inputs [3, H, W]) and stores the percentiles of |f(x)| in every activation layer.
 * Memory is bounded: 16 KiB a channel; a percentile is exact to 0.8 % of its value (see {@link MagnitudeHistogram}).
 * @throws ConversionError [E_CALIBRATION] where there is no picture, or none that shows anything.
 */
export async function measureActivations(
  graph: Graph,
  images: Iterable<FloatTensor> | AsyncIterable<FloatTensor>,
  options: MeasureOptions = {},
): Promise<Graph> {
  const sample = options.sample ?? "all";
  const activations = graph.layers.filter((layer) => layer.kind === "activation");
  const convolutions = graph.layers.filter((layer) => layer.kind === "convolution");
  const histograms = new Map<string, MagnitudeHistogram>();
  const moments = momentsOf(activations, convolutions);
  const outputs = new Set([...activations, ...convolutions].flatMap(({ name, inputs }) => [name, ...inputs]));
  const session = await openDnn(graph, {
    outputs: [...outputs].filter((name) => graph.layers.some((layer) => layer.name === name && layer.kind !== "input")),
    threads: options.threads ?? 1,
  });
  let done = 0;
  let isAnyVaried = false;
  try {
    for await (const image of images) {
      isAnyVaried ||= isVaried(image);
      const values = await session.run(image);
      const valuesOf = (name: string) => values.get(name) ?? image;
      for (const { of, means } of moments) means.add(valuesOf(of));
      for (const { name } of activations) {
        const values = valuesOf(name);
        const histogram = histograms.get(name) ?? new MagnitudeHistogram(values.shape[0]);
        histogram.add(values.data);
        histograms.set(name, histogram);
      }
      done++;
      options.onImage?.(done);
    }
  } finally {
    await session.dispose();
  }
  if (done === 0)
    throw new ConversionError("E_CALIBRATION", "there are no pictures to calibrate on. Give a folder that holds some");
  if (!isAnyVaried)
    throw new ConversionError(
      "E_CALIBRATION",
      "the calibration pictures are each of one colour, on which nothing can be measured. Give pictures of the kind that the network is meant for",
    );
  const layers = graph.layers.map((layer) => {
    const histogram = histograms.get(layer.name);
    const measured = layer.kind === "activation" && histogram ? withStatistics(layer, histogram, sample) : layer;
    return moments.reduce((whole, { keep }) => keep(whole), measured);
  });
  return derive(graph, `measureActivations images=${done} sample=${sample}`, { layers });
}

/** A mean that is measured: of which layer's values, and where it is kept. */
interface Moment {
  readonly of: string;
  readonly means: ChannelMeans;
  readonly keep: (layer: Layer) => Layer;
}

/** Of slopes every fourth value is enough for a mean. */
const slopeStride = 4;
/** Slopes are differences of f over twice this. */
const step = 2 ** -7;

function momentsOf(
  activations: readonly ActivationLayer[],
  convolutions: readonly ConvolutionLayer[],
): readonly Moment[] {
  const statistic = (name: string, key: "slope" | "power", means: ChannelMeans) => (layer: Layer) =>
    layer.name === name && layer.kind === "activation" && layer.statistics
      ? { ...layer, statistics: { ...layer.statistics, [key]: means.mean() } }
      : layer;
  return [
    ...activations.flatMap(({ name, inputs, activation }) => {
      const slopes = channelMeans(
        (x) => ((valueAt(activation, x + step) - valueAt(activation, x - step)) / (2 * step)) ** 2,
        slopeStride,
      );
      const powers = channelMeans((value) => value ** 2);
      return [
        { of: inputs[0], means: slopes, keep: statistic(name, "slope", slopes) },
        { of: name, means: powers, keep: statistic(name, "power", powers) },
      ];
    }),
    ...convolutions.map(({ name, inputs }) => {
      const means = channelMeans((value) => value);
      const keep = (layer: Layer) =>
        layer.name === name && layer.kind === "convolution" ? { ...layer, inputMean: means.mean() } : layer;
      return { of: inputs[0], means, keep };
    }),
  ];
}

/** Whether any channel holds two different values. */
function isVaried({ shape: [channels], data }: FloatTensor): boolean {
  const area = data.length / channels;
  return data.some((value, i) => value !== data[i - (i % area)]);
}

/** Names of a calibrated graph's activations that were 0 on all pictures in all channels. */
export function silentLayers(graph: Graph): readonly string[] {
  return graph.layers.flatMap((layer) =>
    layer.kind === "activation" && layer.statistics?.layer.data.every((value) => value === 0) ? [layer.name] : [],
  );
}

function withStatistics(
  layer: ActivationLayer,
  histogram: MagnitudeHistogram,
  sample: ActivationStatistics["sample"],
): ActivationLayer {
  const channels = Array.from({ length: histogram.channels }, (_, channel) => channel);
  const at = (of: readonly number[]) =>
    storedPercentiles.map((percentile) => histogram.percentile(of, percentile, sample));
  return {
    ...layer,
    statistics: {
      sample,
      percentiles: storedPercentiles,
      channel: floatTensor(
        [channels.length, storedPercentiles.length],
        channels.flatMap((channel) => at([channel])),
      ),
      layer: floatTensor([storedPercentiles.length], at(channels)),
      count: histogram.count,
    },
  };
}
