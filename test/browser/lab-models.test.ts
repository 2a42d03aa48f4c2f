/** The lab with networks that find things: the built-in model on a scene, and a real darknet detector on a photograph. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataPath, describeWithData } from "../data.ts";
import { describeInBrowser } from "./chromium.ts";
import {
  andRun,
  type CommandCheckpoint,
  commandJson,
  dropFiles,
  expectSameCheckpoint,
  hostLab,
  pause,
  shownBoxes,
  showStep,
} from "./lab-page.ts";

describeInBrowser("the lab", () => {
  const host = hostLab();
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lab-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (path: string, name?: string) => ({ name: name ?? path, bytes: new Uint8Array(readFileSync(path)) });

  const hasModel = existsSync(resolve(import.meta.dirname, "../../models/scenes.safetensors"));
  describe.skipIf(!hasModel)(`with the built-in model${hasModel ? "" : " (skipped: it is not in models/)"}`, () => {
    test("finds things on the first scene as soon as it is opened", async () => {
      const { page, complaints, close } = await host.open();
      try {
        await pause(page);
        await showStep(page, 6);
        expect((await shownBoxes(page, "a")).length).toBeGreaterThan(0);
        await page.waitForSelector('[data-mark="dnn"] g.box');
        expect(complaints).toEqual([]);
      } finally {
        await close();
      }
    });

    test("finds on a scene's picture what the command line finds", async () => {
      await commandJson("scenes", "--count", "1", "--seed", "77", "-o", folder, "--json");
      const png = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith(".png"));
      const path = join(folder, png as string);
      const at = ["--mode", "fast", "--at", "1,3,5,8", "--json"];
      const report = (await commandJson("detect", path, "--model", "scenes", ...at)) as {
        images: [{ snn: CommandCheckpoint[] }];
      };
      const { page, close } = await host.open();
      try {
        await andRun(page, () => dropFiles(page, [file(path)]));
        for (const checkpoint of report.images[0].snn) await expectSameCheckpoint(page, checkpoint);
      } finally {
        await close();
      }
    });
  });

  describeWithData("with real files", () => {
    const model = "models/yolo-lite/tiny-yolov2-trial3";

    test("converts a dropped cfg with its weights and names, and finds the dog", async () => {
      const { page, complaints, close } = await host.open();
      try {
        const files = [`${model}.cfg`, `${model}.weights`, "models/voc.names", "photos/dog.jpg"];
        await andRun(page, () =>
          dropFiles(
            page,
            files.map((path) => file(dataPath(path))),
          ),
        );
        await page.waitForSelector('[data-mark="dnn"] g.box');
        await showStep(page, 6);
        const dnn = await page.locator('[data-mark="dnn"] .found').textContent();
        const snn = await page.locator('[data-mark="a"] .found').textContent();
        for (const found of [dnn, snn]) expect(found).toMatch(/dog \d\d %/);
        expect(dnn).toMatch(/car 8\d %.*bicycle 7\d %/);
        expect(snn).toMatch(/bicycle \d\d %/);
        expect(complaints).toEqual([]);
      } finally {
        await close();
      }
    });

    test("imports a dropped .onnx with names, and finds the dog by trackers", async () => {
      const { page, complaints, close } = await host.open();
      try {
        const files = ["models/onnx/yolox_nano.onnx", "models/coco.names", "photos/dog.jpg"];
        await andRun(page, () =>
          dropFiles(
            page,
            files.map((path) => file(dataPath(path))),
          ),
        );
        await page.waitForSelector('[data-mark="dnn"] g.box');
        await showStep(page, 7);
        const dnn = await page.locator('[data-mark="dnn"] .found').textContent();
        const snn = await page.locator('[data-mark="a"] .found').textContent();
        // The DNN's scores are those of ONNX Runtime on the file itself: dog .86, bicycle .80, car .80.
        expect(dnn).toMatch(/dog 8\d %/);
        for (const found of [dnn, snn]) for (const name of ["dog", "bicycle", "car"]) expect(found).toContain(name);
        expect(complaints).toEqual([]);
      } finally {
        await close();
      }
    });

    test("finds with a model file what the command line finds", async () => {
      const path = join(folder, "yolo-lite.safetensors");
      await commandJson(
        ...["convert", dataPath(`${model}.cfg`), dataPath(`${model}.weights`), "--calibrate", dataPath("photos")],
        ...["-o", path, "--json"],
      );
      const picture = dataPath("fixtures/yolo-lite-inputs/000001.png");
      const report = (await commandJson("detect", picture, "--model", path, "--at", "2,4,6", "--json")) as {
        images: [{ snn: CommandCheckpoint[] }];
      };
      const { page, close } = await host.open();
      try {
        await andRun(page, () => dropFiles(page, [file(path), file(picture)]));
        for (const checkpoint of report.images[0].snn) await expectSameCheckpoint(page, checkpoint);
      } finally {
        await close();
      }
    });
  });
});
