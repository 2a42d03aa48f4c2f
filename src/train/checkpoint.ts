/**
 * Checkpoints: the whole state of a run as a safetensors file, with the plan, the data set and the network that it
 * belongs to, and a checksum of all of it. Whoever goes on with another plan or from changed numbers would get another
 * result under the same name: that is refused.
 */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import { fingerprint } from "../core/fingerprint.ts";
import type { FloatTensor, Tensor } from "../core/tensor.ts";
import type { DataSetContents } from "../data/dataset.ts";
import type { TrainingState } from "../dnn/training/trainer.ts";
import { decodeTensors, encodeTensors } from "../graph/safetensors.ts";
import type { TrainingPlan } from "./training-run.ts";

const formatName = "spiking-yolo checkpoint 2";

/** Before checkpoints had checksums. */
const unprotectedName = "spiking-yolo checkpoint 1";

const stepsSchema = z.coerce.number().int().min(0);

/** What a run is made of, by name; all must be equal for it to go on. */
export function identityOf(
  plan: TrainingPlan,
  dataSet: DataSetContents,
  cfg: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(plan).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return {
    ...Object.fromEntries(entries),
    dataset: `${dataSet.images.length} pictures, ${dataSet.classNames.join()}`,
    cfg: cfg.replace(/\s+/g, " ").trim(),
  };
}

export async function encodeCheckpoint(
  { steps, tensors }: TrainingState,
  identity: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const metadata = { format: formatName, ...identity, stepsDone: String(steps) };
  return encodeTensors({ tensors, metadata: { ...metadata, check: await checksum(tensors, metadata) } });
}

/**
 * @throws ImportError [E_CHECKPOINT] where the file is none, was changed, belongs to another run or to a moment that this
 * one never comes to; [E_MODEL_FILE] where it is cut.
 */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  file: string,
  identity: Readonly<Record<string, string>>,
): Promise<TrainingState> {
  const fail = (what: string): never => {
    throw new ImportError("E_CHECKPOINT", `${file} ${what}`);
  };
  const { tensors, metadata } = decodeTensors(bytes, file);
  if (metadata.format === unprotectedName)
    fail("is a checkpoint of an earlier version, without a checksum. Start anew without --resume");
  if (metadata.format !== formatName) fail("is no checkpoint of a training run");
  const { check, ...checked } = metadata;
  if (check !== (await checksum(tensors, checked)))
    fail("was changed or damaged: its checksum is another. Start anew without --resume");
  for (const [name, value] of Object.entries(identity)) {
    if (metadata[name] === value) continue;
    const what = name === "cfg" ? "another cfg" : `${name} ${metadata[name]}, not ${value}`;
    fail(`is of a run with ${what}. Resume with the same settings, or start anew without --resume`);
  }
  const steps = stepsSchema.safeParse(metadata.stepsDone);
  if (!steps.success) return fail("does not say how many steps were taken");
  if (steps.data >= Number(identity.steps))
    fail(`is from after step ${steps.data}, and the run has ${identity.steps}. Start anew without --resume`);
  for (const [name, { dtype, data }] of tensors) {
    if (dtype !== "float32") fail(`holds ${name} as ${dtype}; float32 expected`);
    if (!data.every(Number.isFinite)) fail(`holds numbers in ${name} that are not finite. Start anew without --resume`);
  }
  return { steps: steps.data, tensors: tensors as ReadonlyMap<string, FloatTensor> };
}

function checksum(tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>>): Promise<string> {
  return fingerprint({ tensors: [...tensors], metadata });
}
