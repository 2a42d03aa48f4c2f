/** Spikes per neuron and step, layer by layer: where the network is awake. */
import { barsSvg } from "../export/bars-svg.ts";
import { activityRows } from "../export/view-rows.ts";
import { Card } from "./card.tsx";
import { populationLabel, threeDigits } from "./format.ts";
import type { LaneMoment, Moment } from "./moment.ts";

export interface ActivityViewProps {
  readonly moment: Moment;
  /** The layer that rates and raster show. */
  readonly layer: string | undefined;
  readonly onLayer: (layer: string) => void;
}

export function ActivityView({ moment, layer, onLayer }: ActivityViewProps) {
  const populations = moment.lanes[0].info.populations;
  const rates = moment.lanes.map((lane) => layerRates(lane));
  const max = Math.max(0.05, ...rates.flat());
  return (
    <Card
      title="Activity of each layer"
      unit="spikes per neuron and step"
      keep={{ name: "activity", rows: () => activityRows(moment), svg: () => drawing(moment, rates) }}
      explanation={
        <p>
          Spikes per neuron and step, of either sign. Work is proportional to it: a layer where one neuron in ten fires
          costs a tenth of a layer where all do. Choose a layer to see its channels. Layers of neurons are counted in
          the order in which they are computed; a name in the model file is shown when one is pointed at.
        </p>
      }
    >
      <ul className="bars">
        {populations.map(({ name, shape }, i) => (
          <li key={name}>
            <button type="button" title={name} aria-pressed={name === layer} onClick={() => onLayer(name)}>
              <span className="name">{populationLabel(populations, name)}</span>
              <span className="size">{shape.join("×")}</span>
              <span className="tracks" aria-hidden="true">
                {moment.lanes.map(({ slot }, lane) => (
                  <span key={slot} className={slot} style={{ width: `${(100 * rates[lane][i]) / max}%` }} />
                ))}
              </span>
              <span className="value">{rates.map((values) => threeDigits(values[i])).join(" | ")}</span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function drawing({ lanes, t }: Moment, rates: readonly (readonly number[])[]): string {
  const { populations } = lanes[0].info;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const bars = populations.map(({ name }, i) => ({
    label: populationLabel(populations, name),
    values: rates.map((values) => values[i]),
  }));
  const networks = lanes.map(({ slot }) => color(`--${slot}`));
  return barsSvg(`Activity of each layer, t = ${t}`, bars, { paper: color("--card"), ink: color("--ink"), networks });
}

function layerRates({ now, info }: LaneMoment): number[] {
  return info.populations.map(({ shape: [c, h, w] }, i) => (now ? now.spikes[i] / (c * h * w * now.t) : 0));
}
