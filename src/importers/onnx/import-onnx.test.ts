/** What comes before the first convolution, and inputs as exporters have them. */
import { expect, test } from "vitest";
import { Draft, expectEqual, heads, type Result } from "../../../test/onnx-draft.ts";
import { seededRandom } from "../../core/random.ts";
import { encodeOnnx } from "../../onnx/onnx.ts";
import { importOnnx } from "./import-onnx.ts";

/** What stands before the first convolution, on the picture itself. */
const onPicture: Readonly<Record<string, (draft: Draft, x: string) => Result>> = {
  "mean and deviation": (draft, x) => {
    const mean = draft.constant([1, 3, 1, 1], draft.numbers(3, 0.2, 0.6));
    const difference = draft.op("Sub", [x, mean]);
    return { value: draft.op("Div", [difference, draft.constant([3, 1, 1], draft.numbers(3, 0.2, 0.3))]), channels: 3 };
  },
  "another range, then a mean": (draft, x) => {
    const bytes = draft.op("Mul", [x, draft.constant([], [255])]);
    return { value: draft.op("Add", [bytes, draft.constant([1, 3, 1, 1], [-103, -116, -123])]), channels: 3 };
  },
  "channels turned round": (draft, x) => ({
    value: draft.op("Gather", [x, draft.whole(2, 1, 0)], { axis: 1 }),
    channels: 3,
  }),
  "Focus, as YOLOX and YOLOv5 have it": (draft, x) => {
    const cut = (value: string, axis: number, start: number) =>
      draft.op("Slice", [value, draft.whole(start), draft.whole(2 ** 40), draft.whole(axis), draft.whole(2)]);
    const parts = draft
      .pick([
        [0, 1, 2, 3],
        [0, 2, 1, 3],
      ])
      .map((i) => cut(cut(x, 2, i % 2), 3, Math.floor(i / 2)));
    return { value: draft.op("Concat", parts, { axis: 1 }), channels: 12 };
  },
};

test.each(Object.entries(onPicture))("before the first convolution: %s", async (name, make) => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = new Draft(seededRandom(seed));
    const draft = Object.assign(random, { height: 12, width: 10 });
    const { value, channels } = make(draft, "picture");
    const kernel = draft.integer(1, 4);
    const convolution = draft.op("Conv", [value, draft.constant([4, channels, kernel, kernel])], {
      pads: [1, 0, draft.integer(0, 2), 1],
      strides: [draft.integer(1, 2), draft.integer(1, 2)],
    });
    const last = draft.mix(convolution, 4, 6);
    const bytes = encodeOnnx({
      nodes: draft.nodes,
      constants: draft.constants,
      inputs: [{ name: "picture", shape: [1, 3, 12, 10] }],
      outputs: [{ name: last }],
    });
    const graph = await expectEqual(bytes, draft, `${name}, seed ${seed}`);
    // All of it is in the weights and in what is taken off the picture.
    expect(graph.layers.map(({ kind }) => kind)).toEqual(["input", "convolution", "convolution", "region"]);
  }
});

test("what is said of the picture goes into the first weights and the mean", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const draft = new Draft(seededRandom(seed));
    const convolution = draft.op("Conv", ["picture", draft.constant([4, 3, 3, 3])], { pads: [1, 1, 1, 1] });
    const last = draft.mix(convolution, 4, 6);
    const bytes = encodeOnnx({
      nodes: draft.nodes,
      constants: draft.constants,
      inputs: [{ name: "picture", shape: [1, 3, draft.height, draft.width] }],
      outputs: [{ name: last }],
    });
    const picture = { range: 255, mean: [103.5, 116.3, 123.7], deviation: [57.4, 57.1, 58.4], order: "bgr" } as const;
    const graph = await expectEqual(bytes, draft, `seed ${seed}`, { picture });
    expect(graph.preprocessing).toMatchObject({ order: "bgr" });
    expect(graph.preprocessing.mean?.[1]).toBeCloseTo(116.3 / 255, 9);
  }
});

test("channels last, as TensorFlow's exports have them, and constants among the inputs", async () => {
  const draft = new Draft(seededRandom(1));
  const turned = draft.op("Transpose", ["picture"], { perm: [0, 3, 1, 2] });
  const last = draft.mix(turned, 3, 6);
  const bytes = encodeOnnx({
    nodes: draft.nodes,
    constants: draft.constants,
    inputs: [
      { name: "picture", shape: [1, draft.height, draft.width, 3] },
      ...draft.constants.map(({ name, shape }) => ({ name, shape })),
    ],
    outputs: [{ name: last }],
  });
  const graph = await importOnnx(bytes, { heads });
  expect(graph.layers.map(({ kind }) => kind)).toEqual(["input", "convolution", "region"]);
  expect(graph.layers[0]).toMatchObject({ shape: [3, draft.height, draft.width] });
});

test("an open size has to be given, and open extents become numbers", async () => {
  const draft = new Draft(seededRandom(1));
  const x = draft.mix("picture", 3, draft.channels);
  const shape = draft.op("Shape", [x]);
  const doubled = draft.op("Mul", [draft.op("Slice", [shape, draft.whole(2), draft.whole(4)]), draft.whole(2)]);
  const sizes = draft.op("Concat", [draft.op("Slice", [shape, draft.whole(0), draft.whole(2)]), doubled], { axis: 0 });
  const large = draft.op("Resize", [x, "", "", sizes], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
  const last = draft.mix(large, draft.channels, 6);
  const bytes = encodeOnnx({
    nodes: draft.nodes,
    constants: draft.constants,
    inputs: [{ name: "picture", shape: ["batch", 3, "height", "width"] }],
    outputs: [{ name: last }],
  });
  await expect(importOnnx(bytes, { heads })).rejects.toThrow(/leaves the size .* open.*--size/);
  const graph = await importOnnx(bytes, { heads, size: [24, 32] });
  expect(graph.layers.map(({ kind }) => kind)).toEqual(["input", "convolution", "upsample", "convolution", "region"]);
  expect(graph.layers[0]).toMatchObject({ shape: [3, 24, 32] });
});
