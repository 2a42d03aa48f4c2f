/**
 * The one table of what host and kernels share: the program's records, 32-bit words in this order, and numbers with names. The
 * build makes the host's half of it (`src/snn/engines/event/kernel-records.ts`) from this file.
 *
 * Pointers are byte addresses. "Step" is a layer's own step t ≥ 1; "global step" g is own step + lag; "offset" i is the step's
 * place in a tile.
 */

/** Kinds of stages: the first field of their records. */
export const enum StageKind {
  POPULATION,
  POOL,
  MOVE,
  POISSON,
  PICTURE,
  PIXELS,
}

/** How a term's weights lie in memory. */
export const enum TermKernel {
  INT8,
  INT16,
  WIDE,
  DEPTHWISE,
  SCALE,
  PRODUCT,
}

/** How a factor lies over its product: value by value, one value a channel, or one a position. */
export const enum SpreadNumber {
  ALIKE,
  CHANNELS,
  POSITIONS,
}

/** What kernels tell apart of neurons: thresholds that do not depend on the net count, that do, or a function that is followed. */
export const enum NeuronNumber {
  THRESHOLD,
  TAKEBACK,
  TRACKER,
}

/**
 * Rows of a population's parameters, i32 [13][stateStride]. A cost is what one spike gives up; "neg" rows hold for net counts
 * below zero (going up) or up to zero (going down), and differ from the others only in take-back neurons. Where nothing negative
 * is sent, costs are above the membrane's bound. Channels that only pad never fire.
 */
export const enum ParameterRow {
  FIRE_UP,
  FIRE_UP_NEG,
  FIRE_DOWN,
  FIRE_DOWN_NEG,
  COST_UP,
  COST_UP_NEG,
  COST_DOWN,
  COST_DOWN_NEG,
  /** Membranes at the start. */
  START,
  /** What binary neurons compare with: FIRE_UP − 1 and 1 − FIRE_DOWN, since strict comparisons are one instruction and others two. */
  UP_ABOVE,
  DOWN_BELOW,
  /** Take-back neurons: FIRE_UP_NEG − FIRE_UP and COST_UP_NEG − COST_UP. */
  MORE_FIRE,
  MORE_COST,
}

/** Spikes of a layer: int8 [capacity][height][width][stride], a ring of global steps. */
@unmanaged
export class Frame {
  data: usize;
  /** Bytes of one position: channels, rounded up to 8; the surplus is always 0. */
  stride: i32;
  slotBytes: i32;
  capacity: i32;
  width: i32;
  height: i32;
  lag: i32;
  /** u8 [capacity][height][parts]: whether a part of a row holds spikes, so that others may pass over it; 0 where nobody takes note. */
  active: usize;
  /** Parts of a row that are written by themselves: blocks of channels, or parts of a concatenation. */
  parts: i32;
  /** Whether what rests must be zeros all the same: some reader does not ask first, or asks for whole rows of several parts. */
  isLookedAt: i32;
}

/** What a population integrates: a convolution of spikes, spikes with a scale per channel, or one factor of a product. */
@unmanaged
export class Term {
  kernel: i32;
  frame: Frame;
  size: i32;
  stride: i32;
  padding: i32;
  groups: i32;
  inPerGroup: i32;
  outPerGroup: i32;
  /** Neurons that a spike reaches at each output position: what a synaptic operation is counted for. */
  fanOut: i32;
  shift: i32;
  weights: usize;
  rowBytes: i32;
  blockBytes: i32;
  /** Rows that an int16 lane can add up before it may overflow. */
  budget: i32;
  /** Event kernels: i32 [256][8]; for each set of eight channels, where their rows begin, one after the other. */
  offsets: usize;
  /** Room for all entries that a position may have, where its runs are short and are merged; else 0. */
  mergeBytes: i32;
  /** Whether two outputs side by side are worked on as one: see gather/pairs.ts. */
  isPaired: i32;
  events: usize;
  eventStepBytes: i32;
  eventRowBytes: i32;
  /** Whether −1s have lists of their own, so that no negated rows are stored; from the lists of +1s to theirs. */
  isSplit: i32;
  eventListBytes: i32;
  indexListBytes: i32;
  magnitudes: usize;
  index: usize;
  indexStepBytes: i32;
  /** Outputs that an input position reaches: i32 [width] and [height]. */
  reachX: usize;
  reachY: usize;
  /** A factor of a product: how it lies over the product; the other factor's spikes, how they lie, and whether they count before these do. */
  spread: i32;
  other: Frame;
  otherSpread: i32;
  isSecond: i32;
  /** Of a factor: i32 [position][stateStride], the other factor's net counts. */
  otherCounts: usize;
  /** Index of its counter of synaptic operations; −1 where another stage counts them. */
  counter: i32;
}

@unmanaged
export class Population {
  kind: i32;
  terms: usize;
  termCount: i32;
  out: Frame;
  channels: i32;
  /** Channels of one work item; a multiple of 8. */
  block: i32;
  blocks: i32;
  /** Positions whose currents are gathered together: the same events serve neighbours while they are in cache. */
  run: i32;
  /** Where a block's weights are too large for the nearer caches: steps that are gathered together, one kernel row after the other; else 0. */
  passSteps: i32;
  /** Whether sums are kept as int16, not yet shifted: there is one narrow term, and Σ|W| fits. */
  isShort: i32;
  /** Of the one term, where sums or neurons are int16. */
  shift: i32;
  /** Membranes saturate at ± this: 2^30. */
  bound: i32;
  /** Within ± this no tile's currents can make a membrane saturate; −1 where there is no such value. */
  calm: i32;
  /** Channels of a position's state: blocks · block. */
  stateStride: i32;
  vMem: usize;
  netCount: usize;
  /** i32 [13][stateStride]: see ParameterRow. */
  parameters: usize;
  /** Neurons that levels, phases or a delay concern: thresholds and costs times each weight, see neurons/weighted.ts; else 0. */
  weighted: usize;
  /** Trackers: rows of constants and the table of their function, see neurons/tracker.ts; else 0. */
  tracking: usize;
  /** Trackers: u8 [position][stateStride / 8], whether eight neurons send nothing more unless something arrives; else 0. */
  settled: usize;
  targets: usize;
  /** Trackers whose goals are estimated: rows of constants, bounds (and bytes of eight channels'), and the table of a function that is not two straight lines; else 0. See neurons/estimate.ts. */
  estimates: usize;
  bounds: usize;
  boundBytes: i32;
  curve: usize;
  beforeShift: i32;
  behindShift: i32;
  /** Where neurons may be run in int16 (neurons/quotient.ts): what neurons/schedule.ts computes; else 0. */
  schedule: usize;
  /** i32 [stateStride]. */
  bias: usize;
  /** i32 [position][stateStride], or 0. */
  constant: usize;
  /** Where states are kept: the same of the frame before, likewise; else 0. */
  received: usize;
  neuron: i32;
  levels: i32;
  /** Whether a constant current moves the neurons one way only: binary spikes, V = 0 at the start, no delay. */
  isMonotone: i32;
  /** A max-pool of windows side by side that alone reads these spikes: it is run with them, band by band; or 0. */
  pool: Pool;
  /** With a pool: where each thread's spikes of a band are, from `out` on (a frame record per thread). */
  bandFrames: usize;
  /** Lag of what is integrated; `out.lag` is that of what is fired. */
  lagIn: i32;
  counter: i32;
  /** Readouts: f64 [position][stateStride] of all charge, its history f64 [step in tile][position][stateStride], and i32 counts likewise; else 0. */
  charge: usize;
  /** Readouts: the offsets of the tile at which they are read, as bits; histories hold nothing else. */
  readAt: i32;
  chargeHistory: usize;
  countHistory: usize;
}

@unmanaged
export class Pool {
  kind: i32;
  input: Frame;
  out: Frame;
  size: i32;
  stride: i32;
  offset: i32;
  isWinner: i32;
  /** Whether spikes are −1, 0 and 1. */
  isBinary: i32;
  /** i32 [position][countStride]: net counts that the pool has received. */
  counts: usize;
  countStride: i32;
  /** Whether the counts are the pool's own to keep, and not those of the population before it. */
  ownsCounts: i32;
  /** Of a pool that tracks, because counts are kept from frame to frame: its greatest spike; else 0. */
  levels: i32;
  /** Of a pool that tracks: i32 [position of the output][out.stride], net counts that it has sent. */
  sent: usize;
  /** Of a pool that tracks: u8 [row of the output], whether nothing more is sent unless something arrives. */
  settled: usize;
}

/** Upsampling, concatenation and slices: channels of one frame copied into another. */
@unmanaged
export class Move {
  kind: i32;
  input: Frame;
  out: Frame;
  factor: i32;
  /** Whether only the first of each input's factor² positions has its spikes, and the others none. */
  insertsZeros: i32;
  from: i32;
  to: i32;
  channels: i32;
  /** Whether no other part of a concatenation follows. */
  endsPosition: i32;
  /** Which of them it is. */
  part: i32;
}

/** The picture's values, taken into the forms that convolutions of it read: once a frame. */
@unmanaged
export class Pixels {
  kind: i32;
  /** f32 [count], and what reads over the end finds there is 0. */
  source: usize;
  count: i32;
  /** In units of 2^−16: pairs of int16 (see stages/picture.ts), and f64; 0 where none are read. */
  pairs: usize;
  whole: usize;
}

/** Poisson spikes of the picture. */
@unmanaged
export class Poisson {
  kind: i32;
  out: Frame;
  channels: i32;
  /** f32 [C][H][W]. */
  pixels: usize;
  seed: i32;
}

/** The constant current of a convolution that reads the picture. */
@unmanaged
export class Picture {
  kind: i32;
  /** Whether weights are small enough for pairs of int16: see stages/picture.ts. */
  isSmall: i32;
  /** [C][H][W] in units of 2^−16: f64, or pairs of int16. */
  pixels: usize;
  channels: i32;
  height: i32;
  width: i32;
  size: i32;
  stride: i32;
  padding: i32;
  /** [k][k][C][outChannels], outChannels a multiple of 16: f64, or pairs of int16. */
  weights: usize;
  outChannels: i32;
  outHeight: i32;
  outWidth: i32;
  shift: i32;
  /** Unit steps that the current is for: 1 where it comes at every step, or all of a frame's. */
  units: i32;
  /** i32 [position][currentStride]. */
  current: usize;
  currentStride: i32;
  /** Whether another convolution of the picture has left its current there. */
  adds: i32;
}

@unmanaged
export class Program {
  stages: usize;
  stageCount: i32;
  timeSteps: i32;
  /** Leading steps whose spikes weigh more. */
  phases: i32;
  /** Whether the run goes on from the last frame: neurons begin as they are, and have their biases. */
  goesOn: i32;
  /** Whether states are kept from frame to frame: then it pays to know exactly which neurons have settled. */
  keepsState: i32;
  /** Whether a tile is the whole run: of each stage from its own first step to its last. */
  isWhole: i32;
  threads: i32;
  tileSteps: i32;
  /** Per thread: scratch of scratchBytes. */
  scratch: usize;
  scratchBytes: i32;
  /** Per thread: i64 [counters][tileSteps]. */
  counters: usize;
  counterBytes: i32;
  /** u8 [256][16]: for each set of eight lanes of int16, the bytes that move them together, zeros behind. */
  compaction: usize;
  /** Whether a value of the picture lies beyond ±1. */
  isOutside: i32;
  /** Work sharing. */
  nextItem: i32;
  arrived: i32;
  generation: i32;
}

/** What a thread is at work on: global steps g0 + 1 … g0 + length. Behind it lie its pieces and its row (tile.ts). */
@unmanaged
export class Tile {
  program: Program;
  thread: i32;
  g0: i32;
  length: i32;
}

/** Neurons that are run together: `channels` channels from `first` on at `positions` positions from `position` on, through offsets from … to − 1. */
@unmanaged
export class Piece {
  population: Population;
  position: i32;
  positions: i32;
  first: i32;
  channels: i32;
  /** The frame that spikes go to, and the place in its first slot of the first position's first channel. */
  out: Frame;
  spikes: usize;
  /** Whether nothing arrives at any of them, so that no currents were gathered: trackers only. */
  isQuiet: i32;
  /** Whether they are at their start: trackers, whose state is not put there before. */
  begins: i32;
  /** Where currents come from: see neurons/parts.ts. */
  mode: i32;
  /** Currents of offset 0, of the first position's first channel: int16 not yet shifted, or int32. Of no meaning where they are constant. */
  currents: usize;
  /** From one offset to the next. */
  stepBytes: i32;
  /** From one position to the next. */
  positionBytes: i32;
  from: i32;
  to: i32;
  /** Of trackers (neurons/following.ts): offsets at which they integrate and fire, and whether what comes once a frame comes. */
  integrateFrom: i32;
  integrateTo: i32;
  fireFrom: i32;
  fireTo: i32;
  receives: i32;
}

/** Outputs of a row whose currents are gathered together: x … end − 1 at y, by kernel rows kyFrom … kyTo − 1, at offsets from … to − 1. */
@unmanaged
export class Row {
  population: Population;
  /** First channel of the block. */
  first: i32;
  y: i32;
  x: i32;
  end: i32;
  kyFrom: i32;
  kyTo: i32;
  from: i32;
  to: i32;
  /** Currents of offset 0 of the first output. */
  currents: usize;
  stepBytes: i32;
  positionBytes: i32;
  /** Of the term at work: weights of the block, the block's group, and where a position's short runs are merged (0: they are not). */
  weights: usize;
  group: i32;
  room: usize;
}
