/** What conversion makes of a mean: a convolution of each channel by equal weights. Chips and files that have pools want it back as one. */
import type { ConvolutionLayer } from "./layers.ts";

/** Whether each channel is read by itself, every cell of a window counts as much, and nothing is added. Channels may differ. */
export function isMeanPool({ weights, groups, bias, dilations }: ConvolutionLayer): boolean {
  const [outC, inPerGroup, height, width] = weights.shape;
  const area = height * width;
  if (groups !== outC || inPerGroup !== 1 || area === 1 || dilations.some((distance) => distance !== 1)) return false;
  if (bias?.data.some((value) => value !== 0)) return false;
  const { data } = weights;
  return data.every((value, i) => value > 0 && value === data[i - (i % area)]);
}
