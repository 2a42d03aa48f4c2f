/**
 * How long scoring takes: 500,000 detections in 5,000 pictures, COCO's results format and VOC's files, from bytes to
 * numbers; and opening annotations as large as COCO 2014 validation (40,504 pictures, 290,000 annotations with polygons).
 *
 *   npx vitest bench --run bench/score.bench.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, bench, describe } from "vitest";
import { type Random, seededRandom } from "../src/core/random.ts";
import { openCoco } from "../src/data/coco.ts";
import { formatCocoDetections, readCocoDetections } from "../src/data/coco-detections.ts";
import { type DataSet, type ObjectAnnotation, type StatedDetection, stateDetection } from "../src/data/dataset.ts";
import { formatVocDetections, readVocDetections } from "../src/data/voc-detections.ts";
import { scoreDetections } from "../src/evaluate/score.ts";

const pictures = 5_000;
const detectionsPerPicture = 100;
const objectsPerPicture = 7;
const classes = 80;
const side = 640;

function drawBox(random: Random) {
  const width = 8 + random() * 200;
  const height = 8 + random() * 200;
  const xMin = random() * (side - width);
  const yMin = random() * (side - height);
  const round = (value: number) => Math.round(value * 100) / 100;
  return { xMin: round(xMin), yMin: round(yMin), xMax: round(xMin + width), yMax: round(yMin + height) };
}

function drawObjects(random: Random): readonly ObjectAnnotation[] {
  return Array.from({ length: objectsPerPicture }, () => {
    const box = drawBox(random);
    const area = (box.xMax - box.xMin) * (box.yMax - box.yMin) * 0.6;
    return {
      ...box,
      classIndex: Math.floor(random() * classes),
      difficult: random() < 0.1,
      crowd: random() < 0.02,
      area,
    };
  });
}

function drawDataSet(format: "voc" | "coco"): DataSet {
  const random = seededRandom(1);
  const indices = Array.from({ length: classes }, (_, index) => index);
  return {
    ...{ format, rule: format, name: "drawn", classNames: indices.map((index) => `class${index}`), remarks: [] },
    categoryIds: indices.map((index) => [index + 1]),
    images: Array.from({ length: pictures }, (_, index) => ({
      ...{ id: String(index + 1), path: "", objects: drawObjects(random) },
    })),
  };
}

/** A quarter of them near an object, as a detector's would be. */
function* drawDetections(dataSet: DataSet): Generator<StatedDetection> {
  const random = seededRandom(2);
  for (let image = 0; image < pictures; image++) {
    for (let i = 0; i < detectionsPerPicture; i++) {
      const object = dataSet.images[image].objects[i % (4 * objectsPerPicture)];
      const shift = (random() - 0.5) * 20;
      const box = object
        ? { xMin: object.xMin + shift, yMin: object.yMin + shift, xMax: object.xMax + shift, yMax: object.yMax + shift }
        : drawBox(random);
      const classIndex = object?.classIndex ?? Math.floor(random() * classes);
      yield stateDetection(dataSet, image, { ...box, classIndex, score: Math.round(random() * 1000) / 1000 });
    }
  }
}

const expectPlausible = (map50: number | null) => {
  if (map50 === null || map50 < 0.1 || map50 > 0.9) throw new Error(`mAP50 ${map50} is not what these boxes give`);
};
const few = { iterations: 3, warmupIterations: 1, time: 0, warmupTime: 0 };

describe(`${pictures} pictures, ${pictures * detectionsPerPicture} detections`, () => {
  const coco = drawDataSet("coco");
  const results = new TextEncoder().encode(formatCocoDetections(coco, drawDetections(coco)));
  bench(
    `COCO results JSON, ${Math.round(results.length / 1e6)} MB`,
    () => expectPlausible(scoreDetections(coco, readCocoDetections(coco, results, "results.json")).map50),
    few,
  );
  const voc = drawDataSet("voc");
  const files = formatVocDetections(voc, drawDetections(voc), "test");
  bench("VOC files", () => expectPlausible(scoreDetections(voc, readVocDetections(voc, files)).map50), few);
});

describe("opening 40,504 pictures with 290,000 annotations", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-score-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const annotations = join(folder, "instances.json");
  writeFileSync(annotations, drawInstances());
  bench(
    "COCO instances JSON",
    async () => {
      const { images } = await openCoco({ annotations });
      if (images.length !== 40_504) throw new Error("pictures were lost");
    },
    few,
  );
});

/** About 550 bytes an annotation, as in the original. */
function drawInstances(): string {
  const random = seededRandom(3);
  const images = Array.from({ length: 40_504 }, (_, i) => ({
    id: i + 1,
    file_name: `${i + 1}.jpg`,
    width: 640,
    height: 480,
  }));
  const annotations = Array.from({ length: 290_000 }, (_, i) => {
    const { xMin, yMin, xMax, yMax } = drawBox(random);
    const polygon = Array.from({ length: 56 }, () => Math.round(random() * 64_000) / 100);
    return JSON.stringify({
      ...{ segmentation: [polygon], area: (xMax - xMin) * (yMax - yMin) * 0.6, iscrowd: 0 },
      ...{
        image_id: 1 + (i % 40_504),
        bbox: [xMin, yMin, xMax - xMin, yMax - yMin],
        category_id: 1 + (i % 80),
        id: i + 1,
      },
    });
  });
  const categories = Array.from({ length: 80 }, (_, i) => ({ id: i + 1, name: `class${i}` }));
  return `{"info":{},"images":${JSON.stringify(images)},"annotations":[${annotations.join(",")}],"categories":${JSON.stringify(categories)}}`;
}
