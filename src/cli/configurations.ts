/** The spiking networks that `evaluate` compares: none, the one asked for, or the rows of the paper's Table 1. */
import { toSpiking } from "../convert/convert.ts";
import { type ConversionSettings, conversionSettings } from "../convert/modes.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Configuration } from "../evaluate/picture.ts";
import type { Graph } from "../graph/graph.ts";
import { logarithmicSteps } from "../snn/simulate.ts";
import type { ConversionFlags, SimulationFlags } from "./options.ts";

interface Flags extends ConversionFlags, SimulationFlags {
  readonly configurations?: true;
  readonly dnnOnly?: true;
}

/**
 * Table 1 (Spiking-YOLO, AAAI 2020): layer- and channel-wise normalization, with and without imbalanced thresholds, each
 * read by V_mem and by spike count; and the fast mode beside them.
 */
const table1: readonly { readonly name: string; readonly settings: ConversionSettings }[] = [
  { name: "layer, without IBT", settings: conversionSettings("paper", { scope: "layer", neuron: "if" }) },
  { name: "channel, without IBT", settings: conversionSettings("paper", { neuron: "if" }) },
  { name: "layer, IBT", settings: conversionSettings("paper", { scope: "layer" }) },
  { name: "channel, IBT", settings: conversionSettings("paper") },
  { name: "fast", settings: conversionSettings("fast") },
];

/** Options that `--configurations` sets itself. */
const fixedByTable = [
  "mode",
  "scope",
  "neuron",
  "pool",
  "levels",
  "phases",
  "gain",
  "rounding",
  "delay",
  "vInit",
  "firingThreshold",
  "leadingThreshold",
  "decode",
] as const;

/** @throws ArgumentError where options contradict each other, or the DNN that the table needs is not there. */
export function configurationsFor(dnn: Graph | undefined, snn: Graph, flags: Flags): readonly Configuration[] {
  if (flags.dnnOnly) {
    if (dnn) return [];
    throw new ArgumentError("E_USAGE", "--dnn-only, but the model file does not hold the DNN");
  }
  if (!flags.configurations) return [configuration("as asked for", snn, flags)];
  const contradiction = fixedByTable.find((name) => flags[name] !== undefined);
  if (contradiction) {
    const flag = contradiction.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ArgumentError("E_USAGE", `--configurations says by itself what --${flag} says. Leave one of them out`);
  }
  if (!dnn)
    throw new ArgumentError("E_USAGE", "--configurations converts anew, and the model file does not hold the DNN");
  return table1.map(({ name, settings }) => {
    const { steps, percentile, bits, input } = flags;
    const graph = toSpiking(dnn, {
      ...settings,
      // The fast mode is about few steps: it keeps its own number where more are asked for.
      timeSteps:
        name === "fast" ? Math.min(steps ?? settings.timeSteps, settings.timeSteps) : (steps ?? settings.timeSteps),
      ...(percentile === undefined ? {} : { percentile }),
      ...(bits === undefined ? {} : { bits }),
      ...(input === undefined ? {} : { encoding: input }),
    });
    // Few steps are over before the paper's checkpoints: each row has its last step, too.
    const { timeSteps } = graph.simulation!;
    const at = [...(flags.at ?? logarithmicSteps(timeSteps)), timeSteps];
    return { ...configuration(name, graph, { ...flags, at }), decodings: ["vmem", "count"] };
  });
}

function configuration(name: string, graph: Graph, { at }: Flags): Configuration {
  const { timeSteps, decode } = graph.simulation!;
  const asked = [...new Set(at ?? logarithmicSteps(timeSteps))].sort((a, b) => a - b);
  const reached = asked.filter((t) => t <= timeSteps);
  if (reached.length === 0)
    throw new ArgumentError(
      "E_USAGE",
      `--at ${asked.join(",")} lies beyond the ${timeSteps} steps of ${name}. Raise --steps`,
    );
  return { name, graph, decodings: [decode], at: reached };
}
