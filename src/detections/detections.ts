/** From raw head outputs, of the DNN or of the spiking network, to detections in the picture's pixels. */
import type { Detection } from "../core/box.ts";
import { type FloatTensor, relativeErrorOf } from "../core/tensor.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import { decodeHead, outputNames } from "../heads/heads.ts";
import { nonMaxSuppression } from "../heads/nms.ts";
import type { NetworkInput } from "../image/preprocess.ts";

export interface DetectionOptions {
  /** Detections must score above this: 0.25 to look at, 0.005 for mAP. */
  readonly scoreThreshold: number;
  /** Of class-wise non-maximum suppression. */
  readonly iouThreshold: number;
}

/**
 * To look at: what is surer than a quarter, one box an object.
 * @example
 * ```js
 * import { displayThresholds } from "spiking-yolo";
 *
 * // Surer detections only, with the same suppression.
 * const thresholds = { ...displayThresholds, scoreThreshold: 0.5 };
 * console.log(thresholds); // { scoreThreshold: 0.5, iouThreshold: 0.45 }
 * ```
 */
export const displayThresholds: DetectionOptions = { scoreThreshold: 0.25, iouThreshold: 0.45 };

/** The thresholds of darknet's validation: nearly everything is kept, since mAP weighs by score. */
export const evaluationThresholds: DetectionOptions = { scoreThreshold: 0.005, iouThreshold: 0.45 };

/**
 * Detections by falling score, clipped to the picture; what lies outside of it wholly is dropped.
 * @param outputs raw head inputs [C, H, W], by the names that {@link outputNames} gives.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeImage, decodeModel, displayThresholds, inputOf, openDnn, preprocess, readDetections } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const picture = await decodeImage(await readFile("examples/street.png"), "street.png");
 * const input = preprocess(picture, inputOf(dnn).shape, dnn.preprocessing);
 * const session = await openDnn(dnn);
 * const [best] = await readDetections(dnn, await session.run(input.image), input, displayThresholds);
 * console.log(dnn.classNames[best.classIndex], best.score > 0.9); // dog true
 * await session.dispose();
 * ```
 */
export async function readDetections(
  graph: Graph,
  outputs: ReadonlyMap<string, FloatTensor>,
  input: Pick<NetworkInput, "toPicture">,
  { scoreThreshold, iouThreshold }: DetectionOptions,
): Promise<Detection[]> {
  const [, height, width] = inputOf(graph).shape;
  const context = { width, height, scoreThreshold };
  const candidates: Detection[] = [];
  for (const head of headsOf(graph)) {
    const inputs = outputNames(head).map((name) => outputs.get(name) as FloatTensor);
    for (const candidate of await decodeHead(head, inputs, context)) candidates.push(candidate);
  }
  return nonMaxSuppression(candidates, iouThreshold)
    .map((detection): Detection => ({ ...detection, ...input.toPicture(detection) }))
    .filter(({ xMin, yMin, xMax, yMax }) => xMax > xMin && yMax > yMin);
}

/**
 * ‖snn − dnn‖₂ / ‖dnn‖₂ over the raw outputs of all heads: the conversion error that reports print.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, eventEngine, generateScene, inputOf, openDnn, outputError, preprocess, renderScene, simulate, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const snn = toSpiking(dnn);
 * const { image } = preprocess(await renderScene(generateScene(5, 0)), inputOf(dnn).shape, dnn.preprocessing);
 * const [session, reference] = [await eventEngine().open(snn), await openDnn(dnn)];
 * const expected = await reference.run(image);
 * for await (const { outputs } of simulate(session, image, { ...snn.simulation, at: [8] }))
 *   console.log(outputError(outputs, expected) < 0.1); // true
 * await Promise.all([session.dispose(), reference.dispose()]);
 * ```
 */
export function outputError(snn: ReadonlyMap<string, FloatTensor>, dnn: ReadonlyMap<string, FloatTensor>): number {
  return relativeErrorOf([...dnn].map(([name, { data }]) => [(snn.get(name) as FloatTensor).data, data]));
}
