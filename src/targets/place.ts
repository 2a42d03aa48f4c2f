/** Where layers go on a chip: lower bounds of cores, by what a core holds; and a matching where cores differ. */
import { fanIn, neuronCount, type Stage } from "./stages.ts";

export interface PlacedStage {
  readonly layer: string;
  readonly cores: number;
  /** Numbers of the cores that it takes, the first and the last; chips follow each other. */
  readonly first: number;
  readonly last: number;
}

export interface Placement {
  readonly stages: readonly PlacedStage[];
  /** Layers for which no core is left. */
  readonly homeless: readonly string[];
  readonly cores: number;
  readonly chips: number;
  readonly coresPerChip: number;
}

/** Stages one after the other, each on cores of its own. A stage whose count is infinite fits on no core. */
export function inOrder(
  stages: readonly Stage[],
  coresPerChip: number,
  coresOf: (stage: Stage) => number,
  leastChips = 1,
): Placement {
  const placed: PlacedStage[] = [];
  const homeless: string[] = [];
  let next = 0;
  for (const stage of stages) {
    if (neuronCount(stage) === 0) continue;
    const cores = coresOf(stage);
    if (!Number.isFinite(cores)) homeless.push(stage.name);
    else placed.push({ layer: stage.name, cores, first: next, last: next + cores - 1 });
    if (Number.isFinite(cores)) next += cores;
  }
  const chips = Math.max(leastChips, Math.ceil(next / coresPerChip));
  return { stages: placed, homeless, cores: next, chips, coresPerChip };
}

/** A block of a stage's output on one core. */
export interface Block {
  readonly neurons: number;
  /** Neurons (or pixels) whose spikes it receives. */
  readonly sources: number;
  /** Weights, shared by all its places. */
  readonly weights: number;
}

/**
 * The fewest equal blocks (channels × rows × columns, extents halved again and again) such that each fits on a core.
 * Infinity where even one neuron does not fit.
 */
export function fewestBlocks(stage: Stage, fits: (block: Block) => boolean): number {
  const [channels, height, width] = stage.output;
  let fewest = Number.POSITIVE_INFINITY;
  for (const c of halves(channels))
    for (const h of halves(height))
      for (const w of halves(width)) {
        const count = Math.ceil(channels / c) * Math.ceil(height / h) * Math.ceil(width / w);
        if (count < fewest && fits(blockOf(stage, c, h, w))) fewest = count;
      }
  return fewest;
}

function blockOf(stage: Stage, c: number, h: number, w: number): Block {
  const { input, output, groups, strides, size, dilations } = stage;
  const spans = [h, w].map((extent, axis) =>
    Math.min(input[axis + 1], (extent - 1) * strides[axis] + (size[axis] - 1) * dilations[axis] + 1),
  );
  // Output channels of one group read that group's inputs only.
  const groupsRead = Math.min(groups, Math.ceil((c * groups) / output[0]));
  return {
    neurons: c * h * w,
    sources: groupsRead * (input[0] / groups) * spans[0] * spans[1],
    weights: c * fanIn(stage),
  };
}

/** n, ⌈n/2⌉, ⌈n/4⌉, …, 1. */
function halves(n: number): readonly number[] {
  const extents = [n];
  while (extents[extents.length - 1] > 1) extents.push(Math.ceil(extents[extents.length - 1] / 2));
  return extents;
}

/**
 * One core a stage, cores being different: a greatest matching by augmenting paths, so that a stage is homeless only
 * where no arrangement of the others helps.
 */
export function match(
  stages: readonly Stage[],
  cores: number,
  fits: (stage: Stage, core: number) => boolean,
): Placement {
  const holder = new Array<number>(cores).fill(-1);
  const settle = (stage: number, tried: Set<number>): boolean => {
    for (let core = 0; core < cores; core++) {
      if (tried.has(core) || !fits(stages[stage], core)) continue;
      tried.add(core);
      if (holder[core] >= 0 && !settle(holder[core], tried)) continue;
      holder[core] = stage;
      return true;
    }
    return false;
  };
  const homeless = stages.flatMap((stage, i) => (settle(i, new Set()) ? [] : [stage.name]));
  const placed = stages.flatMap(({ name }, i) => {
    const core = holder.indexOf(i);
    return core < 0 ? [] : [{ layer: name, cores: 1, first: core, last: core }];
  });
  return { stages: placed, homeless, cores: stages.length, chips: 1, coresPerChip: cores };
}
