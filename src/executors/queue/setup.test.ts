import fc from "fast-check";
import type { Redis } from "ioredis";
import { expect, it } from "vitest";
import { plainNetwork, randomPicture } from "../../../test/graphs.ts";
import { convert } from "../../convert/convert.ts";
import { conversionSettings } from "../../convert/modes.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { EvaluationSetup } from "../../evaluate/picture.ts";
import { inputOf } from "../../graph/graph.ts";
import { partBytes } from "./messages.ts";
import { decodeSetup, encodeSetup, fetchSetup, sendSetup } from "./setup.ts";

const dnn = plainNetwork(3);
const pictures = [1, 2].map((seed) => randomPicture(inputOf(dnn).shape, seed));
const configurations = await Promise.all(
  (["fast", "rate", "paper"] as const).map(async (mode) => {
    const graph = await convert(dnn, pictures, conversionSettings(mode, { timeSteps: 8 }));
    return { name: mode, graph, decodings: ["vmem", "count"] as const, at: [2, 8] };
  }),
);
const setups: readonly EvaluationSetup[] = [
  { dnn, configurations, seed: 7 },
  { dnn, configurations: [], seed: 0 },
  { configurations: configurations.slice(0, 1), seed: 2 ** 32 - 1 },
];

it.each(setups.map((setup) => [setup]))("comes back the same to the last bit", async (setup) => {
  const name = await fingerprint(setup);
  const back = await decodeSetup(encodeSetup(setup), name);
  expect(await fingerprint(back)).toBe(name);
  expect(back.configurations.map(({ graph }) => graph.layers.length)).toEqual(
    setup.configurations.map(({ graph }) => graph.layers.length),
  );
});

it("ends in an error wherever it was changed or cut, never in another setup", async () => {
  const bytes = encodeSetup(setups[2]);
  const name = await fingerprint(setups[2]);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, by, isCut) => {
        const changed = isCut ? bytes.slice(0, at) : Uint8Array.from(bytes);
        if (!isCut) changed[at] ^= by;
        const outcome = await decodeSetup(changed, name).then(
          (setup) => fingerprint(setup),
          (error: { code?: string }) => error.code,
        );
        // A change that means nothing (a blank of JSON's) is none.
        expect(["E_SETUP", "E_MODEL_FILE", "E_SAFETENSORS", name]).toContain(outcome);
      },
    ),
    { numRuns: 60 },
  );
});

it("travels in parts, of which only those that are missing are sent", async () => {
  const store = new Map<string, Buffer>();
  const sent: string[] = [];
  const redis = {
    hexists: async (_: string, part: string) => (store.has(part) ? 1 : 0),
    hset: async (_: string, part: string, value: Buffer) => {
      sent.push(part);
      store.set(part, value);
    },
    hgetBuffer: async (_: string, part: string) => store.get(part) ?? null,
    pexpire: async () => 1,
  } as unknown as Redis;
  const bytes = new Uint8Array(2 * partBytes + 5).map((_, i) => (i * 2654435761) >>> 13);
  await sendSetup(redis, "key", bytes, 1000);
  expect(sent).toEqual(["0", "1", "2"]);
  expect(Buffer.compare(await fetchSetup(redis, "key", bytes.length), bytes)).toBe(0);
  store.delete("1");
  await expect(fetchSetup(redis, "key", bytes.length)).rejects.toMatchObject({ code: "E_SETUP" });
  await sendSetup(redis, "key", bytes, 1000);
  expect(sent).toEqual(["0", "1", "2", "1"]);
  // One byte more than announced, and what is no gzip.
  await expect(fetchSetup(redis, "key", bytes.length - 1)).rejects.toMatchObject({ code: "E_SETUP" });
  store.set("2", Buffer.from("nonsense"));
  await expect(fetchSetup(redis, "key", bytes.length)).rejects.toMatchObject({ code: "E_SETUP" });
});
