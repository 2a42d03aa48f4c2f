/** Windows that slide over a plane: what convolutions and pools have in common. Pairs are [y, x]. */

/** Along y and x. */
export type Pair = readonly [y: number, x: number];

/** Cells beyond each edge, in ONNX's order. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

export interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  /** Distance of a window's cells; 1 where they lie side by side. */
  readonly dilations: Pair;
  readonly pads: Pads;
}

/** Cells of the plane from a window's first to its last. */
export function windowExtent({ size, dilations }: Window): Pair {
  return [(size[0] - 1) * dilations[0] + 1, (size[1] - 1) * dilations[1] + 1];
}

/** How many windows fit into a plane. */
export function windowCounts(window: Window, [height, width]: Pair): Pair {
  const { strides, pads } = window;
  const [extentY, extentX] = windowExtent(window);
  return [
    Math.floor((height + pads[0] + pads[2] - extentY) / strides[0]) + 1,
    Math.floor((width + pads[1] + pads[3] - extentX) / strides[1]) + 1,
  ];
}

/** The fields of a window that is the same along y and x, with as many cells beyond each edge. */
export function evenWindow(stride: number, padding: number): Omit<Window, "size"> {
  return { strides: [stride, stride], dilations: [1, 1], pads: [padding, padding, padding, padding] };
}

/** Darknet's pools: windows of size², `padding` cells in all along an axis, ⌊padding/2⌋ of them left and above. */
export function darknetPool(size: number, stride: number, padding: number): Omit<Window, "dilations"> {
  const before = Math.floor(padding / 2);
  const after = padding - before;
  return { size: [size, size], strides: [stride, stride], pads: [before, before, after, after] };
}
