/** The main real model, for tests that need real weights. */
import { readFileSync } from "node:fs";
import type { Graph } from "../src/graph/graph.ts";
import { importDarknet, parseNames } from "../src/importers/darknet/import-darknet.ts";
import { dataPath } from "./data.ts";

/** Any darknet model of the data folder, by its path without extension. */
export function importModel(path: string, names: "voc" | "coco"): Graph {
  return importDarknet({
    cfg: readFileSync(dataPath(`models/${path}.cfg`), "utf8"),
    weights: new Uint8Array(readFileSync(dataPath(`models/${path}.weights`))),
    classNames: parseNames(readFileSync(dataPath(`models/${names}.names`), "utf8")),
    cfgName: `${path}.cfg`,
    weightsName: `${path}.weights`,
  });
}

/** Tiny-YOLOv2 of 574,189 parameters, VOC, 224². */
export function yoloLite(): Graph {
  return importModel("yolo-lite/tiny-yolov2-trial3", "voc");
}
