/** Every spike of some neurons, and the one that is chosen, explained. */
import { type PointerEvent, useEffect, useMemo, useRef } from "react";
import { type Cell, stepWeight } from "../../../src/index.ts";
import { svgCanvas } from "../export/svg-canvas.ts";
import { spikeRows } from "../export/view-rows.ts";
import type { LaneInfo, SampledNeuron } from "../simulation/protocol.ts";
import type { LabState } from "../state/lab-state.ts";
import type { NeuronChoice } from "../state/neuron-choice.ts";
import { Card } from "./card.tsx";
import { populationLabel } from "./format.ts";
import type { LaneMoment, Moment } from "./moment.ts";
import { cellText, NeuronCard } from "./neuron-card.tsx";
import { drawRaster, paintRaster } from "./paint-raster.ts";
import { useColorScheme } from "./use-color-scheme.ts";
import { useWidth } from "./use-width.ts";

const rowHeight = 5;
/** Between populations. */
const gap = 6;
const gutter = 64;

export interface RasterViewProps extends Pick<LabState, "explanation"> {
  readonly moment: Moment;
  readonly neuron: NeuronChoice | null;
  readonly onNeuron: (choice: NeuronChoice) => void;
}

export function RasterView({ moment, neuron, explanation, onNeuron }: RasterViewProps) {
  const slot = neuron?.slot ?? moment.lanes[0].slot;
  const lane = moment.lanes.find((candidate) => candidate.slot === slot) ?? moment.lanes[0];
  const { neurons } = lane.info;
  /** Of those that the raster shows; −1 for one that was chosen elsewhere. */
  const row = neurons.findIndex((candidate) => isSame(candidate, neuron?.cell));
  const choose = (cell: Cell) => onNeuron({ slot: lane.slot, cell });
  return (
    <Card
      title="Spikes of single neurons"
      tour="raster"
      wide
      keep={{ name: "spikes", rows: () => spikeRows(lane), svg: () => drawing(lane, moment, row) }}
      controls={
        moment.lanes.length > 1 && (
          <fieldset className="switch">
            <legend className="visually-hidden">Network whose neurons are shown</legend>
            {moment.lanes.map(({ slot: value, name }) => (
              <label key={value} className={value}>
                <input
                  type="radio"
                  name="raster-lane"
                  checked={value === lane.slot}
                  onChange={() => onNeuron({ slot: value, cell: neuron?.cell ?? neurons[0] })}
                />
                {name}
              </label>
            ))}
          </fieldset>
        )
      }
      explanation={
        <>
          <p>
            Neurons drawn at random from every layer, one a line, the same ones for every network. Each neuron collects
            current until a threshold is reached, sends a spike and gives up what the spike stands for.
          </p>
          <p className="formula">
            <var>V</var> ← <var>V</var> + <var>I</var>; &ensp; <var>s</var> = +1 if <var>V</var> ≥ <var>V</var>
            <sub>th</sub>, −1 if <var>V</var> ≤ −<var>V</var>
            <sub>th</sub>/<var>α</var>; &ensp; <var>V</var> ← <var>V</var> − <var>s</var>·<var>V</var>
            <sub>th</sub>
          </p>
          <p>
            The negative threshold is 1/<var>α</var> times as far away as the positive one: that imbalance is the leaky
            ReLU’s small slope <var>α</var>, made of spikes. That is the paper’s neuron. Those of the other modes,
            trackers and take-back neurons, remember how much they have sent, and take back what was too much.
          </p>
          <p>
            In phases, the first steps weigh more: current, threshold and spike of a step count twice as much as those
            of the next, as the digits of a number do. What a large spike says too much, a smaller one takes back.
            Below, a neuron’s potential is drawn before it fires and after, in thresholds of the step.
          </p>
        </>
      }
    >
      <Raster lane={lane} moment={moment} chosen={row} onChoose={(index) => choose(neurons[index])} />
      <p className="key">
        <span>
          <i className="plus" /> +1
        </span>
        <span>
          <i className="minus" /> −1
        </span>
        {lane.info.phases > 1 && <span>{weightsText(lane.info)}</span>}
        <span>choose a line to see below what its neuron does, and why</span>
      </p>
      <NeuronCard lane={lane} neuron={neuron?.cell ?? neurons[0]} explanation={explanation} />
    </Card>
  );
}

interface RasterProps {
  readonly lane: LaneMoment;
  readonly moment: Moment;
  readonly chosen: number;
  readonly onChoose: (neuron: number) => void;
}

function Raster({ lane, moment, chosen, onChoose }: RasterProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useColorScheme();
  const { neurons } = lane.info;
  const tops = useMemo(() => rowTops(neurons), [neurons]);
  const height = tops[tops.length - 1] + rowHeight;
  // biome-ignore lint/correctness/useExhaustiveDependencies: its colours are the style sheet's, which change with the scheme
  useEffect(() => {
    if (canvas.current && width > gutter)
      paintRaster(canvas.current, { width: width - gutter, height, tops, rowHeight, lane, moment, chosen });
  }, [width, height, tops, lane, moment, chosen, scheme]);
  const rowAt = (event: PointerEvent<HTMLElement>) => {
    const y = event.clientY - event.currentTarget.getBoundingClientRect().top;
    const after = tops.findIndex((top) => top + rowHeight > y);
    onChoose(after < 0 ? neurons.length - 1 : after);
  };
  return (
    <div
      ref={ref}
      className="raster"
      role="slider"
      tabIndex={0}
      aria-label="Neuron"
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={neurons.length - 1}
      aria-valuenow={Math.max(0, chosen)}
      aria-valuetext={chosen < 0 ? "another one" : cellText(lane.info.populations, neurons[chosen])}
      style={{ height }}
      onPointerDown={rowAt}
      onKeyDown={(event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        onChoose(Math.max(0, Math.min(neurons.length - 1, chosen + step)));
      }}
    >
      {neurons.map((neuron, i) =>
        neuron.layer !== neurons[i - 1]?.layer ? (
          <span key={neuron.layer} className="layer" style={{ top: tops[i] }} aria-hidden="true">
            {populationLabel(lane.info.populations, neuron.layer)}
          </span>
        ) : null,
      )}
      <canvas ref={canvas} style={{ left: gutter }} />
    </div>
  );
}

/** Pixels of a saved raster. */
const savedWidth = 800;

function drawing(lane: LaneMoment, moment: Moment, chosen: number): string {
  const tops = rowTops(lane.info.neurons);
  const height = tops[tops.length - 1] + rowHeight;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const canvas = svgCanvas(`Spikes of single neurons, ${lane.name}`, savedWidth, height, color("--card"));
  drawRaster(canvas, color, { width: savedWidth, height, tops, rowHeight, lane, moment, chosen });
  return canvas.svg();
}

function rowTops(neurons: readonly SampledNeuron[]): number[] {
  let top = 0;
  return neurons.map(({ layer }, i) => {
    if (i > 0) top += rowHeight + (layer === neurons[i - 1].layer ? 0 : gap);
    return top;
  });
}

function isSame(a: Cell, b: Cell | undefined): boolean {
  return b !== undefined && a.layer === b.layer && a.channel === b.channel && a.y === b.y && a.x === b.x;
}

function weightsText({ phases }: LaneInfo): string {
  const weights = Array.from({ length: phases }, (_, i) => stepWeight(i + 1, phases));
  return `step by step, spikes weigh ${weights.join(", ")}: the wider, the more`;
}
