/**
 * Checkpoints: the whole state of a run as a safetensors file, with the plan, the data set and the network that it
 * belongs to. Whoever goes on with another plan would get another result under the same name: that is refused.
 */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { DataSet } from "../data/dataset.ts";
import type { TrainingState } from "../dnn/training/trainer.ts";
import { decodeTensors, encodeTensors } from "../graph/safetensors.ts";
import type { TrainingPlan } from "./training-run.ts";

const formatName = "spiking-yolo checkpoint 1";

const stepsSchema = z.coerce.number().int().min(0);

/** What a run is made of, by name; all must be equal for it to go on. */
export function identityOf(plan: TrainingPlan, dataSet: DataSet, cfg: string): Readonly<Record<string, string>> {
  const entries = Object.entries(plan).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return {
    ...Object.fromEntries(entries),
    dataset: `${dataSet.images.length} pictures, ${dataSet.classNames.join()}`,
    cfg: cfg.replace(/\s+/g, " ").trim(),
  };
}

export function encodeCheckpoint(state: TrainingState, identity: Readonly<Record<string, string>>): Uint8Array {
  return encodeTensors({
    tensors: state.tensors,
    metadata: { format: formatName, ...identity, stepsDone: String(state.steps) },
  });
}

/** @throws ImportError [E_CHECKPOINT] where the file is none or belongs to another run; [E_MODEL_FILE] where it is cut. */
export function decodeCheckpoint(
  bytes: Uint8Array,
  file: string,
  identity: Readonly<Record<string, string>>,
): TrainingState {
  const { tensors, metadata } = decodeTensors(bytes, file);
  if (metadata.format !== formatName)
    throw new ImportError("E_CHECKPOINT", `${file} is no checkpoint of a training run`);
  for (const [name, value] of Object.entries(identity)) {
    if (metadata[name] === value) continue;
    const what = name === "cfg" ? "another cfg" : `${name} ${metadata[name]}, not ${value}`;
    throw new ImportError(
      "E_CHECKPOINT",
      `${file} is of a run with ${what}. Resume with the same settings, or start anew without --resume`,
    );
  }
  const steps = stepsSchema.safeParse(metadata.stepsDone);
  if (!steps.success) throw new ImportError("E_CHECKPOINT", `${file} does not say how many steps were taken`);
  for (const [name, { dtype }] of tensors) {
    if (dtype !== "float32") throw new ImportError("E_CHECKPOINT", `${file}: ${name} is ${dtype}; float32 expected`);
  }
  return { steps: steps.data, tensors: tensors as ReadonlyMap<string, FloatTensor> };
}
