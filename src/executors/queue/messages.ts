/** What coordinator and workers tell each other through the server, as plain data; whoever reads checks it. */
import { z } from "zod";
import { engineNames } from "../../snn/engines/open-session.ts";

/** Of a format of keys and messages: programs that differ in it leave each other alone. */
export const queueKind = "spiking-yolo queue 1";

/** SHA-256 in hexadecimal. */
const nameSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** Bytes of a setup's part, before it is compressed. */
export const partBytes = 4 * 2 ** 20;
const mostSetupBytes = 16 * 2 ** 30;

/** A longer result is none: a picture's is some kilobytes, a video's some megabytes. */
export const mostResultBytes = 64 * 2 ** 20;

/** What a run tells workers before they join. */
const aboutSchema = z.strictObject({
  version: z.string().max(64),
  run: nameSchema,
  setup: z.strictObject({ name: nameSchema, bytes: z.int().min(1).max(mostSetupBytes) }),
  engine: z.enum(engineNames).optional(),
  leaseMs: z.int().min(100).max(3_600_000),
  limitMs: z
    .int()
    .min(1000)
    .max(30 * 24 * 3_600_000),
  /** How workers come to a task's file: at its path, below an address, or by what was sent along. */
  files: z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("path") }),
    z.strictObject({ from: z.literal("address"), base: z.url({ protocol: /^https?$/ }) }),
    z.strictObject({ from: z.literal("sent") }),
  ]),
});
export type About = z.infer<typeof aboutSchema>;
export type FileSource = About["files"];

/** A job's data: the task as its run has it; its file's whole path there, and its name below the folder that all are in. */
export const jobSchema = z.strictObject({
  run: nameSchema,
  path: z.string().max(32_768),
  name: z.string().max(32_768),
  task: z.unknown(),
});
export type JobData = z.infer<typeof jobSchema>;

/** A result with where it belongs, so that one that is put elsewhere is noticed. */
export const answerSchema = z.strictObject({
  run: nameSchema,
  version: z.string().max(64),
  id: z.string().max(4096),
  worker: z.string().max(256),
  result: z.unknown(),
});
export type Answer = z.infer<typeof answerSchema>;

export const workerStateSchema = z.strictObject({
  name: z.string().max(256),
  threads: z.int().min(1).max(1024),
  /** A file that it did not find. */
  lacks: z.string().max(32_768).optional(),
});
export type WorkerState = z.infer<typeof workerStateSchema>;

/** Undefined where the text says nothing that we understand: of a newer program, or of something else. */
export function parseAbout(text: string | null): About | undefined {
  return parsed(aboutSchema, text);
}

export function parsed<T>(schema: z.ZodType<T>, text: string | null): T | undefined {
  if (text === null) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
