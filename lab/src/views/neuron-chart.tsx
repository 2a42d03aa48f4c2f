/** A neuron over time: the charge that it has when it decides, what that is held against, and what its spikes take away. */
import type { NeuronStepView, Slot } from "../simulation/protocol.ts";
import { withMinus } from "./format.ts";
import { type Decision, decisionOf } from "./neuron-decision.ts";
import type { TimeAxis } from "./time-axis.ts";
import { useWidth } from "./use-width.ts";

const height = 150;
const gutter = 64;
/** With more steps than this, dots and arrows would lie upon each other. */
const fewSteps = 64;

export interface NeuronChartProps {
  readonly axis: TimeAxis;
  /** The network that it belongs to. */
  readonly slot: Slot;
  /** The present step. */
  readonly t: number;
  readonly steps: readonly NeuronStepView[];
}

export function NeuronChart({ axis, slot, t, steps }: NeuronChartProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const shown = steps.filter((step) => step.t <= t).map(decisionOf);
  const all = steps.map(decisionOf);
  const values = all.flatMap(({ before, after, up }) => [before, after, up ?? 0]);
  const [low, high] = [Math.min(-0.25, ...values) - 0.15, Math.max(0.6, ...values) + 0.15];
  const x = (step: number) => gutter + axis.at(step) * Math.max(0, width - gutter - 14);
  const y = (value: number) => 6 + ((high - value) / (high - low)) * (height - 12);
  const within = (value: number | null) => value !== null && value >= low && value <= high;
  const path = shown.flatMap((step) => [
    [x(step.t), y(step.before)],
    [x(step.t), y(step.after)],
  ]);
  const latest = shown.at(-1);
  /** Where what is written to the right of a step would be cut. */
  const isAtEdge = (step: number) => x(step) > width - 36;
  return (
    <div ref={ref} className="chart trace">
      <svg width={width} height={height} role="img" aria-label={summaryOf(latest)}>
        <g className="grid">
          <line x1={gutter} x2={width - 4} y1={y(0)} y2={y(0)} />
          <text x={gutter - 6} y={y(0) + 4} textAnchor="end">
            0
          </text>
        </g>
        <Threshold decisions={all} of="up" label="fires +1" {...{ x, y, within }} />
        <Threshold decisions={all} of="down" label="fires −1" {...{ x, y, within }} />
        <g className={`line ${slot}`}>
          <polyline points={path.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ")} />
          {steps.length <= fewSteps &&
            shown.map((step) => (
              <g key={step.t} className={step.spike === 0 ? "silent" : "fires"}>
                <circle cx={x(step.t)} cy={y(step.before)} r={step.t === t ? 4.5 : 3} />
                {step.spike !== 0 && (
                  <text
                    x={x(step.t) + (isAtEdge(step.t) ? -7 : 7)}
                    y={(y(step.before) + y(step.after)) / 2 + 4}
                    textAnchor={isAtEdge(step.t) ? "end" : "start"}
                  >
                    {spikeText(step.spike)}
                  </text>
                )}
              </g>
            ))}
          {steps.length > fewSteps && latest && <circle cx={x(latest.t)} cy={y(latest.before)} r={3.5} />}
        </g>
      </svg>
    </div>
  );
}

interface ThresholdProps {
  readonly decisions: readonly Decision[];
  readonly of: "up" | "down";
  readonly label: string;
  readonly x: (t: number) => number;
  readonly y: (value: number) => number;
  readonly within: (value: number | null) => boolean;
}

/** A line from step to step, since what a neuron is held against may depend on what it has sent. */
function Threshold({ decisions, of, label, x, y, within }: ThresholdProps) {
  const points = decisions.filter((decision) => within(decision[of]));
  if (points.length === 0) return null;
  const first = points[0][of] as number;
  const line = points.map((decision) => `${x(decision.t).toFixed(1)},${y(decision[of] as number).toFixed(1)}`);
  return (
    <g className="goal">
      <polyline points={line.join(" ")} />
      <text x={gutter - 6} y={y(first) + 4} textAnchor="end">
        {label}
      </text>
    </g>
  );
}

export function spikeText(spike: number): string {
  return spike > 0 ? `+${spike}` : `−${Math.abs(spike)}`;
}

function summaryOf(decision: Decision | undefined): string {
  if (!decision) return "Nothing has been decided yet";
  const { t, before, spike } = decision;
  return `At step ${t} it holds ${withMinus(before.toFixed(2))} thresholds of that step and sends ${spike === 0 ? "nothing" : spikeText(spike)}`;
}
