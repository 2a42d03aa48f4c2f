// @ts-check
/**
 * An engine whose networks are calibrated DNNs with some method's neurons for activations: what stands between populations is run by ONNX Runtime in
 * float32, once a step, on the values that their spikes stand for. All layers step together: a spike comes through the whole network within its step.
 *
 * A spike is one accumulate at each synapse that it reaches, whatever it stands for: a power of two is a shift.
 *
 * @typedef {import("../../src/graph/graph.ts").Graph} Graph
 * @typedef {import("./populations.js").Population} Population
 * @typedef {import("./populations.js").Pool} Pool
 *
 * @typedef {object} Neurons
 * @property {(constants: Float32Array) => void} begin a picture; `constants`: the current [C, H, W] while nothing is sent
 * @property {(t: number, currents: Float32Array, spikes: Float32Array) => void} step t from 1; fills in what is sent, as values
 *
 * @typedef {object} Readout
 * @property {(constants: Float32Array) => void} begin
 * @property {(t: number, currents: Float32Array) => void} step
 * @property {(t: number) => Float32Array} value as it is read at step t, which has just been
 *
 * @typedef {object} Method
 * @property {string} name
 * @property {(population: Population, pool: Pool | null) => Neurons} neurons
 * @property {() => Readout} readout
 * @property {"steady" | "once"} picture whether the picture is a current at every step, or at the first only
 *
 * @typedef {object} Library of this project
 * @property {typeof import("../../src/graph/graph.ts").inferShapes} inferShapes
 * @property {typeof import("../../src/graph/graph.ts").headsOf} headsOf
 * @property {typeof import("../../src/heads/heads.ts").outputNames} outputNames
 * @property {typeof import("../../src/dnn/graph-to-onnx.ts").graphToOnnx} graphToOnnx
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { fanOuts, maxPoolOf, populationsOf } from "./populations.js";

/**
 * @param {Graph} graph from `poolsBeforeNeurons` @param {Method} method @param {Library} library
 * @returns {Promise<import("../../src/snn/engine.ts").Session>} both readings of a head are the method's own
 */
export async function openMethod(graph, method, library) {
  const shapes = library.inferShapes(graph);
  const readouts = new Set(library.headsOf(graph).flatMap(({ inputs }) => inputs));
  const reached = fanOuts(graph, shapes);
  const [picture] = graph.layers.filter(({ kind }) => kind === "input");
  const shapeOf = (/** @type {string} */ name) => /** @type {readonly number[]} */ (shapes.get(name));
  const stages = await Promise.all(
    populationsOf(graph).map(async (population) => {
      const { layer, pool, inputs } = population;
      const { name } = layer;
      const pooling = pool && maxPoolOf(pool, shapeOf(pool.inputs[0]), shapeOf(pool.name));
      return {
        name,
        currents: await openPart(graph, population, shapeOf, library),
        isOfPicture: inputs.join() === picture.name,
        neurons: readouts.has(name) ? null : method.neurons(population, pooling),
        readout: readouts.has(name) ? method.readout() : null,
        sent: new Float32Array(readouts.has(name) ? 0 : sizeOf(shapeOf(name))),
        reached: /** @type {Float32Array} */ (reached.get(name)),
        spikes: 0,
        synOps: 0,
      };
    }),
  );

  /** Heads' inputs as they are read at step t. @param {number} t */
  function headsAt(t) {
    const values = new Map(stages.map(({ name, readout }) => [name, readout?.value(t)]));
    return new Map(
      library.headsOf(graph).flatMap((head) =>
        library.outputNames(head).map((name, i) => {
          const data = /** @type {Float32Array} */ (values.get(head.inputs[i]));
          const reading = { dtype: /** @type {const} */ ("float32"), shape: shapeOf(head.inputs[i]), data };
          return [name, { vmem: reading, count: reading }];
        }),
      ),
    );
  }

  return {
    async *run(image, { at, timeSteps }) {
      /** @type {Map<string, Float32Array>} */
      const values = new Map([[picture.name, new Float32Array(image.data.length)]]);
      for (const { name, sent } of stages) values.set(name, sent.fill(0));
      /** @type {Map<string, Float32Array>} */
      const constants = new Map();
      for (const stage of stages) {
        const silent = Float32Array.from(await stage.currents(values));
        constants.set(stage.name, silent);
        (stage.neurons ?? stage.readout)?.begin(silent);
        [stage.spikes, stage.synOps] = [0, 0];
      }
      values.set(picture.name, image.data);
      /** @type {Map<string, Float32Array>} */
      const ofPicture = new Map();
      for (const { name, isOfPicture, currents } of stages)
        if (isOfPicture) ofPicture.set(name, Float32Array.from(await currents(values)));
      for (let t = 1; t <= Math.max(...at, 0) && t <= timeSteps; t++) {
        const constant = method.picture === "steady" || t === 1 ? ofPicture : constants;
        for (const stage of stages) {
          const received = stage.isOfPicture ? constant.get(stage.name) : await stage.currents(values);
          step(stage, t, /** @type {Float32Array} */ (received));
        }
        if (!at.includes(t)) continue;
        const activity = new Map(stages.map(({ name, spikes, synOps }) => [name, { spikes, synOps }]));
        const recorded = { counts: new Map(), membranes: new Map(), rasters: new Map() };
        yield { t, unitSteps: t, heads: headsAt(t), activity, recorded };
      }
    },
    dispose: async () => {},
  };
}

/**
 * A population's currents from what populations and the picture send.
 * @param {Graph} graph @param {Population} population @param {(name: string) => readonly number[]} shapeOf @param {Library} library
 * @returns {Promise<(values: ReadonlyMap<string, Float32Array>) => Promise<Float32Array>>}
 */
async function openPart(graph, { current, part, inputs }, shapeOf, { graphToOnnx }) {
  const read = (/** @type {ReadonlyMap<string, Float32Array>} */ values, /** @type {string} */ name) =>
    /** @type {Float32Array<ArrayBuffer>} */ (values.get(name));
  if (part.length === 0) return async (values) => read(values, current);
  const model = graphToOnnx(graph, [current], { layers: part, inputs });
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  // One memory for all steps: what is given is the caller's until the next call.
  const currents = new Float32Array(sizeOf(shapeOf(current)));
  const fetches = { [current]: new Tensor("float32", currents, [1, ...shapeOf(current)]) };
  return async (values) => {
    const feeds = inputs.map((name) => [name, new Tensor("float32", read(values, name), [1, ...shapeOf(name)])]);
    await session.run(Object.fromEntries(feeds), fetches);
    return currents;
  };
}

/**
 * @param {{ neurons: Neurons | null, readout: Readout | null, sent: Float32Array, reached: Float32Array, spikes: number, synOps: number }} stage
 * @param {number} t @param {Float32Array} currents
 */
function step(stage, t, currents) {
  const { neurons, readout, sent, reached } = stage;
  readout?.step(t, currents);
  if (!neurons) return;
  neurons.step(t, currents, sent);
  let [spikes, synOps] = [0, 0];
  for (let i = 0; i < sent.length; i++) {
    if (sent[i] === 0) continue;
    spikes++;
    synOps += reached[i];
  }
  stage.spikes += spikes;
  stage.synOps += synOps;
}

/** @param {readonly number[]} shape */
function sizeOf(shape) {
  return shape.reduce((size, extent) => size * extent, 1);
}
