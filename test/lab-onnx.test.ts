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
    const { info, dnn } = await loadModel(model as NonNullable<typeof model>, undefined);
    expect(info).toMatchObject({ name: "yolox_nano.onnx", inputShape: [3, 416, 416], hasDnn: true });
    expect(info.classNames).toHaveLength(80);
    expect(dnn?.layers.some((layer) => layer.kind === "activation" && layer.statistics)).toBe(true);
  });
});
