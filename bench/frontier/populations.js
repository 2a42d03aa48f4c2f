// @ts-check
/**
 * A calibrated DNN as what a method of comparison needs to see: populations, what stands between them, and how many synapses a spike of each
 * reaches. Pure.
 *
 * @typedef {import("../../src/graph/graph.ts").Graph} Graph
 * @typedef {import("../../src/graph/graph.ts").Shapes} Shapes
 * @typedef {import("../../src/graph/layers.ts").Layer} Layer
 * @typedef {import("../../src/graph/layers.ts").LayerOf<"activation">} Activation
 * @typedef {import("../../src/graph/layers.ts").LayerOf<"maxPool">} MaxPool
 * @typedef {readonly number[]} Shape
 * @typedef {(values: Float32Array) => Float32Array} Pool a max-pool of [C, H, W]; what it gives is its own until it is called again
 */

/**
 * The same function with each max-pool before the neurons that it follows, as both methods have it: max(f(a), f(b)) = f(max(a, b)) where f never
 * falls. Where f does, or where a pool follows a pool, linear neurons are put after it instead. So every pool is read by neurons, and by nothing else.
 * @param {Graph} graph populations placed @param {(activation: Activation["activation"]) => boolean} isMonotone
 * @returns {Graph}
 */
export function poolsBeforeNeurons(graph, isMonotone) {
  const byName = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const pooled = graph.layers.flatMap(
    /** @returns {Layer[]} */ (layer) => {
      if (layer.kind !== "maxPool") return [layer];
      const source = byName.get(layer.inputs[0]);
      const isSwapped = source?.kind === "activation" && isMonotone(source.activation);
      const pool = { ...layer, name: `${layer.name}_pool`, inputs: isSwapped ? source.inputs : layer.inputs };
      const activation = isSwapped ? source.activation : /** @type {const} */ ({ fn: "linear" });
      return [
        pool,
        /** @type {Activation} */ ({ kind: "activation", name: layer.name, inputs: [pool.name], activation }),
      ];
    },
  );
  const read = new Set(pooled.flatMap(({ inputs }) => inputs));
  return { ...graph, layers: pooled.filter(({ kind, name }) => kind !== "activation" || read.has(name)) };
}

/**
 * @typedef {object} Population
 * @property {Activation} layer
 * @property {MaxPool | null} pool of its currents
 * @property {string} current layer whose values it receives
 * @property {readonly Layer[]} part layers between populations and `current`, in order; none where it reads a population as it is
 * @property {readonly string[]} inputs of the part: populations, and the picture
 */

/** Populations in order. @param {Graph} graph from {@link poolsBeforeNeurons} @returns {readonly Population[]} */
export function populationsOf(graph) {
  const byName = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const layerOf = (/** @type {string} */ name) => /** @type {Layer} */ (byName.get(name));
  return graph.layers
    .filter((layer) => layer.kind === "activation")
    .map((layer) => {
      const before = layerOf(layer.inputs[0]);
      const pool = before.kind === "maxPool" ? before : null;
      const current = pool ? pool.inputs[0] : before.name;
      /** @type {Set<string>} */
      const within = new Set();
      /** @type {Set<string>} */
      const inputs = new Set();
      const visit = (/** @type {string} */ name) => {
        const { kind, inputs: reads } = layerOf(name);
        if (kind === "activation" || kind === "input") inputs.add(name);
        else if (kind === "maxPool" || kind === "island")
          throw new Error(`${name} [${kind}]: the methods of comparison do not say what to do with it`);
        else {
          within.add(name);
          for (const input of reads) visit(input);
        }
      };
      visit(current);
      return { layer, pool, current, part: graph.layers.filter(({ name }) => within.has(name)), inputs: [...inputs] };
    });
}

/**
 * Synapses that a spike of each neuron reaches, fewer at borders and under strides: [C, H, W] by population. A convolution's outputs, and 1 of a sum.
 * @param {Graph} graph @param {Shapes} shapes @returns {ReadonlyMap<string, Float32Array>}
 */
export function fanOuts(graph, shapes) {
  const shapeOf = (/** @type {string} */ name) => /** @type {Shape} */ (shapes.get(name));
  const sizeOf = (/** @type {string} */ name) => shapeOf(name).reduce((size, extent) => size * extent, 1);
  const reached = new Map(graph.layers.map(({ name }) => [name, new Float32Array(sizeOf(name))]));
  const of = (/** @type {string} */ name) => /** @type {Float32Array} */ (reached.get(name));
  for (const layer of graph.layers.toReversed()) {
    const own = of(layer.name);
    let from = 0;
    for (const name of layer.inputs) {
      const add = adders[layer.kind];
      if (add) add(layer, own, of(name), { input: shapeOf(name), output: shapeOf(layer.name), from });
      from += sizeOf(name);
    }
  }
  return new Map(graph.layers.filter(({ kind }) => kind === "activation").map(({ name }) => [name, of(name)]));
}

/** @typedef {{ input: Shape, output: Shape, from: number }} Place from: values of the inputs before this one */

/**
 * How each kind of layer passes on what is reached behind it; a kind without an entry reaches nothing.
 * @type {Readonly<Record<string, (layer: any, own: Float32Array, input: Float32Array, place: Place) => void>>}
 */
const adders = {
  convolution(
    { weights, strides, pads, dilations, groups },
    _own,
    input,
    { input: [channels, height, width], output },
  ) {
    const taps = [0, 1].map((axis) =>
      Array.from({ length: [height, width][axis] }, (_, at) => {
        let count = 0;
        for (let k = 0; k < weights.shape[2 + axis]; k++) {
          const to = (at + pads[axis] - k * dilations[axis]) / strides[axis];
          if (Number.isInteger(to) && to >= 0 && to < output[1 + axis]) count++;
        }
        return count;
      }),
    );
    const outputs = weights.shape[0] / groups;
    for (let i = 0; i < channels * height * width; i++)
      input[i] += outputs * taps[0][Math.floor(i / width) % height] * taps[1][i % width];
  },
  sum(_layer, _own, input) {
    for (let i = 0; i < input.length; i++) input[i] += 1;
  },
  concat(_layer, own, input, { from }) {
    for (let i = 0; i < input.length; i++) input[i] += own[from + i];
  },
  slice({ start }, own, input, { input: [, height, width] }) {
    for (let i = 0; i < own.length; i++) input[start * height * width + i] += own[i];
  },
  upsample({ factor }, own, input, { input: [, height, width], output: [, outHeight, outWidth] }) {
    for (let i = 0; i < own.length; i++) {
      const [c, y, x] = [Math.floor(i / (outHeight * outWidth)), Math.floor(i / outWidth) % outHeight, i % outWidth];
      input[(c * height + Math.floor(y / factor)) * width + Math.floor(x / factor)] += own[i];
    }
  },
};

/**
 * A max-pool as a function of values [C, H, W]; cells beyond the edges count as −∞.
 * @param {MaxPool} layer @param {Shape} input @param {Shape} output @returns {Pool}
 */
export function maxPoolOf({ size, strides, pads }, [, height, width], [channels, outHeight, outWidth]) {
  const pooled = new Float32Array(channels * outHeight * outWidth);
  return (values) => {
    let i = 0;
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < outHeight; y++) {
        const top = y * strides[0] - pads[0];
        for (let x = 0; x < outWidth; x++) {
          const left = x * strides[1] - pads[1];
          let greatest = -Infinity;
          for (let row = Math.max(0, top); row < Math.min(height, top + size[0]); row++) {
            const line = (c * height + row) * width;
            for (let column = Math.max(0, left); column < Math.min(width, left + size[1]); column++)
              if (values[line + column] > greatest) greatest = values[line + column];
          }
          pooled[i++] = greatest;
        }
      }
    }
    return pooled;
  };
}
