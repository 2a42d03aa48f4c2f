/** Lines over time, up to the present step; the rest of the run is empty space that waits. */

import type { Slot } from "../simulation/protocol.ts";
import type { TimeAxis } from "./time-axis.ts";
import { useWidth } from "./use-width.ts";

export interface Line {
  readonly slot: Slot;
  readonly points: readonly { readonly t: number; readonly value: number }[];
}

export interface TimeChartProps {
  readonly axis: TimeAxis;
  /** The present, on the axis. */
  readonly t: number;
  /** What the axis counts: "step". */
  readonly counted: string;
  readonly lines: readonly Line[];
  /** Upper end of the vertical axis; it begins at 0. */
  readonly max: number;
  readonly format: (value: number) => string;
  /** Horizontal lines with a name. */
  readonly marks?: readonly { readonly value: number; readonly label: string }[];
  /** For screen readers: what stands here, in words. */
  readonly summary: string;
}

const height = 150;
const margin = { left: 40, right: 10, top: 10, bottom: 20 } as const;

export function TimeChart({ axis, t, counted, lines, max, format, marks = [], summary }: TimeChartProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const x = (step: number) => margin.left + axis.at(step) * (width - margin.left - margin.right);
  const y = (value: number) =>
    height - margin.bottom - (Math.min(value, max) / max) * (height - margin.top - margin.bottom);
  return (
    <div ref={ref} className="chart">
      <svg width={width} height={height} role="img" aria-label={summary}>
        {[0, 0.5, 1].map((part) => (
          <g key={part} className="grid">
            <line x1={margin.left} x2={width - margin.right} y1={y(part * max)} y2={y(part * max)} />
            <text x={margin.left - 6} y={y(part * max) + 4} textAnchor="end">
              {format(part * max)}
            </text>
          </g>
        ))}
        {/* In the place of the first label. */}
        <text className="tick" x={margin.left} y={height - 4}>
          {counted}
        </text>
        {axis.ticks
          .filter((tick) => axis.at(tick) > 0.1)
          .map((tick) => (
            <text key={tick} className="tick" x={x(tick)} y={height - 4} textAnchor="middle">
              {tick}
            </text>
          ))}
        {marks
          .filter(({ value }) => value <= max)
          .map(({ value, label }) => (
            <g key={label} className="goal">
              <line x1={margin.left} x2={width - margin.right} y1={y(value)} y2={y(value)} />
              <text x={margin.left + 4} y={y(value) - 4}>
                {label}
              </text>
            </g>
          ))}
        <line className="now" x1={x(t)} x2={x(t)} y1={margin.top} y2={height - margin.bottom} />
        {lines.map(({ slot, points }) => {
          const last = points[points.length - 1];
          return (
            <g key={slot} className={`line ${slot}`}>
              <polyline
                points={points.map((point) => `${x(point.t).toFixed(1)},${y(point.value).toFixed(1)}`).join(" ")}
              />
              {last && <circle cx={x(last.t)} cy={y(last.value)} r={3.5} />}
            </g>
          );
        })}
      </svg>
    </div>
  );
}
