/** Sections without weights: pools, routes, sums and products, enlargements and other rearrangements. */
import { darknetPool, type Pair } from "../../graph/windows.ts";
import { addActivation, addDepthwise, type Builder, type Output } from "./builder.ts";

export function importMaxPool({ reader, previous, add }: Builder): Output {
  reader.refuse("maxpool_depth", "antialiasing");
  return add({
    kind: "maxPool",
    name: `pool${reader.section.index}`,
    inputs: [previous.name],
    ...poolWindow({ reader }),
  });
}

/** Means of windows, of the cells within the map only. */
export function importLocalAveragePool({ reader, previous, add }: Builder): Output {
  reader.refuse("antialiasing");
  return add({
    kind: "averagePool",
    name: `average${reader.section.index}`,
    inputs: [previous.name],
    ...poolWindow({ reader }),
    countsPads: false,
  });
}

function poolWindow({ reader }: Pick<Builder, "reader">) {
  const stride = reader.integer("stride", 1, 1, 64);
  const size = reader.integer("size", stride, 1, 64);
  const padding = reader.integer("padding", size - 1, 0, 64);
  if (padding >= size + 1) reader.fail(`padding=${padding} leaves windows of size=${size} without any input`);
  const strides: Pair = [reader.integer("stride_y", stride, 1, 64), reader.integer("stride_x", stride, 1, 64)];
  return { ...darknetPool(size, stride, padding), strides };
}

/** The mean of each channel. */
export function importAveragePool({ reader, previous, add }: Builder): Output {
  const [, height, width] = previous.shape;
  return add({
    kind: "averagePool",
    name: `average${reader.section.index}`,
    inputs: [previous.name],
    size: [height, width],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    countsPads: false,
  });
}

export function importRoute({ reader, output, add }: Builder): Output {
  const { index } = reader.section;
  const references = reader.numbers("layers");
  if (references.length === 0) reader.fail("layers names no layer");
  const groups = reader.integer("groups", 1, 1);
  const group = reader.integer("group_id", 0, 0, groups - 1);
  const inputs = references.map(output).map((input, position) => {
    if (groups === 1) return input;
    const count = Math.floor(input.shape[0] / groups);
    if (count * groups !== input.shape[0]) reader.fail(`groups=${groups} does not divide ${input.shape[0]} channels`);
    return add({ kind: "slice", name: `slice${index}_${position}`, inputs: [input.name], start: group * count, count });
  });
  if (inputs.length === 1) return inputs[0];
  return add({ kind: "concat", name: `concat${index}`, inputs: inputs.map(({ name }) => name) });
}

/**
 * The sum of the previous output and of others. It has the previous one's channels: of an input with more, the first are taken; one with
 * fewer adds to the first only (darknet's `shortcut_cpu`).
 */
export function importShortcut(builder: Builder): Output {
  const { reader, previous, output, add } = builder;
  if (!["none", ""].includes(reader.text("weights_type", "none")))
    reader.fail("weights_type is not supported; it would change the result");
  const references = reader.numbers("from");
  if (references.length === 0) reader.fail("from names no layer");
  const { index } = reader.section;
  const [channels, height, width] = previous.shape;
  const slice = ({ name }: Output, suffix: string, start: number, count: number) =>
    add({ kind: "slice", name: `slice${index}${suffix}`, inputs: [name], start, count });
  const others = references.map((reference, position) => {
    const input = output(reference);
    if (input.shape[1] !== height || input.shape[2] !== width)
      reader.fail(
        `layer ${reference} is of ${input.shape[2]}×${input.shape[1]}, the layer before of ${width}×${height}; sums of maps of different sizes are not supported`,
      );
    return input.shape[0] > channels ? slice(input, `_${position}`, 0, channels) : input;
  });
  // Channels up to each of these numbers are summed by themselves: there an input ends.
  const ends = [...new Set([...others.map(({ shape }) => shape[0]), channels])].sort((a, b) => a - b);
  const parts = ends.map((end, i) => {
    const start = ends[i - 1] ?? 0;
    const partOf = (input: Output, position: number) =>
      input.shape[0] === end - start ? input : slice(input, `_${position}_${start}`, start, end - start);
    const inputs = [previous, ...others].flatMap((input, position) =>
      input.shape[0] >= end ? [partOf(input, position)] : [],
    );
    if (inputs.length === 1) return inputs[0];
    const name = ends.length === 1 ? `sum${index}` : `sum${index}_${start}`;
    return add({ kind: "sum", name, inputs: inputs.map((input) => input.name) });
  });
  const sum =
    parts.length === 1 ? parts[0] : add({ kind: "concat", name: `sum${index}`, inputs: parts.map(({ name }) => name) });
  return addActivation(builder, sum, "linear");
}

export function importUpsample({ reader, previous, add }: Builder): Output {
  if (reader.number("scale", 1) !== 1) reader.fail("scale other than 1 is not supported");
  const factor = reader.integer("stride", 2, 1, 64);
  return add({ kind: "upsample", name: `upsample${reader.section.index}`, inputs: [previous.name], factor });
}

/** Another layer's channels times the previous output's one value for each; with `scale_wh`, its places times one value for each. */
export function importScaleChannels(builder: Builder): Output {
  const { reader, output } = builder;
  const map = output(reader.integer("from", undefined, -65_536));
  const [channels, height, width] = map.shape;
  const expected = reader.truth("scale_wh") ? [1, height, width] : [channels, 1, 1];
  return multiply(builder, map, expected);
}

/** The previous output times another, value by value. */
export function importProduct(builder: Builder): Output {
  const { reader, output } = builder;
  const map = output(reader.integer("from", undefined, -65_536));
  return multiply(builder, map, map.shape);
}

function multiply(builder: Builder, map: Output, expected: readonly number[]): Output {
  const { reader, previous } = builder;
  if (previous.shape.join() !== expected.join())
    reader.fail(
      `the layer before is of ${previous.shape.join("×")}; ${expected.join("×")} are needed to scale ${map.shape.join("×")}`,
    );
  const product = builder.add({
    kind: "product",
    name: `${reader.section.type}${reader.section.index}`,
    inputs: [map.name, previous.name],
  });
  return addActivation(builder, product, "linear");
}

/** The middle of the map; values become 2·x − 1 unless `noadjust`. As a convolution of one weight, which is where it can stand before all others. */
export function importCrop(builder: Builder): Output {
  const { reader, previous } = builder;
  const [, height, width] = previous.shape;
  const [rows, columns] = [reader.integer("crop_height", 1, 1), reader.integer("crop_width", 1, 1)];
  if (rows > height || columns > width) reader.fail(`${columns}×${rows} do not fit into ${width}×${height}`);
  const [sizeY, sizeX] = [height - rows + 1, width - columns + 1];
  const isPlain = reader.truth("noadjust");
  const kernel = new Float32Array(sizeY * sizeX);
  kernel[Math.floor((height - rows) / 2) * sizeX + Math.floor((width - columns) / 2)] = isPlain ? 1 : 2;
  return addDepthwise(builder, `crop${reader.section.index}`, previous, [sizeY, sizeX], kernel, isPlain ? 0 : -1);
}
