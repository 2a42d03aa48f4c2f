/** An ONNX file dropped onto the lab, without the browser: sorted, imported, calibrated on the picture that came with it. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { loadModel } from "../lab/src/simulation/load-model.ts";
import { readDropped } from "../lab/src/state/dropped-files.ts";
import { dataPath, describeWithData } from "./data.ts";

describeWithData("the lab with real ONNX files", () => {
  const file = (path: string, type = "") =>
    new File([new Uint8Array(readFileSync(dataPath(path)))], basename(path), { type });

  test("takes a dropped .onnx with names and a picture", async () => {
    const files = ["models/onnx/yolox_nano.onnx", "models/coco.names"].map((path) => file(path));
    const { model, picture } = await readDropped([...files, file("photos/dog.jpg", "image/jpeg")]);
    expect(picture?.name).toBe("dog.jpg");
    expect(model?.kind).toBe("onnx");
    const said: string[] = [];
    const { info, dnn } = await loadModel(model as NonNullable<typeof model>, {
      picture: undefined,
      onProgress: ({ what }) => said.push(what),
      signal: new AbortController().signal,
    });
    expect(said).toEqual(["Calibrating"]);
    expect(info).toMatchObject({ name: "yolox_nano.onnx", inputShape: [3, 416, 416], hasDnn: true });
    expect(info.classNames).toHaveLength(80);
    expect(dnn?.layers.some((layer) => layer.kind === "activation" && layer.statistics)).toBe(true);
  });

  test("names classes after the data set that has as many, where a model brings no names", async () => {
    const darknet = ["cfg", "weights"].map((kind) => file(`models/yolo-lite/tiny-yolov2-trial3.${kind}`));
    const { model } = await readDropped([...darknet, file("photos/dog.jpg", "image/jpeg")]);
    const loading = { picture: undefined, onProgress: () => {}, signal: new AbortController().signal };
    const { info } = await loadModel(model as NonNullable<typeof model>, loading);
    expect(info).toMatchObject({ namesOf: "VOC" });
    expect(info.classNames[11]).toBe("dog");
  });
});
