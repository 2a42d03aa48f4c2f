/** A network of a real detector's shape without its weights: Tiny YOLO with seeded ones, and a picture for it. */
import { calibrate } from "../convert/convert.ts";
import type { Pixels } from "../core/pixels.ts";
import { gaussian, type Random, seededRandom } from "../core/random.ts";
import { floatTensor, sizeOf } from "../core/tensor.ts";
import { type Graph, inputOf } from "../graph/graph.ts";
import type { Layer } from "../graph/layers.ts";
import { darknetPool, evenWindow } from "../graph/windows.ts";
import { preprocess } from "../image/preprocess.ts";

/** Filters of Tiny YOLO's (darknet's yolov2-tiny-voc) 3×3 convolutions, and the stride of the pool behind each; 0: none. */
const tinyYolo = [
  [16, 2],
  [32, 2],
  [64, 2],
  [128, 2],
  [256, 2],
  [512, 1],
  [1024, 0],
  [1024, 0],
] as const;
const inputSize = 416;
const classes = 20;
const anchors = [1.08, 1.19, 3.42, 4.41, 6.63, 11.38, 9.42, 5.11, 16.62, 10.52];

/** Tiny YOLO for VOC at 416²; weights drawn so that variances are kept from layer to layer. */
function tinyYoloNetwork(seed: number): Graph {
  const random = seededRandom(seed);
  const layers: Layer[] = [{ kind: "input", name: "input", inputs: [], shape: [3, inputSize, inputSize] }];
  let inC = 3;
  const last = () => layers[layers.length - 1].name;
  for (const [k, [filters, poolStride]] of tinyYolo.entries()) {
    layers.push(seededConvolution(`conv${k + 1}`, last(), [filters, inC, 3, 3], random));
    layers.push({
      kind: "activation",
      name: `leaky${k + 1}`,
      inputs: [last()],
      activation: { fn: "leaky", slope: 0.1 },
    });
    if (poolStride > 0) {
      const padding = poolStride === 1 ? 1 : 0;
      layers.push({ kind: "maxPool", name: `pool${k + 1}`, inputs: [last()], ...darknetPool(2, poolStride, padding) });
    }
    inC = filters;
  }
  layers.push(seededConvolution("conv9", last(), [(anchors.length / 2) * (5 + classes), inC, 1, 1], random));
  layers.push({ kind: "region", name: "region", inputs: ["conv9"], classes, anchors, softmax: true });
  return {
    layers,
    preprocessing: { fit: "stretch", filter: "darknet" },
    classNames: [],
    provenance: [`Tiny YOLO's shape with seeded weights, seed ${seed}`],
  };
}

function seededConvolution(name: string, input: string, shape: readonly number[], random: Random): Layer {
  const scale = Math.sqrt(2 / sizeOf(shape.slice(1)));
  const weights = Float32Array.from({ length: sizeOf(shape) }, () => scale * gaussian(random));
  const bias = Float32Array.from({ length: shape[0] }, () => 0.1 * gaussian(random));
  return {
    kind: "convolution",
    name,
    inputs: [input],
    weights: floatTensor(shape, weights),
    bias: floatTensor([shape[0]], bias),
    ...evenWindow(1, Math.floor(shape[2] / 2)),
    groups: 1,
  };
}

/** A smooth picture: waves of all directions. */
function seededPicture(size: number, seed: number): Pixels {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 12 }, () => [random() * 24 - 12, random() * 24 - 12, random() * 6.3, random()]);
  const data = Uint8Array.from({ length: 3 * size * size }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    const sum = waves.reduce(
      (total, [fx, fy, phase, tint]) =>
        total + Math.sin((6.3 * (fx * x + fy * y)) / size + phase + 3 * tint * c) / waves.length,
      0,
    );
    return Math.round(255 * Math.min(1, Math.max(0, 0.5 + 1.2 * sum)));
  });
  return { width: size, height: size, data };
}

/** Tiny YOLO for VOC at 416² with seeded weights, calibrated on the picture that comes with it. */
export async function seededTinyYolo(seed: number): Promise<{ readonly dnn: Graph; readonly picture: Pixels }> {
  const network = tinyYoloNetwork(seed);
  const picture = seededPicture(inputSize, seed);
  const { image } = preprocess(picture, inputOf(network).shape, network.preprocessing);
  return { dnn: await calibrate(network, [image]), picture };
}
