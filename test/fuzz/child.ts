/**
 * A process that reads inputs and says before each which it is: whoever waits for it knows where it hangs or dies.
 * Arguments: seed, first input, one past the last. Lines: `<index>`, `fault <JSON>`, `end <JSON: peak memory, what became of inputs>`.
 */
import { writeSync } from "node:fs";
import { CommanderError } from "commander";
import { SpikingYoloError } from "../../src/core/errors.ts";
import { inputOf } from "./inputs.ts";
import { targets } from "./targets.ts";

/** At once, whatever comes next. A pipe whose reader is busy takes nothing for a while. */
function say(line: string): void {
  for (let rest = Buffer.from(line); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

/** `read`, `refused`, or what was thrown that is not ours. */
async function outcomeOf(target: string, bytes: Uint8Array): Promise<string> {
  try {
    await targets[target].read(bytes);
    return "read";
  } catch (error) {
    if (error instanceof SpikingYoloError || error instanceof CommanderError) return "refused";
    return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
  }
}

/** Leaves out parts, ever smaller, while the fault is the same. */
async function shrunk(target: string, bytes: Uint8Array, fault: string): Promise<Uint8Array> {
  const [reason] = fault.split("\n");
  let smallest = bytes;
  let tries = 200;
  for (let size = Math.ceil(bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length && tries > 0; ) {
      tries--;
      const without = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + size)]);
      if ((await outcomeOf(target, without)).split("\n")[0] === reason) smallest = without;
      else at += size;
    }
  }
  return smallest;
}

const outcomes: Record<string, number> = {};
const [seed, first, end] = process.argv.slice(3).map(Number);
for (let index = first; index < end; index++) {
  const { target, bytes } = inputOf(seed, index);
  say(`${index}\n`);
  const fault = await outcomeOf(target, bytes);
  if (fault === "read" || fault === "refused") {
    outcomes[`${target} ${fault}`] = (outcomes[`${target} ${fault}`] ?? 0) + 1;
    continue;
  }
  const small = Buffer.from(await shrunk(target, bytes, fault)).toString("base64");
  say(`fault ${JSON.stringify({ index, target, fault, bytes: small })}\n`);
}
say(`end ${JSON.stringify({ peakMiB: process.resourceUsage().maxRSS / 1024, outcomes })}\n`);
process.exit(0);
