/** The rows of the paper's Table 1, as configurations that an evaluation compares. */
import { toSpiking } from "../convert/convert.ts";
import { type ConversionSettings, conversionSettings } from "../convert/modes.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Graph, SpikingGraph } from "../graph/graph.ts";
import { logarithmicSteps } from "../snn/simulate.ts";
import type { Configuration } from "./picture.ts";

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

/** What of a conversion the table leaves open. */
export type OpenSettings = Partial<Pick<ConversionSettings, "timeSteps" | "percentile" | "bits" | "encoding">>;

/**
 * @param at checkpoints; by default doubling ones. Each row has its last step, too, since few steps are over before the paper's
 *   checkpoints.
 */
export function paperTable(dnn: Graph, open: OpenSettings, at?: readonly number[]): readonly Configuration[] {
  return table1.map(({ name, settings }) => {
    const asked = open.timeSteps ?? settings.timeSteps;
    // The fast mode is about few steps: it keeps its own number where more are asked for.
    const timeSteps = name === "fast" ? Math.min(asked, settings.timeSteps) : asked;
    const graph = toSpiking(dnn, { ...settings, ...open, timeSteps });
    const row = configurationOf(name, graph, [...(at ?? logarithmicSteps(timeSteps)), timeSteps]);
    return { ...row, decodings: ["vmem", "count"] };
  });
}

/**
 * A spiking network as an evaluation takes it, read as its own simulation says.
 * @param at checkpoints; those beyond its last step are left out. @throws ArgumentError [E_USAGE] where none is left.
 */
export function configurationOf(name: string, graph: SpikingGraph, at?: readonly number[]): Configuration {
  const { timeSteps, decode } = graph.simulation;
  const asked = [...new Set(at ?? logarithmicSteps(timeSteps))].sort((a, b) => a - b);
  const reached = asked.filter((t) => t <= timeSteps);
  if (reached.length === 0)
    throw new ArgumentError(
      "E_USAGE",
      `--at ${asked.join(",")} lies beyond the ${timeSteps} steps of ${name}. Raise --steps`,
    );
  return { name, graph, decodings: [decode], at: reached };
}
