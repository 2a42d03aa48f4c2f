/** `evaluate --queue` as a user gives it, and what it says while workers elsewhere do the work. */
import type { Command } from "commander";
import { ArgumentError } from "../core/errors.ts";
import type { DataSet } from "../data/dataset.ts";
import type { Executor } from "../evaluate/executor.ts";
import type { EvaluationSetup, PictureResult, PictureTask } from "../evaluate/picture.ts";
import { nameRun } from "../evaluate/run-evaluation.ts";
import { parseQueueAddress, queueSyntax } from "../executors/queue/address.ts";
import type { Workers } from "../executors/queue/board.ts";
import { queueExecutor } from "../executors/queue/coordinator.ts";
import { queuedEvaluation } from "../executors/queue/evaluation.ts";
import type { FileSource } from "../executors/queue/messages.ts";
import { namesBelow } from "../executors/queue/task-files.ts";
import type { EngineName } from "../snn/engines/open-session.ts";
import { integerFrom, numberFrom } from "./options.ts";

/** What commander makes of {@link addQueueOptions}. */
export interface QueueOptionFlags {
  readonly queue?: string;
  readonly pictures?: string;
  readonly sendPictures?: number;
  readonly lease?: number;
  readonly taskMinutes?: number;
}

export interface QueueFlags extends QueueOptionFlags {
  readonly queue: string;
}

const [usualLease, usualMinutes, usualMebibytes] = [30, 120, 16];

export function addQueueOptions(command: Command): Command {
  return command
    .optionsGroup("On many machines:")
    .option("--queue <url>", `let workers do it (spiking-yolo worker --queue URL): ${queueSyntax}`)
    .option("--pictures <url>", "workers fetch pictures below this address (default: at the same path as here)")
    .option(
      "--send-pictures [MiB]",
      `pictures go through the queue, none greater than this (default: ${usualMebibytes})`,
      integerFrom(1, 512),
    )
    .option(
      "--lease <seconds>",
      `who is silent for so long counts as gone, and its pictures go to others (default: ${usualLease})`,
      numberFrom(0.2, 3600),
    )
    .option(
      "--task-minutes <m>",
      `a picture that takes longer is tried again, three times at most (default: ${usualMinutes})`,
      numberFrom(0.02, 40_000),
    );
}

/** @throws ArgumentError [E_USAGE] for options of a queue without one, or two ways to the pictures. */
export function queueFlagsOf(flags: QueueOptionFlags): QueueFlags | undefined {
  const { queue, pictures, sendPictures, lease, taskMinutes } = flags;
  const given = {
    "--pictures": pictures,
    "--send-pictures": sendPictures,
    "--lease": lease,
    "--task-minutes": taskMinutes,
  };
  if (queue !== undefined) {
    if (pictures !== undefined && sendPictures !== undefined)
      throw new ArgumentError("E_USAGE", "--pictures and --send-pictures exclude each other: one way to the pictures");
    return { ...flags, queue };
  }
  const lonely = Object.entries(given).find(([, value]) => value !== undefined);
  if (lonely) throw new ArgumentError("E_USAGE", `${lonely[0]} has a meaning with --queue only`);
  return undefined;
}

export interface QueueDisplay {
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** In words. */
  readonly onWorkers: (words: string) => void;
}

/** Without a worker for so long, somebody ought to be told. */
const lonelyMs = 10_000;

/** @throws ArgumentError [E_QUEUE, E_USAGE]. */
export async function queueFor(
  { queue, pictures, sendPictures, lease = usualLease, taskMinutes = usualMinutes }: QueueFlags,
  evaluation: { readonly dataSet: DataSet; readonly setup: EvaluationSetup; readonly engine: EngineName | undefined },
  { say, onWorkers }: QueueDisplay,
): Promise<Executor<PictureTask, PictureResult>> {
  const address = parseQueueAddress(queue);
  const { dataSet, setup, engine } = evaluation;
  const paths = dataSet.images.map(({ path }) => path);
  const files: FileSource =
    pictures !== undefined
      ? { from: "address", base: addressOf(pictures) }
      : { from: sendPictures === undefined ? "path" : "sent" };
  if (files.from === "address" && paths.length > 0)
    say(`workers fetch pictures from ${files.base}, the first as ${namesBelow(paths).names[0]}`);
  const run = await queuedEvaluation({
    ...{ setup, engine, paths, files, run: await nameRun(setup, dataSet) },
    mostFileBytes: (sendPictures ?? usualMebibytes) * 2 ** 20,
    leaseMs: Math.round(lease * 1000),
    limitMs: Math.round(taskMinutes * 60_000),
  });
  return queueExecutor(run, { address, onRemark: say, onWorkers: tellWorkers(address.shown, say, onWorkers) });
}

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable = url && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "";
  if (!isUsable)
    throw new ArgumentError(
      "E_USAGE",
      "--pictures must be an address that begins with http:// or https://, without user and ?",
    );
  return url.href;
}

function tellWorkers(shown: string, say: QueueDisplay["say"], onWorkers: QueueDisplay["onWorkers"]) {
  let since: number | undefined = performance.now();
  let lacking = "";
  return ({ workers, threads, lacks }: Workers) => {
    onWorkers(`${workers} ${workers === 1 ? "worker" : "workers"}, ${threads} ${threads === 1 ? "thread" : "threads"}`);
    if (workers > 0) since = performance.now();
    else if (since !== undefined && performance.now() - since > lonelyMs) {
      since = undefined;
      say(`no worker takes anything from ${shown}. Start some: spiking-yolo worker --queue URL`);
    }
    const names = lacks.map(({ name }) => name).join(", ");
    if (names !== lacking && lacks.length > 0)
      say(
        `${names} ${lacks.length === 1 ? "does" : "do"} not find ${lacks[0].file}: ${lacks.length === workers ? "no worker does. Mount it there, or use --send-pictures" : "its task goes to others"}`,
      );
    lacking = names;
  };
}
