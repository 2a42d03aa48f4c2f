/** How far the head's raw outputs are from the DNN's, over time. */
import { errorRows } from "../export/view-rows.ts";
import { Card } from "./card.tsx";
import { threeDigits } from "./format.ts";
import type { Moment } from "./moment.ts";
import { type Line, TimeChart } from "./time-chart.tsx";

export function ErrorView({ moment, hasDnn }: { readonly moment: Moment; readonly hasDnn: boolean }) {
  const lines = moment.lanes.map(
    ({ slot, checkpoints, axis }): Line => ({
      slot,
      axis,
      points: checkpoints.flatMap(({ t, outputError }) =>
        outputError === undefined ? [] : [{ t, value: outputError }],
      ),
    }),
  );
  const summary = moment.lanes
    .map(({ name, now }) => `${name}: ${now?.outputError === undefined ? "not known" : threeDigits(now.outputError)}`)
    .join("; ");
  return (
    <Card
      title="Error of the output"
      unit="distance from the DNN’s, as a part of it"
      {...(hasDnn ? { keep: { name: "error", rows: () => errorRows(moment) } } : {})}
      explanation={
        <>
          <p>
            Distance between the spiking network’s raw outputs and the DNN’s, as a part of the DNN’s. The output neurons
            only collect charge, so their reading is an average over time that sharpens as it grows.
          </p>
          <p className="formula">
            ‖<var>snn</var> − <var>dnn</var>‖₂ / ‖<var>dnn</var>‖₂, <var>snn</var> = <var>λ</var>·<var>V</var>
            <sub>mem</sub>(<var>t</var>) / <var>U</var>(<var>t</var>)
          </p>
          <p>
            <var>U</var> is what a neuron has sent that has fired at every step: <var>t</var>, or the sum of the weights
            where first spikes weigh more.
          </p>
        </>
      }
    >
      {hasDnn ? (
        <TimeChart
          t={moment.t}
          counted="step"
          lines={lines}
          max={1}
          format={(value) => value.toFixed(1)}
          summary={`Error at step ${moment.t}. ${summary}`}
        />
      ) : (
        <p className="empty">This model file holds no DNN to compare with.</p>
      )}
      <dl className="readings">
        {moment.lanes.map(({ slot, name, now }) => (
          <div key={slot} className={slot}>
            <dt>{name}</dt>
            <dd>{now?.outputError === undefined ? "–" : threeDigits(now.outputError)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
