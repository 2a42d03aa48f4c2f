/** Tasks, results and settings of an evaluation as they come from another machine: checked to the last number. */
import { z } from "zod";
import type { Configuration, EvaluationSetup, PictureResult, PictureTask, SpikingReading } from "./picture.ts";

const idSchema = z.string().min(1).max(4096);
const count = z.number().min(0);
const stepSchema = z.int().min(1).max(1_000_000);

export const taskSchema: z.ZodType<PictureTask> = z.strictObject({
  id: idSchema,
  path: z.string().min(1).max(32_768),
  size: z.strictObject({ width: z.number().positive(), height: z.number().positive() }).exactOptional(),
});

const packedSchema = z.array(z.number()).refine(({ length }) => length % 6 === 0, "detections have six numbers each");

const readingSchema: z.ZodType<SpikingReading> = z.strictObject({
  t: stepSchema,
  detections: packedSchema,
  spikes: count,
  synOps: count,
  outputError: count.exactOptional(),
});

export const resultSchema: z.ZodType<PictureResult> = z.union([
  z.strictObject({ failure: z.strictObject({ code: z.string().max(64), message: z.string().max(65_536) }) }),
  z.strictObject({
    dnn: packedSchema.exactOptional(),
    snn: z.array(z.array(readingSchema)),
    remarks: z.array(z.string().max(65_536)).max(1024).exactOptional(),
  }),
]);

/** A setup without its graphs, which travel as model files. */
export type SetupOutline = Pick<EvaluationSetup, "seed"> & {
  readonly hasDnn: boolean;
  readonly configurations: readonly Omit<Configuration, "graph">[];
};

export const outlineSchema: z.ZodType<SetupOutline> = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  hasDnn: z.boolean(),
  configurations: z
    .array(
      z.strictObject({
        name: z.string().max(1024),
        decodings: z.array(z.enum(["vmem", "count"])).max(2),
        at: z.array(stepSchema).max(1_000_000),
      }),
    )
    .max(1024),
});

/**
 * Whether a result answers the setup: its rows and checkpoints are those that were asked for.
 * @returns what is wrong; undefined where nothing is.
 */
export function mismatchOf(result: PictureResult, { dnn, configurations }: EvaluationSetup): string | undefined {
  if ("failure" in result) return undefined;
  if ((result.dnn !== undefined) !== (dnn !== undefined)) return dnn ? "the DNN's detections lack" : "there is no DNN";
  const wanted = configurations.flatMap(({ decodings, at, graph }) =>
    decodings.map(() => (graph.simulation ? at : [])),
  );
  const given = result.snn.map((row) => row.map(({ t }) => t));
  return JSON.stringify(given) === JSON.stringify(wanted) ? undefined : "its checkpoints are not those asked for";
}
