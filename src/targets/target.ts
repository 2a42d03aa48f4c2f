/** Chips as data: what each asks of a network, with the source of every limit. */
import type { Placement } from "./place.ts";
import type { ChipNetwork, Stage } from "./stages.ts";

export interface Target {
  readonly name: string;
  /** For people. */
  readonly label: string;
  readonly rules: readonly Rule[];
  /** Layers that the host computes, by name of the stage: nothing of them has to fit. */
  readonly onHost: (stage: Stage) => boolean;
  /** Where layers go; undefined where the vendor does not publish what would be needed to say it. */
  readonly place: (stages: readonly Stage[], network: ChipNetwork) => Placement | undefined;
  /** What the user should know besides: where sources disagree, what is a lower bound. */
  readonly notes: readonly string[];
}

/** What a rule found at one place. */
export interface Measured {
  readonly has: string;
  readonly ok: boolean;
  /** Layer at fault; absent: the network as a whole. */
  readonly layer?: string;
}

export interface Rule {
  readonly rule: string;
  readonly limit: string;
  readonly source: string;
  /** What would mend it, and what the nearest is that the chip can do. */
  readonly mend: string;
  readonly measure: (stages: readonly Stage[], network: ChipNetwork) => readonly Measured[];
}

/** A rule about each stage that it concerns. */
export function perStage(
  facts: Omit<Rule, "measure">,
  measure: (stage: Stage) => Omit<Measured, "layer"> | undefined,
): Rule {
  return {
    ...facts,
    measure: (stages) =>
      stages.flatMap((stage) => {
        const found = measure(stage);
        return found ? [{ ...found, layer: stage.name }] : [];
      }),
  };
}

/** A rule about a number of each stage. */
export function atMost(
  facts: Omit<Rule, "measure" | "limit"> & { readonly limit?: string },
  most: number,
  value: (stage: Stage) => number,
): Rule {
  const limit = facts.limit ?? `at most ${most.toLocaleString("en")}`;
  return perStage({ ...facts, limit }, (stage) => ({
    has: value(stage).toLocaleString("en"),
    ok: value(stage) <= most,
  }));
}

/** A rule about a number of each stage that has to be one of a few. */
export function oneOf(
  facts: Omit<Rule, "measure" | "limit">,
  allowed: readonly number[],
  values: (stage: Stage) => readonly number[],
): Rule {
  return perStage({ ...facts, limit: allowed.join(", ") }, (stage) => {
    const found = values(stage);
    return found.length === 0
      ? undefined
      : { has: [...new Set(found)].join(" and "), ok: found.every((value) => allowed.includes(value)) };
  });
}

/** A rule about the network as a whole. */
export function whole(facts: Omit<Rule, "measure">, measure: (network: ChipNetwork) => Omit<Measured, "layer">): Rule {
  return { ...facts, measure: (_, network) => [measure(network)] };
}
