/**
 * The page's state and what changes it. Views read it; nothing else writes it.
 */
import {
  ArgumentError,
  type Detection,
  type Figure,
  type Pixels,
  renderScene,
  SpikingYoloError,
} from "../../../src/index.ts";
import type {
  ChannelMaps,
  CheckpointView,
  ModelInfo,
  ModelSource,
  NeuronView,
  PictureInfo,
  PictureSource,
  Progress,
  RunEvent,
  RunInfo,
  Slot,
} from "../simulation/protocol.ts";
import { builtInModel } from "./built-in-model.ts";
import { startClient } from "./client.ts";
import { nameOf } from "./configuration.ts";
import { readDropped } from "./dropped-files.ts";
import { type NeuronChoice, neuronIn } from "./neuron-choice.ts";
import { type ChannelChoice, fromHash, ignoredIn, linkedModel, type Settings, settingsFor } from "./settings.ts";

export interface Run {
  readonly info: RunInfo;
  readonly checkpoints: Readonly<Record<Slot, readonly CheckpointView[]>>;
  readonly isDone: boolean;
  /** Whether it is of another picture, model or setting than the present one; the next run has not begun yet. */
  readonly isStale: boolean;
}

export interface LabState {
  readonly settings: Settings;
  readonly model: (ModelInfo & { readonly isBuiltIn: boolean }) | null;
  readonly picture: (PictureInfo & { readonly title: string; readonly isScene: boolean }) | null;
  /** Detections of the DNN: undefined while they are computed, null where the model holds no DNN. */
  readonly dnn: readonly Detection[] | null | undefined;
  readonly run: Run | null;
  readonly maps: ChannelMaps | null;
  /** The neuron that is looked at; null for the first of those that are watched. */
  readonly neuron: NeuronChoice | null;
  /** What it does and why, or why that cannot be told; null until it is known. */
  readonly explanation: NeuronView | { readonly refusal: string } | null;
  /** What is being done that takes a while. */
  readonly busy: string | null;
  /** How far it is, where that is known. */
  readonly progress: Progress | null;
  /** What went wrong last. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

export interface Store {
  subscribe(listener: () => void): () => void;
  get(): LabState;
  change(settings: Partial<Settings>): void;
  showScene(index: number): Promise<void>;
  showPixels(pixels: Pixels, title: string): Promise<void>;
  openFiles(files: readonly File[]): Promise<void>;
  /** Shows what an address says, as if the page had been opened with it. */
  goTo(hash: string): void;
  /** Gives up what is being loaded or run. */
  stop(): void;
  chooseNeuron(choice: NeuronChoice): void;
  chooseChannel(choice: ChannelChoice | null): void;
  /** The report's figure of the chosen channel, of all networks shown; null where there is nothing to draw yet. */
  drawChannelFigure(): Promise<Figure | null>;
  report(error: unknown): void;
  dismissProblem(): void;
}

const sceneSeed = 8;

/** Starts the worker, the built-in model and the scene of the page's address. */
export function createStore(): Store {
  let state: LabState = {
    settings: fromHash(location.hash),
    model: null,
    picture: null,
    dnn: undefined,
    run: null,
    maps: null,
    neuron: null,
    explanation: null,
    busy: "Loading the model",
    progress: null,
    problem: null,
  };
  const listeners = new Set<() => void>();
  const client = startClient(onEvent);
  let lastRunId = 0;
  let isAnnouncing = false;
  let actions: Promise<void> = Promise.resolve();

  function announce(): void {
    isAnnouncing = false;
    for (const listener of listeners) listener();
  }

  function set(changes: Partial<LabState>): void {
    state = { ...state, ...changes };
    announce();
  }

  /** For what the simulation tells: a fast engine's checkpoints are announced together, once a frame. */
  function setSoon(changes: Partial<LabState>): void {
    state = { ...state, ...changes };
    if (isAnnouncing) return;
    isAnnouncing = true;
    requestAnimationFrame(announce);
  }

  function report(error: unknown): void {
    const code = error instanceof SpikingYoloError ? error.code : "E_INTERNAL";
    set({
      busy: null,
      progress: null,
      problem: { code, message: error instanceof Error ? error.message : String(error) },
    });
  }

  /** A user's action after those before it, so that the last one asked for is the last to have its effect. */
  function attempt(busy: string | null, action: () => Promise<void>): Promise<void> {
    actions = actions.then(async () => {
      set({ busy, progress: null, problem: null });
      try {
        await action();
        set({ busy: null, progress: null });
      } catch (error) {
        report(error);
      }
    });
    return actions;
  }

  function onEvent(event: RunEvent): void {
    switch (event.kind) {
      case "progress":
        setSoon({ progress: event.progress });
        return;
      case "started":
        setSoon({ run: { info: event.run, checkpoints: { a: [], b: [] }, isDone: false, isStale: false } });
        return;
      case "checkpoint": {
        const { run } = state;
        if (run?.info.runId !== event.runId) return;
        const checkpoints = { ...run.checkpoints, [event.slot]: [...run.checkpoints[event.slot], event.checkpoint] };
        setSoon({ run: { ...run, checkpoints } });
        return;
      }
      case "errors": {
        const { run } = state;
        if (run?.info.runId !== event.runId) return;
        const withError = (checkpoint: CheckpointView): CheckpointView => {
          const outputError = event.errors.get(checkpoint.t);
          return outputError === undefined ? checkpoint : { ...checkpoint, outputError };
        };
        const checkpoints = { ...run.checkpoints, [event.slot]: run.checkpoints[event.slot].map(withError) };
        setSoon({ run: { ...run, checkpoints } });
        return;
      }
      default:
        event satisfies never;
    }
  }

  async function startRun(): Promise<void> {
    if (!state.model || !state.picture) return;
    const { a, b, threads } = state.settings;
    const runId = ++lastRunId;
    const configurations = [
      { slot: "a" as const, configuration: a },
      ...(b ? [{ slot: "b" as const, configuration: b }] : []),
    ];
    set({ run: state.run && { ...state.run, isStale: true }, maps: null, explanation: null });
    try {
      const { done } = await client.call("run", { runId, configurations, seed: 1, threads });
      if (!done || state.run?.info.runId !== runId) return;
      set({ run: { ...state.run, isDone: true } });
      await Promise.all([loadMaps(), explain()]);
    } catch (error) {
      if (runId !== lastRunId) return;
      set({ run: null });
      report(error);
    }
  }

  async function startDnn(): Promise<void> {
    if (!state.model || !state.picture) return;
    const { model, picture } = state;
    set({ dnn: undefined });
    try {
      const dnn = await client.call("runDnn", null);
      if (state.model === model && state.picture === picture) set({ dnn });
    } catch (error) {
      report(error);
    }
  }

  function start(): void {
    void startRun();
    void startDnn();
  }

  async function openModel(source: ModelSource): Promise<void> {
    const model = await client.call("openModel", source);
    const isBuiltIn = source === builtInModel;
    set({ model: { ...model, isBuiltIn }, settings: settingsFor(model, state.model, state.settings) });
  }

  async function setPicture(source: PictureSource, title: string, isScene: boolean): Promise<void> {
    const picture = await client.call("setPicture", source);
    state.picture?.bitmap.close();
    set({ picture: { ...picture, title, isScene } });
  }

  async function drawScene(index: number): Promise<void> {
    const pixels = await renderScene(await client.call("drawScene", { seed: sceneSeed, index }));
    await setPicture({ kind: "pixels", pixels }, `scene ${index}`, true);
  }

  async function loadMaps(): Promise<void> {
    const { channel } = state.settings;
    if (!channel) {
      set({ maps: null });
      return;
    }
    const maps = await client.call("channelMaps", channel);
    if (state.settings.channel === channel) set({ maps });
  }

  /** Tells of the chosen neuron of the present run. */
  async function explain(): Promise<void> {
    const { run } = state;
    if (!run) return;
    const neuron = neuronIn(run.info, run.checkpoints, state.neuron);
    set({ neuron, explanation: null });
    const explanation = await client
      .call("explain", { slot: neuron.slot, neuron: neuron.cell })
      .catch((error) => ({ refusal: error instanceof Error ? error.message : String(error) }));
    if (state.neuron === neuron && state.run?.info.runId === run.info.runId) set({ explanation });
  }

  async function openBuiltIn(): Promise<void> {
    if (!builtInModel)
      throw new ArgumentError(
        "E_MODEL",
        "this build comes without a model: drop a model file, or a .cfg with its .weights",
      );
    await openModel(builtInModel);
  }

  /** The model and the scene of the settings, which have just been taken from an address. */
  function openPlace(hash: string): Promise<void> {
    return attempt("Loading the model", async () => {
      const { model, scene } = state.settings;
      const opened = await Promise.allSettled([
        model ? openModel(linkedModel(model)) : openBuiltIn(),
        drawScene(scene),
      ]);
      start();
      for (const result of opened) if (result.status === "rejected") throw result.reason;
      const ignored = ignoredIn(hash);
      if (ignored.length > 0)
        throw new ArgumentError(
          "E_ADDRESS",
          `the page's address holds what makes no sense here, and it was left out: ${ignored.join(", ")}`,
        );
    });
  }

  void openPlace(location.hash);

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: () => state,
    change(changes) {
      const before = state.settings;
      const settings = { ...before, ...changes, t: null };
      const isSameChannel = settings.channel?.slot !== "b" || settings.b !== null;
      set({ settings: { ...settings, channel: isSameChannel ? settings.channel : null } });
      const keys = ["a", "b", "threads"] as const;
      if (keys.some((key) => settings[key] !== before[key])) void startRun();
    },
    showScene: (scene) =>
      attempt(null, async () => {
        set({ settings: { ...state.settings, scene, t: null } });
        await drawScene(scene);
        start();
      }),
    showPixels: (pixels, title) =>
      attempt(null, async () => {
        await setPicture({ kind: "pixels", pixels }, title, false);
        start();
      }),
    openFiles: (files) =>
      attempt("Reading files", async () => {
        const { model, picture } = await readDropped(files);
        // The picture first: a darknet model without other pictures is calibrated on it.
        if (picture) await setPicture({ kind: "file", picture }, picture.name, false);
        if (model) {
          set({ busy: model.kind === "darknet" ? "Calibrating" : "Reading the model" });
          await openModel(model);
          set({ settings: { ...state.settings, channel: null, model: null } });
        }
        start();
      }),
    goTo(hash) {
      set({ settings: fromHash(hash) });
      void openPlace(hash);
    },
    stop() {
      lastRunId++;
      client.call("stop", null).catch(report);
      set({ run: state.run && { ...state.run, isStale: false } });
    },
    chooseNeuron(neuron) {
      set({ neuron });
      explain().catch(report);
    },
    chooseChannel(channel) {
      set({ settings: { ...state.settings, channel }, ...(channel ? {} : { maps: null }) });
      loadMaps().catch(report);
    },
    async drawChannelFigure() {
      const { run, settings } = state;
      if (!run || !settings.channel) return null;
      const { layer, channel } = settings.channel;
      const names = { a: nameOf(settings.a), b: settings.b ? nameOf(settings.b) : "" };
      const maps = await Promise.all(
        run.info.lanes.map(async ({ slot }) => ({
          configuration: names[slot],
          maps: await client.call("channelMaps", { slot, layer, channel }),
        })),
      );
      // The plotting library is large: loaded when somebody wants a figure.
      const { channelFigure } = await import("../figures/channel-figure.ts");
      return channelFigure(layer, channel, maps);
    },
    report,
    dismissProblem: () => set({ problem: null }),
  };
}
