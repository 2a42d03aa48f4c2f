/** Work and energy so far against the DNN's, with the step at which the advantage is spent. */

import { useState } from "react";
import { float32Cost, int8Cost, int32Cost, type OperationCost, profileEnergy } from "../../../src/index.ts";
import { energyRows } from "../export/view-rows.ts";
import type { CheckpointView } from "../simulation/protocol.ts";
import { Card } from "./card.tsx";
import { EnergyModelsTable } from "./energy-models.tsx";
import { energyText, niceAbove, shortNumber, threeDigits } from "./format.ts";
import type { LaneMoment, Moment } from "./moment.ts";
import { type Line, TimeChart } from "./time-chart.tsx";

const costs: readonly OperationCost[] = [int32Cost, float32Cost, int8Cost];

export function EnergyView({ moment }: { readonly moment: Moment }) {
  const [cost, setCost] = useState(int32Cost);
  const { macs } = moment.run;
  const lanes = moment.lanes.map((lane) => ({ lane, ...spent(lane, macs, cost) }));
  const reached = Math.max(...lanes.flatMap(({ line }) => line.points.map(({ value }) => value)), 0);
  const max = Math.max(1.2, niceAbove(reached));
  const summary = lanes
    .map(({ lane, ratio }) => `${lane.name}: ${threeDigits(ratio)} times the DNN's energy`)
    .join("; ");
  return (
    <Card
      title="Energy so far"
      unit="times the DNN’s"
      tour="energy"
      keep={{ name: "energy", rows: () => energyRows(moment, cost) }}
      controls={
        <label className="pick">
          <span className="visually-hidden">Arithmetic</span>
          <select
            value={cost.name}
            onChange={(event) => setCost(costs.find(({ name }) => name === event.target.value) ?? int32Cost)}
          >
            {costs.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      }
      explanation={
        <>
          <p>
            A DNN multiplies and accumulates once for every weight and position (MAC, {cost.macPicojoules} pJ here). A
            spike only adds a weight (AC, {cost.acPicojoules} pJ), but does so at every step. Counted are all:
            accumulates by real fan-out, the first layer’s multiplications, and every neuron’s update. Memory is not in
            the curve; the models of the second table that are not named after a number count it, or a chip’s events. A
            network wins where it costs less than the DNN in 32 bits and in 8, loses where it costs more than both, and
            else it depends.
          </p>
          <p className="formula">
            <var>E</var>(<var>t</var>) = AC(<var>t</var>)·{cost.acPicojoules} pJ + MAC<sub>picture</sub>·
            {cost.macPicojoules} pJ + updates(<var>t</var>)·{cost.acPicojoules} pJ
          </p>
          <p>Source: {cost.source}.</p>
        </>
      }
    >
      <TimeChart
        t={moment.t}
        counted="step"
        lines={lanes.map(({ line }) => line)}
        max={max}
        marks={[{ value: 1, label: "DNN" }]}
        format={(value) => `${Number(value.toPrecision(2))}×`}
        summary={`Energy at step ${moment.t}. ${summary}`}
      />
      <table>
        <thead>
          <tr>
            <th scope="col">network</th>
            <th scope="col">operations</th>
            <th scope="col">energy</th>
            <th scope="col">meets the DNN at</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">DNN</th>
            <td>{shortNumber(macs)} MAC</td>
            <td>{energyText(macs * cost.macPicojoules)}</td>
            <td />
          </tr>
          {lanes.map(({ lane, picojoules, meets }) => (
            <tr key={lane.slot} className={lane.slot}>
              <th scope="row">{lane.name}</th>
              <td title={countsText(lane.now)}>{shortNumber(lane.now?.operations.acs ?? 0)} AC</td>
              <td>{energyText(picojoules)}</td>
              <td>{meets}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <EnergyModelsTable lanes={moment.lanes} />
    </Card>
  );
}

/** All counts to the last one, for those who compare. */
function countsText(now: CheckpointView | undefined): string {
  if (!now) return "";
  const { acs, spikes, macs, neuronUpdates } = now.operations;
  return `${acs} accumulates, ${spikes} spikes, ${macs} multiply-accumulates, ${neuronUpdates} neuron updates`;
}

function spent({ slot, checkpoints, now, axis }: LaneMoment, macs: number, cost: OperationCost) {
  const at = checkpoints.map(({ t, operations }) => ({ t, ...operations }));
  const [{ snn, dnnPicojoules, breakEven }] = profileEnergy({ macs }, at, [cost]);
  const line: Line = {
    slot,
    axis,
    points: snn.map(({ t, totalPicojoules }) => ({ t, value: totalPicojoules / dnnPicojoules })),
  };
  const picojoules = snn.find(({ t }) => t === now?.t)?.totalPicojoules ?? 0;
  const { steps, extrapolated } = breakEven;
  const meets = steps === null ? "never" : steps === 0 ? "before step 1" : `step ${extrapolated ? "≈ " : ""}${steps}`;
  return { line, picojoules, ratio: picojoules / dnnPicojoules, meets };
}
