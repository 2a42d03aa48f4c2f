/**
 * The page's state and what changes it. Views read it; nothing else writes it.
 */
import { ArgumentError, type Figure, type Pixels, renderScene, SpikingYoloError } from "../../../src/index.ts";
import { type FrameSource, fileSource } from "../frames/frame-source.ts";
import type { ModelSource, PictureSource } from "../simulation/protocol.ts";
import { simulationWorker } from "../simulation/start-worker.ts";
import { builtInModel } from "./built-in-model.ts";
import { type Client, startClient } from "./client.ts";
import { nameOf } from "./configuration.ts";
import { readDropped } from "./dropped-files.ts";
import { afterEvent, type LabState } from "./lab-state.ts";
import { LiveRun } from "./live-run.ts";
import { type NeuronChoice, neuronIn } from "./neuron-choice.ts";
import { type ChannelChoice, fromHash, ignoredIn, linkedModel, type Settings, settingsFor } from "./settings.ts";

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
  /** Looks at frames that follow each other, with neurons that keep their state, until {@link closeLive}. */
  openLive(source: () => Promise<FrameSource>): Promise<void>;
  /** What can be done with the frames that are looked at; null where there are none. */
  live(): LiveRun | null;
  closeLive(): void;
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
  return new LabStore(fromHash(location.hash), location.hash);
}

class LabStore implements Store {
  #state: LabState;
  readonly #listeners = new Set<() => void>();
  readonly #client: Client;
  #lastRunId = 0;
  #isAnnouncing = false;
  #actions: Promise<void> = Promise.resolve();
  #live: LiveRun | null = null;

  constructor(settings: Settings, hash: string) {
    this.#state = {
      settings,
      model: null,
      picture: null,
      dnn: undefined,
      run: null,
      maps: null,
      neuron: null,
      explanation: null,
      live: null,
      busy: "Loading the model",
      progress: null,
      problem: null,
    };
    this.#client = startClient(simulationWorker, (event) => this.#setSoon(afterEvent(this.#state, event)));
    void this.#openPlace(hash);
  }

  // Views take these as they are, so each knows its store.

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly get = (): LabState => this.#state;

  readonly change = (changes: Partial<Settings>): void => {
    const before = this.#state.settings;
    const settings = { ...before, ...changes, t: null };
    const isSameChannel = settings.channel?.slot !== "b" || settings.b !== null;
    this.#set({ settings: { ...settings, channel: isSameChannel ? settings.channel : null } });
    const keys = ["a", "b", "threads"] as const;
    if (keys.some((key) => settings[key] !== before[key])) void this.#startRun();
  };

  readonly showScene = (scene: number): Promise<void> =>
    this.#attempt(null, async () => {
      this.#endLive();
      this.#set({ settings: { ...this.#state.settings, scene, t: null } });
      await this.#drawScene(scene);
      this.#start();
    });

  readonly showPixels = (pixels: Pixels, title: string): Promise<void> =>
    this.#attempt(null, async () => {
      this.#endLive();
      await this.#setPicture({ kind: "pixels", pixels }, title, false);
      this.#start();
    });

  readonly openFiles = (files: readonly File[]): Promise<void> =>
    this.#attempt("Reading files", async () => {
      const { model, picture, video } = await readDropped(files);
      this.#endLive();
      // The picture first: a darknet model without other pictures is calibrated on it.
      if (picture) await this.#setPicture({ kind: "file", picture }, picture.name, false);
      if (model) {
        this.#set({ busy: model.kind === "darknet" ? "Calibrating" : "Reading the model" });
        await this.#openModel(model);
        this.#set({ settings: { ...this.#state.settings, channel: null, model: null } });
      }
      if (video) await this.#startLive(() => fileSource(video));
      else this.#start();
    });

  readonly goTo = (hash: string): void => {
    this.#set({ settings: fromHash(hash) });
    void this.#openPlace(hash);
  };

  readonly stop = (): void => {
    this.#lastRunId++;
    this.#client.call("stop", null).catch(this.report);
    const { run } = this.#state;
    this.#set({ run: run && { ...run, isDone: true, isStale: false } });
  };

  readonly openLive = (open: () => Promise<FrameSource>): Promise<void> =>
    this.#attempt("Preparing the network", () => this.#startLive(open));

  readonly live = (): LiveRun | null => this.#live;

  readonly closeLive = (): void => {
    if (!this.#live) return;
    this.#endLive();
    this.#start();
  };

  readonly chooseNeuron = (neuron: NeuronChoice): void => {
    this.#set({ neuron });
    this.#explain().catch(this.report);
  };

  readonly chooseChannel = (channel: ChannelChoice | null): void => {
    this.#set({ settings: { ...this.#state.settings, channel }, ...(channel ? {} : { maps: null }) });
    this.#loadMaps().catch(this.report);
  };

  readonly drawChannelFigure = async (): Promise<Figure | null> => {
    const { run, settings } = this.#state;
    if (!run || !settings.channel) return null;
    const { layer, channel } = settings.channel;
    const names = { a: nameOf(settings.a), b: settings.b ? nameOf(settings.b) : "" };
    const maps = await Promise.all(
      run.info.lanes.map(async ({ slot }) => ({
        configuration: names[slot],
        maps: await this.#client.call("channelMaps", { slot, layer, channel }),
      })),
    );
    // The plotting library is large: loaded when somebody wants a figure.
    const { channelFigure } = await import("../figures/channel-figure.ts");
    return channelFigure(layer, channel, maps);
  };

  readonly report = (error: unknown): void => {
    const code = error instanceof SpikingYoloError ? error.code : "E_INTERNAL";
    const message = error instanceof Error ? error.message : String(error);
    this.#set({ busy: null, progress: null, problem: { code, message } });
  };

  readonly dismissProblem = (): void => this.#set({ problem: null });

  async #startLive(open: () => Promise<FrameSource>): Promise<void> {
    this.#endLive();
    if (!this.#state.model) throw new ArgumentError("E_MODEL", "there is no model yet: drop a model file");
    this.#lastRunId++;
    const source = await open();
    try {
      const info = await this.#client.call("openLive", { threads: this.#state.settings.threads });
      const run = new LiveRun(this.#client, source, info, (live) => this.#set({ live }));
      this.#live = run;
      // It goes on for as long as somebody looks; what it ends with is told as any problem is.
      run.run().catch((error) => {
        if (this.#live !== run) return;
        this.closeLive();
        this.report(error);
      });
    } catch (error) {
      source.close();
      throw error;
    }
  }

  #endLive(): void {
    if (!this.#live) return;
    this.#live.close();
    this.#live = null;
    this.#client.call("closeLive", null).catch(this.report);
    this.#set({ live: null });
  }

  #announce(): void {
    this.#isAnnouncing = false;
    for (const listener of this.#listeners) listener();
  }

  #set(changes: Partial<LabState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#announce();
  }

  /** For what the simulation tells: a fast engine's checkpoints are announced together, once a frame. */
  #setSoon(state: LabState): void {
    this.#state = state;
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    requestAnimationFrame(() => this.#announce());
  }

  /** A user's action after those before it, so that the last one asked for is the last to have its effect. */
  #attempt(busy: string | null, action: () => Promise<void>): Promise<void> {
    this.#actions = this.#actions.then(async () => {
      this.#set({ busy, progress: null, problem: null });
      try {
        await action();
        this.#set({ busy: null, progress: null });
      } catch (error) {
        this.report(error);
      }
    });
    return this.#actions;
  }

  /** The model and the scene of the settings, which have just been taken from an address. */
  #openPlace(hash: string): Promise<void> {
    return this.#attempt("Loading the model", async () => {
      this.#endLive();
      const { model, scene } = this.#state.settings;
      const opened = await Promise.allSettled([this.#openFirstModel(model), this.#drawScene(scene)]);
      this.#start();
      for (const result of opened) if (result.status === "rejected") throw result.reason;
      const ignored = ignoredIn(hash);
      if (ignored.length > 0)
        throw new ArgumentError(
          "E_ADDRESS",
          `the page's address holds what makes no sense here, and it was left out: ${ignored.join(", ")}`,
        );
    });
  }

  async #openFirstModel(link: string | null): Promise<void> {
    const source = link ? linkedModel(link) : builtInModel;
    if (!source)
      throw new ArgumentError(
        "E_MODEL",
        "this build comes without a model: drop a model file, or a .cfg with its .weights",
      );
    await this.#openModel(source);
  }

  async #openModel(source: ModelSource): Promise<void> {
    const model = await this.#client.call("openModel", source);
    const { model: before, settings } = this.#state;
    const isBuiltIn = source === builtInModel;
    this.#set({ model: { ...model, isBuiltIn }, settings: settingsFor(model, before, settings) });
  }

  async #setPicture(source: PictureSource, title: string, isScene: boolean): Promise<void> {
    const picture = await this.#client.call("setPicture", source);
    this.#state.picture?.bitmap.close();
    this.#set({ picture: { ...picture, title, isScene } });
  }

  async #drawScene(index: number): Promise<void> {
    const pixels = await renderScene(await this.#client.call("drawScene", { seed: sceneSeed, index }));
    await this.#setPicture({ kind: "pixels", pixels }, `scene ${index}`, true);
  }

  /** What looks at frames has the network to itself. */
  #start(): void {
    if (this.#live) return;
    void this.#startRun();
    void this.#startDnn();
  }

  async #startRun(): Promise<void> {
    const { model, picture, settings, run } = this.#state;
    if (!model || !picture) return;
    const { a, b, threads } = settings;
    const runId = ++this.#lastRunId;
    const configurations = [
      { slot: "a" as const, configuration: a },
      ...(b ? [{ slot: "b" as const, configuration: b }] : []),
    ];
    this.#set({ run: run && { ...run, isStale: true }, maps: null, explanation: null });
    try {
      const { done } = await this.#client.call("run", { runId, configurations, seed: 1, threads });
      const now = this.#state.run;
      if (!done || now?.info.runId !== runId) return;
      this.#set({ run: { ...now, isDone: true } });
      await Promise.all([this.#loadMaps(), this.#explain()]);
    } catch (error) {
      if (runId !== this.#lastRunId) return;
      this.#set({ run: null });
      this.report(error);
    }
  }

  async #startDnn(): Promise<void> {
    const { model, picture } = this.#state;
    if (!model || !picture) return;
    this.#set({ dnn: undefined });
    try {
      const dnn = await this.#client.call("runDnn", null);
      if (this.#state.model === model && this.#state.picture === picture) this.#set({ dnn });
    } catch (error) {
      this.report(error);
    }
  }

  async #loadMaps(): Promise<void> {
    const { channel } = this.#state.settings;
    if (!channel) return this.#set({ maps: null });
    const maps = await this.#client.call("channelMaps", channel);
    if (this.#state.settings.channel === channel) this.#set({ maps });
  }

  /** Tells of the chosen neuron of the present run. */
  async #explain(): Promise<void> {
    const { run } = this.#state;
    if (!run) return;
    const neuron = neuronIn(run.info, run.checkpoints, this.#state.neuron);
    this.#set({ neuron, explanation: null });
    const explanation = await this.#client
      .call("explain", { slot: neuron.slot, neuron: neuron.cell })
      .catch((error) => ({ refusal: error instanceof Error ? error.message : String(error) }));
    const isCurrent = this.#state.neuron === neuron && this.#state.run?.info.runId === run.info.runId;
    if (isCurrent) this.#set({ explanation });
  }
}
