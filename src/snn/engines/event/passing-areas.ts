/**
 * Room for frames and event lists. What lives only while a tile passes from the stage that writes it to the last that reads
 * it shares memory with what lives at other times; a frame that is read later (by a layer behind another delay) is kept as a
 * ring of its own.
 */
import { type Gather, gathers, roundUp, type TermDecision } from "../../plan/decisions.ts";
import { inputsOf, type Network, outputOf, type Signal, type Term } from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import type { FrameLayout, TermLayout } from "./layout.ts";
import { slack } from "./memory.ts";
import { placeIntervals, type Request } from "./place-intervals.ts";

interface ListSizes {
  readonly eventStepBytes: number;
  readonly eventListBytes: number;
  readonly eventRowBytes: number;
  readonly indexListBytes: number;
  readonly indexStepBytes: number;
}

/** A term's lists. */
export type ListLayout = ListSizes & Pick<TermLayout, "events" | "magnitudes" | "index">;

export interface PassingAreas {
  readonly frames: ReadonlyMap<Signal, Omit<FrameLayout, "record" | "active" | "parts">>;
  readonly lists: ReadonlyMap<Term, ListLayout>;
  /** First byte after all of them. */
  readonly end: number;
}

export function placePassing({ network, decisions, pinned }: Plan, tileSteps: number): PassingAreas {
  const { stages, replays } = network;
  const requests: Request[] = [];
  const request = (bytes: number, from: number, to: number): Request => {
    const made = { bytes: roundUp(bytes + slack, 64), from, to };
    requests.push(made);
    return made;
  };
  const frames = new Map<Signal, Pick<FrameLayout, "stride" | "slotBytes" | "capacity"> & { readonly data: Request }>();
  for (const [signal, { from, to, behind }] of lifetimes(network)) {
    const [channels, height, width] = signal.shape;
    const stride = roundUp(channels, 8);
    const slotBytes = stagger(height * width * stride);
    const capacity = tileSteps + behind;
    // What is written before a tile, or read after it, must not share its place.
    const isPassing = behind === 0 && !pinned.has(signal.name) && !replays.includes(signal);
    const data = request(capacity * slotBytes, isPassing ? from : 0, isPassing ? to : stages.length);
    frames.set(signal, { stride, slotBytes, capacity, data });
  }
  const lists = new Map<Term, ListSizes & Record<"events" | "magnitudes" | "index", Request>>();
  for (const [k, stage] of stages.entries()) {
    if (stage.kind !== "population") continue;
    for (const [i, term] of stage.terms.entries()) {
      const sizes = listSizes(term, decisions.get(stage)!.terms[i]);
      lists.set(term, {
        ...sizes,
        events: request(sizes.eventStepBytes * tileSteps, k, k),
        magnitudes: request((sizes.eventStepBytes / 2) * tileSteps, k, k),
        index: request(sizes.indexStepBytes * tileSteps, k, k),
      });
    }
  }
  // Address 0 stays unused, so that it can mean "none".
  const { places, end } = placeIntervals(requests, 64);
  const at = (made: Request) => places.get(made) as number;
  return {
    frames: new Map([...frames].map(([signal, frame]) => [signal, { ...frame, data: at(frame.data) }])),
    lists: new Map(
      [...lists].map(([term, list]) => {
        const [events, magnitudes, index] = [list.events, list.magnitudes, list.index].map(at);
        return [term, { ...list, events, magnitudes, index }];
      }),
    ),
    end,
  };
}

/** Room for every neuron of the input to spike at once; memory that spikes never reach is never touched. */
function listSizes(term: Term, { gather, groups }: TermDecision): ListSizes {
  const [channels, height, width] = term.input.shape;
  if (isDense(gather)) {
    // No list, but an index that tells where there are spikes.
    const indexStepBytes = stagger(height * (width + 1) * 4);
    return { eventStepBytes: 0, eventListBytes: 0, eventRowBytes: 0, indexStepBytes, indexListBytes: 0 };
  }
  const { isSplit } = gathers[gather];
  const eventRowBytes = (width * channels * 4) / groups + 64;
  const eventListBytes = isSplit ? stagger(groups * height * eventRowBytes) : 0;
  const indexListBytes = isSplit ? stagger(groups * height * (width + 1) * 4) : 0;
  return {
    eventRowBytes,
    eventListBytes,
    eventStepBytes: stagger(groups * height * eventRowBytes + eventListBytes),
    indexListBytes,
    indexStepBytes: stagger(groups * height * (width + 1) * 4 + indexListBytes),
  };
}

/** Whether channels are worked on one by one, without lists. */
export function isDense(gather: Gather): boolean {
  const { rows } = gathers[gather];
  return rows === "depthwise" || rows === "scale" || rows === "product";
}

/** First and last stage that uses each signal, and by how many steps its readers lag behind it at most. */
function lifetimes({ stages, replays }: Network): ReadonlyMap<Signal, { from: number; to: number; behind: number }> {
  const lives = new Map(replays.map((signal) => [signal, { from: 0, to: 0, behind: 0 }]));
  for (const [k, stage] of stages.entries()) {
    const output = outputOf(stage);
    const life = lives.get(output) ?? { from: k, to: k, behind: 0 };
    lives.set(output, { ...life, to: k });
    for (const input of inputsOf(stage)) {
      const read = lives.get(input) as { from: number; to: number; behind: number };
      const lag = stage.kind === "population" ? stage.lagIn : stage.signal.lag;
      lives.set(input, { ...read, to: k, behind: Math.max(read.behind, lag - input.lag) });
    }
  }
  return lives;
}

/** Steps of one thing must not fall onto the same cache lines: their distance is no multiple of 4 KiB. */
export function stagger(bytes: number): number {
  return bytes < 4096 ? roundUp(bytes, 64) : roundUp(bytes, 4096) + 192;
}
