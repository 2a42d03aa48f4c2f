/** An evaluation's setup on its way to workers: an outline as JSON, its graphs as model files, in compressed parts. */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Redis } from "ioredis";
import { ImportError } from "../../core/errors.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { EvaluationSetup } from "../../evaluate/picture.ts";
import { outlineSchema, type SetupOutline } from "../../evaluate/picture-schema.ts";
import type { SpikingGraph } from "../../graph/graph.ts";
import { decodeModel, encodeModel } from "../../graph/model-file.ts";
import { partBytes } from "./messages.ts";

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** A length of 8 bytes before each: the outline, the DNN where there is one, a graph a configuration. */
export function encodeSetup({ seed, dnn, configurations }: EvaluationSetup): Uint8Array {
  const outline: SetupOutline = {
    seed,
    hasDnn: dnn !== undefined,
    configurations: configurations.map(({ name, decodings, at }) => ({ name, decodings, at })),
  };
  const blocks = [
    new TextEncoder().encode(JSON.stringify(outline)),
    ...(dnn ? [encodeModel({ dnn })] : []),
    ...configurations.map(({ graph }) => encodeModel({ snn: graph })),
  ];
  return Buffer.concat(
    blocks.flatMap((block) => {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(block.length));
      return [length, block];
    }),
  );
}

/** @throws ImportError [E_SETUP] for bytes that are no setup, or not the one with this name. */
export async function decodeSetup(bytes: Uint8Array, name: string): Promise<EvaluationSetup> {
  const fail = (why: string): never => {
    throw new ImportError("E_SETUP", `the run's networks arrived damaged: ${why}`);
  };
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const next = (): Uint8Array => {
    const length = at + 8 <= view.length ? Number(view.readBigUInt64LE(at)) : Number.NaN;
    if (!(at + 8 + length <= view.length)) fail("they end early");
    at += 8 + length;
    // Copied: tensors want addresses of their own.
    return new Uint8Array(view.subarray(at - length, at));
  };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(next()));
  } catch (error) {
    fail((error as Error).message);
  }
  const outline = outlineSchema.safeParse(json).data ?? fail("their outline is none");
  const dnn = outline.hasDnn ? decodeModel(next(), "the run's DNN").dnn : undefined;
  const configurations = outline.configurations.map((rest) => ({
    ...rest,
    graph: decodeModel(next(), `the run's network ${rest.name}`).snn as SpikingGraph,
  }));
  const setup: EvaluationSetup = { seed: outline.seed, ...(dnn ? { dnn } : {}), configurations };
  if (at !== view.length || (await fingerprint(setup)) !== name) fail("they are others than announced");
  return setup;
}

/** Part by part; those that are there already are not sent again. The last one says that all are there. */
export async function sendSetup(redis: Redis, key: string, bytes: Uint8Array, timeToLiveMs: number): Promise<void> {
  for (let part = 0; part * partBytes < bytes.length; part++) {
    if (await redis.hexists(key, String(part))) continue;
    const piece = await compress(bytes.subarray(part * partBytes, (part + 1) * partBytes), { level: 1 });
    await redis.hset(key, String(part), piece);
    await redis.pexpire(key, timeToLiveMs);
  }
}

/** @throws ImportError [E_SETUP] where parts are missing, or damaged. */
export async function fetchSetup(redis: Redis, key: string, bytes: number): Promise<Uint8Array> {
  const whole = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += partBytes) {
    const piece = await redis.hgetBuffer(key, String(at / partBytes));
    if (!piece) throw new ImportError("E_SETUP", "the run's networks are not all on the server yet");
    const length = Math.min(partBytes, bytes - at);
    const part = await expand(piece, { maxOutputLength: length }).catch(() => undefined);
    if (part?.length !== length) throw new ImportError("E_SETUP", "the run's networks arrived damaged");
    whole.set(part, at);
  }
  return whole;
}
