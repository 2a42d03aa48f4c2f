/**
 * Spikes on this side, in the layout of the other: of pinned signals as they came back, of replayed ones as they will be put there.
 * Outside they are bytes [position][stride], step by step.
 */
import type { Signal } from "../../plan/network.ts";
import { type SpikeLayout, type SpikePlace, sizeInQuads } from "./layout.ts";

export interface Trains {
  /** Words of a signal: [quad][capacity]. */
  wordsOf(signal: Signal): Int32Array<ArrayBuffer>;
  setWords(signal: Signal, words: Int32Array<ArrayBuffer>): void;
  spikesAt(signal: Signal, g: number): Int8Array;
  putSpikes(signal: Signal, g: number, spikes: Int8Array): void;
}

export function openTrains(layout: SpikeLayout): Trains {
  const trains = new Map<Signal, Int32Array<ArrayBuffer>>();
  const capacityOf = (signal: Signal) => (layout.signals.get(signal) as SpikePlace).capacity;

  function wordsOf(signal: Signal): Int32Array<ArrayBuffer> {
    const words = trains.get(signal) ?? new Int32Array(sizeInQuads(signal) * capacityOf(signal));
    trains.set(signal, words);
    return words;
  }

  return {
    wordsOf,
    setWords: (signal, words) => trains.set(signal, words),
    spikesAt(signal, g) {
      const words = wordsOf(signal);
      const capacity = capacityOf(signal);
      const slot = (g - signal.lag) % capacity;
      const step = Int32Array.from({ length: sizeInQuads(signal) }, (_, quad) => words[quad * capacity + slot]);
      return new Int8Array(step.buffer);
    },
    putSpikes(signal, g, spikes) {
      const words = wordsOf(signal);
      const capacity = capacityOf(signal);
      const slot = (g - signal.lag) % capacity;
      for (const [quad, word] of new Int32Array(spikes.slice().buffer).entries()) words[quad * capacity + slot] = word;
    },
  };
}
