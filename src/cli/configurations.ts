/** The spiking networks that `evaluate` compares: none, the one asked for, or the rows of the paper's Table 1. */
import { ArgumentError } from "../core/errors.ts";
import { configurationOf, type OpenSettings, paperTable } from "../evaluate/paper-table.ts";
import type { Configuration } from "../evaluate/picture.ts";
import type { Graph, SpikingGraph } from "../graph/graph.ts";
import { type ConversionFlags, type SimulationFlags, timeStepsFrom } from "./options.ts";

interface Flags extends ConversionFlags, SimulationFlags {
  readonly configurations?: true;
  readonly dnnOnly?: true;
}

/** Of the paper's configurations unless asked otherwise; the paper runs 3,500, which takes seven times as long. */
export const quickPaperSteps = 512;

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
export function configurationsFor(dnn: Graph | undefined, snn: SpikingGraph, flags: Flags): readonly Configuration[] {
  if (flags.dnnOnly) {
    if (dnn) return [];
    throw new ArgumentError("E_USAGE", "--dnn-only, but the model file does not hold the DNN");
  }
  if (!flags.configurations) return [configurationOf("as asked for", snn, flags.at)];
  const contradiction = fixedByTable.find((name) => flags[name] !== undefined);
  if (contradiction) {
    const flag = contradiction.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ArgumentError("E_USAGE", `--configurations says by itself what --${flag} says. Leave one of them out`);
  }
  if (!dnn)
    throw new ArgumentError("E_USAGE", "--configurations converts anew, and the model file does not hold the DNN");
  return paperTable(dnn, { ...openSettings(flags), timeSteps: timeStepsFrom(flags, quickPaperSteps) }, flags.at);
}

function openSettings({ steps, percentile, bits, input }: Flags): OpenSettings {
  return {
    ...(steps === undefined ? {} : { timeSteps: steps }),
    ...(percentile === undefined ? {} : { percentile }),
    ...(bits === undefined ? {} : { bits }),
    ...(input === undefined ? {} : { encoding: input }),
  };
}
