/** Operations and energy for people. */
import type { BreakEven } from "../metrics/break-even.ts";
import type { CostProfile, OperationsAt } from "../metrics/energy-profile.ts";
import type { DnnOperations } from "../metrics/operations.ts";
import type { Table2Row } from "../metrics/paper-energy.ts";
import { digits, joules, percent, plainJoules, whole, withPrefix } from "../report/format.ts";
import { printColumns } from "./columns.ts";
import { print } from "./io.ts";

export function printDnn({ macs, macsWithinBorders }: DnnOperations): void {
  const padding = 1 - macsWithinBorders / macs;
  print(`DNN   ${whole(macs)} multiply-accumulates a picture (${percent(padding)} of them with the border's zeros)`);
}

export function printSpiking(neurons: number, { t, acs, macs, neuronUpdates, spikes }: OperationsAt, dnnMacs: number) {
  print(`SNN   ${whole(neurons)} neurons, T = ${t}; mean of a picture:`);
  printColumns(
    [
      ["synaptic accumulates", whole(acs), `${digits(acs / dnnMacs)} for each MAC of the DNN`],
      ["multiply-accumulates", whole(macs), "of the constant picture, once"],
      ["neuron updates", whole(neuronUpdates), "each neuron at each step"],
      ["spikes", whole(spikes), `${percent(spikes / (neurons * t))} of neurons at a step`],
    ],
    "      ",
  );
}

export function printEnergy(profiles: readonly CostProfile[]): void {
  print("Energy of a picture's arithmetic (memory traffic is not in it)");
  const rows = profiles.map(({ cost, dnnPicojoules, snn, breakEven, breakEvenSynapses }) => {
    const last = snn.at(-1);
    if (!last) return [cost.label, joules(dnnPicojoules)];
    return [
      cost.label,
      joules(dnnPicojoules),
      joules(last.synapsesPicojoules),
      joules(last.inputPicojoules),
      joules(last.neuronsPicojoules),
      joules(last.totalPicojoules),
      digits(last.totalPicojoules / dnnPicojoules),
      stepsText(breakEven),
      stepsText(breakEvenSynapses),
    ];
  });
  const head = ["", "DNN"];
  const spiking = ["synapses", "picture", "neurons", "SNN in all", "SNN / DNN", "pays up to T", "synapses alone"];
  printColumns([profiles[0]?.snn.length ? [...head, ...spiking] : head, ...rows], "  ");
  if (rows.some((row) => row.some((cell) => cell.endsWith("*")))) print("  * beyond the last step that was measured");
}

function stepsText({ steps, extrapolated }: BreakEven): string {
  return steps === null ? "always" : `${whole(steps)}${extrapolated ? "*" : ""}`;
}

export function printTable2(title: string, rows: readonly Table2Row[]): void {
  print(title);
  printColumns(
    [
      ["", "", "FLOP", "steps", "as the paper computes it", "", "recomputed", ""],
      ...rows.map(({ network, machine, flop, steps, paperJoules, paperGain, joules: recomputed, gain }) => [
        network,
        machine,
        withPrefix(flop),
        whole(steps),
        plainJoules(paperJoules),
        paperGain === undefined ? "" : `${paperGain.toFixed(0)}×`,
        plainJoules(recomputed),
        gain === undefined ? "" : `${digits(gain)}×`,
      ]),
    ],
    "  ",
  );
}
