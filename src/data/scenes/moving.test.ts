import { expect, test } from "vitest";
import { cameraMotions, movingScene } from "./moving.ts";
import { renderScene } from "./render.ts";
import type { SceneObject } from "./scene.ts";

const middle = ({ xMin, xMax }: SceneObject) => (xMin + xMax) / 2;

test("a frame is a function of seed, number and frame, whichever is asked for first", () => {
  const [scene, again] = [movingScene(3, 1), movingScene(3, 1)];
  const last = scene.frame(40);
  expect(again.frame(0)).toEqual(scene.frame(0));
  expect(again.frame(40)).toEqual(last);
  expect(movingScene(4, 1).frame(0).svg).not.toBe(scene.frame(0).svg);
  expect(movingScene(3, 2).frame(0).svg).not.toBe(scene.frame(0).svg);
});

test("objects move by a little from frame to frame, some enter and some leave, and boxes stay within the picture", () => {
  let [moved, entered, left] = [0, 0, 0];
  for (let index = 0; index < 8; index++) {
    const scene = movingScene(5, index);
    let before = scene.frame(0).objects;
    for (let number = 5; number < 200; number += 5) {
      const { objects, width, height } = scene.frame(number);
      for (const { xMin, yMin, xMax, yMax } of objects) {
        expect(Math.min(xMin, yMin)).toBeGreaterThanOrEqual(0);
        expect(xMax).toBeLessThanOrEqual(width);
        expect(yMax).toBeLessThanOrEqual(height);
      }
      entered += objects.length > before.length ? 1 : 0;
      left += objects.length < before.length ? 1 : 0;
      for (const object of objects) {
        const same = before.filter(({ classIndex }) => classIndex === object.classIndex);
        const nearest = Math.min(...same.map((other) => Math.abs(middle(other) - middle(object))));
        if (nearest > 0 && nearest < 40) moved++;
      }
      before = objects;
    }
  }
  expect(moved).toBeGreaterThan(200);
  expect(Math.min(entered, left)).toBeGreaterThan(5);
});

test("before a camera that stands, most pixels stay as they are; one that pans or shakes moves them all", async () => {
  const changed = async (camera: (typeof cameraMotions)[number]) => {
    const scene = movingScene(5, 1, { camera, width: 160, height: 120 });
    const [first, second] = await Promise.all([renderScene(scene.frame(30)), renderScene(scene.frame(31))]);
    return first.data.filter((value, i) => value !== second.data[i]).length / first.data.length;
  };
  const [still, pan, shake] = await Promise.all(cameraMotions.map(changed));
  expect(still).toBeGreaterThan(0);
  expect(still).toBeLessThan(0.15);
  expect(pan).toBeGreaterThan(1.5 * still);
  expect(shake).toBeGreaterThan(1.5 * still);
});

test("noise is drawn anew for each frame", async () => {
  const scene = movingScene(5, 1, { noise: 1 });
  const quiet = movingScene(5, 1);
  const noise = async (number: number) => {
    const [noisy, plain] = await Promise.all([renderScene(scene.frame(number)), renderScene(quiet.frame(number))]);
    return noisy.data.map((value, i) => value - plain.data[i] + 128);
  };
  const [first, second] = await Promise.all([noise(0), noise(1)]);
  const variance = first.reduce((sum, value) => sum + (value - 128) ** 2, 0) / first.length;
  // Clipped at black and white, and rounded to whole grey levels, which adds 1/12.
  expect(variance).toBeGreaterThan(0.6);
  expect(variance).toBeLessThan(1.3);
  expect(second).not.toEqual(first);
});
