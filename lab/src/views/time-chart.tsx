/**
 * Lines over time, up to the present step; the rest of the run is empty space that waits. Networks of different length each have the whole
 * width for their own steps, with ticks of their own.
 */

import type { Slot } from "../simulation/protocol.ts";
import type { TimeAxis } from "./time-axis.ts";
import { useWidth } from "./use-width.ts";

export interface Line {
  readonly slot: Slot;
  readonly axis: TimeAxis;
  readonly points: readonly { readonly t: number; readonly value: number }[];
}

export interface TimeChartProps {
  /** The present, on the axis of networks that are as long as each other. */
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

const plotHeight = 130;
const tickHeight = 16;
const margin = { left: 40, right: 10, top: 10, bottom: 4 } as const;

export function TimeChart({ t, counted, lines, max, format, marks = [], summary }: TimeChartProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const x = (step: number, { at }: TimeAxis) => margin.left + at(step) * (width - margin.left - margin.right);
  const y = (value: number) => plotHeight - (Math.min(value, max) / max) * (plotHeight - margin.top);
  const ends = new Set(lines.map(({ axis }) => axis.ticks.at(-1)));
  /** One row of ticks for all, or one for each network. */
  const rows = ends.size > 1 ? lines : lines.slice(0, 1);
  const height = plotHeight + rows.length * tickHeight + margin.bottom;
  const [shared] = lines;
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
        {rows.map(({ slot, axis }, row) => {
          const below = plotHeight + (row + 1) * tickHeight;
          return (
            <g key={slot} className={rows.length > 1 ? `ticks ${slot}` : "ticks"}>
              {/* In the place of the first label. */}
              <text className="tick" x={margin.left} y={below}>
                {counted}
              </text>
              {axis.ticks
                .filter((tick) => axis.at(tick) > 0.1)
                .map((tick) => (
                  <text key={tick} className="tick" x={x(tick, axis)} y={below} textAnchor="middle">
                    {tick}
                  </text>
                ))}
            </g>
          );
        })}
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
        {shared && ends.size === 1 && (
          <line className="now" x1={x(t, shared.axis)} x2={x(t, shared.axis)} y1={margin.top} y2={plotHeight} />
        )}
        {lines.map(({ slot, points, axis }) => {
          const last = points[points.length - 1];
          return (
            <g key={slot} className={`line ${slot}`}>
              <polyline
                points={points.map((point) => `${x(point.t, axis).toFixed(1)},${y(point.value).toFixed(1)}`).join(" ")}
              />
              {last && <circle cx={x(last.t, axis)} cy={y(last.value)} r={3.5} />}
            </g>
          );
        })}
      </svg>
    </div>
  );
}
