/** What each layer kind is in NIR: one table, which the documentation's is made of as well. */
import { floatTensor } from "../../core/tensor.ts";
import type { Layer, LayerKind, LayerOf, MaxPoolLayer, SumLayer } from "../../graph/layers.ts";
import { writeConvolution } from "./convolutions.ts";
import { type Draft, nodesOf, type Piece, perNeuron, refuse, same, whole } from "./draft.ts";
import { writePopulation } from "./neurons.ts";

interface LayerWord<K extends LayerKind> {
  readonly verdict: "exact" | "lossy" | "refused" | "left out";
  /** For the documentation. */
  readonly how: string;
  readonly write: (layer: LayerOf<K>, draft: Draft) => void;
}

const head = {
  verdict: "left out",
  how: "what decodes the outputs; described in the graph's metadata",
  write: () => {},
} as const;

const beforeConversion = {
  verdict: "refused",
  how: "there is none in a spiking network",
  write: (layer: Layer) => refuse(layer, "it does not spike. Convert the network first"),
} as const;

export const layerWords: { readonly [K in LayerKind]: LayerWord<K> } = {
  input: {
    verdict: "exact",
    how: "`Input`",
    write: (layer, draft) => {
      const node = draft.add("input", { type: "Input", shape: layer.shape, metadata: { layer: layer.name } }, []);
      draft.pieces.set(layer.name, whole([node], layer.shape));
    },
  },
  convolution: {
    verdict: "exact",
    how: "`Conv2d`: groups written out, unequal padding and unequal sides filled up with zeros (refused where sides differ by an odd number); the mean of a window: `SumPool2d`, its factor in the threshold behind it or in a `Scale`",
    write: writeConvolution,
  },
  sum: { verdict: "exact", how: "edges that meet; factors of spikes: `Scale`", write: writeSum },
  concat: {
    verdict: "exact",
    how: "a `Conv2d` for each part, where convolutions read it",
    write: ({ name, inputs }, draft) => {
      draft.pieces.set(
        name,
        inputs.flatMap((input) => draft.pieces.get(input) as readonly Piece[]),
      );
    },
  },
  slice: {
    verdict: "exact",
    how: "weights of zero for other channels, where convolutions read it",
    write: ({ name, inputs, start, count }, draft) => {
      draft.pieces.set(name, cut(draft.pieces.get(inputs[0]) as readonly Piece[], start, start + count));
    },
  },
  integrateFire: {
    verdict: "exact",
    how: "by its kind of neuron, as below",
    write: (layer, draft) => {
      draft.pieces.set(layer.name, whole([writePopulation(layer, draft)], draft.shapeOf(layer.name)));
    },
  },
  // Written with the outputs.
  readout: { verdict: "exact", how: "`Output`: the currents, whose sum over the steps heads read", write: () => {} },
  maxPool: {
    verdict: "lossy",
    how: "the mean of the window instead of its greatest value: `SumPool2d` and `Scale`",
    write: writeMaxPool,
  },
  upsample: {
    verdict: "refused",
    how: "NIR has no enlargement",
    write: (layer) => refuse(layer, "NIR enlarges nothing"),
  },
  insertZeros: {
    verdict: "refused",
    how: "NIR has no enlargement",
    write: (layer) => refuse(layer, "NIR enlarges nothing"),
  },
  product: {
    verdict: "refused",
    how: "NIR multiplies no two signals",
    write: (layer) => refuse(layer, "NIR multiplies no two signals"),
  },
  island: {
    verdict: "refused",
    how: "operators of ONNX, which no neuron computes",
    write: (layer) => refuse(layer, "it is an island of ONNX operators, which no neuron computes"),
  },
  region: head,
  yolo: head,
  gaussianYolo: head,
  dfl: head,
  tail: head,
  batchNorm: beforeConversion,
  activation: beforeConversion,
  averagePool: beforeConversion,
};

/** Channels from `start` to before `end`. */
function cut(pieces: readonly Piece[], start: number, end: number): readonly Piece[] {
  let first = 0;
  return pieces.flatMap((piece) => {
    const from = Math.max(start - first, 0);
    const to = Math.min(end - first, piece.count);
    first += piece.count;
    return from < to ? [{ ...piece, start: piece.start + from, count: to - from }] : [];
  });
}

function writeSum(layer: SumLayer, draft: Draft): void {
  const shape = draft.shapeOf(layer.name);
  const factor = 2 ** (layer.shift ?? 0);
  const from: string[] = [];
  for (const [i, input] of layer.inputs.entries()) {
    const nodes = nodesOf(draft, layer, input);
    const scale = layer.scales?.[i];
    // Between two nodes NIR has one edge at most.
    const isTwice = nodes.some((node) => from.includes(node));
    if (!scale && !isTwice) from.push(...nodes);
    else {
      const values = scale
        ? perNeuron(
            Float64Array.from(scale.data, (value) => value * factor),
            shape,
          )
        : same(1, shape);
      const isInteger = scale !== undefined && scale !== null && layer.shift !== undefined;
      const metadata = isInteger ? { metadata: { dtype: scale.dtype, shift: String(layer.shift) } } : {};
      from.push(draft.add(`${layer.name}_scale`, { type: "Scale", scale: values, ...metadata }, nodes));
    }
  }
  draft.pieces.set(layer.name, whole(from, shape));
}

function writeMaxPool(layer: MaxPoolLayer, draft: Draft): void {
  draft.lose(layer, "NIR has no max-pool", "the mean of the window");
  const [channels] = draft.shapeOf(layer.name);
  const { size } = layer;
  const weights = floatTensor(
    [channels, 1, ...size],
    new Float32Array(channels * size[0] * size[1]).fill(1 / (size[0] * size[1])),
  );
  writeConvolution({ ...layer, kind: "convolution", weights, dilations: [1, 1], groups: channels }, draft);
}
