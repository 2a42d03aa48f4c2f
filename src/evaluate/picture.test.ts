import { describe, expect, test } from "vitest";
import { encodePng } from "#platform";
import { darknetCfg } from "../../test/darknet-cfg.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { mostDetections, openPictureEvaluator, type PictureReading, unpack } from "./picture.ts";

const none = () => {
  throw new Error("no simulation is asked for");
};

/** A network whose every cell of a size × size grid is sure of a small box: the score rises from left to right. */
function everywhere(size: number) {
  const cfg = darknetCfg(
    `net width=${size} height=${size} channels=3`,
    "convolutional filters=6 size=1 activation=linear",
    "region anchors=.5,.5 classes=1 num=1 softmax=1",
  );
  const values = new Float32Array(6 + 6 * 3);
  // The objectness is the red of the picture; x, y, width, height and class stay 0.
  values[6 + 4 * 3] = 4;
  const weights = new Uint8Array(20 + values.byteLength);
  weights.set(new Uint8Array(values.buffer), 20);
  return importDarknet({ cfg, weights });
}

/** Red rises from the left column to the right. */
const ramp = (size: number) =>
  encodePng({
    width: size,
    height: size,
    data: Uint8Array.from({ length: size * size * 3 }, (_, i) => (i % 3 === 0 ? ((i / 3) % size) * 4 : 0)),
  });

describe("openPictureEvaluator", () => {
  test.each([
    [32, undefined],
    [64, [`more than ${mostDetections} detections in a reading: the best ${mostDetections} are kept`]],
  ])("keeps the best detections of a network that finds something everywhere, grid %i", async (size, remarks) => {
    const dnn = everywhere(size);
    const evaluator = await openPictureEvaluator({ dnn, configurations: [], seed: 1 }, none);
    const result = (await evaluator.evaluate({ id: "1", path: "1.png", bytes: await ramp(size) })) as PictureReading;
    await evaluator.dispose();
    expect(result.remarks).toEqual(remarks);
    const found = [...unpack(result.dnn ?? [])];
    expect(found.length).toBe(Math.min(size * size, mostDetections));
    // Of 64 columns those that are kept are the 31 right ones and a part of the next.
    const leftmost = Math.min(...found.map(({ xMin }) => xMin));
    expect(Math.floor(leftmost)).toBe(size - Math.ceil(found.length / size));
  });

  test("a picture that is prepared is read once, to the same result, and its error is told when it is evaluated", async () => {
    const evaluator = await openPictureEvaluator({ dnn: everywhere(32), configurations: [], seed: 1 }, none);
    const bytes = await ramp(32);
    let reads = 0;
    const picture = (id: string) => ({
      ...{ id, path: `${id}.png` },
      get bytes() {
        reads++;
        return bytes;
      },
    });
    const expected = await evaluator.evaluate(picture("1"));
    expect(reads).toBe(1);
    const [second, damaged] = [picture("2"), { id: "3", path: "3.png", bytes: bytes.subarray(0, 60) }];
    evaluator.prepare(second);
    expect(reads).toBe(2);
    const working = evaluator.evaluate(second);
    evaluator.prepare(damaged);
    expect(await working).toEqual(expected);
    expect(reads).toBe(2);
    expect(await evaluator.evaluate(damaged)).toMatchObject({ failure: { code: "E_IMAGE" } });
    // One that was prepared and is not what comes next.
    evaluator.prepare(damaged);
    expect(await evaluator.evaluate(picture("4"))).toEqual(expected);
    await evaluator.dispose();
  });
});
