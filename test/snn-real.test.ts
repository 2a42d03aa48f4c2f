/** The spiking network of real weights, against the DNN that it was made of. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeImage } from "#platform";
import { calibrate, toSpiking } from "../src/convert/convert.ts";
import { conversionSettings } from "../src/convert/modes.ts";
import { type FloatTensor, relativeError } from "../src/core/tensor.ts";
import { openDnn } from "../src/dnn/dnn-session.ts";
import { type Graph, inputOf } from "../src/graph/graph.ts";
import { preprocess } from "../src/image/preprocess.ts";
import { referenceEngine } from "../src/snn/engines/reference/reference-engine.ts";
import { simulate } from "../src/snn/simulate.ts";
import { dataPath, describeWithData } from "./data.ts";
import { yoloLite } from "./yolo-lite.ts";

async function load(graph: Graph, path: string): Promise<FloatTensor> {
  return preprocess(await decodeImage(readFileSync(path), path), inputOf(graph).shape, graph.preprocessing).image;
}

describeWithData("the spiking network of real weights", () => {
  test("fast mode: the heads' error falls with time", async () => {
    const dnn = yoloLite();
    async function* pictures() {
      for (const file of readdirSync(dataPath("calibration"))) yield await load(dnn, dataPath(`calibration/${file}`));
    }
    const graph = toSpiking(await calibrate(dnn, pictures()), conversionSettings("fast", { bits: "float" }));
    const session = await referenceEngine.open(graph);
    const exact = await openDnn(dnn);
    const image = await load(dnn, dataPath("photos/dog.jpg"));
    const head = (await exact.run(image)).get("region12")!;
    const errors: number[] = [];
    for await (const { outputs } of simulate(session, image, {
      ...graph.simulation!,
      timeSteps: 32,
      at: [8, 16, 32],
    })) {
      errors.push(relativeError(outputs.get("region12")!.data, head.data));
    }
    expect(errors[0]).toBeGreaterThan(errors[1]);
    expect(errors[1]).toBeGreaterThan(errors[2]);
    expect(errors[2]).toBeLessThan(0.2);
  });
});
