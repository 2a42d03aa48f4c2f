/** Which files a command may replace: its own kind, by content. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodePng } from "#platform";
import { accuracy } from "../../test/figure-data.ts";
import { plainNetwork } from "../../test/graphs.ts";
import { floatTensor } from "../core/tensor.ts";
import { formatCocoDetections } from "../data/coco-detections.ts";
import { formatVocDetections } from "../data/voc-detections.ts";
import { exportDarknet } from "../exporters/darknet.ts";
import { exportOnnx } from "../exporters/onnx.ts";
import { encodeModel } from "../graph/model-file.ts";
import { encodeTensors } from "../graph/safetensors.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { writeWeights } from "../importers/darknet/write-weights.ts";
import { writeNir } from "../nir/write-nir.ts";
import { accuracyFigure } from "../report/figures/accuracy.ts";
import { nodeCanvas } from "../report/node-canvas.ts";
import { renderPage } from "../report/page.ts";
import { toPdf } from "../report/pdf.ts";
import { encodeCheckpoint } from "../train/checkpoint.ts";
import { entriesOf, fileKinds, refuseToReplace, writeOutput } from "./outputs.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "outputs-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cfg = `[net]
width=8
height=8
channels=3
[convolutional]
filters=6
size=1
activation=linear
[region]
anchors=1,1
classes=1
num=1
softmax=1
`;

const dataSet = (format: "voc" | "coco") => ({
  ...{ name: "set", format, rule: format, remarks: [], classNames: ["dog"], categoryIds: [[1]] },
  images: [{ id: "1", path: "1.png", objects: [] }],
});
const found = { image: 0, classIndex: 0, score: 1e-7, box: [1, -2.5, 3, 4] } as const;

/** A file of each kind as its writer writes it, and an empty result where there is such a thing. */
async function ownFiles(): Promise<Record<keyof typeof fileKinds, readonly (Uint8Array | string)[]>> {
  const tensors = new Map([["a", floatTensor([2], [1, 2])]]);
  return {
    model: [encodeModel({ dnn: plainNetwork(1) })],
    checkpoint: [await encodeCheckpoint({ steps: 1, tensors }, { steps: "2" })],
    weights: [writeWeights(importDarknet({ cfg }), 7)],
    onnx: [exportOnnx(importDarknet({ cfg })).bytes],
    cfg: [exportDarknet(importDarknet({ cfg })).bytes],
    nir: [await writeNir({ nodes: new Map(), edges: [["a", "b"]], metadata: {} })],
    png: [await encodePng({ width: 1, height: 1, data: new Uint8Array(3) })],
    svg: [accuracyFigure(accuracy(), nodeCanvas()).svg],
    pdf: [await toPdf({ svg: "", viewBox: [0, 0, 1, 1] }, { widthInches: 1, title: "t", pictures: new Map() })],
    vocDetections: [formatVocDetections(dataSet("voc"), [found], "test")[0].text],
    cocoDetections: [formatCocoDetections(dataSet("coco"), [found]), formatCocoDetections(dataSet("coco"), [])],
    report: [renderPage({ title: "t", facts: [], findings: [], sections: [], method: [] })],
  };
}

const foreign: Readonly<Record<string, string | Uint8Array>> = {
  "another's cfg": cfg,
  prose: "My only copy of a long text.\n",
  "a table": "a 1 2 3 4\nb 1 2 3 4\n",
  JSON: '[{"image": 1}]',
  "a web page": "<!doctype html><html><head><title>mine</title></head></html>",
  "another's safetensors": encodeTensors({ tensors: new Map(), metadata: { format: "pt" } }),
  "a newline": "\n",
};

describe("refuseToReplace", () => {
  it("lets a file be replaced by one of its own kind and of no other", async () => {
    const own = await ownFiles();
    for (const [made, contents] of Object.entries(own)) {
      for (const content of contents) {
        const path = join(folder, "file");
        writeFileSync(path, content);
        for (const [name, kind] of Object.entries(fileKinds)) {
          if (name === made) await refuseToReplace(path, kind, {});
          else await expect(refuseToReplace(path, kind, {}), `${made} for ${name}`).rejects.toThrow(/--force/);
        }
      }
    }
  });

  it.each(Object.entries(foreign))("leaves %s as it is, whatever is written, but for --force", async (_, content) => {
    const path = join(folder, "mine");
    writeFileSync(path, content);
    for (const kind of Object.values(fileKinds)) {
      await expect(writeOutput(path, "new", kind, {})).rejects.toMatchObject({ code: "E_EXISTS" });
    }
    expect(readFileSync(path)).toEqual(Buffer.from(content));
    await writeOutput(path, "new", fileKinds.model, { force: true });
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("never takes the place of a folder, a pipe or a device, and replaces an empty file", async () => {
    mkdirSync(join(folder, "directory"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    for (const path of [join(folder, "directory"), join(folder, "pipe"), "/dev/null"])
      await expect(writeOutput(path, "new", fileKinds.png, { force: true })).rejects.toThrow("is no file");
    writeFileSync(join(folder, "empty"), "");
    await writeOutput(join(folder, "empty"), "new", fileKinds.png, {});
    await writeOutput(join(folder, "absent/deep/file"), "new", fileKinds.png, {});
    expect(await entriesOf(join(folder, "absent/deep"))).toEqual(["file"]);
    for (const force of [{}, { force: true }] as const)
      await expect(refuseToReplace(join(folder, "empty/below"), fileKinds.png, force)).rejects.toMatchObject({
        code: "E_EXISTS",
        message: expect.stringContaining("a part of the path is a file"),
      });
    expect(await entriesOf(join(folder, "nowhere"))).toEqual([]);
    await expect(entriesOf(join(folder, "empty"))).rejects.toThrow("is no folder");
  });
});
