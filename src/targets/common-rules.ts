/** Rules that several chips have: what neurons may follow, what spikes may be, which layers there are. */
import { slopeBelow } from "../functions/functions.ts";
import type { LayerKind } from "../graph/layers.ts";
import { perStage, type Rule, whole } from "./target.ts";

/** Spikes are there or not, and never negative: neurons are plain integrate-and-fire. */
export function plainSpikes(source: string): Rule {
  return perStage(
    {
      rule: "spikes",
      limit: "0 or 1",
      source,
      mend: "signed spikes are not there; the nearest is --mode rate --neuron if, which loses what a neuron sent too much",
    },
    ({ neurons }) => {
      if (!neurons || neurons.isReadout) return undefined;
      const { neuron, levels } = neurons;
      const sent = neuron === "if" ? "0" : `-${levels}`;
      return { has: `${sent} to ${levels} (${neuron} neurons)`, ok: neuron === "if" && levels === 1 };
    },
  );
}

/** What spikes that are never negative can stand for. */
export function reluOnly(source: string): Rule {
  return perStage(
    {
      rule: "function",
      limit: "ReLU",
      source,
      mend: "train it with ReLU (activation=relu in the cfg); the nearest without is to lose all that is negative",
    },
    ({ neurons }) =>
      neurons && !neurons.isReadout
        ? { has: neurons.activation.fn, ok: slopeBelow(neurons.activation) === 0 }
        : undefined,
  );
}

export function noPhases(source: string): Rule {
  return whole(
    {
      rule: "phases",
      limit: "1 (every spike weighs the same)",
      source,
      mend: "weighted steps are not there; the nearest is --mode rate, with more steps",
    },
    ({ phases }) => ({ has: String(phases), ok: phases === 1 }),
  );
}

export function weightBits(most: number, source: string, mend: string): Rule {
  return whole({ rule: "weight bits", limit: `at most ${most}`, source, mend }, ({ weightBits: bits }) => ({
    has: bits === 32 ? "32 (float)" : String(bits),
    ok: bits <= most,
  }));
}

/** Which layers there are besides convolutions, neurons and pools. */
export function onlyLayers(allowed: readonly LayerKind[], source: string, mend: string): Rule {
  return {
    rule: "layers",
    limit: ["convolution", "neurons", "pool", ...allowed].join(", "),
    source,
    mend,
    measure: (_, { others }) =>
      others.map(({ name, kind }) => ({ has: kind, ok: allowed.includes(kind), layer: name })),
  };
}

export function noMaxPool(source: string): Rule {
  return {
    rule: "max-pool",
    limit: "none",
    source,
    mend: "train it with mean pools ([local_avgpool]) or with convolutions of stride 2",
    measure: (stages) =>
      stages.flatMap(({ pools }) =>
        pools.map(({ name, kind }) => ({ has: `${kind} pool`, ok: kind !== "max", layer: name })),
      ),
  };
}
