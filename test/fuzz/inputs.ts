/** The inputs of a run by number: the same for the same seed, on any machine and in any process. */
import { seededRandom } from "../../src/core/random.ts";
import { mutated } from "./mutate.ts";
import { targets } from "./targets.ts";

const names = Object.keys(targets);

export interface Input {
  readonly target: string;
  readonly bytes: Uint8Array;
}

export function inputOf(seed: number, index: number): Input {
  const target = names[index % names.length];
  const random = seededRandom(seed * 1_000_003 + index);
  for (let i = 0; i < 4; i++) random();
  return { target, bytes: mutated(targets[target], random) };
}
