/** The tail of an ONNX detector: what turns its last convolutions' outputs into boxes, run by ONNX Runtime as it is. */
import { z } from "zod";
import { EngineError } from "../core/errors.ts";
import type { FloatTensor, Tensor } from "../core/tensor.ts";
import { type KeptOutput, type KeptSession, openKept } from "../onnx/onnx-session.ts";
import { checkPart } from "../onnx/part.ts";
import type { HeadSpec, TailHead } from "./head.ts";
import { classesOfLayout, layoutSchema, readLayout } from "./layouts/layouts.ts";

/** Bytes of an ONNX model that a graph carries. */
export const onnxSchema = z.custom<Tensor<"int8">>(
  (value) => typeof value === "object" && value !== null && "dtype" in value && value.dtype === "int8",
  "the bytes of an ONNX model are missing",
);

const namesSchema = z.array(z.string().max(1024)).min(1).max(64);

export const tail: HeadSpec<TailHead> = {
  arity: [1, 64],
  check: (head, inputs, fail) => checkPart(head, inputs, undefined, fail),
  decode: async (head, inputs, { width, height, scoreThreshold }) => {
    const { layout, classes } = head;
    const outputs = await runTail(head, inputs);
    const shapes = outputs.map(({ dims }) => dims);
    // What a model file says of its outputs need not be so.
    const found = classesOfLayout(layout, shapes, { width, height });
    if (found === undefined || (found !== classes && layout.name !== "rows"))
      throw new EngineError(
        "E_HEAD",
        `the network's tail does not give ${classes} classes in layout ${layout.name}. Import it again`,
      );
    return readLayout(layout, outputs, { width, height, scoreThreshold, classes });
  },
  schema: {
    layout: layoutSchema,
    classes: z.int().min(1).max(65_536),
    model: onnxSchema,
    inputNames: namesSchema,
    outputNames: namesSchema,
  },
};

/** One session a model, for as long as somebody holds the graph. */
const opened = new WeakMap<Tensor<"int8">, Promise<KeptSession>>();

/** The tail's raw outputs, in order. @throws EngineError [E_ENGINE] where ONNX Runtime refuses it. */
export async function runTail(head: TailHead, inputs: readonly FloatTensor[]): Promise<readonly KeptOutput[]> {
  const session = opened.get(head.model) ?? openKept(head, "the network's tail");
  opened.set(head.model, session);
  return (await session).run(inputs);
}
