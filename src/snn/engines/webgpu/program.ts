/**
 * The dispatches of a network: what is run once a frame, and what is run in a tile, stage after stage, each through all of the
 * tile's steps before the next begins.
 */
import { sizeOf } from "../../../core/tensor.ts";
import type { Start, Tile } from "../../plan/device.ts";
import type { PoolStage, PopulationStage, ProductTerm, Signal, Stage } from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import {
  areaOf,
  poolsOf,
  quadsOf,
  type SpikeLayout,
  type SpikePlace,
  type StateLayout,
  sizeInQuads,
} from "./layout.ts";
import type { LoadedPopulation } from "./load-population.ts";
import { gatherNumbers, type ProductNumbers, spreadNumbers } from "./shaders/gather.ts";
import { pictureShader, renewShader } from "./shaders/picture.ts";
import { type PoolKind, poolCountsShader, poolShader } from "./shaders/pool.ts";
import { populationShader } from "./shaders/population.ts";
import { longestSpan, type Shader, vectorWords } from "./shaders/shader.ts";
import { moveShader, poissonShader, reachShader } from "./shaders/spread.ts";

export interface Dispatch {
  readonly shader: Shader;
  /** By the shader's names; `count` threads are wanted. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** A tile's dispatches, and where what is read of it will be. */
export interface TileProgram {
  readonly dispatches: readonly Dispatch[];
  /** By readout and offset in the tile, in words: three planes. */
  readonly readings: ReadonlyMap<PopulationStage, ReadonlyMap<number, number>>;
  /** Words that all readings take. */
  readonly readingWords: number;
}

export interface Program {
  /** All that it may dispatch. */
  readonly shaders: readonly Shader[];
  beginning(start: Start): readonly Dispatch[];
  tile(tile: Tile, start: Start): TileProgram;
}

/** Part of a tile in which a stage runs as one dispatch: its own steps of integration base + first … base + end − 1. */
interface Window {
  readonly base: number;
  readonly first: number;
  readonly end: number;
}

/** What a stage is told of the tile. */
interface Moment {
  readonly tile: Tile;
  readonly start: Start;
  /** Takes room for readings at these offsets of the tile; gives where the first is. */
  readonly readingsAt: (stage: PopulationStage, offsets: readonly number[]) => number;
}

interface StageProgram {
  readonly shaders: readonly Shader[];
  /** Steps that it is behind the picture when it reads, and those that it fires later. */
  readonly lagIn: number;
  readonly delay: number;
  at(window: Window, moment: Moment): readonly Dispatch[];
}

export function programOf(
  plan: Plan,
  loaded: ReadonlyMap<PopulationStage, LoadedPopulation>,
  states: StateLayout,
  spikes: SpikeLayout,
): Program {
  const context: Context = { plan, loaded, states, spikes };
  const pools = new Set(poolsOf(plan.network));
  const stages = plan.network.stages.flatMap((stage): readonly StageProgram[] => {
    if (stage.kind !== "population") return [stageProgram(stage, context)];
    const counting = stage.terms.flatMap((_, k) => reachProgram(stage, k, context));
    const after = stage.pool && pools.has(stage.pool) ? [poolProgram(stage.pool, context)] : [];
    return [...counting, populationProgram(stage, context), ...after];
  });
  let last: { readonly key: string; readonly program: TileProgram } | undefined;
  return {
    shaders: [...new Set([...stages.flatMap(({ shaders }) => shaders), pictureShader, renewShader])],
    beginning: (start) => beginning(context, start),
    tile(tile, start) {
      // Picture after picture is run in the same tile.
      const key = JSON.stringify([tile.g0, tile.length, [...tile.readAt], start.goesOn, start.seed]);
      if (last?.key === key) return last.program;
      const readings = new Map<PopulationStage, Map<number, number>>();
      let readingWords = 0;
      const moment: Moment = {
        tile,
        start,
        readingsAt(stage, offsets) {
          const first = readingWords;
          const places = readings.get(stage) ?? new Map();
          readings.set(stage, places);
          for (const offset of offsets) {
            places.set(offset, readingWords);
            readingWords += 3 * sizeOf(stage.signal.shape);
          }
          return first;
        },
      };
      const dispatches = stages.flatMap((stage) =>
        windowsOf(stage, tile, spikes).flatMap((window) => stage.at(window, moment)),
      );
      const program = { dispatches, readings, readingWords };
      last = { key, program };
      return program;
    },
  };
}

interface Context {
  readonly plan: Plan;
  readonly loaded: ReadonlyMap<PopulationStage, LoadedPopulation>;
  readonly states: StateLayout;
  readonly spikes: SpikeLayout;
}

/** Chunks of the run's steps, cut where the tile begins and ends; in the last, what only fires is run, too. */
function windowsOf({ lagIn, delay }: StageProgram, { g0, length }: Tile, { chunk, timeSteps }: SpikeLayout): Window[] {
  const first = Math.max(0, g0 - lagIn);
  const end = Math.min(g0 + length - lagIn, timeSteps + delay);
  const windows: Window[] = [];
  for (let base = first - (first % chunk); base < end; ) {
    const span = base + chunk >= timeSteps ? longestSpan : chunk;
    windows.push({ base, first: Math.max(0, first - base), end: Math.min(end - base, span) });
    base += span;
  }
  return windows;
}

function placeOf({ spikes }: Context, signal: Signal): SpikePlace {
  return spikes.signals.get(signal) as SpikePlace;
}

/** In vectors of the spikes' buffer. */
function vectorAt({ at }: SpikePlace, { chunk }: SpikeLayout): number {
  return at / vectorWords(chunk);
}

/** A window's numbers that all stages have. */
function windowNumbers({ plan, spikes }: Context, window: Window) {
  return { ...window, steps: spikes.timeSteps, phases: plan.network.phases };
}

/** Where a counter counts a window's first step, which may lie before the tile. */
function counterAt(counter: number, { tileSteps }: SpikeLayout, { base }: Window, lagIn: number, { g0 }: Tile): number {
  return counter * tileSteps + base + lagIn - g0;
}

function populationProgram(stage: PopulationStage, context: Context): StageProgram {
  const { plan, states, spikes } = context;
  const { layer, signal, lagIn, terms } = stage;
  const { traits, numbers, terms: loadedTerms } = context.loaded.get(stage) as LoadedPopulation;
  const place = states.populations.get(stage)!;
  const out = placeOf(context, signal);
  const shader = populationShader(traits, spikes.chunk);
  const delay = signal.lag - lagIn;
  const fixed = {
    ...numbers,
    count: sizeInQuads(signal),
    quads: quadsOf(signal),
    width: signal.shape[2],
    channels: signal.shape[0],
    delay,
    vMem: place.vMem,
    netCount: place.netCount,
    constant: place.constant ?? 0,
    charge: place.charge ?? 0,
    out: out.at,
    capacity: out.capacity,
    levels: layer.levels,
    ...Object.assign(
      {},
      ...terms.map((term, k) => {
        const { input } = term;
        const { at, capacity } = placeOf(context, input);
        const [, height, width] = input.shape;
        const from = { spikes: at / vectorWords(spikes.chunk), capacity, quads: quadsOf(input), height, width };
        const factor = term.kind === "product" ? productNumbers(term, place.otherCounts.get(term)!, context) : {};
        return gatherNumbers(k, { ...loadedTerms[k], ...from, ...factor });
      }),
    ),
  };
  return {
    shaders: [shader],
    lagIn,
    delay,
    at(window, { tile, start, readingsAt }) {
      const { base, first, end } = window;
      const isRead = (o: number) =>
        layer.kind === "readout" && base + o < spikes.timeSteps && tile.readAt.has(base + o + 1);
      const read = Array.from({ length: end - first }, (_, k) => first + k).filter(isRead);
      return [
        {
          shader,
          numbers: {
            ...fixed,
            ...windowNumbers(context, window),
            begins: base === 0 && first === 0 && !start.goesOn ? 1 : 0,
            goesOn: start.goesOn ? 1 : 0,
            counter: counterAt(plan.counters.get(stage)!, spikes, window, lagIn, tile),
            readAt: read.reduce((bits, o) => bits | (1 << o), 0),
            reading: readingsAt(
              stage,
              read.map((o) => base + o + lagIn - tile.g0),
            ),
          },
        },
      ];
    },
  };
}

function productNumbers(term: ProductTerm, counts: number, context: Context): ProductNumbers {
  const other = placeOf(context, term.other);
  return {
    spread: spreadNumbers[term.spread],
    other: vectorAt(other, context.spikes),
    otherCapacity: other.capacity,
    otherQuads: quadsOf(term.other),
    otherSpread: spreadNumbers[term.otherSpread],
    isSecond: term.isSecond ? 1 : 0,
    counts,
  };
}

function reachProgram(stage: PopulationStage, k: number, context: Context): readonly StageProgram[] {
  const { plan, spikes } = context;
  const { lagIn, terms } = stage;
  const { reaches } = context.loaded.get(stage) as LoadedPopulation;
  if (!reaches[k]) return [];
  const { input } = terms[k];
  const place = placeOf(context, input);
  const shader = reachShader(spikes.chunk);
  const fixed = {
    ...reaches[k],
    count: sizeInQuads(input),
    quads: quadsOf(input),
    width: input.shape[2],
    input: vectorAt(place, spikes),
    inCapacity: place.capacity,
  };
  const at: StageProgram["at"] = (window, { tile }) => {
    const counter = counterAt(plan.counters.get(terms[k])!, spikes, window, lagIn, tile);
    return [{ shader, numbers: { ...fixed, ...windowNumbers(context, window), counter } }];
  };
  return [{ shaders: [shader], lagIn, delay: 0, at }];
}

function stageProgram(stage: Exclude<Stage, PopulationStage>, context: Context): StageProgram {
  if (stage.kind === "pool") return poolProgram(stage, context);
  const { states } = context;
  const { signal } = stage;
  const { at: out, capacity } = placeOf(context, signal);
  const lagIn = signal.lag;
  const running = (shader: Shader, fixed: (start: Start) => Readonly<Record<string, number>>): StageProgram => ({
    shaders: [shader],
    lagIn,
    delay: 0,
    at: (window, { start }) => [
      { shader, numbers: { ...fixed(start), out, capacity, ...windowNumbers(context, window) } },
    ],
  });
  if (stage.kind === "poisson") {
    const [channels] = signal.shape;
    return running(poissonShader, ({ seed }) => ({
      count: sizeInQuads(signal),
      quads: quadsOf(signal),
      channels,
      area: areaOf(signal),
      seed,
      odds: states.odds,
      signs: states.signs,
    }));
  }
  const { input, factor, insertsZeros, from, to, channels } = stage;
  const source = placeOf(context, input);
  const firstQuad = Math.floor(to / 4);
  const quads = Math.ceil((to + channels) / 4) - firstQuad;
  return running(moveShader, () => ({
    count: quads * areaOf(signal),
    quads,
    width: signal.shape[2],
    factor,
    insertsZeros: insertsZeros ? 1 : 0,
    firstQuad,
    firstChannel: to,
    channels,
    shift: from - to,
    input: source.at,
    inQuads: quadsOf(input),
    inWidth: input.shape[2],
    inCapacity: source.capacity,
    outQuads: quadsOf(signal),
  }));
}

function poolProgram({ layer, input, signal }: PoolStage, context: Context): StageProgram {
  const { plan, states, spikes } = context;
  const { keepsState } = plan.network;
  const pool = [...states.pools].find(([stage]) => stage.signal === signal)![1];
  const kind: PoolKind = keepsState ? "tracking" : (layer.pooling ?? "delta");
  const shader = poolShader(kind, spikes.chunk);
  const counting = poolCountsShader(spikes.chunk);
  const source = placeOf(context, input);
  const out = placeOf(context, signal);
  const fixed = {
    quads: quadsOf(signal),
    input: vectorAt(source, spikes),
    inCapacity: source.capacity,
    counts: pool.counts,
    width: signal.shape[2],
    inHeight: input.shape[1],
    inWidth: input.shape[2],
    size: layer.size,
    stride: layer.stride,
    offset: layer.offset,
    sent: pool.sent,
    out: out.at,
    capacity: out.capacity,
    levels: input.greatestSpike,
  };
  return {
    shaders: [shader, counting],
    lagIn: signal.lag,
    delay: 0,
    at(window, { start }) {
      const isFirst = window.base === 0 && window.first === 0;
      const isWhole = isFirst && window.end >= spikes.timeSteps;
      const numbers = { ...fixed, ...windowNumbers(context, window), hasCounts: isFirst && !start.goesOn ? 0 : 1 };
      const pooled = { shader, numbers: { ...numbers, count: sizeInQuads(signal) } };
      // Nothing asks for the counts any more where this was the frame.
      if (isWhole && !keepsState) return [pooled];
      return [pooled, { shader: counting, numbers: { ...numbers, count: sizeInQuads(input) } }];
    },
  };
}

/** A picture's convolutions; where states are kept, what is new of all that comes once. */
function beginning({ plan, loaded, states }: Context, { goesOn }: Start): readonly Dispatch[] {
  const { input, frameUnits = 1 } = plan.network;
  const [channels, inHeight, inWidth] = input.shape;
  return [...loaded].flatMap(([stage, { pictures }]) => {
    const { constant, received } = states.populations.get(stage)!;
    if (constant === undefined) return [];
    const count = sizeInQuads(stage.signal);
    const convolved = stage.pictures.map(
      ({ stride, padding, weights, shift = 0 }, i): Dispatch => ({
        shader: pictureShader,
        numbers: {
          ...{ count, quads: quadsOf(stage.signal), width: stage.signal.shape[2], pixels: states.pixels },
          ...{ channels, inHeight, inWidth, size: weights.shape[2], stride, padding, weights: pictures[i], shift },
          ...{ units: frameUnits, constant, adds: i > 0 ? 1 : 0 },
        },
      }),
    );
    if (received === undefined) return convolved;
    return [...convolved, { shader: renewShader, numbers: { count, constant, received, goesOn: goesOn ? 1 : 0 } }];
  });
}
