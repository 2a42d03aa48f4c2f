/** The picture as the DNN sees it and as each spiking network does at the present step. */
import { memo } from "react";
import type { LaneInfo } from "../simulation/protocol.ts";
import type { LabState } from "../state/lab-state.ts";
import type { NeuronChoice } from "../state/neuron-choice.ts";
import type { ChannelChoice } from "../state/settings.ts";
import { populationLabel, shortNumber } from "./format.ts";
import type { Moment } from "./moment.ts";
import { PictureView } from "./picture-view.tsx";
import { SpikeMap } from "./spike-map.tsx";

export interface PicturesProps extends Pick<LabState, "picture" | "model" | "dnn" | "maps"> {
  readonly channel: ChannelChoice | null;
  readonly moment: Moment | null;
  /** Whether the moment is of another picture or setting. */
  readonly isStale: boolean;
  readonly onNeuron: (choice: NeuronChoice) => void;
}

export const Pictures = memo(({ picture, model, dnn, maps, channel, moment, isStale, onNeuron }: PicturesProps) => {
  if (!picture) return <div className="pictures empty" data-tour="pictures" />;
  const classNames = model?.classNames ?? [];
  const lanes = moment?.lanes ?? [];
  const { bitmap } = picture;
  const waiting = model ? "computing…" : "loading the model…";
  return (
    <div data-tour="pictures">
      <div className="pictures" data-count={Math.max(1, lanes.length) + 1}>
        <PictureView
          title="DNN"
          mark="dnn"
          note={dnn === null ? "not in this model file" : model ? `one pass, ${shortNumber(model.macs)} MAC` : ""}
          bitmap={bitmap}
          detections={dnn ?? (dnn === null ? [] : undefined)}
          isFinal
          classNames={classNames}
          waiting={waiting}
        />
        {lanes.length === 0 && (
          <PictureView
            title="Spiking network"
            mark="a"
            note=""
            bitmap={bitmap}
            detections={undefined}
            isFinal={false}
            classNames={classNames}
            waiting={waiting}
          />
        )}
        {lanes.map(({ slot, name, now, info }) => (
          <PictureView
            key={slot}
            title={lanes.length > 1 ? `Spiking ${slot.toUpperCase()}` : "Spiking network"}
            mark={slot}
            note={`${name} · t = ${now?.t ?? 0} of ${info.timeSteps}${latencyText(info, now?.t ?? 0)}`}
            bitmap={bitmap}
            detections={isStale ? undefined : now?.detections}
            isFinal={now?.t === info.timeSteps}
            ghosts={dnn ?? []}
            classNames={classNames}
            waiting={waiting}
            overlay={
              channel?.slot === slot &&
              maps &&
              moment && (
                <SpikeMap
                  maps={maps}
                  t={moment.t}
                  onChoose={(y, x) =>
                    onNeuron({ slot, cell: { layer: channel.layer, channel: channel.channel, y, x } })
                  }
                />
              )
            }
          />
        ))}
      </div>
      <p className="key">
        <span>
          <i className="dashed" /> what the DNN finds
        </span>
        {channel && maps && (
          <>
            <span>
              <i className="positive" /> {populationLabel(lanes[0]?.info.populations ?? [], channel.layer)}, channel{" "}
              {channel.channel + 1} sends +1
            </span>
            <span>
              <i className="negative" /> sends −1
            </span>
            <span>choose a place to see its neuron below</span>
          </>
        )}
      </p>
    </div>
  );
});

/** How long after the picture that is, where layers wait for those before them. */
function latencyText({ delays }: LaneInfo, t: number): string {
  return delays > 0 ? `, ${t + delays} with delays` : "";
}
