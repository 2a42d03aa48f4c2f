/** mAP of a DNN or a spiking network on a data set: what training reports of its result. */
import type { FloatTensor } from "../core/tensor.ts";
import { type DataSet, type StatedDetection, stateDetection } from "../data/dataset.ts";
import { evaluationThresholds, readDetections } from "../detections/detections.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { type Scores, scoreDetections } from "../evaluate/score.ts";
import { type Graph, inputOf, type SimulationSettings } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { openSession } from "../snn/engines/open-session.ts";
import { simulate } from "../snn/simulate.ts";

import { readablePictures } from "./images.ts";

type Run = (image: FloatTensor) => Promise<ReadonlyMap<string, FloatTensor>>;

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
  try {
    return await scoreRuns(dnn, session.run, dataSet, onImage);
  } finally {
    await session.dispose();
  }
}

/** The same of a spiking network, read at its last step. */
export async function scoreSpiking(
  snn: Graph,
  dataSet: DataSet,
  threads: number,
  onImage: (done: number) => void,
): Promise<Scores> {
  const settings = snn.simulation as SimulationSettings;
  const session = await openSession(snn, { threads });
  const run: Run = async (image) => {
    let outputs: ReadonlyMap<string, FloatTensor> = new Map();
    for await (const checkpoint of simulate(session, image, { ...settings, at: [settings.timeSteps] }))
      outputs = checkpoint.outputs;
    return outputs;
  };
  try {
    return await scoreRuns(snn, run, dataSet, onImage);
  } finally {
    await session.dispose();
  }
}

async function scoreRuns(graph: Graph, run: Run, dataSet: DataSet, onImage: (done: number) => void): Promise<Scores> {
  const found: StatedDetection[] = [];
  for await (const { index: image, pixels } of readablePictures(dataSet.images)) {
    const input = preprocess(pixels, inputOf(graph).shape, graph.preprocessing);
    const outputs = await run(input.image);
    for (const detection of await readDetections(graph, outputs, input, evaluationThresholds))
      found.push(stateDetection(dataSet, image, detection));
    onImage(image + 1);
  }
  return scoreDetections(dataSet, found);
}
