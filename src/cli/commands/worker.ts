/** `worker`: does pictures of evaluations that are run elsewhere with `--queue`. */
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { parseQueueAddress, queueSyntax } from "../../executors/queue/address.ts";
import { openEvaluationWork } from "../../executors/queue/evaluation.ts";
import { serveQueue } from "../../executors/queue/serve.ts";
import { note } from "../io.ts";
import { integerFrom, numberFrom } from "../options.ts";

interface WorkerFlags {
  readonly queue: string;
  readonly threads?: number;
  readonly pictures?: string;
  readonly idle?: number;
}

export function declare(command: Command): void {
  command
    .requiredOption("--queue <url>", `the server that evaluate --queue names: ${queueSyntax}`)
    .option("--threads <n>", "pictures at a time (default: one per core)", integerFrom(1, 256))
    .option("--pictures <dir>", "where this machine has the pictures (default: where evaluate says)")
    .option("--idle <minutes>", "end after so long without a picture (default: never)", numberFrom(0.01, 1_000_000))
    .addHelpText(
      "after",
      `
SIGTERM and Ctrl-C end it after the pictures that it has; a second one at once, and they go to other workers.

Example:
  spiking-yolo worker --queue redis://server:6379 --threads 8`,
    )
    .action(run);
}

async function run({ queue, threads = availableParallelism(), pictures, idle }: WorkerFlags): Promise<void> {
  const address = parseQueueAddress(queue);
  const ending = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    // As a shell has it of a program that a signal ended.
    if (ending.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    note(`${signal}: ending after what is under way`);
    ending.abort();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  note(`worker of ${address.shown}: ${threads} ${threads === 1 ? "thread" : "threads"}, waiting for runs`);
  const { done, runs } = await serveQueue({
    ...{ address, threads, signal: ending.signal, onRemark: note, openWork: openEvaluationWork },
    ...(pictures === undefined ? {} : { folder: pictures }),
    ...(idle === undefined ? {} : { idleMs: idle * 60_000 }),
  });
  note(`${done} ${done === 1 ? "picture" : "pictures"} of ${runs} ${runs === 1 ? "run" : "runs"} done`);
}
