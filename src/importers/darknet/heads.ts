/** Detection sections. */
import type { Head } from "../../heads/head.ts";
import type { Builder, Output } from "./builder.ts";
import type { SectionReader } from "./cfg.ts";

function addHead({ reader, add }: Builder, input: Output, head: Head): Output {
  return add({ ...head, name: `${head.kind}${reader.section.index}`, inputs: [input.name] });
}

export function importRegion(builder: Builder): Output {
  const { reader, previous } = builder;
  if (reader.integer("coords", 4) !== 4) reader.fail("coords other than 4 is not supported");
  for (const key of ["tree", "map"]) if (reader.has(key)) reader.fail(`${key} is not supported`);
  reader.refuse("background");
  const count = reader.integer("num", 1, 1, 32);
  return addHead(builder, previous, {
    kind: "region",
    classes: reader.integer("classes", 20, 1),
    anchors: anchorsOf(reader, count),
    softmax: reader.truth("softmax"),
  });
}

export function importYolo(builder: Builder): Output {
  const shared = maskedHead(builder.reader);
  if (!builder.reader.truth("new_coords")) return addHead(builder, builder.previous, { kind: "yolo", ...shared });
  return addHead(builder, beforeLogistic(builder), { kind: "yolo", ...shared, sizes: "squared" });
}

export function importGaussianYolo(builder: Builder): Output {
  return addHead(builder, builder.previous, { kind: "gaussianYolo", ...maskedHead(builder.reader) });
}

function maskedHead(reader: SectionReader) {
  reader.integer("coords", 4, 4, 4);
  const nms = reader.text("nms_kind", "default");
  if (!["default", "greedynms"].includes(nms))
    reader.fail(`nms_kind=${nms} is not supported; boxes are suppressed greedily (greedynms)`);
  const count = reader.integer("num", 1, 1, 32);
  const anchors = anchorsOf(reader, count);
  const mask = reader.has("mask") ? reader.numbers("mask") : Array.from({ length: count }, (_, i) => i);
  if (mask.some((anchor) => !Number.isInteger(anchor) || anchor < 0 || anchor >= count)) {
    reader.fail(`mask names an anchor outside 0 to ${count - 1}`);
  }
  return {
    classes: reader.integer("classes", 20, 1),
    anchors: mask.flatMap((anchor) => anchors.slice(2 * anchor, 2 * anchor + 2)),
    scaleXY: reader.number("scale_x_y", 1),
  };
}

/** Of more anchors than `num` says the first count, as in darknet. One of no width or height stands for boxes without area. */
function anchorsOf(reader: SectionReader, count: number): readonly number[] {
  const anchors = reader.numbers("anchors");
  if (anchors.length < 2 * count || anchors.some((anchor) => anchor < 0)) {
    reader.fail(`anchors must be ${2 * count} positive numbers for num=${count}; ${anchors.length} are given`);
  }
  return anchors.slice(0, 2 * count);
}

/** With `new_coords` the convolution before applies the logistic function; the head does it here, so that it reads a linear map as any head. */
function beforeLogistic({ reader, previous, layer }: Builder): Output {
  const last = layer(previous.name);
  if (last.kind !== "activation" || last.activation.fn !== "sigmoid")
    return reader.fail("new_coords=1 needs activation=logistic in the [convolutional] before it");
  return { name: last.inputs[0], shape: previous.shape };
}
