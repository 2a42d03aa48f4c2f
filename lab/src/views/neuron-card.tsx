/** One neuron explained: what came to it, what it was held against, what it sent, at the present step. */
import type { Cell } from "../../../src/index.ts";
import type { NeuronStepView, NeuronView, Slot } from "../simulation/protocol.ts";
import type { LabState } from "../state/lab-state.ts";
import { populationLabel, threeDigits, withMinus } from "./format.ts";
import type { LaneMoment } from "./moment.ts";
import { NeuronChart, spikeText } from "./neuron-chart.tsx";
import type { TimeAxis } from "./time-axis.ts";

export interface NeuronCardProps {
  readonly lane: LaneMoment;
  readonly neuron: Cell;
  readonly explanation: LabState["explanation"];
}

export function NeuronCard({ lane, neuron, explanation }: NeuronCardProps) {
  const { populations } = lane.info;
  return (
    <section className="one-neuron" aria-label="One neuron" data-tour="neuron">
      <p className="neuron" aria-live="polite">
        <b>{cellText(populations, neuron)}</b>
        {explanation && "kind" in explanation && `: ${kindText(explanation)}`}
      </p>
      {explanation === null && <p className="empty">Its inputs are looked up when the run is over…</p>}
      {explanation && "refusal" in explanation && <p className="empty">{explanation.refusal}</p>}
      {explanation && "kind" in explanation && (
        <ExplainedNeuron
          axis={lane.axis}
          slot={lane.slot}
          t={lane.now?.t ?? 0}
          explanation={explanation}
          nameOf={(cell) => cellText(populations, cell)}
        />
      )}
    </section>
  );
}

export interface ExplainedNeuronProps {
  readonly axis: TimeAxis;
  readonly slot: Slot;
  /** The present step. */
  readonly t: number;
  readonly explanation: NeuronView;
  /** What its inputs are called. */
  readonly nameOf: (cell: Cell) => string;
}

export function ExplainedNeuron({ axis, slot, t, explanation, nameOf }: ExplainedNeuronProps) {
  const step = explanation.steps.findLast((step) => step.t <= t);
  return (
    <>
      <NeuronChart axis={axis} slot={slot} t={t} steps={explanation.steps} />
      {step && (
        <div className="decision">
          <p>{decisionText(step, explanation)}</p>
          <Inputs step={step} explanation={explanation} nameOf={nameOf} />
        </div>
      )}
    </>
  );
}

/** What brought charge since the neuron's last step, the strongest first. */
function Inputs({
  step,
  explanation,
  nameOf,
}: Pick<ExplainedNeuronProps, "explanation" | "nameOf"> & { readonly step: NeuronStepView }) {
  const { inputs, others, constant, t } = step;
  const once = t === 1 ? explanation.once : 0;
  const always = explanation.synapses === 0 ? "picture and bias" : "bias";
  const rows = [
    ...(once !== 0 ? [{ key: "once", text: `${always}, all at once`, charge: once }] : []),
    ...(constant !== 0 ? [{ key: "constant", text: always, charge: constant }] : []),
    ...inputs.map(({ cell, spikes, charge }) => ({
      key: JSON.stringify(cell),
      text: `${nameOf(cell)} sent ${spikeText(spikes)}`,
      charge,
    })),
    ...(others.count > 0 ? [{ key: "others", text: `${others.count} others`, charge: others.charge }] : []),
  ];
  const greatest = Math.max(...rows.map(({ charge }) => Math.abs(charge)));
  if (rows.length === 0) return <p className="empty">Nothing reached it in this step.</p>;
  return (
    <ul className="inputs" aria-label="What reached it since its last step, in thresholds">
      {rows.map(({ key, text, charge }) => (
        <li key={key}>
          <span className="from">{text}</span>
          <span className="brought" aria-hidden="true">
            <i className={charge < 0 ? "minus" : "plus"} style={{ width: `${(100 * Math.abs(charge)) / greatest}%` }} />
          </span>
          <span className="value">{signed(charge)}</span>
        </li>
      ))}
    </ul>
  );
}

function decisionText(step: NeuronStepView, { kind }: NeuronView): string {
  const { t, weight, charge, firesFrom, firesFromNeg, target, sent, spike, given } = step;
  const counts = weight > 1 ? `, where a spike counts ${weight}` : "";
  const does = spike === 0 ? "sends nothing" : `sends ${spikeText(spike)}`;
  if (target !== null) {
    return `Step ${t}${counts}: of all charge so far, ${signed(charge)} Vₜₕ, its function makes a count of ${threeDigits(target)}; it has sent ${withMinus(sent)}, so it ${does}${spike === 0 ? "" : ` and has sent ${withMinus(sent + weight * spike)}`}.`;
  }
  const limits = [
    ...(firesFrom === null ? [] : [`+1 from ${signed(firesFrom)}`]),
    ...(firesFromNeg === null ? [] : [`−1 from ${signed(firesFromNeg)}`]),
  ].join(", ");
  const memory = kind === "takeback" && sent !== 0 ? ` after having sent ${withMinus(sent)}` : "";
  const rest = spike === 0 ? "" : ` and gives up ${signed(given)}, which leaves ${signed(charge - given)}`;
  return `Step ${t}${counts}: it holds ${signed(charge)} Vₜₕ and would send ${limits}${memory}. It ${does}${rest}.`;
}

const kinds: { readonly [K in NeuronView["kind"]]: string } = {
  takeback: "a take-back neuron",
  ibt: "a neuron with imbalanced thresholds",
  signed: "a neuron with balanced thresholds",
  if: "a plain integrate-and-fire neuron",
  tracker: "a tracker",
};

function kindText({ kind, fn, synapses, delay }: NeuronView): string {
  const waits = delay === 0 ? "" : `, ${delay === 1 ? "a step" : `${delay} steps`} behind them`;
  return `${kinds[kind]} that follows ${fn}, with ${synapses} inputs${waits}`;
}

export function cellText(populations: readonly { readonly name: string }[], { layer, channel, y, x }: Cell): string {
  const isPopulation = populations.some(({ name }) => name === layer);
  const where = isPopulation ? populationLabel(populations, layer) : layer;
  return `${where}, channel ${channel + 1}, x ${x}, y ${y}`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${threeDigits(Math.abs(value))}`;
}
