/** Play, pause, step, speed, and the slider over time. */
import type { Playback } from "../state/use-playback.ts";
import { speeds } from "../state/use-playback.ts";
import type { Moment } from "./moment.ts";

export interface TransportProps {
  readonly moment: Moment | null;
  readonly playback: Playback;
  readonly available: number;
}

export function Transport({ moment, playback, available }: TransportProps) {
  const { frame, isPlaying, speed, play, pause, seek, setSpeed } = playback;
  const total = moment?.run.at.length ?? 1;
  const timeSteps = moment?.run.timeSteps ?? 0;
  const t = moment?.t ?? 0;
  return (
    <section className="transport" aria-label="Time" data-tour="time">
      <button type="button" className="play" onClick={isPlaying ? pause : play} disabled={!moment}>
        <Icon path={isPlaying ? "M7 5h4v14H7zM13 5h4v14h-4z" : "M8 4.5v15l12-7.5z"} />
        <span className="visually-hidden">{isPlaying ? "Pause" : "Play"}</span>
      </button>
      <button type="button" className="step" onClick={() => seek(frame - 1)} disabled={!moment || frame <= 0}>
        <Icon path="M16 5v14l-9-7zM5 5h2v14H5z" />
        <span className="visually-hidden">One step back</span>
      </button>
      <button type="button" className="step" onClick={() => seek(frame + 1)} disabled={!moment || frame >= total - 1}>
        <Icon path="M8 5v14l9-7zM17 5h2v14h-2z" />
        <span className="visually-hidden">One step on</span>
      </button>
      <div className="slider">
        <div
          className="loaded"
          style={{ width: `${100 * (moment?.axis.at(moment.run.at[available - 1] ?? 1) ?? 0)}%` }}
        />
        <input
          type="range"
          min={1}
          max={Math.max(1, timeSteps)}
          value={t}
          onChange={(event) => seek(nearest(moment?.run.at ?? [], Number(event.target.value)))}
          onKeyDown={(event) => {
            // From checkpoint to checkpoint: they may lie further apart than the slider's own step.
            const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -8, PageUp: 8 }[
              event.key
            ];
            if (!step) return;
            event.preventDefault();
            seek(frame + step);
          }}
          disabled={!moment}
          aria-label="Time step"
          aria-valuetext={`t = ${t} of ${timeSteps}`}
        />
        <div className="ticks" aria-hidden="true">
          {moment?.axis.ticks.map((tick) => (
            <span key={tick} style={{ left: `${100 * moment.axis.at(tick)}%` }}>
              {tick}
            </span>
          ))}
        </div>
      </div>
      <output className="clock" aria-live="off">
        <var>t</var> = <b>{moment ? t : "–"}</b>
        {moment && <span> of {timeSteps}</span>}
      </output>
      <label className="speed">
        <span className="visually-hidden">Speed</span>
        <select value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
          {speeds.map((value) => (
            <option key={value} value={value}>
              {value}×
            </option>
          ))}
        </select>
      </label>
    </section>
  );
}

/** Index of the checkpoint next to t. */
function nearest(at: readonly number[], t: number): number {
  const after = at.findIndex((step) => step >= t);
  if (after < 0) return at.length - 1;
  return after > 0 && t - at[after - 1] < at[after] - t ? after - 1 : after;
}

function Icon({ path }: { readonly path: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
