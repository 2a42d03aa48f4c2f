/**
 * How a picture becomes the network's input. It is part of the model: another filter moves mAP by a point and single
 * scores by much more.
 */

/**
 * `stretch` fills the input plainly (YOLOv2-era validation). `letterbox` keeps the aspect and puts the picture in the middle,
 * `corner` at the upper left (YOLOX); the rest is filled with `pad`.
 */
export const fits = ["stretch", "letterbox", "corner"] as const;
export type Fit = (typeof fits)[number];

/**
 * `darknet`: separable bilinear on aligned corners, no antialiasing (darknet's `resize_image`).
 * `linear`: bilinear on coinciding pixel areas, no antialiasing (OpenCV's INTER_LINEAR, which most PyTorch detectors are fed by).
 * `bilinear`: triangle filter widened by the reduction (antialiased). `lanczos`: Lanczos-3, likewise widened.
 */
export const filters = ["darknet", "linear", "bilinear", "lanczos"] as const;
export type Filter = (typeof filters)[number];

export const channelOrders = ["rgb", "bgr"] as const;
export type ChannelOrder = (typeof channelOrders)[number];

/**
 * The network's input is pixel − mean, pixels as fractions of white: within [−1, 1], as engines rely on. A scale or a deviation
 * that a network was trained with belongs into its first convolution's weights, where it changes nothing.
 */
export interface Preprocessing {
  readonly fit: Fit;
  readonly filter: Filter;
  /** Order of the network's channels; absent: `rgb`. */
  readonly order?: ChannelOrder | undefined;
  /** Pixel around a picture that does not fill the input, 0 to 1; absent: 0.5. */
  readonly pad?: number | undefined;
  /** Of each channel, in the network's order, 0 to 1; absent: 0. */
  readonly mean?: readonly number[] | undefined;
}
