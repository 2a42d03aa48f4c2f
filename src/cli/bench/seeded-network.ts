/** What `bench` runs where no model is given: Tiny YOLO's shape with seeded weights, at a chosen activity. */
import { calibrate, toSpiking } from "../convert/convert.ts";
import { type ConversionSettings, conversionSettings, type Mode } from "../convert/modes.ts";
import { gaussian, type Random, seededRandom } from "../core/random.ts";
import { type FloatTensor, floatTensor, sizeOf } from "../core/tensor.ts";
import { type Graph, inferShapes, inputOf, layerMacs } from "../graph/graph.ts";
import type { Layer } from "../graph/layers.ts";
import type { Session } from "../snn/engine.ts";

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
export function tinyYoloNetwork(seed: number): Graph {
  const random = seededRandom(seed);
  const layers: Layer[] = [{ kind: "input", name: "input", inputs: [], shape: [3, inputSize, inputSize] }];
  let inC = 3;
  const last = () => layers[layers.length - 1].name;
  for (const [k, [filters, poolStride]] of tinyYolo.entries()) {
    layers.push(seededConvolution(`conv${k + 1}`, last(), [filters, inC, 3, 3], random));
    layers.push({ kind: "activation", name: `leaky${k + 1}`, inputs: [last()], slope: 0.1 });
    if (poolStride > 0) {
      const padding = poolStride === 1 ? 1 : 0;
      layers.push({ kind: "maxPool", name: `pool${k + 1}`, inputs: [last()], size: 2, stride: poolStride, padding });
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
    stride: 1,
    padding: Math.floor(shape[2] / 2),
    groups: 1,
  };
}

/** A smooth picture: waves of all directions, in [0, 1]. */
export function seededPicture([channels, height, width]: readonly number[], seed: number): FloatTensor {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 12 }, () => [random() * 24 - 12, random() * 24 - 12, random() * 6.3, random()]);
  const image = floatTensor([channels, height, width]);
  for (let i = 0; i < image.data.length; i++) {
    const [x, y, c] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
    const sum = waves.reduce(
      (total, [fx, fy, phase, tint]) =>
        total + Math.sin((6.3 * (fx * x + fy * y)) / width + phase + 3 * tint * c) / waves.length,
      0,
    );
    image.data[i] = Math.min(1, Math.max(0, 0.5 + 1.2 * sum));
  }
  return image;
}

/** Multiply-accumulates of the whole network. */
export function totalMacs(graph: Graph): number {
  const shapes = inferShapes(graph);
  return graph.layers.reduce((sum, layer) => sum + layerMacs(layer, shapes.get(layer.name)!), 0);
}

/** Accumulates of a run per step and MAC of the DNN. */
export async function activityOf(
  session: Session,
  graph: Graph,
  image: FloatTensor,
  timeSteps: number,
): Promise<number> {
  const { encoding } = graph.simulation!;
  for await (const { activity } of session.run(image, { timeSteps, at: [timeSteps], encoding, seed: 1 })) {
    const synOps = [...activity.values()].reduce((sum, layer) => sum + layer.synOps, 0);
    return synOps / timeSteps / totalMacs(graph);
  }
  return 0;
}

export interface ActivityTarget {
  readonly mode: Mode;
  readonly activity: number;
  readonly timeSteps: number;
  readonly changes: Partial<ConversionSettings>;
  /** Opens a session of the engine that is measured. */
  readonly open: (graph: Graph) => Promise<Session>;
}

/** Within this part of the activity that was asked for. */
const tolerance = 0.04;
const attempts = 12;

/**
 * Converts so that the network does `activity` accumulates per step and MAC: λ is scaled until it does, by bisection of
 * the scale's logarithm (activity grows with it, but dies out all at once where λ is too great for the steps there are).
 */
export async function convertToActivity(
  calibrated: Graph,
  image: FloatTensor,
  { mode, activity, timeSteps, changes, open }: ActivityTarget,
): Promise<Graph> {
  let low = Math.log(0.004);
  let high = Math.log(0.5);
  for (let attempt = 1; ; attempt++) {
    const gain = (low + high) / 2;
    const graph = toSpiking(calibrated, conversionSettings(mode, { ...changes, gain: Math.exp(gain) }));
    const session = await open(graph);
    const reached = await activityOf(session, graph, image, timeSteps);
    await session.dispose();
    if (Math.abs(reached / activity - 1) < tolerance || attempt === attempts) return graph;
    if (reached > activity) high = gain;
    else low = gain;
  }
}

export async function calibratedTinyYolo(seed: number): Promise<{ readonly dnn: Graph; readonly image: FloatTensor }> {
  const network = tinyYoloNetwork(seed);
  const image = seededPicture(inputOf(network).shape, seed);
  return { dnn: await calibrate(network, [image]), image };
}
