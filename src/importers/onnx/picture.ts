/** The first convolutions, with what comes before them in the graph taken into their weights. */
import { type FloatTensor, floatTensor } from "../../core/tensor.ts";
import type { ConvolutionLayer } from "../../graph/layers.ts";
import type { Window } from "../../graph/windows.ts";
import type { Picture } from "./values.ts";

type Kernel = Pick<ConvolutionLayer, "groups"> & { readonly weights: FloatTensor };

/**
 * A convolution of scale·(pixel − mean), of the picture itself or of a picture that was cut into blocks of stride² pixels: weights take the
 * scale, and each part's weights their pixels' places. The mean stays with the picture.
 * @returns why that cannot be, where it cannot.
 */
export function convolvePicture(
  { scale, stride, parts }: Picture,
  { weights, groups }: Kernel,
  { size, strides, dilations, pads }: Window,
): Omit<ConvolutionLayer, "kind" | "name" | "inputs"> | string {
  const [outC, inC] = weights.shape;
  const channels = scale.length;
  if (groups !== 1) return "it reads the picture in groups";
  if (inC !== channels * parts.length) return `it reads ${inC} channels of a picture of ${channels * parts.length}`;
  if (stride > 1 && dilations.some((dilation) => dilation !== 1)) return "it is dilated and reads parts of the picture";
  const [kH, kW] = [size[0] * stride, size[1] * stride];
  const data = new Float32Array(outC * channels * kH * kW);
  for (let out = 0, from = 0; out < outC; out++) {
    for (let c = 0; c < inC; c++) {
      const { y, x } = parts[Math.floor(c / channels)];
      const channel = c % channels;
      for (let ky = 0; ky < size[0]; ky++) {
        for (let kx = 0; kx < size[1]; kx++) {
          const at = ((out * channels + channel) * kH + ky * stride + y) * kW + kx * stride + x;
          data[at] = weights.data[from++] * scale[channel];
        }
      }
    }
  }
  const wider = <T extends readonly number[]>(values: T) => values.map((value) => value * stride) as unknown as T;
  return {
    weights: floatTensor([outC, channels, kH, kW], data),
    strides: wider(strides),
    dilations,
    pads: wider(pads),
    groups: 1,
  };
}
