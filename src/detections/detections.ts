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

export const displayThresholds: DetectionOptions = { scoreThreshold: 0.25, iouThreshold: 0.45 };

/** The thresholds of darknet's validation: nearly everything is kept, since mAP weighs by score. */
export const evaluationThresholds: DetectionOptions = { scoreThreshold: 0.005, iouThreshold: 0.45 };

/**
 * Detections by falling score, clipped to the picture; what lies outside of it wholly is dropped.
 * @param outputs raw head inputs [C, H, W], by the names that {@link outputNames} gives.
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

/** ‖snn − dnn‖₂ / ‖dnn‖₂ over the raw outputs of all heads: the conversion error that reports print. */
export function outputError(snn: ReadonlyMap<string, FloatTensor>, dnn: ReadonlyMap<string, FloatTensor>): number {
  return relativeErrorOf([...dnn].map(([name, { data }]) => [(snn.get(name) as FloatTensor).data, data]));
}
