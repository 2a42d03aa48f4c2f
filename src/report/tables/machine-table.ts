/** Table 2: a GPU against a neuromorphic chip, as the paper computes it and as it comes out. */
import { paperCounts, type Table2Row, table2 } from "../../metrics/paper-energy.ts";
import type { SimulatedFacts } from "../collect/simulated-facts.ts";
import type { Study } from "../collect/study.ts";
import { digits, plainJoules, whole, withPrefix } from "../format.ts";
import type { Table } from "./table.ts";

export function machineTable(model: string, { dnn, networks }: Pick<Study, "dnn" | "networks">): Table {
  const measured = table2(
    { label: `${model}, DNN`, flop: 2 * dnn.macs },
    networks.map(({ configuration, timeSteps, operations }: SimulatedFacts) => ({
      label: `${model}, ${configuration}`,
      flopPerStep: operations[operations.length - 1].acs / timeSteps,
      steps: timeSteps,
    })),
  );
  return {
    id: "table-2",
    label: "Table 2",
    title: "A GPU against a neuromorphic chip",
    caption:
      "The first three rows are the paper's own counts: two operations for a multiply-accumulate of the DNN, operations of a single step for spiking networks. As the paper computes it: operations / (400 GFLOPS/W) × steps × 1 ms. Operations by operations per second and watt are joules already: recomputed, the millisecond is left out. Gains are the DNN's energy by this one's; below 1 the spiking network costs more. Both machines' figures are peaks.",
    columns: [
      { key: "network", label: "Network" },
      { key: "machine", label: "Machine" },
      { key: "flop", label: "Operations (a step)", format: (flop) => withPrefix(flop) },
      { key: "steps", label: "Steps", format: whole },
      { key: "paperJoules", label: "As the paper computes it", format: plainJoules },
      { key: "paperGain", label: "Gain, as the paper computes it", format: (gain) => `${gain.toFixed(0)}×` },
      { key: "joules", label: "Recomputed", format: plainJoules },
      { key: "gain", label: "Gain, recomputed", format: (gain) => `${digits(gain)}×` },
    ],
    rows: [...table2(paperCounts.dnn, paperCounts.spiking), ...measured].map(toRow),
  };
}

function toRow({ network, machine, flop, steps, paperJoules, paperGain, joules, gain }: Table2Row) {
  return { network, machine, flop, steps, paperJoules, paperGain: paperGain ?? null, joules, gain: gain ?? null };
}
