/** All chips, by name. */
import { akida1, akida2 } from "./akida.ts";
import { loihi1, loihi2, spinnaker2, trueNorth } from "./counted.ts";
import { speck } from "./speck.ts";
import type { Target } from "./target.ts";

export const targets = {
  speck,
  akida1,
  akida2,
  loihi1,
  loihi2,
  spinnaker2,
  truenorth: trueNorth,
} as const satisfies Readonly<Record<string, Target>>;
export type TargetName = keyof typeof targets;
export const targetNames = Object.keys(targets) as readonly TargetName[];
