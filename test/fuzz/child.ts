/**
 * A process that reads inputs and says before each which it is: whoever waits for it knows where it hangs or dies.
 * Arguments: seed, first input, one past the last. Lines: `<index>`, `fault <JSON>`, `end <peak memory in MiB>`.
 */
import { writeSync } from "node:fs";
import { CommanderError } from "commander";
import { SpikingYoloError } from "../../src/core/errors.ts";
import { inputOf } from "./inputs.ts";
import { targets } from "./targets.ts";

/** What was thrown that is not ours; undefined where all is well. */
async function faultOf(target: string, bytes: Uint8Array): Promise<string | undefined> {
  try {
    await targets[target].read(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof SpikingYoloError || error instanceof CommanderError) return undefined;
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
      if ((await faultOf(target, without))?.split("\n")[0] === reason) smallest = without;
      else at += size;
    }
  }
  return smallest;
}

const [seed, first, end] = process.argv.slice(3).map(Number);
for (let index = first; index < end; index++) {
  const { target, bytes } = inputOf(seed, index);
  writeSync(1, `${index}\n`);
  const fault = await faultOf(target, bytes);
  if (fault === undefined) continue;
  const small = Buffer.from(await shrunk(target, bytes, fault)).toString("base64");
  writeSync(1, `fault ${JSON.stringify({ index, target, fault, bytes: small })}\n`);
}
writeSync(1, `end ${process.resourceUsage().maxRSS / 1024}\n`);
process.exit(0);
