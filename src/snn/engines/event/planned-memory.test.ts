import { expect, test } from "vitest";
import { randomSpikingGraph } from "../../../../test/random-spiking.ts";
import { plainOptions, plansOf } from "../../plan/plan.ts";
import { allocateMemory } from "./memory.ts";
import { plannedMemory } from "./planned-memory.ts";
import { wasmDevice } from "./wasm-device.ts";

const pageBytes = 65_536;

test.each([1, 2, 3, 4, 5, 6])("what is planned is what is allocated, in whole pages: graph %i", async (seed) => {
  const graph = randomSpikingGraph({
    seed,
    layers: 8,
    neuron: "takeback",
    pool: "delta",
    levels: 1,
    delay: seed % 3,
    vInit: 0,
    firingThreshold: 0.5,
    bits: 8,
  });
  for (const threads of [1, 3]) {
    const { bytes, parts } = plannedMemory(graph, threads);
    const { executor } = await wasmDevice(threads).load(plansOf(graph, plainOptions(graph))[0]);
    expect(executor.memory.buffer.byteLength).toBe(Math.ceil(bytes / pageBytes) * pageBytes);
    // The rest is padding between them.
    const named = parts.weights + parts.neurons + parts.signals + parts.other;
    expect(named).toBeLessThanOrEqual(bytes);
    expect(named).toBeGreaterThan(0.9 * bytes - pageBytes);
    await executor.dispose();
  }
});

test("memory that is not to be had is an error that says how much", () => {
  expect(() => allocateMemory({ initial: 65_537 })).toThrow(
    expect.objectContaining({ code: "E_MEMORY", message: expect.stringMatching(/^4097 MiB of memory/) }),
  );
});
