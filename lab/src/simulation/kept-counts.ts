/** Counts of all neurons at checkpoints, as many as memory allows: what spike maps are made of, also backwards in time. */
import type { ChannelMaps, PopulationInfo } from "./protocol.ts";

/** Bytes of kept counts, at 16 bits each; a longer run keeps those of every second, third … checkpoint. */
const keptBytes = 128 * 2 ** 20;

export class KeptCounts {
  readonly #populations: readonly PopulationInfo[];
  readonly #every: number;
  readonly #byStep = new Map<number, { unitSteps: number; counts: ReadonlyMap<string, Int16Array> }>();
  #seen = 0;

  constructor(populations: readonly PopulationInfo[], checkpoints: number) {
    const neurons = populations.reduce((sum, { shape: [c, h, w] }) => sum + c * h * w, 0);
    this.#populations = populations;
    this.#every = Math.max(1, Math.ceil((2 * neurons * checkpoints) / keptBytes));
  }

  add(t: number, unitSteps: number, counts: ReadonlyMap<string, Int32Array>): void {
    if (this.#seen++ % this.#every !== 0) return;
    const kept = new Map([...counts].map(([name, values]) => [name, new Int16Array(values)]));
    this.#byStep.set(t, { unitSteps, counts: kept });
  }

  maps(layer: string, channel: number): Omit<ChannelMaps, "region" | "partOfLayer"> | null {
    const population = this.#populations.find(({ name }) => name === layer);
    if (!population || channel >= population.shape[0] || this.#byStep.size === 0) return null;
    const [, height, width] = population.shape;
    const area = height * width;
    const rates = new Float32Array(this.#byStep.size * area);
    for (const [i, { unitSteps, counts }] of [...this.#byStep.values()].entries()) {
      const ofLayer = counts.get(layer) as Int16Array;
      for (let k = 0; k < area; k++) rates[i * area + k] = ofLayer[channel * area + k] / unitSteps;
    }
    return { width, height, at: [...this.#byStep.keys()], rates };
  }
}
