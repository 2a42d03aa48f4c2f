/** A neuron to play with: two inputs, their synapses, its kind; what it holds and sends at every step. */
import { type ReactNode, StrictMode, useEffect, useId, useState } from "react";
import { createRoot } from "react-dom/client";
import { neuronView } from "../../../lab/src/simulation/neuron-view.ts";
import type { NeuronView } from "../../../lab/src/simulation/protocol.ts";
import { ExplainedNeuron } from "../../../lab/src/views/neuron-card.tsx";
import { timeAxis } from "../../../lab/src/views/time-axis.ts";
import type { Cell, NeuronKind } from "../../../src/index.ts";
import { explainSmall, slope } from "./small-network.ts";
import "../../../lab/src/styles/charts.css";
import "../../../lab/src/styles/neuron.css";
import "./live.css";

export function start(place: HTMLElement): void {
  createRoot(place).render(
    <StrictMode>
      <OneNeuron />
    </StrictMode>,
  );
}

const timeSteps = 12;
const kinds: { readonly [K in NeuronKind]: string } = {
  if: "plain integrate-and-fire",
  signed: "balanced thresholds",
  ibt: "imbalanced thresholds (the paper's)",
  takeback: "take-back",
  tracker: "tracker",
};
const codes = {
  rate: { phases: 1, label: "all spikes weigh the same" },
  digits: { phases: 5, label: "first spikes weigh more" },
};
type Code = keyof typeof codes;
const inputNames = ["input A", "input B"];

function OneNeuron() {
  const [neuron, setNeuron] = useState<NeuronKind>("takeback");
  const [code, setCode] = useState<Code>("rate");
  const [a, setA] = useState(0.75);
  const [b, setB] = useState(0.4);
  const [fromA, setFromA] = useState(0.8);
  const [fromB, setFromB] = useState(-0.6);
  const [t, setT] = useState(timeSteps);
  const view = useExplanation(neuron, code, a, b, fromA, fromB);
  return (
    <section aria-label="A neuron to play with">
      <div className="settings">
        <Choice label="Neuron" value={neuron} options={kinds} onChange={(value) => setNeuron(value as NeuronKind)} />
        <Choice
          label="Spikes"
          value={code}
          options={{ rate: codes.rate.label, digits: codes.digits.label }}
          onChange={(value) => setCode(value as Code)}
        />
        <Slider label="Input A" value={a} min={0} max={1} onChange={setA} />
        <Slider label="Input B" value={b} min={0} max={1} onChange={setB} />
        <Slider label="Synapse of A" value={fromA} min={-1} max={1} onChange={setFromA} />
        <Slider label="Synapse of B" value={fromB} min={-1} max={1} onChange={setFromB} />
        <Slider label="Step" value={t} min={1} max={timeSteps} step={1} onChange={setT} />
      </div>
      {view && (
        <>
          <ExplainedNeuron axis={timeAxis(timeSteps)} slot="a" t={t} explanation={view} nameOf={nameOf} />
          <p className="stands">{meaningOf(view, t, a * fromA + b * fromB)}</p>
        </>
      )}
    </section>
  );
}

/** The neuron's run for these settings; the last one until a new one is there. */
function useExplanation(neuron: NeuronKind, code: Code, a: number, b: number, fromA: number, fromB: number) {
  const [view, setView] = useState<NeuronView>();
  useEffect(() => {
    let isWanted = true;
    const { phases } = codes[code];
    const network = { neuron, phases, timeSteps, values: [a, b], weights: [fromA, fromB] } as const;
    void explainSmall(network).then((explanation) => {
      if (isWanted) setView(neuronView(explanation, phases));
    });
    return () => {
      isWanted = false;
    };
  }, [neuron, code, a, b, fromA, fromB]);
  return view;
}

const nameOf = ({ layer, channel }: Cell): string => (layer === "third" ? "the neuron" : inputNames[channel]);

/** What its spikes so far stand for, beside what they should. */
function meaningOf({ steps, kind }: NeuronView, t: number, sum: number): string {
  const now = steps.findLast((step) => step.t <= t);
  if (!now) return "";
  const units = steps.filter((step) => step.t <= now.t).reduce((total, { weight }) => total + weight, 0);
  const count = now.sent + now.weight * now.spike;
  const below = kind === "if" ? 0 : slope;
  const wanted = sum < 0 ? below * sum : sum;
  return `After step ${now.t} its spikes come to ${count} in ${units} units of time, which stands for ${(count / units).toFixed(2)}. The DNN's neuron would have the value ${wanted.toFixed(2)}.`.replaceAll(
    "-",
    "−",
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
}

function Slider({ label, value, min, max, step = 0.05, onChange }: SliderProps) {
  return (
    <Labelled label={label} shown={step === 1 ? String(value) : value.toFixed(2).replace("-", "−")}>
      {(id) => (
        <input
          id={id}
          type="range"
          {...{ min, max, step, value }}
          onChange={({ target }) => onChange(Number(target.value))}
        />
      )}
    </Labelled>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: Readonly<Record<string, string>>;
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <select id={id} value={value} onChange={({ target }) => onChange(target.value)}>
          {Object.entries(options).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface LabelledProps {
  readonly label: string;
  readonly shown?: string;
  readonly children: (id: string) => ReactNode;
}

function Labelled({ label, shown, children }: LabelledProps) {
  const id = useId();
  return (
    <div className="setting">
      <label htmlFor={id}>{label}</label>
      {children(id)}
      {shown !== undefined && <output htmlFor={id}>{shown}</output>}
    </div>
  );
}
