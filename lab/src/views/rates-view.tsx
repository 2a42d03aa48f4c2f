/** Firing rate of each channel of a layer; choosing one lays its spike map over the picture. */

import { rateRows } from "../export/view-rows.ts";
import type { PopulationInfo } from "../simulation/protocol.ts";
import type { ChannelChoice } from "../state/settings.ts";
import { Card } from "./card.tsx";
import { percentText, populationLabel } from "./format.ts";
import type { LaneMoment, Moment } from "./moment.ts";

export interface RatesViewProps {
  readonly moment: Moment;
  readonly layer: string | undefined;
  readonly channel: ChannelChoice | null;
  readonly onChannel: (choice: ChannelChoice | null) => void;
  /** Draw the report's figure of the chosen channel. */
  readonly onFigure: () => void;
}

export function RatesView({ moment, layer, channel, onChannel, onFigure }: RatesViewProps) {
  const { populations } = moment.lanes[0].info;
  const population = populations.find(({ name }) => name === layer);
  const rates = moment.lanes.map((lane) => (population ? ratesOf(lane, population) : new Float32Array()));
  // One scale for all networks: their bars are there to be compared.
  const max = Math.max(0.1, ...rates.map((values) => values.reduce((a, b) => Math.max(a, b), 0)));
  return (
    <Card
      title={`Firing rate of each channel${layer ? ` · ${populationLabel(populations, layer)}` : ""}`}
      unit="part of firing at every step, mean over the channel’s neurons"
      tour="rates"
      keep={{ name: "rates", rows: () => rateRows(moment, layer) }}
      explanation={
        <>
          <p>
            A rate of 100 % is a spike at every step; where first spikes weigh more, each counts by its weight. Weight
            normalization decides how much of that range a channel uses: with one <var>λ</var> for the whole layer, weak
            channels fire too seldom to say anything in time; with one per channel, all of them speak up.
          </p>
          <p className="formula">
            <var>w̄</var>
            <sub>i→j</sub> = <var>w</var>
            <sub>i→j</sub>·<var>λ</var>
            <sub>i</sub> / <var>λ</var>
            <sub>j</sub>, <var>r</var> = |<var>n</var>| / <var>U</var>
          </p>
          <p>Choose a channel to see over the picture where it fires: orange +1, blue −1.</p>
        </>
      }
    >
      {population &&
        moment.lanes.map((lane, i) => (
          <ChannelBars
            key={lane.slot}
            lane={lane}
            rates={rates[i]}
            max={max}
            population={population}
            chosen={channel?.slot === lane.slot && channel.layer === layer ? channel.channel : null}
            onChoose={(index) =>
              onChannel(index === null ? null : { slot: lane.slot, layer: population.name, channel: index })
            }
          />
        ))}
      {population && (
        <p className="ends" aria-hidden="true">
          <span>channel 1</span>
          <span>{population.shape[0]}</span>
        </p>
      )}
      {!channel && <p className="chosen">Choose a channel to see on the picture where it fires.</p>}
      {channel && (
        <p className="chosen">
          Shown on the picture: {populationLabel(populations, channel.layer)}, channel {channel.channel + 1}{" "}
          <button type="button" onClick={() => onChannel(null)}>
            Hide
          </button>{" "}
          <button type="button" onClick={onFigure}>
            Distribution…
          </button>
        </p>
      )}
    </Card>
  );
}

function ratesOf({ now }: LaneMoment, { shape, firstChannel }: PopulationInfo): Float32Array {
  return now?.rates.subarray(firstChannel, firstChannel + shape[0]) ?? new Float32Array(shape[0]);
}

interface ChannelBarsProps {
  readonly lane: LaneMoment;
  readonly rates: Float32Array;
  /** Upper end of the scale. */
  readonly max: number;
  readonly population: PopulationInfo;
  readonly chosen: number | null;
  readonly onChoose: (channel: number | null) => void;
}

/** One stop for the keyboard: arrows move between channels. */
function ChannelBars({ lane, rates, max, population, chosen, onChoose }: ChannelBarsProps) {
  const { shape, name } = population;
  const move = (key: string) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 };
    if (key === "Escape") return onChoose(null);
    if (steps[key]) onChoose(Math.max(0, Math.min(shape[0] - 1, chosen === null ? 0 : chosen + steps[key])));
  };
  return (
    <div className={`channels ${lane.slot}`}>
      <div className="scale" aria-hidden="true">
        <span>{percentText(max)}</span>
        <span>0</span>
      </div>
      <div
        className="strip"
        role="slider"
        tabIndex={0}
        aria-label={`Channel of ${name}, ${lane.name}`}
        aria-valuemin={1}
        aria-valuemax={shape[0]}
        aria-valuenow={(chosen ?? 0) + 1}
        aria-valuetext={
          chosen === null ? "none chosen" : `channel ${chosen + 1}, firing rate ${percentText(rates[chosen])}`
        }
        onKeyDown={(event) => {
          if (/^(Arrow(Left|Right)|Page(Up|Down)|Escape)$/.test(event.key)) event.preventDefault();
          move(event.key);
        }}
        onClick={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          const channel = Math.min(shape[0] - 1, Math.floor(((event.clientX - left) / width) * shape[0]));
          onChoose(channel === chosen ? null : channel);
        }}
      >
        <svg viewBox={`0 0 ${shape[0]} 1`} preserveAspectRatio="none" aria-hidden="true">
          {Array.from(rates, (rate, channel) => (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a channel is its index
              key={channel}
              className={channel === chosen ? "chosen" : undefined}
              x={channel + 0.08}
              width={0.84}
              y={1 - rate / max}
              height={rate / max}
            />
          ))}
          {chosen !== null && <rect className="column" x={chosen} width={1} y={0} height={1} />}
        </svg>
      </div>
    </div>
  );
}
