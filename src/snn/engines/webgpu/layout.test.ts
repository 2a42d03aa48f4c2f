/** The layout of spikes: nothing that is still read is written over, tiles shrink where memory is short, and what cannot be held is refused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomSpikingGraph } from "../../../../test/random-spiking.ts";
import { inputsOf } from "../../plan/network.ts";
import { plainOptions, plansOf } from "../../plan/plan.ts";
import { spikeLayout } from "./layout.ts";

const graphOf = (seed: number, delay: number) =>
  randomSpikingGraph({
    ...{ seed, layers: 8, neuron: "takeback", pool: "delta", levels: 1, phases: 1, delay },
    ...{ vInit: 0, firingThreshold: 0.5, bits: 8 },
  });
const networkOf = (seed: number, delay: number) => {
  const graph = graphOf(seed, delay);
  return plansOf(graph, plainOptions(graph))[0].network;
};

test("whatever a tile reads lies in a slot that nothing written since has taken", () => {
  const [seeds, delays] = [fc.integer({ min: 1, max: 500 }), fc.constantFrom(0, 1, 3)];
  const runs = fc.record({ timeSteps: fc.integer({ min: 1, max: 100 }), longestTile: fc.integer({ min: 1, max: 90 }) });
  const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(seeds, delays, runs, lengths, (seed, delay, run, tiles) => {
      const network = networkOf(seed, delay);
      const { tileSteps, chunk, signals } = spikeLayout(network, run, Number.POSITIVE_INFINITY, 2 ** 40);
      const aligned = (t: number) => t - (t % chunk);
      let g0 = 0;
      for (const wanted of tiles) {
        const end = g0 + Math.min(wanted, tileSteps);
        for (const stage of network.stages) {
          const lag = stage.kind === "population" ? stage.lagIn : stage.signal.lag;
          for (const signal of inputsOf(stage)) {
            const first = Math.max(0, g0 - lag);
            // In whole chunks, as moves and pools write them.
            const written = Math.min(run.timeSteps, aligned(Math.max(0, end - signal.lag) + chunk - 1));
            const { capacity } = signals.get(signal)!;
            expect(capacity % chunk).toBe(0);
            if (first < Math.min(run.timeSteps, end - lag)) expect(written - first).toBeLessThanOrEqual(capacity);
          }
        }
        g0 = end;
      }
    }),
    { numRuns: 200 },
  );
});

test("a frame is one tile where there is room for it; else tiles are shorter, or none fits", () => {
  const network = networkOf(3, 3);
  const lag = Math.max(...[...network.signals.values()].map((signal) => signal.lag));
  const run = { timeSteps: 40, longestTile: 1000 };
  const whole = spikeLayout(network, run, Number.POSITIVE_INFINITY, 2 ** 40);
  expect(whole.tileSteps).toBe(40 + lag);
  const shorter = spikeLayout(network, run, Number.POSITIVE_INFINITY, 4 * whole.words - 1);
  expect(shorter.tileSteps).toBeLessThan(40 + lag);
  expect(shorter.words).toBeLessThan(whole.words);
  expect(() => spikeLayout(network, run, Number.POSITIVE_INFINITY, 1000)).toThrowError(
    expect.objectContaining({ code: "E_MEMORY", message: expect.stringMatching(/Use the event engine/) }),
  );
});
