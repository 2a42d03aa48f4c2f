/** Room for a population: its neurons' states and parameters, and the weights of what it integrates. */
import { sizeOf } from "../../../core/tensor.ts";
import { tableSteps } from "../../neurons/integer-target.ts";
import { type Decision, gathers, roundUp, type TermDecision } from "../../plan/decisions.ts";
import type { Network, PoolStage, PopulationStage, Term } from "../../plan/network.ts";
import { parameterRow } from "./kernel-records.ts";
import type { BandLayout, PopulationLayout, Take, TermLayout } from "./layout.ts";
import { boundBytes, estimateRows } from "./load-estimates.ts";
import { isDense, type ListLayout, stagger } from "./passing-areas.ts";
import { recordBytes } from "./records.ts";

/** Currents that are gathered before neurons take them: they should stay in the second cache. */
const currentBytes = 2 ** 17;
/** Steps of a pass: their currents, of all positions, stay in the second cache too. */
const passSteps = 8;

export function layoutPopulation(
  stage: PopulationStage,
  decision: Decision,
  lists: ReadonlyMap<Term, ListLayout>,
  { phases, keepsState }: Network,
  tileSteps: number,
  threads: number,
  take: Take,
): { readonly layout: PopulationLayout; readonly scratchBytes: number } {
  const { block, isShort, hasPasses, neurons } = decision;
  const [channels, height, width] = stage.signal.shape;
  const blocks = Math.ceil(channels / block);
  const stateStride = blocks * block;
  const state = height * width * stateStride;
  const isReadout = stage.layer.kind === "readout";
  const isTracker = stage.layer.neuron === "tracker";
  const isEstimated = neurons === "lines" || neurons === "curve";
  const isConstant = stage.pictures.length > 0 || stage.island !== undefined;
  const record = take("other", recordBytes("population"));
  const terms = stage.terms.map((term, i) =>
    layoutTerm(term, decision.terms[i], lists.get(term) as ListLayout, block, blocks, take),
  );
  const run = Math.max(1, Math.min(width, Math.floor(currentBytes / (tileSteps * block * (isShort ? 2 : 4)))));
  const layout: PopulationLayout = {
    record,
    terms,
    passSteps: hasPasses ? passSteps : 0,
    termTable: take("other", 4 * stage.terms.length),
    pictures: stage.pictures.map(({ groups, weights: { shape } }) => ({
      record: take("other", recordBytes("picture")),
      weights: take("weights", 8 * groups * sizeOf(shape.slice(1)) * roundUp(channels, 16)),
    })),
    blocks,
    run,
    stateStride,
    bands: stage.pool ? layoutBands(stage.pool, block, tileSteps, threads, take) : undefined,
    vMem: take("neurons", state * 4),
    netCount: take("neurons", state * 4),
    parameters: take("neurons", Object.keys(parameterRow).length * stateStride * 4),
    weighted: isWeighted(stage, phases) ? take("neurons", phases * 4 * stateStride * 4) : 0,
    tracking: isTracker ? take("neurons", 4 * (4 * stateStride + phases + 1)) : 0,
    settled: isTracker ? take("neurons", state / 8) : 0,
    targets: isTracker ? take("neurons", 8 * tableSteps) : 0,
    estimates: isEstimated ? take("neurons", 4 * estimateRows * stateStride) : 0,
    bounds: isEstimated ? take("neurons", boundBytes(phases) * (stateStride / 8)) : 0,
    curve: neurons === "curve" ? take("neurons", 8 * tableSteps) : 0,
    schedule: neurons === "quotients" ? take("neurons", scheduleBytes(stateStride, tileSteps)) : 0,
    bias: take("neurons", stateStride * 4),
    constant: isConstant ? take("neurons", state * 4) : 0,
    received: isConstant && keepsState ? take("neurons", state * 4) : 0,
    charge: isReadout ? take("neurons", state * 8) : 0,
    chargeHistory: isReadout ? take("neurons", state * 8 * tileSteps) : 0,
    countHistory: isReadout ? take("neurons", state * 4 * tileSteps) : 0,
  };
  // Currents of a band of positions, and room to merge a position's entries.
  const currents = 4 * block * (hasPasses ? height * width * passSteps : run * tileSteps);
  return { layout, scratchBytes: currents + Math.max(0, ...terms.map(({ mergeBytes }) => mergeBytes)) };
}

/** Whether neurons have several levels, or steps that weigh more than 1, only integrate or only fire: see kernels/neurons/weighted.ts. */
function isWeighted({ layer, signal, lagIn }: PopulationStage, phases: number): boolean {
  if (layer.neuron === "tracker") return false;
  return layer.levels > 1 || phases > 1 || lagIn !== signal.lag;
}

/** Eight rows of int16 for each step, and before the first: see kernels/neurons/schedule.ts. */
function scheduleBytes(stateStride: number, tileSteps: number): number {
  return 16 * stateStride * (tileSteps + 1);
}

function layoutBands(pool: PoolStage, block: number, tileSteps: number, threads: number, take: Take): BandLayout {
  const rows = bandRows(pool);
  const slotBytes = stagger(rows * pool.input.shape[2] * block);
  return {
    records: take("other", recordBytes("frame") * threads),
    rows,
    slotBytes,
    data: Array.from({ length: threads }, () => take("signals", slotBytes * tileSteps)),
  };
}

/** Rows of neurons that are worked on with one row of a pool's windows; the last may have some that no window holds. */
function bandRows({ layer: { size, offset }, input, signal }: PoolStage): number {
  const lastTop = (signal.shape[1] - 1) * size - offset;
  return Math.max(size, input.shape[1] - lastTop);
}

function layoutTerm(
  term: Term,
  { gather, groups }: TermDecision,
  list: ListLayout,
  block: number,
  blocks: number,
  take: Take,
): TermLayout {
  const { rows, isMerged, isPaired, isSplit } = gathers[gather];
  const { size, inPerGroup, stride } = convolutionFacts(term, gather, groups);
  const columns = isPaired ? size + stride : size;
  const bytes = rows === "int8" ? 1 : 2;
  const rowBytes = isDense(gather) ? blocks * block * 2 : block * bytes * (isPaired ? 2 : 1);
  const signs = rows === "wide" || isSplit ? 1 : 2;
  const blockBytes = isDense(gather) ? 0 : size * columns * signs * inPerGroup * rowBytes;
  return {
    ...list,
    record: take("other", recordBytes("term")),
    weights: take("weights", isDense(gather) ? size * size * rowBytes : blockBytes * blocks),
    rowBytes,
    blockBytes,
    mergeBytes: isMerged ? roundUp(4 * size * columns * inPerGroup + 64, 64) : 0,
    offsets: isDense(gather) ? 0 : take("weights", 256 * 8 * 4),
    reachX: take("other", term.input.shape[2] * 4),
    reachY: take("other", term.input.shape[1] * 4),
    otherCounts: term.kind === "product" ? take("neurons", term.output[1] * term.output[2] * blocks * block * 4) : 0,
  };
}

/** A convolution's shape as its kernel sees it; input channels are those of a group. */
export function convolutionFacts(
  term: Term,
  gather: TermDecision["gather"],
  groups: number,
): { readonly size: number; readonly stride: number; readonly inPerGroup: number } {
  const size = term.kind === "convolution" ? term.layer.weights.shape[2] : 1;
  // A factor of one value a channel is read at every output.
  const isEverywhere = term.kind === "product" && term.spread === "channels";
  const stride = term.kind === "convolution" ? term.layer.stride : isEverywhere ? 0 : 1;
  return { size, stride, inPerGroup: isDense(gather) ? 1 : term.input.shape[0] / groups };
}
