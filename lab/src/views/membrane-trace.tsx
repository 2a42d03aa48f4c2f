/** A neuron's membrane potential over time, between its thresholds. */
import type { LaneMoment, Moment } from "./moment.ts";
import { useWidth } from "./use-width.ts";

const height = 92;
const gutter = 64;

export interface MembraneTraceProps {
  readonly moment: Moment;
  readonly lane: LaneMoment;
  /** Of the neuron among those that are watched. */
  readonly index: number;
}

export function MembraneTrace({ moment, lane, index }: MembraneTraceProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const { axis } = moment;
  const t = lane.now?.t ?? 0;
  const values = lane.checkpoints.map(({ vMem }) => vMem[index]);
  const { firesAt, firesAtNeg } = lane.info.neurons[index];
  const low = Math.min(-0.25, ...values) - 0.15;
  const high = Math.max(firesAt, ...values) + 0.15;
  const x = (step: number) => gutter + axis.at(step) * Math.max(0, width - gutter - 4);
  const y = (value: number) => 4 + ((high - value) / (high - low)) * (height - 8);
  const latest = values[values.length - 1];
  return (
    <div ref={ref} className="chart trace">
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`Membrane potential at step ${t}: ${latest === undefined ? "not known" : latest.toFixed(2)} thresholds`}
      >
        <Level y={y(0)} width={width} label="0" />
        <Level y={y(firesAt)} width={width} label={thresholdLabel(firesAt)} isThreshold />
        {firesAtNeg !== null && -firesAtNeg > low && (
          <Level y={y(-firesAtNeg)} width={width} label={`−${thresholdLabel(firesAtNeg)}`} isThreshold />
        )}
        <g className={`line ${lane.slot}`}>
          <polyline
            points={lane.checkpoints
              .map((checkpoint, i) => `${x(checkpoint.t).toFixed(1)},${y(values[i]).toFixed(1)}`)
              .join(" ")}
          />
          {latest !== undefined && <circle cx={x(t)} cy={y(latest)} r={3.5} />}
        </g>
      </svg>
    </div>
  );
}

function thresholdLabel(thresholds: number): string {
  return thresholds === 1 ? "Vₜₕ" : `${Number(thresholds.toFixed(2))} Vₜₕ`;
}

interface LevelProps {
  readonly y: number;
  readonly width: number;
  readonly label: string;
  readonly isThreshold?: boolean;
}

function Level({ y, width, label, isThreshold = false }: LevelProps) {
  return (
    <g className={isThreshold ? "goal" : "grid"}>
      <line x1={gutter} x2={width - 4} y1={y} y2={y} />
      <text x={gutter - 6} y={y + 4} textAnchor="end">
        {label}
      </text>
    </g>
  );
}
