/**
 * [reorg] and [reorg3d]: squares of cells become channels, or channels squares. No neuron computes it, so each is an island; what was written
 * as one here is known again by its bytes, so that it can be written as its section.
 */
import type { Shape } from "../../graph/layer-kinds.ts";
import type { IslandLayer } from "../../graph/layers.ts";
import { addIsland, type Builder, encodeIsland, type IslandBody, type Output } from "./builder.ts";

interface Reorganized {
  readonly shape: Shape;
  readonly body: IslandBody;
}

/** By section and whether it has `reverse`; nothing where the stride does not fit. */
const reorganizations = {
  reorg: reorganize,
  "reorg reverse": channelsToSquares,
  reorg3d: squaresToChannels,
} as const satisfies Readonly<Record<string, (shape: Shape, stride: number) => Reorganized | undefined>>;

type Kind = keyof typeof reorganizations;

/** YOLOv2's way to bring a fine map to a coarse one. */
export function importReorg(builder: Builder): Output {
  const { reader } = builder;
  reader.refuse("flatten", "extra");
  return importAs(builder, reader.truth("reverse") ? "reorg reverse" : "reorg");
}

export function importReorg3d(builder: Builder): Output {
  builder.reader.refuse("reverse", "flatten", "extra");
  return importAs(builder, "reorg3d");
}

function importAs(builder: Builder, kind: Kind): Output {
  const { reader, previous } = builder;
  const stride = reader.integer("stride", 1, 1, 64);
  const reorganized = reorganizations[kind](previous.shape, stride);
  if (reorganized) return addIsland(builder, [previous], reorganized.shape, reorganized.body);
  const [channels, height, width] = previous.shape;
  return reader.fail(`stride=${stride} does not divide a map of ${width}×${height} and its ${channels} channels`);
}

/** The section that an island was read from. */
export function reorganizationOf(
  { shape, model }: IslandLayer,
  input: Shape,
): { readonly type: string; readonly options: Readonly<Record<string, number>> } | undefined {
  const stride = Math.max(input[1] / shape[1], shape[1] / input[1]);
  if (!Number.isInteger(stride)) return undefined;
  const kind = (Object.keys(reorganizations) as Kind[]).find((candidate) => {
    const reorganized = reorganizations[candidate](input, stride);
    return reorganized && isSame(encodeIsland([input], reorganized.shape, reorganized.body), model.data);
  });
  if (!kind) return undefined;
  const [type, reverse] = kind.split(" ");
  return { type, options: { stride, ...(reverse ? { reverse: 1 } : {}) } };
}

function isSame(bytes: Uint8Array, model: ArrayLike<number>): boolean {
  return bytes.length === model.length && bytes.every((byte, i) => byte === (model[i] & 255));
}

/**
 * Darknet computes it with the formula of the inverse on the output's extents, which is no rearrangement of squares into channels: the map is
 * read as [C·H/s², s, W, s], and axes change places. Source: `reorg_cpu` in blas.c.
 */
function reorganize([channels, height, width]: Shape, stride: number): Reorganized | undefined {
  const square = stride * stride;
  if (channels % square !== 0 || height % stride !== 0 || width % stride !== 0) return undefined;
  const shape = [channels * square, height / stride, width / stride] as const;
  const dims = (name: string, data: readonly number[]) => ({
    name,
    shape: [data.length],
    data,
    dtype: "int64" as const,
  });
  return {
    shape,
    body: {
      constants: [dims("view", [(channels * height) / square, stride, width, stride]), dims("shape", [1, ...shape])],
      nodes: [
        { op: "Reshape", inputs: ["x0", "view"], outputs: ["viewed"] },
        { op: "Transpose", inputs: ["viewed"], outputs: ["turned"], attributes: { perm: [1, 3, 0, 2] } },
        { op: "Reshape", inputs: ["turned", "shape"], outputs: ["y"] },
      ],
    },
  };
}

function channelsToSquares([channels, height, width]: Shape, stride: number): Reorganized | undefined {
  const square = stride * stride;
  if (channels % square !== 0) return undefined;
  const attributes = { blocksize: stride, mode: "DCR" };
  const node = { op: "DepthToSpace", inputs: ["x0"], outputs: ["y"], attributes };
  return { shape: [channels / square, height * stride, width * stride], body: { nodes: [node] } };
}

/** Squares into channels, as one would expect. */
function squaresToChannels([channels, height, width]: Shape, stride: number): Reorganized | undefined {
  if (height % stride !== 0 || width % stride !== 0) return undefined;
  const node = { op: "SpaceToDepth", inputs: ["x0"], outputs: ["y"], attributes: { blocksize: stride } };
  return { shape: [channels * stride * stride, height / stride, width / stride], body: { nodes: [node] } };
}
