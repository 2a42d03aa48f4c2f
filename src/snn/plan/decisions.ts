/**
 * Which kernels run a population: how each of its terms is gathered, how many channels are worked on at a time, and how its
 * neurons are run. Decided here and nowhere else; docs/kernels.md has what each of them buys.
 */
import { slopeBelow } from "../../functions/functions.ts";
import { membraneBound } from "../neuron.ts";
import { canEstimate, errorOfEights, estimatedTarget } from "../neurons/estimated-target.ts";
import { integerTargetConstants } from "../neurons/integer-target.ts";
import { neuronParameters } from "../neurons/threshold-parameters.ts";
import type { ConvolutionTerm, Network, PopulationStage, Term } from "./network.ts";
import { weightFacts } from "./weight-facts.ts";

/**
 * Ways to gather what arrives at a neuron. Names begin with how sums are kept and end with the bits of a stored weight.
 *
 * `pairs8`: two outputs side by side as one. `merged8`: the short lists of a position's kernel rows are merged first.
 * `short8`: sums in int16. `long8`, `long16`: in int32, by way of int16 lanes that are emptied in time.
 * `passes8`, `passes16`: the same, one kernel row after the other over all positions, for weights that leave the second cache.
 * …`Split8`: −1s have lists of their own, so that no negated weights are stored. `wide16`: graded spikes, or large weights.
 * `depthwise`, `shortDepthwise` (sums in int16), `scale`, `product`: without lists, channel by channel.
 */
export type Gather =
  | "pairs8"
  | "merged8"
  | "short8"
  | "shortSplit8"
  | "long8"
  | "longSplit8"
  | "passes8"
  | "passesSplit8"
  | "long16"
  | "passes16"
  | "wide16"
  | "depthwise"
  | "shortDepthwise"
  | "scale"
  | "product";

/**
 * Ways to run neurons. `quotients`: in int16, those that leave it in int32. `oscillator`: as angles that wrap around, for a
 * constant current. `steps`: in int32. `lines`, `curve`: trackers' goals are estimated, as two straight lines or from a table of the
 * function, and looked up exactly where that does not decide. `tracker`: looked up always, where estimates would seldom decide too.
 */
export type Neurons = "quotients" | "oscillator" | "steps" | "lines" | "curve" | "tracker";

/** How weights lie in memory. */
export type Rows = "int8" | "int16" | "wide" | "depthwise" | "scale" | "product";

export interface GatherFacts {
  readonly rows: Rows;
  readonly sums: "int16" | "int32";
  readonly isSplit: boolean;
  readonly isMerged: boolean;
  readonly isPaired: boolean;
  readonly hasPasses: boolean;
}

const plain = { isSplit: false, isMerged: false, isPaired: false, hasPasses: false } as const;
const split = { ...plain, isSplit: true } as const;

export const gathers: { readonly [G in Gather]: GatherFacts } = {
  pairs8: { ...plain, rows: "int8", sums: "int16", isMerged: true, isPaired: true },
  merged8: { ...plain, rows: "int8", sums: "int16", isMerged: true },
  short8: { ...plain, rows: "int8", sums: "int16" },
  shortSplit8: { ...split, rows: "int8", sums: "int16" },
  long8: { ...plain, rows: "int8", sums: "int32" },
  longSplit8: { ...split, rows: "int8", sums: "int32" },
  passes8: { ...plain, rows: "int8", sums: "int32", hasPasses: true },
  passesSplit8: { ...split, rows: "int8", sums: "int32", hasPasses: true },
  long16: { ...plain, rows: "int16", sums: "int32" },
  passes16: { ...plain, rows: "int16", sums: "int32", hasPasses: true },
  wide16: { ...plain, rows: "wide", sums: "int32" },
  depthwise: { ...plain, rows: "depthwise", sums: "int32" },
  shortDepthwise: { ...plain, rows: "depthwise", sums: "int16" },
  scale: { ...plain, rows: "scale", sums: "int32" },
  product: { ...plain, rows: "product", sums: "int32" },
};

export const neuronKernels: { readonly [N in Neurons]: true } = {
  quotients: true,
  oscillator: true,
  steps: true,
  lines: true,
  curve: true,
  tracker: true,
};

export interface TermDecision {
  readonly gather: Gather;
  /** Groups that the kernel sees: 1 where a grouped convolution is run as a whole one with zeros in it. */
  readonly groups: number;
  /** Rows that int16 lanes can add up before they may overflow; 0 where the kernel has none. */
  readonly budget: number;
}

/** The decision for one population. */
export interface Decision {
  readonly terms: readonly TermDecision[];
  /** Channels that are worked on at a time, a multiple of 8. */
  readonly block: number;
  /** Whether sums are kept as int16, not yet shifted. */
  readonly isShort: boolean;
  readonly hasPasses: boolean;
  readonly neurons: Neurons;
}

/** What is to be taken instead of the usual wherever it fits: for tests of every kernel, and for measuring what each buys. */
export interface Force {
  readonly gather?: Gather;
  /** Is replaced by what would be taken if it were not there. */
  readonly without?: Gather;
  /** In int32, or exactly. */
  readonly neurons?: "steps" | "tracker";
  readonly block?: number;
  /** Longest tile. */
  readonly tileSteps?: number;
  /** Runs no pool together with the neurons before it. */
  readonly pools?: "apart";
}

/** What is taken where a kernel is not there: the first that fits. */
const simpler: { readonly [G in Gather]: readonly Gather[] } = {
  pairs8: ["merged8"],
  merged8: ["short8"],
  short8: ["long8"],
  shortSplit8: ["short8"],
  long8: ["long16"],
  longSplit8: ["long8"],
  passes8: ["short8", "long8"],
  passesSplit8: ["shortSplit8", "longSplit8"],
  long16: ["wide16"],
  passes16: ["long16"],
  wide16: [],
  depthwise: [],
  shortDepthwise: ["depthwise"],
  scale: [],
  product: [],
};

/** Narrow kernels empty their lanes after so many rows; with fewer, wide ones are faster. */
const leastBudget = 8;
const int16Bound = 2 ** 15 - 1;
/** Eight accumulators, which is what 16 vector registers leave room for. */
const widestBlock = 64;
/** Weights of a block that stay in the second cache beside what else is read. */
const nearBytes = 250_000;
/** Rows of a block, as they are and negated, beyond which −1s have lists of their own instead. */
const splitBytes = 400_000;
/**
 * Error of trackers' estimates, in units of 2^−6 of a count, beyond which looking all goals up is faster: so many groups of eight neurons
 * are looked up anyhow, several times a frame, that estimating first only adds to it. Errors grow where channels' λ lie far
 * apart, since one table serves all of them (measured: docs/kernels.md).
 */
const greatestError = 1.5;
/** Channels of a kernel row whose entries are merged. */
const longestMerged = 192;

/** What of a network neurons are run by. */
type Frames = Pick<Network, "phases" | "frameUnits">;

export function decide(stage: PopulationStage, frames: Frames, force: Force = {}): Decision {
  const { gather: forced, without } = force;
  const wanted = stage.terms.map((term) => (forced && gatherFits(forced, term, stage) ? forced : undefined));
  const decision = decideWith(stage, frames, wanted, force);
  if (!decision.terms.some(({ gather }) => gather === without)) return decision;
  const others = stage.terms.map((term, i) => {
    const { gather } = decision.terms[i];
    return gather === without ? simpler[gather].find((other) => gatherFits(other, term, stage)) : wanted[i];
  });
  return decideWith(stage, frames, others, force);
}

function decideWith(
  stage: PopulationStage,
  frames: Frames,
  wanted: readonly (Gather | undefined)[],
  force: Force,
): Decision {
  const rows = stage.terms.map((term, i) => (wanted[i] ? gathers[wanted[i]].rows : usualRows(term)));
  const block = chooseBlock(stage, rows, wanted.includes("pairs8"), force.block);
  const terms = stage.terms.map((term, i): TermDecision => {
    const isPossible = wanted[i] !== undefined && (!gathers[wanted[i]].isPaired || canPair(block));
    const gather = isPossible ? (wanted[i] as Gather) : usualGather(term, rows[i], stage, block);
    return { gather, groups: groupsOf(term), budget: budgetOf(term, rows[i]) };
  });
  const isShort = terms.length > 0 && terms.every(({ gather }) => gathers[gather].sums === "int16");
  const hasPasses = terms.some(({ gather }) => gathers[gather].hasPasses);
  const isWanted = force.neurons !== undefined && (force.neurons === "tracker") === (stage.layer.neuron === "tracker");
  const neurons = isWanted ? (force.neurons as Neurons) : usualNeurons(stage, frames, isShort);
  return { terms, block, isShort, hasPasses, neurons };
}

/** In words, for people: how each term is gathered, in blocks of how many channels, and how neurons are run. */
export function describeDecision({ terms, block, neurons }: Decision): string {
  const names = terms.map(({ gather }) => gather);
  return `${names.length > 0 ? [...new Set(names)].join(" + ") : "constant"} ×${block}, ${neurons}`;
}

/** Whether a kernel gives what the term asks for, to the last bit. */
function gatherFits(gather: Gather, term: Term, stage: PopulationStage): boolean {
  const { rows, sums, isMerged, hasPasses } = gathers[gather];
  if (term.kind !== "convolution") return rows === usualRows(term);
  const fitsSums = sums === "int32" || (stage.terms.length === 1 && fitsShort(term));
  if (isDepthwise(term)) return rows === "depthwise" && fitsSums;
  if (rows === "depthwise" || rows === "scale" || rows === "product") return false;
  const greatest = weightFacts(term.layer.weights).greatest;
  if (rows !== "wide" && (term.input.greatestSpike > 1 || budgetFor(greatest) < leastBudget)) return false;
  if (rows === "int8" && greatest > 127) return false;
  if (!fitsSums) return false;
  if (isMerged && !mergesRuns(term)) return false;
  return !hasPasses || mayPass(stage);
}

function usualGather(term: Term, rows: Rows, stage: PopulationStage, block: number): Gather {
  if (term.kind !== "convolution") return term.kind;
  const fitsSums = stage.terms.length === 1 && fitsShort(term);
  if (rows === "depthwise" || rows === "scale" || rows === "product") return fitsSums ? "shortDepthwise" : "depthwise";
  if (rows === "wide") return "wide16";
  const isSplit = rows === "int8" && !mergesRuns(term) && 2 * tapsOf(term) * widestBlock > splitBytes;
  const blockBytes = tapsOf(term) * (isSplit ? 1 : 2) * block * (rows === "int8" ? 1 : 2);
  const hasPasses = mayPass(stage) && blockBytes > nearBytes;
  if (rows === "int16") return hasPasses ? "passes16" : "long16";
  if (hasPasses) return isSplit ? "passesSplit8" : "passes8";
  if (!fitsSums) return isSplit ? "longSplit8" : "long8";
  if (mergesRuns(term)) return canPair(block) ? "pairs8" : "merged8";
  return isSplit ? "shortSplit8" : "short8";
}

function usualRows(term: Term): Rows {
  if (term.kind !== "convolution") return term.kind;
  if (isDepthwise(term)) return "depthwise";
  const greatest = weightFacts(term.layer.weights).greatest;
  if (term.input.greatestSpike > 1 || budgetFor(greatest) < leastBudget) return "wide";
  return greatest <= 127 ? "int8" : "int16";
}

/** Whether each channel is convolved by itself. */
export function isDepthwise({ layer: { groups, weights } }: ConvolutionTerm): boolean {
  const [outC, inPerGroup] = weights.shape;
  return groups > 1 && inPerGroup === 1 && outC === groups;
}

function groupsOf(term: Term): number {
  if (term.kind !== "convolution" || isDepthwise(term)) return 1;
  const { groups, weights } = term.layer;
  return groups > 1 && (weights.shape[0] / groups) % 8 === 0 ? groups : 1;
}

function budgetFor(greatest: number): number {
  return Math.floor(int16Bound / Math.max(1, greatest));
}

function budgetOf(term: Term, rows: Rows): number {
  const isNarrow = rows === "int8" || rows === "int16";
  return term.kind === "convolution" && isNarrow ? budgetFor(weightFacts(term.layer.weights).greatest) : 0;
}

/** Rows of weights that a position of the output may need. */
function tapsOf(term: ConvolutionTerm): number {
  return term.layer.weights.shape[2] ** 2 * inPerGroupOf(term);
}

/** As the kernel sees it: all input channels of a grouped convolution that is run as a whole one. */
function inPerGroupOf(term: ConvolutionTerm): number {
  return term.input.shape[0] / groupsOf(term);
}

/** Whether the runs of entries of a position's kernel rows are so short that merging them is cheaper than walking each. */
function mergesRuns(term: ConvolutionTerm): boolean {
  const size = term.layer.weights.shape[2];
  return size > 1 && size * inPerGroupOf(term) <= longestMerged;
}

/** Of the kernels for two outputs as one: two blocks of two or four vectors. */
function canPair(block: number): boolean {
  return block === 16 || block === 32;
}

function mayPass({ layer, pool, terms }: PopulationStage): boolean {
  return layer.kind !== "readout" && !pool && terms.length === 1;
}

/** Whether int16 holds whatever may be summed up, and the unit that it is shifted to. */
function fitsShort({ layer, input }: ConvolutionTerm): boolean {
  const { sums } = weightFacts(layer.weights);
  return (layer.shift ?? 0) <= 14 && sums.every((sum) => sum * input.greatestSpike <= int16Bound);
}

function usualNeurons(stage: PopulationStage, { phases, frameUnits = 1 }: Frames, isShort: boolean): Neurons {
  if (stage.layer.neuron === "tracker") return usualTracker(stage, frameUnits);
  if (fitsQuotients(stage, phases, isShort)) return "quotients";
  return stage.terms.length === 0 && isMonotone(stage, phases) ? "oscillator" : "steps";
}

function usualTracker({ layer }: PopulationStage, frameUnits: number): Neurons {
  if (layer.levels > 1 || !canEstimate(frameUnits)) return "tracker";
  const estimated = estimatedTarget(layer, integerTargetConstants(layer, frameUnits));
  if (errorOfEights(estimated) > greatestError) return "tracker";
  return slopeBelow(layer.activation) === null ? "curve" : "lines";
}

/** Whether a constant current moves the neurons one way only: see `kernels/neurons/oscillator.ts`. */
function isMonotone({ layer, signal, lagIn }: PopulationStage, phases: number): boolean {
  return layer.levels === 1 && layer.vInit === 0 && lagIn === signal.lag && phases === 1;
}

/**
 * Whether neurons can be run in int16 (`kernels/neurons/quotient.ts`): what a spike costs is a multiple of the weights' unit, no
 * bias (or, where sums are int16, no step's current) leaves int16, and no spike takes Q over its end.
 */
function fitsQuotients(
  { layer, terms, pictures, signal, lagIn }: PopulationStage,
  phases: number,
  isShort: boolean,
): boolean {
  const [term] = terms;
  if (layer.kind === "readout" || layer.levels > 1 || pictures.length > 0) return false;
  if (terms.length !== 1 || term.kind !== "convolution" || (phases > 1 && layer.vInit !== 0)) return false;
  const { weights, bias, shift = 0 } = term.layer;
  // Room for Q below the bound of the membrane: 2^12, so that few neurons have to be run again.
  if (shift + phases - 1 > 18 || shift > 15) return false;
  const unit = 2 ** shift;
  /** How much more a spike may weigh on the way out than on the way in. */
  const raises = Array.from({ length: 1 + Math.min(phases - 1, signal.lag - lagIn) }, (_, e) => 2 ** e);
  const sums = isShort ? weightFacts(weights).sums : undefined;
  return neuronParameters(layer).every(({ vTh, vThNeg, fireAt, fireAtNeg }, c) => {
    const fits = (cost: number, fires: number) =>
      raises.every(
        (raise) =>
          (fires * raise) / unit > int16Bound ||
          (cost % unit === 0 && ((cost - fires) * raise) / unit <= int16Bound && (cost * raise) / unit < 2 ** 16),
      );
    const [fireUp, fireDown] = layer.neuron === "takeback" ? [fireAt, fireAtNeg] : [vTh, vThNeg];
    const current = (sums?.[c] ?? 0) * term.input.greatestSpike + Math.abs(bias?.data[c] ?? 0) / unit + 2;
    return (
      current <= int16Bound && fits(vTh, fireUp) && (fireDown === Number.POSITIVE_INFINITY || fits(vThNeg, fireDown))
    );
  });
}

/**
 * Channels of a block, a multiple of 8: the split of the population's channels that wastes least, where each block costs
 * its rows and about one row more (the list that it walks).
 */
function chooseBlock(stage: PopulationStage, rows: readonly Rows[], arePaired: boolean, forced?: number): number {
  const outC = stage.signal.shape[0];
  const channels = roundUp(outC, 8);
  const widest = Math.min(channels, rows.includes("wide") ? widestBlock / 2 : widestBlock);
  const perGroup = stage.terms.map(groupsOf).flatMap((groups) => (groups > 1 ? [outC / groups] : []));
  const fits = (block: number) => block <= widest && perGroup.every((count) => count % block === 0);
  if (forced !== undefined && fits(forced)) return forced;
  if (arePaired && fits(32)) return 32;
  if (arePaired && fits(16)) return 16;
  let best = 8;
  const cost = (block: number) => Math.ceil(channels / block) * (block / 8 + 1);
  for (let block = 8; block <= widest; block += 8) if (fits(block) && cost(block) <= cost(best)) best = block;
  return best;
}

/**
 * Membranes that begin a tile within ± this do not saturate in it: each step moves them by a current, and a spike moves
 * them towards zero or leaves them within its cost. −1 where there is no such value.
 */
export function calmOf(stage: PopulationStage, greatestCurrent: number, tileSteps: number): number {
  const calm = membraneBound - tileSteps * greatestCurrent;
  const { vTh, vThNeg } = stage.layer;
  const costs = Math.max(greatestMagnitude(vTh.data), greatestMagnitude(vThNeg?.data ?? []));
  return costs <= calm ? calm : -1;
}

function greatestMagnitude(values: ArrayLike<number>): number {
  let greatest = 0;
  for (let i = 0; i < values.length; i++) greatest = Math.max(greatest, Math.abs(values[i]));
  return greatest;
}

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
