/** Frames through the network, one after the other, for as long as somebody looks: the newest frame each time. */
import type { Pixels } from "../../../src/index.ts";
import type { FrameSource } from "../frames/frame-source.ts";
import { toImageData } from "../frames/image-data.ts";
import type { FrameView, LiveInfo } from "../simulation/protocol.ts";
import type { Client } from "./client.ts";

/** What a frame cost. */
export interface FrameCost {
  readonly index: number;
  readonly isFromRest: boolean;
  /** Accumulates, and multiply-accumulates. */
  readonly acs: number;
  readonly macs: number;
}

export interface LiveState {
  /** Of the source. */
  readonly title: string;
  readonly info: LiveInfo;
  /** The source stands still; the network goes on looking. */
  readonly isFrozen: boolean;
  /** The DNN looks at every frame, too. */
  readonly isCompared: boolean;
  /** The last frame, and what came of it. */
  readonly now: { readonly bitmap: ImageBitmap; readonly view: FrameView } | null;
  /** Of the last frames, the newest last. */
  readonly costs: readonly FrameCost[];
  /** Spikes of a place that are drawn in full colour: as many as the last frame from rest spent on a place on average. */
  readonly fullColor: number;
  /** Over the last second; 0 before there are two frames. */
  readonly framesPerSecond: number;
}

/** Frames whose costs are drawn. */
export const keptFrames = 240;

export class LiveRun {
  readonly #client: Client;
  readonly #source: FrameSource;
  readonly #onChange: (state: LiveState) => void;
  #state: LiveState;
  #isOpen = true;
  #isFromRest = true;
  #isStepWanted = false;
  /** Ends the pause of a frozen frame that has nothing more to tell. */
  #wake: () => void = () => {};
  #index = 0;
  #times: readonly number[] = [];

  constructor(client: Client, source: FrameSource, info: LiveInfo, onChange: (state: LiveState) => void) {
    this.#client = client;
    this.#source = source;
    this.#onChange = onChange;
    const { title } = source;
    this.#state = {
      title,
      info,
      isFrozen: false,
      isCompared: false,
      now: null,
      costs: [],
      fullColor: 1,
      framesPerSecond: 0,
    };
    onChange(this.#state);
  }

  /** Until it is closed. @throws what source and network throw. */
  async run(): Promise<void> {
    let last: Pixels | undefined;
    while (this.#isOpen) {
      const pixels = await this.#nextPixels(last);
      if (!this.#isOpen) return;
      const isNew = pixels !== last;
      last = pixels;
      const { isCompared } = this.#state;
      const isFromRest = this.#isFromRest;
      this.#isFromRest = false;
      const view = await this.#client.call("frame", { pixels, isFromRest, isCompared });
      if (!this.#isOpen) return;
      await this.#show(pixels, isNew, view, isFromRest);
      if (!isNew && view.acs === 0) await this.#pause();
    }
  }

  setFrozen(isFrozen: boolean): void {
    if (isFrozen) this.#source.freeze();
    else this.#source.resume();
    this.#change({ isFrozen });
    this.#wake();
  }

  /** The next frame of a source that stands still. */
  step(): void {
    this.#isStepWanted = true;
    this.#wake();
  }

  /** Neurons forget what they have seen. */
  fromRest(): void {
    this.#isFromRest = true;
    this.#wake();
  }

  setCompared(isCompared: boolean): void {
    this.#change({ isCompared });
    this.#wake();
  }

  close(): void {
    this.#isOpen = false;
    this.#source.close();
    this.#state.now?.bitmap.close();
    this.#wake();
  }

  #nextPixels(last: Pixels | undefined): Promise<Pixels> | Pixels {
    const isStep = this.#isStepWanted;
    this.#isStepWanted = false;
    if (!this.#state.isFrozen || !last) return this.#source.next();
    return isStep ? this.#source.step() : last;
  }

  async #show(pixels: Pixels, isNew: boolean, view: FrameView, isFromRest: boolean): Promise<void> {
    const before = this.#state.now?.bitmap;
    const bitmap = before && !isNew ? before : await createImageBitmap(toImageData(pixels));
    if (bitmap !== before) before?.close();
    const cost = { index: this.#index++, isFromRest, acs: view.acs, macs: view.macs };
    const now = performance.now();
    this.#times = [...this.#times.filter((time) => now - time < 1000), now];
    const seconds = (now - this.#times[0]) / 1000;
    this.#change({
      now: { bitmap, view },
      costs: [...this.#state.costs, cost].slice(-keptFrames),
      ...(isFromRest ? { fullColor: meanOf(view.places.spikes) } : {}),
      framesPerSecond: seconds > 0 ? (this.#times.length - 1) / seconds : 0,
    });
  }

  /** Until something is wanted: a frame that stands still and costs nothing more stays as it is. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (!this.#isOpen || !this.#state.isFrozen || this.#isStepWanted || this.#isFromRest) resolve();
    });
  }

  #change(changes: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...changes };
    if (this.#isOpen) this.#onChange(this.#state);
  }
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
