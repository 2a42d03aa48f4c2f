/** Table 3, beyond the paper: all of a spiking network's energy, and the step at which it stops paying. */
import type { OperationCost } from "../../metrics/energy.ts";
import { profileEnergy } from "../../metrics/energy-profile.ts";
import type { Study } from "../collect/study.ts";
import { digits, joules, whole } from "../format.ts";
import type { Table } from "./table.ts";

export function breakEvenTable(
  { dnn, networks }: Pick<Study, "dnn" | "networks">,
  costs: readonly OperationCost[],
): Table {
  const rows = costs.flatMap((cost) =>
    networks.map(({ configuration, timeSteps, operations }) => {
      const [{ dnnPicojoules, snn, breakEven, breakEvenSynapses }] = profileEnergy(dnn, operations, [cost]);
      const last = snn[snn.length - 1];
      return {
        network: configuration,
        price: cost.label,
        timeSteps,
        dnnPicojoules,
        synapsesPicojoules: last.synapsesPicojoules,
        inputPicojoules: last.inputPicojoules,
        neuronsPicojoules: last.neuronsPicojoules,
        totalPicojoules: last.totalPicojoules,
        ofDnn: last.totalPicojoules / dnnPicojoules,
        breakEvenSteps: breakEven.steps,
        extrapolated: breakEven.extrapolated ? "yes" : "no",
        breakEvenStepsSynapses: breakEvenSynapses.steps,
        extrapolatedSynapses: breakEvenSynapses.extrapolated ? "yes" : "no",
      };
    }),
  );
  return {
    id: "table-3",
    label: "Table 3",
    title: "Energy of a picture, and the step at which the spiking network stops paying",
    caption:
      "Arithmetic only, mean over the pictures studied: synaptic accumulates by real fan-out, the picture's multiplications once, an accumulate for every neuron at every step. Pays up to: the last step up to which all of it costs no more than the DNN. Marked ≈ where it lies beyond the steps that were run. Synapses alone is what publications usually count.",
    columns: [
      { key: "network", label: "Network" },
      { key: "price", label: "Price" },
      { key: "timeSteps", label: "Steps", format: whole },
      { key: "dnnPicojoules", label: "DNN", format: joules },
      { key: "synapsesPicojoules", label: "Synapses", format: joules },
      { key: "inputPicojoules", label: "Picture", format: joules },
      { key: "neuronsPicojoules", label: "Neurons", format: joules },
      { key: "totalPicojoules", label: "In all", format: joules },
      { key: "ofDnn", label: "× DNN", format: digits },
      {
        key: "breakEvenSteps",
        label: "Pays up to step",
        format: (steps, { extrapolated }) => stepText(steps, extrapolated === "yes"),
      },
      {
        key: "breakEvenStepsSynapses",
        label: "Synapses alone",
        format: (steps, { extrapolatedSynapses }) => stepText(steps, extrapolatedSynapses === "yes"),
      },
    ],
    rows,
  };
}

function stepText(steps: number, isExtrapolated: boolean): string {
  return `${isExtrapolated ? "≈ " : ""}${whole(steps)}`;
}
