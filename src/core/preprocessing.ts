/**
 * How a picture becomes the network's input. It is part of the model: another filter moves mAP by a point and single
 * scores by much more.
 */

/** `stretch` fills the input plainly (YOLOv2-era validation); `letterbox` keeps the aspect and pads with 0.5. */
export const fits = ["stretch", "letterbox"] as const;
export type Fit = (typeof fits)[number];

/**
 * `darknet`: separable bilinear on aligned corners, no antialiasing (darknet's `resize_image`).
 * `bilinear`: triangle filter widened by the reduction (antialiased). `lanczos`: Lanczos-3, likewise widened.
 */
export const filters = ["darknet", "bilinear", "lanczos"] as const;
export type Filter = (typeof filters)[number];

export interface Preprocessing {
  readonly fit: Fit;
  readonly filter: Filter;
}
