/**
 * What a detection head is, as data. The graph carries it (a head is a layer), the decoder reads it; it lives here so
 * that neither has to know the other.
 */

/** Darknet's `[region]` (YOLOv2): one softmax over classes; anchors in grid cells. */
export interface RegionHead {
  readonly kind: "region";
  readonly classes: number;
  /** [width, height] pairs in grid cells, flattened. */
  readonly anchors: readonly number[];
  /** Class scores by softmax over the classes (YOLOv2), else by a sigmoid each. */
  readonly softmax: boolean;
}

/** Darknet's `[yolo]` (YOLOv3): independent sigmoids; anchors in pixels of the network's input. */
export interface YoloHead {
  readonly kind: "yolo";
  readonly classes: number;
  /** [width, height] pairs in input pixels, flattened: those of this head only (the mask is applied). */
  readonly anchors: readonly number[];
  /** Stretches the sigmoid of x and y around 0.5; 1 in YOLOv3. */
  readonly scaleXY: number;
}

export type Head = RegionHead | YoloHead;

/** Number of anchor boxes per grid cell. */
export function anchorCount(head: Head): number {
  return head.anchors.length / 2;
}

/** Channels that a head's input must have: (4 box + 1 objectness + classes) per anchor. */
export function headChannels(head: Head): number {
  return anchorCount(head) * (5 + head.classes);
}
