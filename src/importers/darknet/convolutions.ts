/** Sections with weights: convolutions, transposed ones, dense layers, batch norms of their own. */
import { type FloatTensor, floatTensor } from "../../core/tensor.ts";
import { spreadConvolution } from "../../graph/transposed-convolution.ts";
import { windowCounts } from "../../graph/windows.ts";
import { addActivation, type Builder, type Norm, type Output, readNorm } from "./builder.ts";

/** Darknet's order in the file: biases, then with batch norm scales, means, variances; then the weights. */
export function importConvolutional(builder: Builder): Output {
  const { reader, parameters, previous, add } = builder;
  reader.refuse("xnor", "binary", "bin_output", "flipped", "antialiasing", "dontload", "dontloadscales", "share_index");
  reader.refuse("deform", "rotate", "stretch", "sway", "stretch_sway", "coordconv");
  const filters = reader.integer("filters", 1, 1);
  const size = reader.integer("size", 1, 1, 64);
  const groups = reader.integer("groups", 1, 1);
  const [channels, height, width] = previous.shape;
  if (channels % groups !== 0 || filters % groups !== 0) {
    reader.fail(`groups=${groups} divides neither or only one of ${channels} input channels and ${filters} filters`);
  }
  const { index } = reader.section;
  const where = `layer ${index} [convolutional]`;
  const bias = parameters.next([filters], where);
  const norm = reader.truth("batch_normalize") ? readNorm(builder, filters, where) : undefined;
  const weights = parameters.next([filters, channels / groups, size, size], where);
  const padding = paddingOf(builder, size);
  const dilation = size === 1 ? 1 : reader.integer("dilation", 1, 1, 64);
  const stride = reader.integer("stride", 1, 1, 64);
  const strides = [reader.integer("stride_y", stride, 1, 64), reader.integer("stride_x", stride, 1, 64)] as const;
  const pad = padding * dilation;
  const window = {
    strides,
    dilations: [dilation, dilation] as const,
    pads: [pad, pad, pad, pad] as const,
  };
  // Darknet counts windows as if they were not dilated.
  const [rows, columns] = windowCounts({ ...window, size: [size, size] }, [height, width]);
  const counted = [height, width].map((extent, axis) => Math.floor((extent + 2 * padding - size) / strides[axis]) + 1);
  if (rows !== counted[0] || columns !== counted[1])
    reader.fail(
      `dilation=${dilation} with size=${size} and padding ${padding} gives ${columns}×${rows}; darknet counts ${counted[1]}×${counted[0]}. Set pad=1 and an odd size`,
    );
  const convolution = {
    kind: "convolution",
    name: `conv${index}`,
    inputs: [previous.name],
    weights,
    ...window,
    groups,
  } as const;
  const output = norm ? addNorm(builder, add(convolution), norm, bias) : add({ ...convolution, bias });
  return addActivation(builder, output, "logistic");
}

/** `pad` says that the input is padded by half a window; otherwise `padding` says by how much. */
function paddingOf({ reader }: Builder, size: number): number {
  const padding = reader.integer("padding", 0, 0, 64);
  return reader.truth("pad") ? Math.floor(size / 2) : padding;
}

function addNorm({ reader, epsilon, add }: Builder, input: Output, norm: Norm, bias: FloatTensor): Output {
  return add({ kind: "batchNorm", name: `norm${reader.section.index}`, inputs: [input.name], ...norm, bias, epsilon });
}

/** A dense layer: a convolution whose window is the whole map. In the file: biases, weights, then scales, means, variances. */
export function importConnected(builder: Builder): Output {
  const { reader, parameters, previous, add } = builder;
  reader.refuse("dontload", "flipped");
  const outputs = reader.integer("output", 1, 1);
  const { index } = reader.section;
  const where = `layer ${index} [connected]`;
  const bias = parameters.next([outputs], where);
  const weights = parameters.next([outputs, ...previous.shape], where);
  const norm = reader.truth("batch_normalize") ? readNorm(builder, outputs, where) : undefined;
  const dense = {
    kind: "convolution",
    name: `dense${index}`,
    inputs: [previous.name],
    weights,
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
  } as const;
  const output = norm ? addNorm(builder, add(dense), norm, bias) : add({ ...dense, bias });
  return addActivation(builder, output, "logistic");
}

/** In the file as the best known fork writes it: biases, scales, means, variances. */
export function importBatchNorm(builder: Builder): Output {
  const { reader, parameters, previous } = builder;
  reader.refuse("dontload");
  const [channels] = previous.shape;
  const where = `layer ${reader.section.index} [batchnorm]`;
  const bias = parameters.next([channels], where);
  return addNorm(builder, previous, readNorm(builder, channels, where), bias);
}

/**
 * A transposed convolution. In the file as a convolution's, weights [C, filters, size, size]. Batch norm is folded here.
 */
export function importTransposed(builder: Builder): Output {
  const { reader, parameters, previous, epsilon, add } = builder;
  reader.refuse("dontload", "dontloadscales", "groups");
  const filters = reader.integer("filters", 1, 1);
  const size = reader.integer("size", 1, 1, 64);
  const stride = reader.integer("stride", 1, 1, 64);
  const pad = paddingOf(builder, size);
  const [channels] = previous.shape;
  const where = `layer ${reader.section.index} [${reader.section.type}]`;
  const bias = Float32Array.from(parameters.next([filters], where).data);
  const norm = reader.truth("batch_normalize") ? readNorm(builder, filters, where) : undefined;
  const weights = Float32Array.from(parameters.next([channels, filters, size, size], where).data);
  if (norm) {
    const factor = norm.scale.data.map((scale, m) => scale / Math.sqrt(norm.variance.data[m] + epsilon));
    for (let m = 0; m < filters; m++) bias[m] -= norm.mean.data[m] * factor[m];
    for (let i = 0; i < weights.length; i++) weights[i] *= factor[Math.floor(i / (size * size)) % filters];
  }
  const spread = spreadConvolution({
    shape: [channels, filters, size, size],
    weights,
    strides: [stride, stride],
    dilations: [1, 1],
    pads: [pad, pad, pad, pad],
    outputPadding: [0, 0],
    groups: 1,
  });
  if (typeof spread === "string") return reader.fail(`${spread}; such transposed convolutions are not supported`);
  const { index, type } = reader.section;
  const { factor } = spread;
  const input =
    factor === 1 ? previous : add({ kind: "insertZeros", name: `zeros${index}`, inputs: [previous.name], factor });
  const output = add({
    kind: "convolution",
    name: `${type}${index}`,
    inputs: [input.name],
    ...spread.convolution,
    bias: floatTensor([filters], bias),
  });
  return addActivation(builder, output, "logistic");
}
