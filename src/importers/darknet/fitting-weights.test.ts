import { describe, expect, it } from "vitest";
import { gaussian, seededRandom } from "../../core/random.ts";
import { floatTensor, sizeOf } from "../../core/tensor.ts";
import type { Graph } from "../../graph/graph.ts";
import { importFitting } from "./fitting-weights.ts";
import { importDarknet } from "./import-darknet.ts";
import { madeUpParameters } from "./weights.ts";
import { writeWeights } from "./write-weights.ts";

const convolution = (filters: number, size: number, more = "activation=linear") =>
  `[convolutional]\nfilters=${filters}\nsize=${size}\npad=1\n${more}\n`;
const norm = "batch_normalize=1\nactivation=leaky";

/** One head, or two with other numbers of filters before them, of which the first stands in the middle. */
function cfg(classes: number, isTwoHeaded: boolean): string {
  const start = `[net]\nwidth=32\nheight=32\nchannels=3\n${convolution(4, 3, norm)}${convolution(6, 1, norm)}`;
  if (!isTwoHeaded)
    return `${start}${convolution(2 * (5 + classes), 1)}[region]\nanchors=1,2, 3,4\nclasses=${classes}\nnum=2\nsoftmax=1\n`;
  const yolo = `[yolo]\nanchors=1,2, 3,4, 5,6\nnum=3\nclasses=${classes}\n`;
  return `${start}${convolution(2 * (5 + classes), 1)}${yolo}mask=1,2\n[route]\nlayers=1\n${convolution(5, 3, norm)}${convolution(5 + classes, 1)}${yolo}mask=0\n`;
}

function trained(text: string): Graph {
  const random = seededRandom(5);
  const parameters = madeUpParameters((shape) =>
    floatTensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => Math.abs(gaussian(random))),
    ),
  );
  return importDarknet({ cfg: text, parameters });
}

const hasParameters = ({ kind }: Graph["layers"][number]) => kind === "convolution" || kind === "batchNorm";

describe.each([false, true])("two heads: %s", (isTwoHeaded) => {
  const text = cfg(3, isTwoHeaded);
  const heads = isTwoHeaded ? ["conv2", "conv6"] : ["conv2"];

  it("takes all of a file that fits", () => {
    const whole = trained(text);
    const { graph, taken, remark } = importFitting({ cfg: text, weights: writeWeights(whole) });
    expect(graph.layers).toEqual(whole.layers);
    expect(whole.layers.filter(hasParameters).every(({ name }) => taken.has(name))).toBe(true);
    expect(remark).toBeUndefined();
  });

  it.each([1, 2, 4, 20, 80])("takes all but what is before the heads of a file of %i classes", (classes) => {
    const other = trained(cfg(classes, isTwoHeaded));
    const { graph, taken, remark } = importFitting({
      cfg: text,
      weights: writeWeights(other),
      weightsName: "o.weights",
    });
    for (const [index, layer] of other.layers.filter(hasParameters).entries()) {
      const ours = graph.layers.filter(hasParameters)[index];
      expect(taken.has(layer.name), layer.name).toBe(!heads.includes(layer.name));
      if (taken.has(layer.name)) expect(ours).toEqual(layer);
    }
    expect(remark).toContain(`o.weights is of ${classes} classes instead of 3: all is taken but layer 2 `);
  });

  it("takes what is before the end of a file that was cut off after a layer, and refuses any other length", () => {
    const whole = trained(text);
    const bytes = writeWeights(whole);
    const convolutions = whole.layers.filter(({ kind }) => kind === "convolution");
    const accepted: number[] = [];
    for (let length = 20; length < bytes.length; length++) {
      let result: ReturnType<typeof importFitting>;
      try {
        result = importFitting({ cfg: text, weights: bytes.subarray(0, length) });
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^E_WEIGHTS/) });
        continue;
      }
      const { graph, taken, remark } = result;
      if (remark?.includes("classes")) continue;
      accepted.push(length);
      const last = convolutions[accepted.length - 1];
      const from = whole.layers.indexOf(last);
      for (const [index, layer] of whole.layers.entries()) {
        if (!hasParameters(layer)) continue;
        const isBefore = index <= from || (index === from + 1 && layer.kind === "batchNorm");
        expect(taken.has(layer.name), `${layer.name} of ${length} bytes`).toBe(isBefore);
        if (isBefore) expect(graph.layers[index]).toEqual(layer);
      }
    }
    expect(accepted).toHaveLength(convolutions.length - 1);
    for (const more of [1, 4, 12])
      expect(() => importFitting({ cfg: text, weights: Buffer.concat([bytes, Buffer.alloc(more)]) })).toThrow();
  });
});
