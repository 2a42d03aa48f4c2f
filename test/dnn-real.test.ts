/** The DNN of real weights against figures measured with independent programs (data README, "Known answers"). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeImage } from "#platform";
import { type Box, type Detection, intersectionOverUnion } from "../src/core/box.ts";
import { openDnn } from "../src/dnn/dnn-session.ts";
import { type Graph, headsOf, inputOf } from "../src/graph/graph.ts";
import { decodeHead } from "../src/heads/heads.ts";
import { nonMaxSuppression } from "../src/heads/nms.ts";
import { preprocess } from "../src/image/preprocess.ts";
import { dataPath, describeWithData } from "./data.ts";
import { importModel, yoloLite } from "./yolo-lite.ts";

interface Expected {
  readonly images: Record<
    string,
    { head: [number, number]; detections: [number, number, [number, number, number, number]][] }
  >;
}

async function detect(graph: Graph, file: string, scoreThreshold: number) {
  const session = await openDnn(graph);
  const picture = await decodeImage(readFileSync(file), file);
  const [, height, width] = inputOf(graph).shape;
  const { image, toPicture } = preprocess(picture, inputOf(graph).shape, graph.preprocessing);
  const outputs = await session.run(image);
  const found = headsOf(graph).map((head) =>
    decodeHead(head, [outputs.get(head.name)!], { width, height, scoreThreshold }),
  );
  const candidates = (await Promise.all(found)).flat();
  const detections = nonMaxSuppression(candidates, 0.45).map(
    (detection): Detection => ({ ...detection, ...toPicture(detection) }),
  );
  await session.dispose();
  return { outputs, detections };
}

/** The fixture's convention: pixels counted from 1, clipped to the picture. */
function oneBased(box: Box, size: number): Box {
  const shift = (value: number) => Math.min(size, Math.max(1, value + 1));
  return { xMin: shift(box.xMin), yMin: shift(box.yMin), xMax: shift(box.xMax), yMax: shift(box.yMax) };
}

describeWithData("the DNN on real weights", () => {
  test("yolo-lite on 40 prepared inputs: heads and detections of an independent forward pass", async () => {
    const expected: Expected = JSON.parse(readFileSync(dataPath("fixtures/yolo-lite-trial3-detections.json"), "utf8"));
    const graph = yoloLite();
    expect(Object.keys(expected.images)).toHaveLength(40);
    for (const [id, { head, detections }] of Object.entries(expected.images)) {
      const found = await detect(graph, dataPath(`fixtures/yolo-lite-inputs/${id}.png`), 0.005);
      const values = found.outputs.get("region12")!.data;
      const norm = Math.hypot(...values);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(norm / head[0] - 1), `${id} norm`).toBeLessThan(1e-3);
      expect(Math.abs(mean / head[1] - 1), `${id} mean`).toBeLessThan(1e-3);
      const unmatched = new Set(found.detections.filter(({ score }) => score > 0.06));
      for (const [classIndex, score, [xMin, yMin, xMax, yMax]] of detections) {
        const match = found.detections.find(
          (candidate) =>
            candidate.classIndex === classIndex &&
            intersectionOverUnion(oneBased(candidate, 224), { xMin, yMin, xMax, yMax }) >= 0.99 &&
            Math.abs(candidate.score - score) <= 0.002,
        );
        expect(match, `${id}: class ${classIndex} at ${score}`).toBeDefined();
        if (match) unmatched.delete(match);
      }
      expect([...unmatched], `${id}: detections that the independent pass did not have`).toEqual([]);
    }
  });

  test("Yolo-Fastest finds dog, bicycle and car on the dog picture; MobileNet-Yolo finds the dog", async () => {
    const names = async (graph: Graph) => {
      const { detections } = await detect(graph, dataPath("photos/dog.jpg"), 0.3);
      return new Set(detections.map(({ classIndex }) => graph.classNames[classIndex]));
    };
    const fastest = await names(importModel("yolo-fastest/yolo-fastest-1.1", "coco"));
    expect(fastest).toContain("dog");
    expect(fastest).toContain("bicycle");
    expect(fastest).toContain("car");
    expect(await names(importModel("mobilenet-yolo/MobileNetV2-YOLO-Fastest-voc", "voc"))).toContain("dog");
  });
});
