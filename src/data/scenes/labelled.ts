/** Scenes as labelled pictures, on their way into a data set. */
import { encodePng } from "#platform";
import { areaOf } from "../../core/box.ts";
import type { DataSetFormat, LabelledImage } from "../dataset.ts";
import { dataSetFormats } from "../formats.ts";
import { renderScene } from "./render.ts";
import { generateScene, type SceneOptions } from "./scene.ts";

/** The name of a scene in a data set, without the extension. */
export function sceneId(index: number): string {
  return String(index).padStart(6, "0");
}

/**
 * Scenes 0 to count − 1 of a seed as PNG, one after the other. Difficult objects are marked as the format marks what
 * scoring leaves out.
 */
export async function* sceneImages(
  seed: number,
  count: number,
  format: DataSetFormat,
  options: SceneOptions = {},
): AsyncIterable<LabelledImage> {
  for (let index = 0; index < count; index++) {
    const scene = generateScene(seed, index, options);
    yield {
      id: sceneId(index),
      bytes: await encodePng(await renderScene(scene)),
      extension: "png",
      width: scene.width,
      height: scene.height,
      objects: scene.objects.map((object) => ({
        ...object,
        crowd: dataSetFormats[format].markOfDifficult === "crowd" && object.difficult,
        area: areaOf(object),
      })),
    };
  }
}
