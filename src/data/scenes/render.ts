/** A scene's pixels: rasterized, with the grain of its sensor. */
import { rasterizeSvg } from "#platform";
import type { Pixels } from "../../core/pixels.ts";
import { gaussian, seededRandom } from "../../core/random.ts";
import type { Scene } from "./scene.ts";

/**
 * Draws the scene at its own size. The same scene gives the same pixels.
 * @example
 * ```js
 * import { generateScene, renderScene } from "spiking-yolo";
 *
 * const picture = await renderScene(generateScene(5, 0, { width: 128, height: 96 }));
 * console.log(picture.width, picture.height, picture.data.length); // 128 96 36864
 * ```
 */
export async function renderScene(scene: Scene): Promise<Pixels> {
  const pixels = await rasterizeSvg(scene.svg);
  return { ...pixels, data: withGrain(pixels.data, scene.grain.seed, scene.grain.sigma) };
}

/** Normal draws are costly; a table of them, entered at a seeded place for every run of pixels, looks the same. */
const tableSize = 4096;
let table: Float32Array | undefined;

function withGrain(data: Uint8Array, seed: number, sigma: number): Uint8Array {
  table ??= Float32Array.from(
    { length: tableSize },
    (
      (random) => () =>
        gaussian(random)
    )(seededRandom(1)),
  );
  const random = seededRandom(seed);
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; ) {
    const offset = Math.floor(random() * tableSize);
    for (let end = Math.min(data.length, i + 64), k = offset; i < end; i++, k++) {
      const value = data[i] + sigma * table[k & (tableSize - 1)];
      out[i] = value < 0 ? 0 : value > 255 ? 255 : value + 0.5;
    }
  }
  return out;
}
