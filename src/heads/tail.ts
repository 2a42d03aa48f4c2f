/** What follows a network's last layers in an ONNX file, run as it is: its outputs hold boxes in some layout. */
import { z } from "zod";
import { EngineError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { checkPart, runPart } from "../onnx/part.ts";
import { classesSchema } from "./anchor-grid.ts";
import type { HeadSpec, TailHead } from "./head.ts";
import { classesOfLayout, layoutSchema, readLayout } from "./layouts/layouts.ts";

export const tail: HeadSpec<TailHead> = {
  arity: [1, 256],
  check: ({ model }, inputs, fail) => checkPart(model, inputs, undefined, fail),
  decode: async ({ model, layout, classes }, inputs, { width, height, scoreThreshold }) => {
    const outputs = await runPart(model, inputs);
    // What a model file says of its outputs need not be so.
    const found = classesOfLayout(
      layout,
      outputs.map(({ shape }) => shape),
      { width, height },
    );
    if (found === undefined || (found !== classes && layout.name !== "corners"))
      throw new EngineError(
        "E_HEAD",
        `the network's tail gives no ${classes} classes in layout ${layout.name}. Import it again`,
      );
    return readLayout(layout, outputs, { width, height, scoreThreshold, classes });
  },
  schema: {
    model: z.custom<Tensor>(
      (value) => typeof value === "object" && value !== null && "data" in value,
      "a tensor is missing",
    ),
    layout: layoutSchema,
    classes: classesSchema,
  },
};
