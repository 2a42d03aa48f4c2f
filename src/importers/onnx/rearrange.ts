/**
 * Finds out whether a part of a network only moves values: channel shuffles, the Focus of YOLOv5, splits of a reshaped signal,
 * however an exporter writes them. It is run once on the numbers of its inputs' cells: where each plane of the result is a
 * plane of an input, nothing has to be computed.
 */
import { floatTensor, sizeOf } from "../../core/tensor.ts";
import { openKept } from "../../onnx/onnx-session.ts";
import { partTensor } from "../../onnx/part.ts";
import type { Part } from "./cut.ts";
import { maxPlanes, type Plane, pickPlanes, type Signal } from "./signals.ts";

/** Operators that move values and change none. */
export const movingOperators: ReadonlySet<string> = new Set(
  "Reshape Transpose Slice Split Concat Gather Squeeze Unsqueeze Flatten Identity Expand DepthToSpace SpaceToDepth Dropout".split(
    " ",
  ),
);

/** Numbers of cells must be exact in float32. */
const maxCells = 2 ** 24;

/** Undefined where the part does more than move planes. */
export async function rearrange(
  part: Part,
  inputs: readonly Signal[],
  [channels, height, width]: readonly number[],
): Promise<Signal | undefined> {
  if (part.nodes.some(({ op, domain }) => domain !== "" || !movingOperators.has(op))) return undefined;
  if (channels > maxPlanes) return undefined;
  const shapes = inputs.map((signal) => [signal.planes.length, signal.height, signal.width]);
  const starts: number[] = [];
  let cells = 0;
  for (const shape of shapes) {
    starts.push(cells);
    cells += sizeOf(shape);
  }
  if (cells > maxCells) return undefined;
  const numbers = shapes.map((shape, i) =>
    floatTensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, (_, cell) => starts[i] + cell),
    ),
  );
  const { bytes, inputNames, outputNames } = part;
  const session = await openKept({ model: partTensor(bytes), inputNames, outputNames }, "a part that moves values");
  const [{ data }] = await session.run(numbers);
  await session.dispose();
  const found: { input: number; channel: number; plane: Omit<Plane, "layer" | "channel"> }[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const plane = data.subarray(channel * height * width, (channel + 1) * height * width);
    const input = starts.findLastIndex((start) => start <= plane[0]);
    const source = planeOf(plane, [height, width], plane[0] - starts[input], shapes[input]);
    if (!source) return undefined;
    found.push({ input, ...source });
  }
  return joined(inputs, found, height, width);
}

/** Which plane of an input of this shape begins at that cell and goes on as the given one does. */
function planeOf(
  plane: Float32Array,
  [height, width]: readonly number[],
  first: number,
  [, sourceHeight, sourceWidth]: readonly number[],
): { channel: number; plane: Omit<Plane, "layer" | "channel"> } | undefined {
  const area = sourceHeight * sourceWidth;
  const [y, x] = [Math.floor((first % area) / sourceWidth), first % sourceWidth];
  const stride = width > 1 ? plane[1] - plane[0] : height > 1 ? (plane[width] - plane[0]) / sourceWidth : sourceHeight;
  const isWhole = Math.floor(sourceHeight / stride) === height && Math.floor(sourceWidth / stride) === width;
  if (!(stride >= 1) || !Number.isInteger(stride) || !isWhole || y >= stride || x >= stride) return undefined;
  for (let i = 0; i < plane.length; i++) {
    const [row, column] = [Math.floor(i / width), i % width];
    if (plane[i] !== plane[0] + stride * (row * sourceWidth + column)) return undefined;
  }
  return { channel: Math.floor(first / area), plane: { stride, y, x } };
}

function joined(
  inputs: readonly Signal[],
  found: readonly { input: number; channel: number; plane: Omit<Plane, "layer" | "channel"> }[],
  height: number,
  width: number,
): Signal | undefined {
  const picked = found.map(({ input, channel }) => pickPlanes(inputs[input], [channel]));
  const affines = picked.flatMap(({ affine }) => (affine ? [affine] : []));
  if (affines.length !== 0 && affines.length !== picked.length) return undefined;
  const planes = picked.map(({ planes: [of] }, i): Plane => {
    const { stride, y, x } = found[i].plane;
    return { ...of, stride: of.stride * stride, y: of.y + of.stride * y, x: of.x + of.stride * x };
  });
  const all = (field: "scale" | "offset") => Float64Array.from(affines, (affine) => affine[field][0]);
  return {
    height,
    width,
    planes,
    ...(affines.length > 0 ? { affine: { scale: all("scale"), offset: all("offset") } } : {}),
  };
}
