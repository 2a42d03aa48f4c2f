/** Scenes as labelled pictures, on their way into a data set. */
import { encodePng } from "#platform";
import { areaOf } from "../../core/box.ts";
import type { DataSetFormat, LabelledImage } from "../dataset.ts";
import { dataSetFormats } from "../formats.ts";
import { type MovingSceneOptions, movingScene } from "./moving.ts";
import { renderScene } from "./render.ts";
import { generateScene, type Scene, type SceneOptions } from "./scene.ts";

/** The name of a scene in a data set, without the extension. */
export function sceneId(index: number): string {
  return String(index).padStart(6, "0");
}

/** The name of a frame of a moving scene. */
export function frameId(index: number, frame: number): string {
  return `${sceneId(index)}-${String(frame).padStart(5, "0")}`;
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
  for (let index = 0; index < count; index++)
    yield labelled(sceneId(index), generateScene(seed, index, options), format);
}

/** Frames 0 to frames − 1 of moving scenes 0 to count − 1 of a seed, in the same way. */
export async function* movingSceneImages(
  seed: number,
  count: number,
  frames: number,
  format: DataSetFormat,
  options: MovingSceneOptions = {},
): AsyncIterable<LabelledImage> {
  for (let index = 0; index < count; index++) {
    const scene = movingScene(seed, index, options);
    for (let frame = 0; frame < frames; frame++) {
      const image = await labelled(frameId(index, frame), scene.frame(frame), format);
      yield { ...image, frameOf: { video: sceneId(index), frame } };
    }
  }
}

async function labelled(id: string, scene: Scene, format: DataSetFormat): Promise<LabelledImage> {
  return {
    id,
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
