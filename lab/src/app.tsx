/** The page: pictures, time, and the linked views below. */
import { type DragEvent, memo, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Figure } from "../../src/index.ts";
import { KeepPictures } from "./export/keep-pictures.tsx";
import { FigureDialog } from "./figures/figure-dialog.tsx";
import { LiveView } from "./live/live-view.tsx";
import { BusyBar } from "./setup/busy-bar.tsx";
import { Camera } from "./setup/camera.tsx";
import { CopyLink } from "./setup/copy-link.tsx";
import { Hints } from "./setup/hints.tsx";
import { SettingsPanel } from "./setup/settings-panel.tsx";
import { Toolbar } from "./setup/toolbar.tsx";
import { nameOf } from "./state/configuration.ts";
import type { LabState } from "./state/lab-state.ts";
import { prefersReducedMotion } from "./state/reduced-motion.ts";
import { type ChannelChoice, fromHash, toHash } from "./state/settings.ts";
import type { Store } from "./state/store.ts";
import { type Playback, usePlayback } from "./state/use-playback.ts";
import type { TourActions } from "./tour/steps.ts";
import { Tour } from "./tour/tour.tsx";
import { ActivityView } from "./views/activity-view.tsx";
import { EnergyView } from "./views/energy-view.tsx";
import { ErrorView } from "./views/error-view.tsx";
import { availableSteps, type Moment, momentOf } from "./views/moment.ts";
import { Pictures } from "./views/pictures.tsx";
import { RasterView } from "./views/raster-view.tsx";
import { RatesView } from "./views/rates-view.tsx";
import { Transport } from "./views/transport.tsx";

export function App({ store }: { readonly store: Store }) {
  const state = useSyncExternalStore(store.subscribe, store.get);
  const { settings, run, problem } = state;
  const [isTouring, setTouring] = useState(false);
  const [isCameraOpen, setCameraOpen] = useState(false);
  const [isDropping, setDropping] = useState(false);
  const available = run ? availableSteps(run.info, run.checkpoints) : 0;
  const playback = usePlayback({
    runId: run?.info.runId,
    available,
    total: run?.info.at.length ?? 0,
    first: run && settings.t !== null ? run.info.at.findLastIndex((t) => t <= (settings.t ?? 0)) : null,
  });
  const moment = useMoment(state, playback.frame);
  const live = store.live();
  useAddress(store, state, moment, playback.isPlaying);
  const closeCamera = useCallback(() => setCameraOpen(false), []);

  const drop = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setDropping(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false);
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setDropping(false);
      void store.openFiles([...event.dataTransfer.files]);
    },
  };

  return (
    <div
      className="page"
      {...drop}
      data-dropping={isDropping}
      data-run={run?.info.runId}
      data-done={run?.isDone === true && !run.isStale}
    >
      <header className="top">
        <h1>
          spiking-yolo <span>lab</span>
        </h1>
        <p>Watch detections emerge from spikes. Nothing is uploaded: drop your own photographs and detectors.</p>
        <div className="links">
          <CopyLink onProblem={store.report} />
          <button type="button" onClick={() => setTouring(true)}>
            Guided tour
          </button>
        </div>
      </header>
      <main>
        <p className="primer">
          A spiking neuron adds up what reaches it, its <b>membrane potential</b>. When that comes to a <b>threshold</b>
          , it sends a <b>spike</b>: a message of one bit, the only thing that neurons tell each other.
        </p>
        <Toolbar store={store} state={state} onCamera={() => setCameraOpen(true)} />
        {problem && (
          <div className="problem" role="alert">
            <p>
              <b>{problem.code}</b> {problem.message}
            </p>
            <button type="button" onClick={store.dismissProblem}>
              Dismiss
            </button>
          </div>
        )}
        <Hints store={store} state={state} />
        <BusyBar store={store} state={state} />
        {state.live && live ? (
          <LiveView
            live={state.live}
            run={live}
            classNames={state.model?.classNames ?? []}
            hasDnn={state.model?.hasDnn ?? false}
            onClose={store.closeLive}
          />
        ) : (
          <Still store={store} state={state} moment={moment} playback={playback} available={available} />
        )}
      </main>
      <Status state={state} moment={moment} isPlaying={playback.isPlaying} />
      {isTouring && (
        <Tour
          shown={{
            neuron: settings.a.neuron,
            timeSteps: settings.a.timeSteps,
            hasPhases: (moment?.lanes[0].info.phases ?? 1) > 1,
          }}
          actions={tourActions(store, state, playback)}
          onClose={() => setTouring(false)}
        />
      )}
      {isCameraOpen && (
        <Camera
          onPicture={(pixels) => void store.showPixels(pixels, "camera")}
          onClose={closeCamera}
          onProblem={store.report}
        />
      )}
    </div>
  );
}

/** What the tour does with the page. */
function tourActions(store: Store, { run, settings }: LabState, { play, seek }: Playback): TourActions {
  const showEnd = () => seek((run?.info.at.length ?? 1) - 1);
  const lane = run?.info.lanes[0];
  return {
    showEnd,
    play() {
      if (prefersReducedMotion()) return showEnd();
      seek(0);
      play();
    },
    chooseNeuron() {
      if (lane) store.chooseNeuron({ slot: lane.slot, cell: lane.neurons[Math.floor(lane.neurons.length / 2)] });
    },
    showChannel() {
      const before = settings.channel;
      if (lane && !before) store.chooseChannel({ slot: lane.slot, layer: lane.populations[0].name, channel: 0 });
      return () => store.chooseChannel(before);
    },
  };
}

interface StillProps {
  readonly store: Store;
  readonly state: LabState;
  readonly moment: Moment | null;
  readonly playback: Playback;
  readonly available: number;
}

/** One picture, over the run's steps. */
function Still({ store, state, moment, playback, available }: StillProps) {
  return (
    <>
      <Pictures
        picture={state.picture}
        model={state.model}
        dnn={state.dnn}
        maps={state.maps}
        channel={state.settings.channel}
        moment={moment}
        isStale={state.run?.isStale ?? false}
        onNeuron={store.chooseNeuron}
      />
      <Transport moment={moment} playback={playback} available={available} />
      {moment && <KeepPictures t={moment.t} available={available} playback={playback} onProblem={store.report} />}
      <SettingsPanel store={store} state={state} />
      {moment && (
        <LinkedViews
          moment={moment}
          store={store}
          channel={state.settings.channel}
          neuron={state.neuron}
          explanation={state.explanation}
          hasDnn={state.model?.hasDnn ?? false}
        />
      )}
    </>
  );
}

interface LinkedViewsProps extends Pick<LabState, "neuron" | "explanation"> {
  readonly moment: Moment;
  readonly store: Store;
  readonly channel: ChannelChoice | null;
  readonly hasDnn: boolean;
}

/** Drawn anew only when what is shown changes, not at every checkpoint that the simulation runs ahead. */
const LinkedViews = memo(({ moment, store, channel, neuron, explanation, hasDnn }: LinkedViewsProps) => {
  const [layer, setLayer] = useState(channel?.layer);
  const [figure, setFigure] = useState<Figure | null>(null);
  const closeFigure = useCallback(() => setFigure(null), []);
  const drawFigure = () => store.drawChannelFigure().then(setFigure, store.report);
  const { populations } = moment.lanes[0].info;
  const shown = populations.some(({ name }) => name === layer) ? layer : populations[0]?.name;
  return (
    <div className="views">
      <RasterView moment={moment} neuron={neuron} explanation={explanation} onNeuron={store.chooseNeuron} />
      <EnergyView moment={moment} />
      <ErrorView moment={moment} hasDnn={hasDnn} />
      <ActivityView moment={moment} layer={shown} onLayer={setLayer} />
      <RatesView
        moment={moment}
        layer={shown}
        channel={channel}
        onChannel={store.chooseChannel}
        onFigure={drawFigure}
      />
      {figure && <FigureDialog figure={figure} onClose={closeFigure} />}
    </div>
  );
});

/** What is shown now; the same object as long as nothing of it changes, however far the simulation runs ahead. */
function useMoment({ run, settings }: LabState, frame: number): Moment | null {
  const shown = Math.max(0, frame);
  const names = useMemo(
    () => ({ a: nameOf(settings.a), b: settings.b ? nameOf(settings.b) : "" }),
    [settings.a, settings.b],
  );
  const latest = useRef(run);
  latest.current = run;
  const t = run?.info.at[shown] ?? 0;
  const [a, b] = (["a", "b"] as const).map((slot) => run?.checkpoints[slot].findLast((past) => past.t <= t));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run's moment changes with its checkpoints at this step
  return useMemo(
    () => latest.current && momentOf(latest.current.info, latest.current.checkpoints, names, shown),
    [run?.info, a, b, names, shown],
  );
}

/**
 * Keeps the page's address in step with what is shown, once it stands still, and the other way round. What a user would go back to
 * (another scene, another network) becomes a place of its own in the browser's history; a step or a channel does not.
 */
function useAddress(store: Store, { settings, picture }: LabState, moment: Moment | null, isPlaying: boolean): void {
  const t = moment && !isPlaying && moment.frame < moment.run.at.length - 1 ? moment.t : null;
  const isScene = picture?.isScene ?? true;
  useEffect(() => {
    if (isPlaying || !isScene) return;
    const hash = toHash({ ...settings, t });
    if (hash === location.hash) return;
    const place = (text: string) => toHash({ ...fromHash(text), t: null, channel: null });
    if (location.hash === "" || place(hash) === place(location.hash)) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
  }, [settings, t, isPlaying, isScene]);
  useEffect(() => {
    // Back, Forward, or an address put into the browser's line; what this page wrote itself raises no event.
    const onChange = () => store.goTo(location.hash);
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, [store]);
}

interface StatusProps {
  readonly state: LabState;
  readonly moment: Moment | null;
  readonly isPlaying: boolean;
}

/** What goes on, at the foot of the page; screen readers hear of it when it changes. */
function Status({ state, moment, isPlaying }: StatusProps) {
  const engine = state.live?.info.engine ?? moment?.run.engine;
  const found = moment?.lanes
    .map(
      ({ now, slot }) =>
        `${moment.lanes.length > 1 ? `${slot.toUpperCase()}: ` : ""}${now?.detections.length ?? 0} found`,
    )
    .join(", ");
  return (
    <footer className="status">
      <p role="status">
        {state.busy
          ? `${state.progress?.what ?? state.busy}…`
          : isPlaying || !moment || state.live
            ? ""
            : `Step ${moment.t}: ${found}.`}
      </p>
      {engine && (
        <p>
          Engine:{" "}
          {engine.name === "event"
            ? `event, ${engine.threads === 1 ? "one thread" : `${engine.threads} threads`}`
            : "WebGPU"}
          {engine.name === "event" &&
            !crossOriginIsolated &&
            " (this page is served without COOP and COEP headers, so threads cannot share memory)"}
          {engine.reason && `; ${engine.reason}`}
        </p>
      )}
      <p>
        The method:{" "}
        <a href="https://arxiv.org/abs/1903.06530" target="_blank" rel="noreferrer">
          Kim, Park, Na, Yoon: Spiking-YOLO
        </a>
        , AAAI 2020
      </p>
    </footer>
  );
}
