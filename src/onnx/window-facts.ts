/** The window that a convolution or a pool slides over a plane. */
import { integers, text } from "./attributes.ts";
import type { ReadNode } from "./read-onnx.ts";

/** Where along each axis a window begins: as `auto_pad` says, else `pads`. */
function windowPads(
  node: ReadNode,
  extents: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): readonly number[] {
  const rank = extents.length;
  const auto = text(node, "auto_pad", "NOTSET");
  if (auto === "VALID") return new Array(2 * rank).fill(0);
  if (auto === "NOTSET" || auto === "") return integers(node, "pads") ?? new Array(2 * rank).fill(0);
  const totals = extents.map((extent, i) => {
    const count = Math.ceil(extent / strides[i]);
    return Math.max(0, (count - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - extent);
  });
  const less = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total, i) => total - less[i]);
  return auto === "SAME_UPPER" ? [...less, ...more] : [...more, ...less];
}

/** Kernel, strides, dilations and pads of a convolution or a pool over the given plane. */
export function windowFacts(
  node: ReadNode,
  plane: readonly number[],
  kernel: readonly number[],
  fail: (what: string) => never,
) {
  const ones = plane.map(() => 1);
  const strides = integers(node, "strides") ?? ones;
  const dilations = integers(node, "dilations") ?? ones;
  const lists = [kernel, strides, dilations];
  if (lists.some((list) => list.length !== plane.length || list.some((value) => !(value >= 1 && value <= 65_536))))
    fail("its window has extents that are none");
  const pads = windowPads(node, plane, kernel, strides, dilations);
  if (pads.length !== 2 * plane.length || pads.some((pad) => !(pad >= 0 && pad <= 65_536))) fail("its pads are none");
  return { kernel, strides, dilations, pads };
}
