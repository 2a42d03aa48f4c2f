/** Each section against darknet's own loops on numbers, written out here; our graph is run by ONNX Runtime. */
import { expect, test } from "vitest";
import { randomPicture, randomTensor } from "../../../test/graphs.ts";
import { foldBatchNorm } from "../../convert/fold-batch-norm.ts";
import { seededRandom } from "../../core/random.ts";
import { type FloatTensor, floatTensor } from "../../core/tensor.ts";
import { openDnn } from "../../dnn/dnn-session.ts";
import { type Graph, headsOf, inferShapes } from "../../graph/graph.ts";
import { importDarknet } from "./import-darknet.ts";
import { madeUpParameters } from "./weights.ts";

const net = "[net]\nwidth=8\nheight=8\nchannels=3\n";
const conv = (filters: number) => `[convolutional]\nfilters=${filters}\nsize=3\npad=1\nactivation=leaky\n`;
const end = "[convolutional]\nfilters=7\nsize=1\nactivation=linear\n[region]\nanchors=1,1\nclasses=2\nnum=1\n";

/** Tensors by the sections that asked for them, in order. */
type Parameters = ReadonlyMap<string, readonly FloatTensor[]>;

/** The graph of [net], these sections and a head, with seeded parameters, variances positive. */
function network(sections: string): { readonly graph: Graph; readonly parameters: Parameters } {
  const random = seededRandom(11);
  const parameters = new Map<string, FloatTensor[]>();
  const source = madeUpParameters((shape, where) => {
    const asked = parameters.get(where) ?? [];
    const drawn = randomTensor(shape, random, 0.5);
    const made = floatTensor(
      shape,
      asked.length >= 1 && shape.length === 1 ? drawn.data.map((x) => x * x + 0.1) : drawn.data,
    );
    parameters.set(where, [...asked, made]);
    return made;
  });
  return { graph: importDarknet({ cfg: `${net}${sections}${end}`, parameters: source }), parameters };
}

/** Values of the named layers on a picture; those of `folded` graphs, too, as conversion needs them. */
async function valuesOf(graph: Graph, ...names: readonly string[]): Promise<readonly FloatTensor[]> {
  const session = await openDnn(graph, { outputs: names });
  const outputs = await session.run(randomPicture([3, 8, 8], 1));
  await session.dispose();
  return names.map((name) => outputs.get(name) as FloatTensor);
}

function expectClose(actual: FloatTensor, expected: readonly number[] | Float32Array): void {
  expect(actual.data.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual.data[i], `value ${i}`).toBeCloseTo(value, 4);
}

const leaky = (x: number) => (x > 0 ? x : 0.1 * x);

test("[reorg]: darknet's order, which is no rearrangement of squares; and its reverse", async () => {
  const { graph } = network(`${conv(8)}[reorg]\nstride=2\n[reorg]\nstride=2\nreverse=1\n`);
  const [x, y, z] = await valuesOf(graph, "leaky0", "reorg1", "reorg2");
  expect([y.shape, z.shape]).toEqual([
    [32, 4, 4],
    [8, 8, 8],
  ]);
  // reorg_cpu(x, w, h, c, 1, stride, forward = 0): out[in_index] = x[out_index].
  const [w, h, c, stride] = [8, 8, 8, 2];
  const outC = c / (stride * stride);
  const expected = new Float32Array(w * h * c);
  for (let k = 0; k < c; k++)
    for (let j = 0; j < h; j++)
      for (let i = 0; i < w; i++) {
        const offset = Math.floor(k / outC);
        const w2 = i * stride + (offset % stride);
        const h2 = j * stride + Math.floor(offset / stride);
        expected[i + w * (j + h * k)] = x.data[w2 + w * stride * (h2 + h * stride * (k % outC))];
      }
  expect([...y.data]).toEqual([...expected]);
  // With reverse: out[out_index] = x[in_index], now of 4 × 4 and 32 channels.
  const back = new Float32Array(w * h * c);
  for (let k = 0; k < 32; k++)
    for (let j = 0; j < 4; j++)
      for (let i = 0; i < 4; i++) {
        const offset = Math.floor(k / 8);
        const [w2, h2] = [i * stride + (offset % stride), j * stride + Math.floor(offset / stride)];
        back[w2 + 8 * (h2 + 8 * (k % 8))] = y.data[i + 4 * (j + 4 * k)];
      }
  expect([...z.data]).toEqual([...back]);
});

test("[reorg3d]: squares into channels, the place in the square first", async () => {
  const [x, y] = await valuesOf(network(`${conv(3)}[reorg3d]\nstride=2\n`).graph, "leaky0", "reorg3d1");
  const expected = Array.from({ length: 192 }, (_, at) => {
    const [k, j, i] = [Math.floor(at / 16), Math.floor(at / 4) % 4, at % 4];
    const [channel, offset] = [k % 3, Math.floor(k / 3)];
    return x.data[channel * 64 + (2 * j + Math.floor(offset / 2)) * 8 + 2 * i + (offset % 2)];
  });
  expect([...y.data]).toEqual(expected);
});

test.each([
  ["fewer channels add to the first ones", 8, 3],
  ["of more channels the first are taken", 3, 8],
  ["as many", 4, 4],
])("[shortcut]: %s", async (_name, own, other) => {
  const { graph } = network(`${conv(other)}${conv(own)}[shortcut]\nfrom=-2\nactivation=linear\n`);
  const [from, previous, sum] = await valuesOf(graph, "leaky0", "leaky1", "sum2");
  expect(sum.shape).toEqual([own, 8, 8]);
  expectClose(
    sum,
    previous.data.map((value, i) => value + (i < from.data.length ? from.data[i] : 0)),
  );
});

test("[avgpool] and [local_avgpool]", async () => {
  const { graph } = network(`${conv(5)}[local_avgpool]\nsize=3\nstride=2\n[avgpool]\n`);
  const [x, local, mean] = await valuesOf(graph, "leaky0", "average1", "average2");
  const windows = Array.from({ length: 5 * 16 }, (_, at) => {
    const [k, j, i] = [Math.floor(at / 16), Math.floor(at / 4) % 4, at % 4];
    const cells: number[] = [];
    for (let y = 2 * j - 1; y < 2 * j + 2; y++)
      for (let column = 2 * i - 1; column < 2 * i + 2; column++)
        if (y >= 0 && y < 8 && column >= 0 && column < 8) cells.push(x.data[k * 64 + y * 8 + column]);
    return cells.reduce((a, b) => a + b) / cells.length;
  });
  expectClose(local, windows);
  expect(mean.shape).toEqual([5, 1, 1]);
  expectClose(
    mean,
    Array.from({ length: 5 }, (_, k) => windows.slice(16 * k, 16 * k + 16).reduce((a, b) => a + b) / 16),
  );
});

test.each([0, 1])("[connected], batch_normalize=%i", async (batchNormalize) => {
  const { graph, parameters } = network(
    `${conv(4)}[connected]\noutput=6\nbatch_normalize=${batchNormalize}\nactivation=leaky\n`,
  );
  const [x, y] = await valuesOf(foldBatchNorm(graph), "leaky0", "leaky1");
  const [bias, weights, scale, mean, variance] = (parameters.get("layer 1 [connected]") ?? []).map(({ data }) => data);
  const expected = Array.from({ length: 6 }, (_, out) => {
    let sum = 0;
    for (let i = 0; i < 256; i++) sum += weights[out * 256 + i] * x.data[i];
    const normed = batchNormalize ? (scale[out] * (sum - mean[out])) / Math.sqrt(variance[out] + 1e-5) : sum;
    return leaky(normed + bias[out]);
  });
  expect(y.shape).toEqual([6, 1, 1]);
  expectClose(y, expected);
});

test("[batchnorm] by itself", async () => {
  const { graph, parameters } = network(`${conv(4)}[batchnorm]\n`);
  const [bias, scale, mean, variance] = (parameters.get("layer 1 [batchnorm]") ?? []).map(({ data }) => data);
  for (const which of [graph, foldBatchNorm(graph)]) {
    const [x, y] = await valuesOf(which, "leaky0", "norm1");
    expectClose(
      y,
      x.data.map((value, i) => {
        const c = Math.floor(i / 64);
        return (scale[c] * (value - mean[c])) / Math.sqrt(variance[c] + 1e-5) + bias[c];
      }),
    );
  }
});

test.each([
  ["deconvolutional", 3, 2, "pad=1\n", 1, 0],
  ["transposed_convolutional", 2, 2, "", 0, 1],
])("[%s]", async (section, size, stride, padding, pad, batchNormalize) => {
  const { graph, parameters } = network(
    `${conv(4)}[${section}]\nfilters=3\nsize=${size}\nstride=${stride}\n${padding}batch_normalize=${batchNormalize}\nactivation=leaky\n`,
  );
  const [x, y] = await valuesOf(graph, "leaky0", "leaky1");
  const extent = 7 * stride + size - 2 * pad;
  expect(y.shape).toEqual([3, extent, extent]);
  const all = (parameters.get(`layer 1 [${section}]`) ?? []).map(({ data }) => data);
  const [bias, weights] = [all[0], all.at(-1) as Float32Array];
  const expected = new Float64Array(3 * extent * extent);
  for (let c = 0; c < 4; c++)
    for (let j = 0; j < 8; j++)
      for (let i = 0; i < 8; i++)
        for (let m = 0; m < 3; m++)
          for (let ky = 0; ky < size; ky++)
            for (let kx = 0; kx < size; kx++) {
              const [row, column] = [j * stride + ky - pad, i * stride + kx - pad];
              if (row < 0 || column < 0 || row >= extent || column >= extent) continue;
              expected[(m * extent + row) * extent + column] +=
                x.data[c * 64 + j * 8 + i] * weights[((c * 3 + m) * size + ky) * size + kx];
            }
  expectClose(
    y,
    Array.from(expected, (sum, i) => {
      const m = Math.floor(i / (extent * extent));
      const normed = batchNormalize ? (all[1][m] * (sum - all[2][m])) / Math.sqrt(all[3][m] + 1e-5) : sum;
      return leaky(normed + bias[m]);
    }),
  );
});

test("[scale_channels] and [sam]: products of two maps", async () => {
  const gate = "[avgpool]\n[convolutional]\nfilters=4\nsize=1\nactivation=logistic\n";
  const { graph } = network(
    `${conv(4)}${gate}[scale_channels]\nfrom=0\n[convolutional]\nfilters=4\nsize=1\nactivation=logistic\n[sam]\nfrom=-2\n`,
  );
  const [map, factor, scaled, attention, product] = await valuesOf(
    graph,
    ...["leaky0", "logistic2", "scale_channels3", "logistic4", "sam5"],
  );
  expectClose(
    scaled,
    map.data.map((value, i) => value * factor.data[Math.floor(i / 64)]),
  );
  expectClose(
    product,
    scaled.data.map((value, i) => value * attention.data[i]),
  );
});

test("[crop]: the middle, as 2·x − 1", async () => {
  const { graph } = network("[crop]\ncrop_width=5\ncrop_height=6\n");
  const [y] = await valuesOf(graph, "crop0");
  const { data } = randomPicture([3, 8, 8], 1);
  expect(y.shape).toEqual([3, 6, 5]);
  expectClose(
    y,
    Array.from({ length: 90 }, (_, at) => {
      const [k, j, i] = [Math.floor(at / 30), Math.floor(at / 5) % 6, at % 5];
      return 2 * data[k * 64 + (j + 1) * 8 + i + 1] - 1;
    }),
  );
});

test("strides along one side, and dilation", async () => {
  const { graph, parameters } = network(
    "[convolutional]\nfilters=2\nsize=3\npad=1\nstride_x=2\ndilation=2\nactivation=linear\n[maxpool]\nsize=2\nstride_x=1\nstride_y=2\n",
  );
  const [y, pooled] = await valuesOf(graph, "conv0", "pool1");
  const [bias, weights] = (parameters.get("layer 0 [convolutional]") ?? []).map(({ data }) => data);
  const { data } = randomPicture([3, 8, 8], 1);
  expect([y.shape, pooled.shape]).toEqual([
    [2, 8, 4],
    [2, 4, 4],
  ]);
  expectClose(
    y,
    Array.from({ length: 64 }, (_, at) => {
      const [m, j, i] = [Math.floor(at / 32), Math.floor(at / 4) % 8, at % 4];
      let sum = bias[m];
      for (let c = 0; c < 3; c++)
        for (let ky = 0; ky < 3; ky++)
          for (let kx = 0; kx < 3; kx++) {
            const [row, column] = [j + 2 * (ky - 1), 2 * i + 2 * (kx - 1)];
            if (row < 0 || column < 0 || row > 7 || column > 7) continue;
            sum += weights[((m * 3 + c) * 3 + ky) * 3 + kx] * data[c * 64 + row * 8 + column];
          }
      return sum;
    }),
  );
});

test("heads take over the logistic function of new_coords, and read linear maps", () => {
  const cfg = `${net}[convolutional]\nfilters=14\nsize=1\nactivation=logistic\n[yolo]\nanchors=10,14, 23,27\nclasses=2\nnum=2\nmask=1,0\nnew_coords=1\nscale_x_y=2\n`;
  const graph = importDarknet({ cfg });
  expect(graph.layers.map(({ kind }) => kind)).toEqual(["input", "convolution", "yolo"]);
  expect(headsOf(graph)[0]).toMatchObject({
    sizes: "squared",
    scaleXY: 2,
    anchors: [23, 27, 10, 14],
    inputs: ["conv0"],
  });
  const gaussian = cfg
    .replace("[yolo]", "[Gaussian_yolo]")
    .replace("filters=14", "filters=22")
    .replace("logistic", "linear");
  expect(headsOf(importDarknet({ cfg: gaussian }))[0]).toMatchObject({ kind: "gaussianYolo" });
  expect(inferShapes(importDarknet({ cfg: gaussian })).get("gaussianYolo1")).toEqual([22, 8, 8]);
});
