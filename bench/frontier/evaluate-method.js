// @ts-check
/**
 * A method of comparison on a network of this project: its thresholds, from the same calibration pictures that ours are converted on; and a data set
 * through it, as `evaluate` runs ours (the same pictures, decoding, scores, intervals and journals).
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { meanReadout, multiThresholdNeurons } from "./multi-threshold.js";
import { poolsBeforeNeurons, populationsOf } from "./populations.js";
import { openMethod } from "./simulator.js";
import { balancedNeurons, balancingNeurons, delayedReadout, noThresholds } from "./threshold-balancing.js";

/** @param {string} path below src or dist. */
const built = (path) => import(new URL(`../../dist/${path}.js`, import.meta.url).href);
/** @type {typeof import("../../src/graph/graph.ts")} */
const { headsOf, inferShapes } = await built("graph/graph");
/** @type {typeof import("../../src/functions/functions.ts")} */
const { isMonotone, slopeBelow, valueAt } = await built("functions/functions");
/** @type {typeof import("../../src/heads/heads.ts")} */
const { outputNames } = await built("heads/heads");
/** @type {typeof import("../../src/dnn/graph-to-onnx.ts")} */
const { graphToOnnx } = await built("dnn/graph-to-onnx");
/** @type {typeof import("../../src/convert/measure-activations.ts")} */
const { measureActivations } = await built("convert/measure-activations");
/** @type {typeof import("../../src/cli/images.ts")} */
const { calibrationPictures, networkInputs } = await built("cli/images");
/** @type {typeof import("../../src/data/open.ts")} */
const { openDataSet } = await built("data/open");
/** @type {typeof import("../../src/evaluate/executor.ts")} */
const { inProcess } = await built("evaluate/executor");
/** @type {typeof import("../../src/evaluate/picture.ts")} */
const { openPictureEvaluator } = await built("evaluate/picture");
/** @type {typeof import("../../src/evaluate/run-evaluation.ts")} */
const { runEvaluation } = await built("evaluate/run-evaluation");
/** @type {typeof import("../../src/executors/file-log.ts")} */
const { fileLog } = await built("executors/file-log");

const library = { headsOf, inferShapes, outputNames, graphToOnnx };

/**
 * @typedef {import("../../src/graph/graph.ts").Graph} Graph
 * @typedef {import("./simulator.js").Method} Method
 * @typedef {Readonly<Record<string, readonly number[]>>} ByPopulation [C] each
 * @typedef {{ above: ByPopulation, below: ByPopulation }} Balanced θ and θ⁻
 * @typedef {import("../../src/core/tensor.ts").FloatTensor} FloatTensor
 * @typedef {import("../../src/functions/function.ts").Activation} Activation
 */

/** Of two straight lines without a look at the table, which takes longer than the neuron. @param {Activation} activation */
function functionOf(activation) {
  const slope = slopeBelow(activation);
  if (slope === null) return (/** @type {number} */ x) => valueAt(activation, x);
  return (/** @type {number} */ x) => (x >= 0 ? x : slope * x);
}

/** Pictures that balancing looks at, one after the other and round again: the published program takes 4,000 batches of 100. */
const balancingSteps = 1000;

/**
 * What `find` finds on calibration pictures; kept in `file`, and read from there.
 * @template T @param {Graph} dnn calibrated @param {string} pictures folder or data set @param {string} file
 * @param {(graph: Graph, images: readonly FloatTensor[]) => Promise<T>} find @returns {Promise<T>}
 */
export async function calibrated(dnn, pictures, file, find) {
  if (existsSync(file)) return JSON.parse(await readFile(file, "utf8"));
  const graph = poolsBeforeNeurons(dnn, isMonotone);
  /** @type {FloatTensor[]} */
  const images = [];
  for await (const image of networkInputs(await calibrationPictures(pictures), graph)) images.push(image);
  const found = await find(graph, images);
  await writeFile(file, JSON.stringify(found));
  return found;
}

/** The 99.9th percentile of |activation|. @param {Graph} graph @param {readonly FloatTensor[]} images @returns {Promise<ByPopulation>} */
export async function percentiles(graph, images) {
  const measured = await measureActivations(graph, images);
  return Object.fromEntries(
    populationsOf(measured).map(({ layer: { name, statistics } }) => {
      if (!statistics) throw new Error(`${name} has not been measured`);
      const { channel, percentiles } = statistics;
      const at = percentiles.indexOf(99.9);
      return [name, Array.from({ length: channel.shape[0] }, (_, c) => channel.data[c * percentiles.length + at])];
    }),
  );
}

/** @param {Graph} graph @param {readonly FloatTensor[]} images @returns {Promise<Balanced>} */
export async function balanced(graph, images) {
  const shapes = inferShapes(graph);
  const thresholds = new Map(
    populationsOf(graph).map(({ layer: { name } }) => [name, noThresholds(shapes.get(name)?.[0] ?? 0)]),
  );
  const session = await openMethod(
    graph,
    {
      name: "balancing",
      picture: "steady",
      readout: meanReadout,
      neurons: ({ layer: { name, activation } }, pool) => {
        const own = thresholds.get(name) ?? noThresholds(0);
        return balancingNeurons({ thresholds: own, at: functionOf(activation), pool });
      },
    },
    library,
  );
  const run = { timeSteps: 1, at: [1], encoding: /** @type {const} */ ("constant"), seed: 1 };
  for (let i = 0; i < balancingSteps; i++) for await (const _ of session.run(images[i % images.length], run));
  const side = (/** @type {"above" | "below"} */ key) =>
    Object.fromEntries([...thresholds].map(([name, both]) => [name, [...both[key]]]));
  return { above: side("above"), below: side("below") };
}

/** @param {ByPopulation} thetas @param {number} count n @returns {Method} */
export function multiThreshold(thetas, count) {
  return {
    name: `multi-threshold n=${count}`,
    picture: "once",
    readout: meanReadout,
    neurons: ({ layer: { name, activation } }, pool) =>
      multiThresholdNeurons({ thetas: thetas[name], count, at: functionOf(activation), pool }),
  };
}

/**
 * τ = T/2. @param {Balanced} thresholds @param {readonly number[]} at @returns {Method}
 */
export function thresholdBalancing({ above, below }, at) {
  const delay = (/** @type {number} */ t) => Math.floor(t / 2);
  return {
    name: "threshold balancing",
    picture: "steady",
    readout: () => delayedReadout(delay, [...at, ...at.map(delay)]),
    neurons: ({ layer: { name, activation } }, pool) => {
      const slope = slopeBelow(activation);
      if (slope === null) throw new Error(`${name} [${activation.fn}]: the method is for ReLU and its like`);
      const thresholds = { above: Float64Array.from(above[name]), below: Float64Array.from(below[name]) };
      return balancedNeurons({ thresholds, slope, pool });
    },
  };
}

/**
 * @param {Graph} dnn calibrated @param {Method} method
 * @param {{ dataset: string, pictures: number, at: readonly number[], journal: string }} options
 * @returns {Promise<import("../../src/evaluate/report.ts").EvaluationReport>}
 */
export async function evaluateMethod(dnn, method, { dataset, pictures, at, journal }) {
  const timeSteps = Math.max(...at);
  const simulation = /** @type {const} */ ({ timeSteps, encoding: "constant", decode: "vmem" });
  const graph = { ...poolsBeforeNeurons(dnn, isMonotone), simulation };
  const setup = { dnn, configurations: [{ name: method.name, graph, decodings: [simulation.decode], at }], seed: 1 };
  const evaluator = await openPictureEvaluator(setup, () => openMethod(graph, method, library));
  const { report } = await runEvaluation(await openDataSet(dataset), dnn, setup, {
    limit: pictures,
    executor: inProcess((task) => evaluator.evaluate(task)),
    journal: fileLog(journal),
    onRemark: () => {},
    onProgress: ({ done, pending }) => console.error(`${method.name}: ${done} of ${pending}`),
  });
  await evaluator.dispose();
  return report;
}
