/** Means by channel over all pictures, in bounded memory. */
import { type FloatTensor, floatTensor } from "../core/tensor.ts";

export interface ChannelMeans {
  /** Values [C, …] of one picture. */
  add(values: FloatTensor): void;
  /** [C]. */
  mean(): FloatTensor;
}

/** @param of what is averaged; of every `stride`-th value of a channel, where that is costly to compute. */
export function channelMeans(of: (value: number) => number, stride = 1): ChannelMeans {
  let sums = new Float64Array(0);
  let counted = 0;
  return {
    add({ shape: [channels], data }) {
      if (sums.length === 0) sums = new Float64Array(channels);
      const area = data.length / channels;
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < area; i += stride) sums[c] += of(data[c * area + i]);
      }
      counted += Math.ceil(area / stride);
    },
    mean: () =>
      floatTensor(
        [sums.length],
        Float32Array.from(sums, (sum) => sum / counted),
      ),
  };
}
