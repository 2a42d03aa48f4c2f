/** The table of layouts, and what others ask of it. Whoever adds a layout adds a row. */
import { z } from "zod";
import type { Detection } from "../../core/box.ts";
import type { KeptOutput } from "../../onnx/onnx-session.ts";
import { columns, objectness, rows, scoresAndBoxes } from "./decoded.ts";
import { anchors, distribution, fastestdet, priors, yolox, yunet } from "./grids.ts";
import type { Layout, LayoutName, LayoutOf, LayoutSpec, ReadContext, Shapes } from "./layout.ts";

const layouts: { readonly [N in LayoutName]: LayoutSpec<LayoutOf<N>> } = {
  columns,
  objectness,
  yolox,
  rows,
  scoresAndBoxes,
  priors,
  distribution,
  fastestdet,
  yunet,
  anchors,
};

/** The layout's row; the one place that loses the tie between a layout and its name. */
function specOf(layout: Layout): LayoutSpec<Layout> {
  return layouts[layout.name] as LayoutSpec<Layout>;
}

/** What a model file holds of a layout. */
export const layoutSchema = z.discriminatedUnion(
  "name",
  Object.entries(layouts).map(([name, { schema }]) => z.strictObject({ name: z.literal(name), ...schema })) as never,
);

/** Classes that outputs of these shapes hold; undefined where they do not fit the layout. */
export function classesOfLayout(
  layout: Layout,
  shapes: Shapes,
  input: { readonly width: number; readonly height: number },
) {
  return specOf(layout).classesOf(layout, shapes, input);
}

export function readLayout(layout: Layout, outputs: readonly KeptOutput[], context: ReadContext): Detection[] {
  return specOf(layout).read(layout, outputs, context);
}
