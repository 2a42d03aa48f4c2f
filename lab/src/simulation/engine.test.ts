/** Which engine runs is a matter of time: here of a clock that engines turn on themselves. */
import { describe, expect, test, vi } from "vitest";
import { type Engine, EngineError, inputOf, referenceEngine, type WebGpuEngine } from "../../../src/index.ts";
import { randomPicture } from "../../../test/graphs.ts";
import { smallSpikingGraph } from "../../../test/random-spiking.ts";
import { type EngineSources, openEngines, type Trial } from "./engine.ts";

vi.stubGlobal("crossOriginIsolated", true);
vi.stubGlobal("navigator", { hardwareConcurrency: 4 });

const graph = smallSpikingGraph();
const trial: Trial = {
  name: "a",
  graph,
  image: randomPicture(inputOf(graph).shape, 1),
  options: { timeSteps: 32, at: [1, 2, 16, 32], encoding: "constant", decode: "vmem" },
};

/** Engines that compute as the reference does, and say that it took them so long; of a GPU the first run takes longer. */
function sources(eventMs: number, gpuMs: number, gpu: Partial<WebGpuEngine> = {}, firstGpuMs = 4000) {
  let time = 0;
  const runs: string[] = [];
  const lasting = (name: string, ms: (run: number) => number): Engine => ({
    name,
    async open(opened) {
      const session = await referenceEngine.open(opened);
      let run = 0;
      return {
        dispose: () => session.dispose(),
        async *run(image, options) {
          runs.push(`${name} ${options.timeSteps}`);
          const duration = ms(run++);
          for await (const checkpoint of session.run(image, options)) {
            time += duration / options.at.length;
            yield checkpoint;
          }
        },
      };
    },
  });
  const webGpu = {
    ...lasting("webgpu", (run) => (run === 0 ? firstGpuMs : gpuMs)),
    adapter: "a card",
    isSoftware: false,
  };
  const made: EngineSources = {
    event: (threads) => lasting(`event${threads}`, () => eventMs),
    webGpu: async () => ({ ...webGpu, failure: undefined, dispose: () => {}, ...gpu }),
    now: () => time,
  };
  return { made, runs };
}

describe("the engine of the page", () => {
  test("is a graphics processor where that was faster, whatever its first run took", async () => {
    const { made, runs } = sources(90, 12);
    const { engine, info } = await openEngines(made).choose(null, trial);
    expect(engine.name).toBe("webgpu");
    expect(info.reason).toBe("8 steps took 12 ms with a card, 90 ms with the event engine");
    expect(runs.every((run) => run.endsWith(" 8"))).toBe(true);
  });

  test("is the event engine where that was faster, and runs of one name are measured once", async () => {
    const { made, runs } = sources(3.25, 12);
    const engines = openEngines(made);
    const first = await engines.choose(null, trial);
    expect(first.info).toMatchObject({
      name: first.engine.name,
      reason: expect.stringContaining("12 ms with a card, 3.3 ms"),
    });
    expect(first.engine.name).toMatch(/^event/);
    const measured = runs.length;
    expect((await engines.choose(null, trial)).info).toEqual(first.info);
    expect(runs).toHaveLength(measured);
    await engines.choose(null, { ...trial, name: "b" });
    expect(runs).toHaveLength(2 * measured);
    engines.forget();
    await engines.choose(null, trial);
    expect(runs).toHaveLength(3 * measured);
  });

  test("does not wait long for what is slow", async () => {
    const { made, runs } = sources(90, 12, {}, 20_000);
    const { engine, info } = await openEngines(made).choose(null, trial);
    expect(engine.name).toMatch(/^event/);
    expect(info.reason).toBe("8 steps took more than 5 s with a card, 90 ms with the event engine");
    expect(runs.filter((run) => run.startsWith("webgpu"))).toHaveLength(1);
  });

  test("is the event engine where threads were chosen, without a measurement", async () => {
    const { made, runs } = sources(90, 12);
    const { engine, info } = await openEngines(made).choose(2, trial);
    expect([engine.name, info.threads, info.reason, runs.length]).toEqual(["event2", 2, "", 0]);
  });

  test.each([
    ["there is none", { webGpu: () => Promise.reject(new EngineError("E_WEBGPU", "none")) }, "no WebGPU here"],
    ["it is software", { gpu: { isSoftware: true } }, "WebGPU has only a software adapter here"],
    [
      "it refuses the network",
      { gpu: { open: () => Promise.reject(new EngineError("E_MEMORY", "the GPU would take 9000 MiB")) } },
      "WebGPU cannot run it: the GPU would take 9000 MiB",
    ],
  ])(
    "is the event engine where %s, and says so",
    async (_, { gpu = {}, ...other }: { gpu?: Partial<WebGpuEngine>; webGpu?: EngineSources["webGpu"] }, reason) => {
      const { made } = sources(90, 12, gpu);
      const { engine, info } = await openEngines({ ...made, ...other }).choose(null, trial);
      expect(engine.name).toMatch(/^event/);
      expect(info.reason).toBe(reason);
    },
  );

  test("does not try again what a graphics processor has failed at, even where that has lost it", async () => {
    let failure: string | undefined;
    const { made } = sources(90, 12, {
      get failure() {
        return failure;
      },
      open: () => {
        failure = "the GPU was lost";
        return Promise.reject(new EngineError("E_ENGINE", failure));
      },
    });
    let asked = 0;
    const engines = openEngines({ ...made, webGpu: () => made.webGpu().finally(() => asked++) });
    for (let k = 0; k < 3; k++) {
      const { info } = await engines.choose(null, trial);
      expect(info.reason).toBe("WebGPU cannot run it: the GPU was lost");
    }
    expect(asked).toBe(1);
  });

  test("asks for a graphics processor anew where the last was lost", async () => {
    const lost = sources(90, 12, { failure: "the GPU was lost" }).made;
    const { made } = sources(90, 12);
    let asked = 0;
    const engines = openEngines({ ...made, webGpu: () => (asked++ === 0 ? lost : made).webGpu() });
    expect((await engines.choose(null, trial)).engine.name).toBe("webgpu");
    expect(asked).toBe(2);
  });
});
