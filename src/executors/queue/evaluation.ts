/** An evaluation as the queue runs it: what its coordinator posts and accepts, and what a worker opens for it. */
import { access, constants, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { readFile } from "#platform";
import { ArgumentError, ImportError } from "../../core/errors.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import { version } from "../../core/version.ts";
import type { PictureResult, PictureTask } from "../../evaluate/picture.ts";
import { mismatchOf, resultSchema } from "../../evaluate/picture-schema.ts";
import { type EvaluatorSetup, evaluatorScript } from "../evaluator.ts";
import { threadTeam } from "../thread-team.ts";
import type { QueuedRun } from "./coordinator.ts";
import type { About, FileSource } from "./messages.ts";
import type { Work } from "./serve-run.ts";
import { decodeSetup, encodeSetup } from "./setup.ts";
import { namesBelow } from "./task-files.ts";

export interface QueuedEvaluationOptions extends EvaluatorSetup {
  /** The run's fingerprint. */
  readonly run: string;
  /** Of all pictures of the data set, so that names do not depend on how many are asked for. */
  readonly paths: readonly string[];
  readonly files: FileSource;
  /** Of pictures that are sent along. */
  readonly mostFileBytes: number;
  readonly leaseMs: number;
  readonly limitMs: number;
}

export async function queuedEvaluation({
  setup,
  engine,
  run,
  paths,
  files,
  mostFileBytes,
  leaseMs,
  limitMs,
}: QueuedEvaluationOptions): Promise<QueuedRun<PictureTask, PictureResult>> {
  const bytes = encodeSetup(setup);
  const { names } = namesBelow(paths);
  const nameOf = new Map(paths.map((path, i) => [path, names[i]]));
  if (files.from === "sent") await refuseLarge(paths, mostFileBytes);
  return {
    about: {
      version,
      run,
      setup: { name: await fingerprint(setup), bytes: bytes.length },
      ...(engine ? { engine } : {}),
      leaseMs,
      limitMs,
      files,
    },
    setup: bytes,
    async prepare(task) {
      const data = { run, name: nameOf.get(task.path) ?? "", path: resolve(task.path), task };
      try {
        return { data, ...(await prepareFile[files.from](task.path)) };
      } catch (error) {
        // What cannot be read here is a result, the same as without a queue; only what can be is looked for by workers.
        if (error instanceof ImportError) return { result: { failure: { code: error.code, message: error.message } } };
        throw error;
      }
    },
    check(value) {
      const { data, error } = resultSchema.safeParse(value);
      if (!data) throw new Error(`${error.issues[0].path.join(".") || "it"}: ${error.issues[0].message}`);
      const mismatch = mismatchOf(data, setup);
      if (mismatch) throw new Error(mismatch);
      return data;
    },
    failed: ({ id }, reason) => ({ failure: { code: "E_TASK", message: `${id}: ${reason}` } }),
  };
}

/** From here on a file is read as a test of whether it can be. */
const unusualBytes = 64 * 2 ** 20;

const prepareFile: {
  readonly [F in FileSource["from"]]: (path: string) => Promise<{ readonly file?: Uint8Array }>;
} = {
  async path(path) {
    const entry = await stat(path).catch(() => undefined);
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    // For the words of the error, where it is one.
    if (!isReadable || !entry?.isFile() || entry.size > unusualBytes) await readFile(path, "picture");
    return {};
  },
  /** Whoever asks for it finds out. */
  address: async () => ({}),
  sent: async (path) => ({ file: await readFile(path, "picture") }),
};

/** Before anything is sent. @throws ArgumentError [E_USAGE]. */
async function refuseLarge(paths: readonly string[], most: number): Promise<void> {
  for (const path of paths) {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size <= most) continue;
    const [has, mebibytes] = [Math.ceil(size / 2 ** 20), Math.floor(most / 2 ** 20)];
    throw new ArgumentError(
      "E_USAGE",
      `${path} has ${has} MiB, and --send-pictures sends no file of more than ${mebibytes}. Give a greater bound, or share the folder`,
    );
  }
}

/** Opens what a worker needs for the run, in threads. @throws ImportError [E_SETUP, E_MODEL_FILE]. */
export async function openEvaluationWork(bytes: Uint8Array, { setup: { name }, engine }: About): Promise<Work> {
  const setup = await decodeSetup(bytes, name);
  const team = threadTeam<PictureTask, PictureResult>({
    url: evaluatorScript,
    setup: { setup, engine } satisfies EvaluatorSetup,
  });
  return { do: team.work, close: team.close };
}
