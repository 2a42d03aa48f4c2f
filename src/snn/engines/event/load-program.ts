/** Writes a plan into its memory: the program's records; what stages need besides is in load-population.ts and load-weights.ts. */
import { sizeOf } from "../../../core/tensor.ts";
import {
  inputsOf,
  type MoveStage,
  type Network,
  type PoolStage,
  type PopulationStage,
  type Signal,
  type Stage,
} from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import { stageKind } from "./kernel-records.ts";
import { firstStages, type Layout } from "./layout.ts";
import { loadPopulation } from "./load-population.ts";
import { hasSmallWeights, lanesOf } from "./load-weights.ts";
import type { Views } from "./memory.ts";
import { isDense } from "./passing-areas.ts";
import { writeRecord } from "./records.ts";

/** Stages as the program runs them: pictures first (once a run), then `network.stages` (each tile). */
export function loadProgram(plan: Plan, layout: Layout, views: Views, threads: number): void {
  const { network } = plan;
  const frame = (signal: Signal) => layout.frames.get(signal)!.record;
  for (const [signal, place] of layout.frames) {
    const [, height, width] = signal.shape;
    writeRecord(views.words, place.record, "frame", {
      ...place,
      ...{ height, width, lag: signal.lag },
      isLookedAt: isLookedAt(plan, signal, place.parts) ? 1 : 0,
    });
  }
  const pictures: number[] = [];
  const stages = network.stages.map((stage): number => {
    if (stage.kind === "population") {
      const pool = stage.pool ? loadPool(stage.pool, layout, views.words) : 0;
      pictures.push(...loadPopulation(stage, plan, layout, views, pool));
      return layout.populations.get(stage)!.record;
    }
    return loadOther(stage, network, layout, views, frame);
  });
  loadPixels(network, layout, views);
  views.words.set([layout.pixelStage, ...pictures, ...stages], layout.stageTable / 4);
  for (let bits = 0; bits < 256; bits++) views.bytes.set(compactionOf(bits), layout.compaction + 16 * bits);
  writeRecord(views.words, layout.program, "program", {
    stages: layout.stageTable,
    stageCount: firstStages(network) + stages.length,
    timeSteps: 0,
    phases: network.phases,
    goesOn: 0,
    threads,
    tileSteps: layout.tileSteps,
    scratch: layout.scratch,
    scratchBytes: layout.scratchBytes,
    counters: layout.counters,
    counterBytes: layout.counterCount * layout.tileSteps * 8,
    compaction: layout.compaction,
    keepsState: network.keepsState ? 1 : 0,
    isWhole: 0,
    isOutside: 0,
    nextItem: 0,
    arrived: 0,
    generation: 0,
  });
}

/** Bytes of the int16 lanes whose bits are set, one after the other; then −1, which swizzles to 0. */
function compactionOf(bits: number): Int8Array {
  const lanes = lanesOf(bits);
  const bytes = new Int8Array(16).fill(-1);
  bytes.set(lanes.flatMap((lane) => [2 * lane, 2 * lane + 1]));
  return bytes;
}

/** How the picture is taken in: only into the forms that the kernels of this network read. */
function loadPixels(network: Network, layout: Layout, { words }: Views): void {
  const pictures = network.stages.flatMap((stage) => (stage.kind === "population" ? stage.pictures : []));
  writeRecord(words, layout.pixelStage, "pixels", {
    kind: stageKind.pixels,
    source: layout.source,
    count: sizeOf(network.input.shape),
    pairs: pictures.some((picture) => hasSmallWeights(picture, network)) ? layout.pairs : 0,
    whole: pictures.some((picture) => !hasSmallWeights(picture, network)) ? layout.pixels : 0,
  });
}

function loadOther(
  stage: Exclude<Stage, PopulationStage>,
  network: Network,
  layout: Layout,
  { words }: Views,
  frame: (signal: Signal) => number,
): number {
  const out = frame(stage.signal);
  const kind = stageKind[stage.kind];
  if (stage.kind === "pool") return loadPool(stage, layout, words);
  const record = layout.others.get(stage)!;
  if (stage.kind === "move") {
    const { input, factor, insertsZeros, from, to, channels, signal } = stage;
    const endsPosition = to + channels === signal.shape[0] ? 1 : 0;
    const part = partOf(network, stage);
    const place = { from, to, channels, endsPosition, part };
    writeRecord(words, record, "move", {
      kind,
      input: frame(input),
      out,
      factor,
      insertsZeros: insertsZeros ? 1 : 0,
      ...place,
    });
  } else {
    const channels = stage.layer.shape[0];
    writeRecord(words, record, "poisson", { kind, out, channels, pixels: layout.source, seed: 0 });
  }
  return record;
}

/** Whether rows that rest have to be zeros: lists are made of rows that hold spikes only, and moves pass rest on; all others look at each row. */
function isLookedAt({ network, decisions, pinned }: Plan, signal: Signal, parts: number): boolean {
  if (parts !== 1 || pinned.has(signal.name)) return true;
  return network.stages.some((stage) => {
    if (!inputsOf(stage).includes(signal)) return false;
    if (stage.kind !== "population") return stage.kind !== "move";
    const { terms } = decisions.get(stage)!;
    return stage.terms.some(({ input }, i) => input === signal && isDense(terms[i].gather));
  });
}

/** Its number among the parts of a concatenation. */
function partOf({ stages }: Network, move: MoveStage): number {
  return stages.filter(({ signal }) => signal === move.signal).indexOf(move);
}

function loadPool(stage: PoolStage, layout: Layout, words: Int32Array): number {
  const { record, counts, countStride, ownsCounts, sent, settled } = layout.pools.get(stage)!;
  const { size, stride, offset, pooling } = stage.layer;
  writeRecord(words, record, "pool", {
    kind: stageKind.pool,
    input: layout.frames.get(stage.input)!.record,
    out: layout.frames.get(stage.signal)!.record,
    size,
    stride,
    offset,
    isWinner: pooling === "winner" ? 1 : 0,
    isBinary: stage.input.greatestSpike === 1 ? 1 : 0,
    counts,
    countStride,
    ownsCounts: ownsCounts ? 1 : 0,
    levels: sent ? stage.input.greatestSpike : 0,
    sent,
    settled,
  });
  return record;
}
