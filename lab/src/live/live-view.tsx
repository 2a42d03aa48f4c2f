/** Frames that follow each other through neurons that keep their state: what is found, what it cost, and where. */
import { useState } from "react";
import { type FrameCost, keptFrames, type LiveRun, type LiveState } from "../state/live-run.ts";
import { Card } from "../views/card.tsx";
import { niceAbove, percentText, shortNumber, threeDigits } from "../views/format.ts";
import { PictureView } from "../views/picture-view.tsx";
import type { TimeAxis } from "../views/time-axis.ts";
import { TimeChart } from "../views/time-chart.tsx";
import { PlaceMap } from "./place-map.tsx";

export interface LiveViewProps {
  readonly live: LiveState;
  readonly run: LiveRun;
  readonly classNames: readonly string[];
  /** Whether there is a DNN to compare with. */
  readonly hasDnn: boolean;
  readonly onClose: () => void;
}

export function LiveView({ live, run, classNames, hasDnn, onClose }: LiveViewProps) {
  const [showsPlaces, setShowsPlaces] = useState(true);
  const { title, info, isFrozen, isCompared, now } = live;
  return (
    <section className="live" aria-label="Live video" data-frames={live.costs.at(-1)?.index ?? -1}>
      <div className="live-controls">
        <button type="button" aria-pressed={isFrozen} onClick={() => run.setFrozen(!isFrozen)}>
          Freeze
        </button>
        <button type="button" disabled={!isFrozen} onClick={() => run.step()}>
          Next frame
        </button>
        <button type="button" onClick={() => run.fromRest()}>
          From rest
        </button>
        <label className="check">
          <input type="checkbox" checked={showsPlaces} onChange={({ target }) => setShowsPlaces(target.checked)} />
          <span>Show where spikes are spent</span>
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={isCompared}
            disabled={!hasDnn}
            onChange={({ target }) => run.setCompared(target.checked)}
          />
          <span>Compare with the DNN (slower)</span>
        </label>
        <button type="button" className="primary" onClick={onClose}>
          Stop
        </button>
      </div>
      <div className="live-columns">
        {now && (
          <PictureView
            title="Spiking network"
            mark="a"
            note={`${title}, mode ${info.mode}, ${info.timeSteps} steps a frame`}
            bitmap={now.bitmap}
            detections={now.view.detections}
            ghosts={now.view.dnn ?? []}
            classNames={classNames}
            waiting=""
            isFinal
            overlay={showsPlaces && <PlaceMap places={now.view.places} full={live.fullColor} />}
          />
        )}
        <CostCard live={live} />
      </div>
    </section>
  );
}

function CostCard({ live }: { readonly live: LiveState }) {
  const { info, costs, now, framesPerSecond } = live;
  const ratio = ({ acs }: FrameCost) => acs / info.macs;
  const last = costs.at(-1);
  const kept = costs.filter(({ isFromRest }) => !isFromRest);
  const mean = kept.length > 0 ? kept.reduce((sum, cost) => sum + ratio(cost), 0) / kept.length : undefined;
  const max = niceAbove(Math.max(1.2, ...costs.map(ratio)));
  const points = costs.map((cost) => ({ t: cost.index, value: ratio(cost) }));
  const said = last
    ? `${threeDigits(ratio(last))} accumulates for each multiply-accumulate of the DNN`
    : "no frame yet";
  return (
    <Card
      title="Cost of each frame"
      unit="accumulates per MAC of the DNN"
      explanation={
        <>
          <p>
            A DNN multiplies and adds for every weight and place, at every frame, whatever it shows. These neurons keep
            what they have: they are told only how the picture differs from the last one, and they send spikes only
            where their own answer changes. So the first frame costs more than the DNN, and a scene at rest costs nearly
            nothing.
          </p>
          <p>
            Orange: where spikes were spent on the last frame, at least as many as the change of each neuron’s count
            takes. Freeze the picture to see the cost fall to nothing; begin from rest to pay for a first frame again.
          </p>
        </>
      }
    >
      <TimeChart
        t={last?.index ?? 0}
        counted="frame"
        lines={[{ slot: "a", points, axis: axisOf(costs) }]}
        max={max}
        marks={[{ value: 1, label: "DNN" }]}
        format={(value) => `${Number(value.toPrecision(2))}`}
        summary={`The last frame took ${said}.`}
      />
      <dl className="readings">
        <Reading name="this frame" value={last ? threeDigits(ratio(last)) : "–"} />
        <Reading name="mean, from the second on" value={mean === undefined ? "–" : threeDigits(mean)} />
        <Reading name="accumulates" value={last ? shortNumber(last.acs) : "–"} />
        <Reading name="the DNN’s MACs" value={shortNumber(info.macs)} />
        <Reading name="MACs of the picture" value={last ? percentText(last.macs / info.macs) : "–"} />
        {now?.view.outputError != null && <Reading name="outputs off by" value={percentText(now.view.outputError)} />}
        <Reading name="frames a second" value={framesPerSecond > 0 ? framesPerSecond.toFixed(1) : "–"} />
        <Reading name="the network takes" value={now ? `${now.view.milliseconds.toFixed(0)} ms` : "–"} />
      </dl>
    </Card>
  );
}

function Reading({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="a">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** As many frames as are kept, so that the curve runs at the same pace from the first one on. */
function axisOf(costs: readonly FrameCost[]): TimeAxis {
  const first = costs[0]?.index ?? 0;
  const unit = keptFrames / 4;
  const multiples = [1, 2, 3, 4].map((i) => Math.ceil(first / unit) * unit + i * unit);
  const at = (index: number) => (index - first) / (keptFrames - 1);
  return { at, ticks: multiples.filter((index) => at(index) <= 1) };
}
