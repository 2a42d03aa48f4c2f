/** Whether a network fits a chip: every rule at every place that it concerns, and where the layers go. */
import type { Placement } from "./place.ts";
import type { ChipNetwork } from "./stages.ts";
import type { Target } from "./target.ts";

export interface Finding {
  readonly rule: string;
  readonly limit: string;
  readonly has: string;
  readonly ok: boolean;
  /** Null: the network as a whole. */
  readonly layer: string | null;
  readonly source: string;
  /** Only where the rule is broken. */
  readonly mend?: string;
}

export interface Fit {
  readonly target: string;
  readonly label: string;
  readonly fits: boolean;
  /** The fewest; null where that cannot be said. */
  readonly cores: number | null;
  readonly chips: number | null;
  readonly rules: readonly Finding[];
  readonly placement: Placement | null;
  /** Layers that the host computes. */
  readonly host: readonly string[];
  readonly notes: readonly string[];
}

/** Holds a network against a chip's rules, and says where its layers would go. */
export function fitTo(target: Target, network: ChipNetwork): Fit {
  const stages = network.stages.filter((stage) => !target.onHost(stage));
  const rules = target.rules.flatMap(({ rule, limit, source, mend, measure }) =>
    measure(stages, network).map(
      ({ has, ok, layer }): Finding => ({
        rule,
        limit,
        has,
        ok,
        layer: layer ?? null,
        source,
        ...(ok ? {} : { mend }),
      }),
    ),
  );
  const placement = target.place(stages, network) ?? null;
  // A count of what could be placed would flatter a network of which a part could not.
  const isPlaced = placement !== null && placement.homeless.length === 0;
  return {
    target: target.name,
    label: target.label,
    fits: rules.every(({ ok }) => ok),
    cores: isPlaced ? placement.cores : null,
    chips: isPlaced ? placement.chips : null,
    rules,
    placement,
    host: network.stages.filter(target.onHost).map(({ name }) => name),
    notes: target.notes,
  };
}
