/** mAP of a DNN on a data set: what training reports of its result. */
import { type DataSet, type StatedDetection, stateDetection } from "../data/dataset.ts";
import { evaluationThresholds, readDetections } from "../detections/detections.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { type Scores, scoreDetections } from "../evaluate/score.ts";
import { type Graph, inputOf } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { readablePictures } from "./images.ts";

/**
 * Pictures that cannot be read have no detections.
 * @param onImage called with the number of pictures done. @throws ImportError where too many cannot be read.
 */
export async function scoreDnn(
  dnn: Graph,
  dataSet: DataSet,
  threads: number,
  onImage: (done: number) => void,
): Promise<Scores> {
  const session = await openDnn(dnn, { threads });
  const found: StatedDetection[] = [];
  try {
    for await (const { index: image, pixels } of readablePictures(dataSet.images)) {
      const input = preprocess(pixels, inputOf(dnn).shape, dnn.preprocessing);
      const outputs = await session.run(input.image);
      for (const detection of await readDetections(dnn, outputs, input, evaluationThresholds)) {
        found.push(stateDetection(dataSet, image, detection));
      }
      onImage(image + 1);
    }
  } finally {
    await session.dispose();
  }
  return scoreDetections(dataSet, found);
}
