/** The tail of an ONNX detector: what turns its last convolutions' outputs into boxes, run by ONNX Runtime as it is. */
import { z } from "zod";
import type { Detection } from "../core/box.ts";
import type { FloatTensor, Tensor } from "../core/tensor.ts";
import { type KeptOutput, type KeptSession, openKept } from "../onnx/onnx-session.ts";
import type { DecodingContext, HeadSpec, TailHead, TailLayout } from "./head.ts";
import { tailLayouts } from "./head.ts";

/** Bytes of an ONNX model that a graph carries. */
export const onnxSchema = z.custom<Tensor<"int8">>(
  (value) => typeof value === "object" && value !== null && "dtype" in value && value.dtype === "int8",
  "the bytes of an ONNX model are missing",
);

const namesSchema = z.array(z.string().max(1024)).min(1).max(64);

export const tail: HeadSpec<TailHead> = {
  arity: [1, 64],
  check: (head, inputs, fail) => {
    if (head.inputNames.length !== inputs.length)
      fail(`${head.inputNames.length} inputs are named; it reads ${inputs.length}`);
  },
  decode: async (head, inputs, context) => {
    const outputs = await runTail(head, inputs);
    return layouts[head.layout](outputs, context);
  },
  schema: {
    layout: z.enum(tailLayouts),
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

type Reader = (outputs: readonly KeptOutput[], context: DecodingContext) => Detection[];

const layouts: { readonly [L in TailLayout]: Reader } = {
  columns: ([{ dims, data }], context) => {
    const [, rows, count] = dims;
    const found: Detection[] = [];
    for (let i = 0; i < count; i++) {
      const box = () => middleBox(data[i], data[count + i], data[2 * count + i], data[3 * count + i], context);
      for (let c = 0; c < rows - 4; c++) {
        const score = data[(4 + c) * count + i];
        if (score > context.scoreThreshold) found.push({ classIndex: c, score, ...box() });
      }
    }
    return found;
  },
  objectness: ([output], context) =>
    objectnessRows(output, context, ([x, y, width, height]) => middleBox(x, y, width, height, context)),
  yolox: ([output], context) => {
    const cells = gridCells(context);
    return objectnessRows(output, context, ([x, y, width, height], i) => {
      const cell = cells[i];
      const size = (value: number) => Math.exp(value) * cell.stride;
      return middleBox((x + cell.x) * cell.stride, (y + cell.y) * cell.stride, size(width), size(height), context);
    });
  },
  rows: ([{ dims, data }], { width, height, scoreThreshold }) => {
    const found: Detection[] = [];
    for (let i = 0; i < dims[1]; i++) {
      const [xMin, yMin, xMax, yMax, score, classIndex] = data.subarray(6 * i, 6 * i + 6);
      if (score > scoreThreshold)
        found.push({
          classIndex,
          score,
          xMin: xMin / width,
          yMin: yMin / height,
          xMax: xMax / width,
          yMax: yMax / height,
        });
    }
    return found;
  },
  scoresAndBoxes: (outputs, { scoreThreshold }) => {
    const boxes = outputs.find(({ dims }) => dims[2] === 4) as KeptOutput;
    const scores = outputs.find((output) => output !== boxes) as KeptOutput;
    const [, count, columns] = scores.dims;
    const found: Detection[] = [];
    for (let i = 0; i < count; i++) {
      const [xMin, yMin, xMax, yMax] = boxes.data.subarray(4 * i, 4 * i + 4);
      for (let c = 1; c < columns; c++) {
        const score = scores.data[i * columns + c];
        if (score > scoreThreshold) found.push({ classIndex: c - 1, score, xMin, yMin, xMax, yMax });
      }
    }
    return found;
  },
};

type Corners = Pick<Detection, "xMin" | "yMin" | "xMax" | "yMax">;

/** Rows of box, objectness and class scores. */
function objectnessRows(
  { dims, data }: KeptOutput,
  { scoreThreshold }: DecodingContext,
  boxOf: (box: Float32Array, index: number) => Corners,
): Detection[] {
  const [, count, columns] = dims;
  const found: Detection[] = [];
  for (let i = 0; i < count; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    if (row[4] <= scoreThreshold) continue;
    for (let c = 5; c < columns; c++) {
      const score = row[4] * row[c];
      if (score > scoreThreshold) found.push({ classIndex: c - 5, score, ...boxOf(row, i) });
    }
  }
  return found;
}

/** Cells of the grids of 8, 16 and 32 pixels, in reading order. */
function gridCells({ width, height }: DecodingContext): readonly { x: number; y: number; stride: number }[] {
  return [8, 16, 32].flatMap((stride) => {
    const columns = Math.ceil(width / stride);
    const count = columns * Math.ceil(height / stride);
    return Array.from({ length: count }, (_, i) => ({ x: i % columns, y: Math.floor(i / columns), stride }));
  });
}

/** Middle and size in pixels of the input, as corners in fractions of it. */
function middleBox(x: number, y: number, w: number, h: number, { width, height }: DecodingContext): Corners {
  return {
    xMin: (x - w / 2) / width,
    yMin: (y - h / 2) / height,
    xMax: (x + w / 2) / width,
    yMax: (y + h / 2) / height,
  };
}
