/** The passes, chained: a trained DNN and pictures to calibrate on become a spiking network. */
import { ConversionError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { type Graph, maxFrameUnits, type SpikingGraph } from "../graph/graph.ts";
import type { Layer, NeuronKind } from "../graph/layers.ts";
import { neuronModels } from "../snn/neuron.ts";
import { frameUnitsOf } from "../snn/phases.ts";
import { assignNeurons } from "./assign-neurons.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { type MeasureOptions, measureActivations } from "./measure-activations.ts";
import { type ConversionSettings, conversionSettings, type Mode } from "./modes.ts";
import { normalizeWeights } from "./normalize-weights.ts";
import { placePopulations } from "./place-populations.ts";
import { poolsToConvolutions } from "./pools-to-convolutions.ts";
import { quantizeWeights } from "./quantize-weights.ts";

/**
 * First half: the DNN, batch norm folded, with activation statistics. Still a DNN that computes what it did; any number
 * of spiking networks can be made of it.
 * @param images network inputs [3, H, W], of the kind that the network is meant for.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { calibrate, generateScene, importDarknet, inputOf, preprocess, renderScene, toSpiking } from "spiking-yolo";
 *
 * const network = importDarknet({
 *   cfg: await readFile("models/scenes.cfg", "utf8"),
 *   weights: await readFile("models/scenes.weights"),
 * });
 * async function* pictures() {
 *   for (let i = 0; i < 4; i++) {
 *     const picture = await renderScene(generateScene(1, i));
 *     yield preprocess(picture, inputOf(network).shape, network.preprocessing).image;
 *   }
 * }
 * const dnn = await calibrate(network, pictures());
 * // One calibration is enough for any number of spiking networks.
 * console.log(toSpiking(dnn).simulation.timeSteps); // 8
 * ```
 */
export function calibrate(
  dnn: Graph,
  images: Iterable<FloatTensor> | AsyncIterable<FloatTensor>,
  options: MeasureOptions = {},
): Promise<Graph> {
  return measureActivations(placePopulations(poolsToConvolutions(foldBatchNorm(dnn))), images, options);
}

/**
 * Second half: a calibrated DNN as a spiking network.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { conversionSettings, decodeModel, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * console.log(toSpiking(dnn).simulation.timeSteps); // 8
 * console.log(toSpiking(dnn, conversionSettings("paper")).simulation.timeSteps); // 3500
 * ```
 */
export function toSpiking(
  calibrated: Graph,
  settings: ConversionSettings = conversionSettings(defaultMode(calibrated)),
): SpikingGraph {
  const { timeSteps, encoding, decode, phases } = settings;
  const neuron = neuronFor(calibrated, settings.neuron);
  // Where a frame is given as a whole, its units are all that its steps can send; λ comes to them as it does to binary spikes.
  const isWhole = neuronModels[neuron].receivesAtOnce;
  const frameUnits = isWhole ? unitsOfFrame(settings) : undefined;
  const gain = gainOf(settings, isWhole);
  const simulation = { timeSteps, encoding, decode, phases, ...(frameUnits === undefined ? {} : { frameUnits }) };
  const units = frameUnits ?? frameUnitsOf(timeSteps, phases);
  const spiking = assignNeurons(normalizeWeights(calibrated, { ...settings, gain, units }), {
    ...settings,
    neuron,
    simulation,
  });
  return { ...(settings.bits === "float" ? spiking : quantizeWeights(spiking, settings.bits)), simulation };
}

/** What λ is divided by. Training's λ stands for all that is sent: a whole frame's units, or as many spikes as a step can send. */
function gainOf({ clipping, gain, levels }: ConversionSettings, isWhole: boolean): number {
  if (clipping === "trained") return isWhole ? 1 : levels;
  return isWhole ? gain / levels : gain;
}

/** @throws ConversionError [E_FRAME] where counts would not fit into the engines' lanes. */
function unitsOfFrame({ levels, timeSteps, phases }: ConversionSettings): number {
  const units = levels * frameUnitsOf(timeSteps, phases);
  if (units <= maxFrameUnits) return units;
  throw new ConversionError(
    "E_FRAME",
    `spikes of up to ${levels} in ${timeSteps} steps and ${phases} phases are ${units} units; trackers count up to ${maxFrameUnits}. Use fewer`,
  );
}

/** Take-back neurons are the special case of trackers for two straight lines; where a function is another, or comes from an island or of a product, trackers stand for them. */
function neuronFor(graph: Graph, neuron: NeuronKind): NeuronKind {
  const { follows, receivesAtOnce } = neuronModels[neuron];
  const isFollowed = (layer: Layer) =>
    layer.kind === "activation" ? follows(layer.activation) : receivesAtOnce || !needsWholeFrame(layer);
  const refused = graph.layers.find((layer) => !isFollowed(layer));
  if (refused && neuron === "takeback") return "tracker";
  // Functions are refused where neurons are assigned, by name.
  if (refused && needsWholeFrame(refused))
    throw new ConversionError(
      refused.kind === "island" ? "E_ISLAND" : "E_FUNCTION",
      `${refused.name} [${refused.kind}]: only trackers can follow ${refused.kind === "island" ? "an island" : "a product"}, not ${neuron} neurons`,
    );
  return neuron;
}

/** Whether what it gives depends on what its inputs stand for in the whole frame, and not on a step's spikes alone. */
function needsWholeFrame({ kind }: Layer): boolean {
  return kind === "island" || kind === "product";
}

/** Whether take-back neurons and the paper's can follow the network: functions of two straight lines, no islands. Others need trackers. */
export function isTwoSloped(graph: Graph): boolean {
  return neuronFor(graph, "takeback") === "takeback";
}

/** The mode for a network that nobody has asked another for: `trained` where it was, else `fast`. */
export function defaultMode(graph: Graph): Mode {
  return graph.layers.some((layer) => layer.kind === "activation" && layer.trainedLambda) ? "trained" : "fast";
}

/**
 * Both halves.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { convert, decodeImage, importDarknet, inputOf, preprocess } from "spiking-yolo";
 *
 * const dnn = importDarknet({
 *   cfg: await readFile("models/scenes.cfg", "utf8"),
 *   weights: await readFile("models/scenes.weights"),
 * });
 * const picture = await decodeImage(await readFile("examples/street.png"), "street.png");
 * // A few dozen pictures make a better network than one does.
 * const snn = await convert(dnn, [preprocess(picture, inputOf(dnn).shape, dnn.preprocessing).image]);
 * console.log(snn.layers.filter(({ kind }) => kind === "integrateFire").length, "populations"); // 7 populations
 * ```
 */
export async function convert(
  dnn: Graph,
  images: Iterable<FloatTensor> | AsyncIterable<FloatTensor>,
  settings: ConversionSettings = conversionSettings(defaultMode(dnn)),
): Promise<SpikingGraph> {
  return toSpiking(await calibrate(dnn, images), settings);
}
