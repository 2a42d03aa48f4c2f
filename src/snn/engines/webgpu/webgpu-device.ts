/** The WebGPU device: a plan's constants and states in buffers of the GPU, and a tile as one submission of dispatches. */
import type { Device, Loaded, Start } from "../../plan/device.ts";
import type { PopulationStage, Signal } from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Buffers, openBuffers, type Pipelines, type Region } from "./buffers.ts";
import { constantsWriter } from "./constants.ts";
import type { Gpu } from "./gpu.ts";
import { oddsOf, pixelsOf, planesFrom, quadsFrom } from "./host-data.ts";
import {
  isLaidOutFor,
  quadsOf,
  type SpikeLayout,
  type SpikePlace,
  type StateLayout,
  sizeInQuads,
  spikeLayout,
  stateLayout,
} from "./layout.ts";
import { loadPopulation } from "./load-population.ts";
import { type Program, programOf } from "./program.ts";
import { type SeenTile, seenTile } from "./seen-tile.ts";
import { openTrains, type Trains } from "./trains.ts";

export function webGpuDevice(gpu: Gpu): Device {
  return { longestTile: Number.POSITIVE_INFINITY, load: (plan) => loadPlan(plan, gpu) };
}

async function loadPlan(plan: Plan, gpu: Gpu): Promise<Loaded> {
  const { network } = plan;
  const populations = network.stages.filter((stage) => stage.kind === "population");
  const constants = constantsWriter();
  const loaded = new Map(populations.map((stage) => [stage, loadPopulation(stage, network, constants)]));
  const states = stateLayout(network);
  const buffers = openBuffers(gpu);
  try {
    const words = constants.words();
    await buffers.make("constants", words.length);
    buffers.write("constants", 0, words);
    await buffers.make("states", 4 * states.vectors);
  } catch (error) {
    buffers.dispose();
    throw error;
  }
  return loadedNetwork({ plan, gpu, buffers, states, programFor: (spikes) => programOf(plan, loaded, states, spikes) });
}

interface NetworkOnGpu {
  readonly plan: Plan;
  readonly gpu: Gpu;
  readonly buffers: Buffers;
  readonly states: StateLayout;
  readonly programFor: (spikes: SpikeLayout) => Program;
}

/** Made ready for runs of so many steps. */
interface Ready {
  readonly spikes: SpikeLayout;
  readonly program: Program;
  readonly pipelines: Pipelines;
  readonly trains: Trains;
}

function loadedNetwork(context: NetworkOnGpu): Loaded {
  const { plan, buffers, states } = context;
  const { network } = plan;
  const pinned = [...network.signals.values()].filter(({ name }) => plan.pinned.has(name));
  let ready: Ready;
  let started: Start;
  let seen: SeenTile;

  const placeOf = (signal: Signal) => ready.spikes.signals.get(signal) as SpikePlace;
  const populationOf = (stage: PopulationStage) => states.populations.get(stage)!;
  async function readStates(what: "vMem" | "netCount", stages: readonly PopulationStage[]) {
    const regions = stages.map((stage): Region => {
      return { of: "states", at: 4 * populationOf(stage)[what], words: 4 * sizeInQuads(stage.signal) };
    });
    const quads = await buffers.submit({ regions });
    return stages.map(({ signal }, k) => planesFrom(quads[k], signal.shape));
  }

  return {
    plan,
    get tileSteps() {
      return ready.spikes.tileSteps;
    },
    // Its tiles are as long as a run anyway.
    runsWhole: false,
    async begin(picture, start) {
      const pixels = pixelsOf(picture);
      if (!ready || !isLaidOutFor(ready.spikes, start)) ready = await prepare(context, start);
      started = start;
      if (!start.goesOn) await buffers.submit({ cleared: "states" });
      buffers.write("states", 4 * states.pixels, pixels);
      if (network.stages.some(({ kind }) => kind === "poisson")) {
        const { odds, signs } = oddsOf(picture);
        buffers.write("states", 4 * states.odds, odds);
        buffers.write("states", 4 * states.signs, signs);
      }
      for (const [stage, charges] of start.charges)
        buffers.write("states", 4 * populationOf(stage).constant!, quadsFrom(charges, stage.signal.shape));
      await buffers.submit({ dispatches: ready.program.beginning(start), pipelines: ready.pipelines });
    },
    async run(tile) {
      const { spikes, program, pipelines, trains } = ready;
      const { dispatches, readings: places, readingWords } = program.tile(tile, started);
      await buffers.ensure("readings", readingWords);
      for (const signal of network.replays) buffers.write("spikes", placeOf(signal).at, trains.wordsOf(signal));
      const regions: Region[] = [
        { of: "counters", at: 0, words: 2 * plan.counters.size * spikes.tileSteps },
        { of: "readings", at: 0, words: readingWords },
        ...pinned.map((signal): Region => {
          const { at, capacity } = placeOf(signal);
          return { of: "spikes", at, words: sizeInQuads(signal) * capacity };
        }),
      ];
      const work = { cleared: "counters", dispatches, pipelines, regions } as const;
      const [counters, readings, ...trained] = await buffers.submit(work);
      seen = seenTile(plan, counters, spikes.tileSteps, readings, places);
      for (const [k, signal] of pinned.entries()) trains.setWords(signal, trained[k]);
    },
    takeCount: (counter, i) => seen.takeCount(counter, i),
    readCharges: (stage, i) => seen.readCharges(stage, i),
    readHeadCounts: (stage, i) => seen.readHeadCounts(stage, i),
    readCounts: (stages) => readStates("netCount", stages),
    readMembranes: async (stages) => (await readStates("vMem", stages)).map((plane) => Float64Array.from(plane)),
    spikesAt: (signal, g) => ready.trains.spikesAt(signal, g),
    putSpikes: (signal, g, spikes) => ready.trains.putSpikes(signal, g, spikes),
    strideOf: (signal) => 4 * quadsOf(signal),
    dispose: async () => buffers.dispose(),
  };
}

async function prepare({ plan, gpu, buffers, programFor }: NetworkOnGpu, start: Start): Promise<Ready> {
  const spikes = spikeLayout(plan.network, start, plan.tileSteps, gpu.greatestBytes);
  const program = programFor(spikes);
  const made = program.shaders.map(async (shader) => [shader, await gpu.pipelineOf(shader, spikes.chunk)] as const);
  const pipelines = new Map(await Promise.all(made));
  await buffers.make("spikes", spikes.words);
  await buffers.make("counters", 2 * plan.counters.size * spikes.tileSteps);
  return { spikes, program, pipelines, trains: openTrains(spikes) };
}
