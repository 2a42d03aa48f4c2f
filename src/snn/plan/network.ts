/**
 * The graph as fast engines see it: stages that run one after the other, and signals (spikes of a layer) between
 * them. A convolution is no stage: it is a term of the population that integrates it.
 */
import type { Shape } from "../../graph/layer-kinds.ts";
import type {
  InputLayer,
  IntegrateFireLayer,
  IslandLayer,
  ProductLayer,
  ReadoutLayer,
  SumLayer,
} from "../../graph/layers.ts";
import type { Segment } from "./segments.ts";
import type { SquareConvolution, SquarePool } from "./square.ts";

/** Spikes of a layer. */
export interface Signal {
  readonly name: string;
  readonly shape: Shape;
  /** Global step − own step: the delays on the longest way here. */
  readonly lag: number;
  /** Spikes are within ± this. */
  readonly greatestSpike: number;
}

/** A convolution of spikes. */
export interface ConvolutionTerm {
  readonly kind: "convolution";
  readonly layer: SquareConvolution;
  readonly input: Signal;
  readonly output: Shape;
  /** Whether this stage counts the layer's synaptic operations: one does where several integrate the same layer. */
  readonly counts: boolean;
}

/** Spikes that enter a sum, times a scale per channel (1 where there is none). */
export interface ScaleTerm {
  readonly kind: "scale";
  readonly layer: SumLayer;
  readonly branch: number;
  readonly input: Signal;
  readonly output: Shape;
  readonly counts: boolean;
}

/** How a factor lies over its product: value by value, one value a channel [C, 1, 1], or one a position [1, H, W]. */
export type Spread = "alike" | "channels" | "positions";

/**
 * What one factor's spikes change of a product: each adds the other factor's count. A product has two of these; the first takes the
 * other's count before the step, the second after it, so that together they are the whole change.
 */
export interface ProductTerm {
  readonly kind: "product";
  readonly layer: ProductLayer;
  readonly input: Signal;
  readonly spread: Spread;
  readonly other: Signal;
  readonly otherSpread: Spread;
  readonly isSecond: boolean;
  readonly output: Shape;
  readonly counts: boolean;
}

export type Term = ConvolutionTerm | ScaleTerm | ProductTerm;

export interface PopulationStage {
  readonly kind: "population";
  readonly layer: IntegrateFireLayer | ReadoutLayer;
  readonly signal: Signal;
  /** Lag of what is integrated. */
  readonly lagIn: number;
  readonly terms: readonly Term[];
  /** Convolutions of a picture that is a constant current. */
  readonly pictures: readonly SquareConvolution[];
  /** The island whose values these neurons receive. */
  readonly island: IslandLayer | undefined;
  /** A max-pool that alone reads these spikes, and whose windows lie side by side: it is run with the neurons. */
  readonly pool?: PoolStage;
}

export interface PoolStage {
  readonly kind: "pool";
  readonly layer: SquarePool;
  readonly signal: Signal;
  readonly input: Signal;
}

/** Channels from `from` of the input become channels from `to` of the signal, each position `factor`² positions, or the first of them. */
export interface MoveStage {
  readonly kind: "move";
  readonly signal: Signal;
  readonly input: Signal;
  readonly factor: number;
  /** Whether a position's other positions are left without spikes. */
  readonly insertsZeros: boolean;
  readonly from: number;
  readonly to: number;
  readonly channels: number;
}

export interface PoissonStage {
  readonly kind: "poisson";
  readonly layer: InputLayer;
  readonly signal: Signal;
}

export type Stage = PopulationStage | PoolStage | MoveStage | PoissonStage;

export interface Network {
  readonly input: InputLayer;
  readonly stages: readonly Stage[];
  /** Leading steps whose spikes weigh more: see `src/snn/phases.ts`. */
  readonly phases: number;
  /** Unit steps of a frame whose constants come at once; absent: they come at every step. */
  readonly frameUnits: number | undefined;
  /** Whether neurons and pools keep their state from frame to frame. */
  readonly keepsState: boolean;
  /** Signals of earlier segments whose spikes are written into their frames before a tile. */
  readonly replays: readonly Signal[];
  /** By layer name; replays among them. */
  readonly signals: ReadonlyMap<string, Signal>;
  readonly segment: Segment;
}

/** Signals that a stage reads. */
export function inputsOf(stage: Stage): readonly Signal[] {
  if (stage.kind === "population") return stage.terms.map(({ input }) => input);
  return stage.kind === "poisson" ? [] : [stage.input];
}

/** The signal that others read of a stage. */
export function outputOf(stage: Stage): Signal {
  return stage.kind === "population" && stage.pool ? stage.pool.signal : stage.signal;
}
