/** Signals over time: a layer's values [C, H, W] at its step t, produced in order, kept while somebody may ask again. */

export type Frame = Float64Array;

export interface FrameStream {
  /** The values of step t ≥ 1. Steps are produced in order; `keep` of them can still be asked for. */
  frame(t: number): Frame;
}

/** Calls `produce` once for each step, in order. Consumers may lag behind each other by less than `keep` steps. */
export function frameStream(produce: (t: number) => Frame, keep: number): FrameStream {
  const frames = new Map<number, Frame>();
  let produced = 0;
  return {
    frame(t) {
      while (produced < t) {
        produced++;
        frames.set(produced, produce(produced));
        frames.delete(produced - keep);
      }
      return frames.get(t) as Frame;
    },
  };
}
