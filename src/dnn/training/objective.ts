/**
 * What training minimizes: a sum of terms, a row each. A term that is not asked for emits nothing and asks for no inputs.
 *
 * `detection`: the losses of YOLO on labelled objects (`loss.ts`). `distillation`: the heads of a teacher, which need no labels
 * (Hinton et al. 2015, on raw outputs). `spikes`: accumulates above a target.
 */

import type { HeadLayer } from "../../graph/layers.ts";
import { type AnchorHead, anchorCount } from "../../heads/head.ts";
import { add, multiply, reshape, scale, sigmoid, sliceOf, square, subtract, total } from "./arithmetic.ts";
import { darknetLoss, headLoss, type LossSettings } from "./loss.ts";
import type { Tape, Value } from "./tape.ts";
import { type HeadGrid, maxObjects, targetEntries } from "./targets.ts";

export interface Objective {
  /** Losses of the labels, with what differs from darknet's own settings. */
  readonly detection?: { readonly loss: Partial<LossSettings> } | undefined;
  /** Squared relative error of the raw heads, times `weight`; with `seenOnly` mostly of those where the teacher sees something. */
  readonly distillation?: { readonly weight: number; readonly seenOnly?: boolean } | undefined;
  /** `weight` times the part by which accumulates exceed `target`, as a part of the DNN's multiply-accumulates. */
  readonly spikes?: { readonly target: number; readonly weight: number } | undefined;
}

export type Term = keyof Objective;

export interface ObjectiveContext {
  readonly batch: number;
  readonly grids: readonly HeadGrid[];
  /** Of each of the following, whose input it is. */
  readonly heads: readonly HeadLayer[];
  /** What heads read, [N, C, H, W]: each input of each head in order. */
  readonly outputs: readonly Value[];
  /** The teacher's, likewise; empty without one. */
  readonly wanted: readonly Value[];
  /** Of the batch, for each multiply-accumulate of the DNN; absent where nothing is rounded. */
  readonly accumulates: Value | undefined;
}

const terms: {
  readonly [K in Term]-?: (tape: Tape, context: ObjectiveContext, settings: NonNullable<Objective[K]>) => Value;
} = {
  detection: (tape, { batch, grids, outputs }, { loss }) => {
    const objects = tape.input("objects", [batch, maxObjects, 4]);
    const losses = grids.map((grid, i) => {
      const { head, rows, columns } = grid;
      const shape = [batch, head.anchors.length / 2, targetEntries + head.classes, rows * columns];
      const target = tape.input(`${grid.name}.target`, shape);
      return headLoss(tape, grid, outputs[i], target, objects, { ...darknetLoss((head as AnchorHead).kind), ...loss });
    });
    return (["box", "objectness", "classes"] as const)
      .map((part) => losses.map((of) => of[part]).reduce((a, b) => add(tape, a, b)))
      .reduce((a, b) => add(tape, a, b));
  },
  distillation: (tape, { heads, outputs, wanted }, { weight, seenOnly }) => {
    const errors = outputs.map((output, i) => {
      const weights = seenOnly ? importance(tape, heads[i], wanted[i]) : undefined;
      const weighted = (value: Value) => (weights ? multiply(tape, value, weights) : value);
      const size = weights
        ? tape.emit("ReduceSum", [weighted(square(tape, wanted[i]))], [], { keepdims: 0 })
        : tape.emit("ReduceSumSquare", [wanted[i]], [], { keepdims: 0 });
      const part = tape.emit("Reciprocal", [tape.emit("Max", [size, tape.scalar(1e-12)], [])], []);
      return multiply(tape, total(tape, weighted(square(tape, subtract(tape, output, wanted[i])))), part);
    });
    const sum = errors.reduce((a, b) => add(tape, a, b));
    return scale(tape, sum, weight / errors.length);
  },
  spikes: (tape, { accumulates }, { target, weight }) => {
    const excess = add(tape, scale(tape, accumulates as Value, 1 / target), tape.scalar(-1));
    const above = tape.emit("Relu", [excess], []);
    const hinge = tape.record(above, [excess], (g) => [tape.emit("Mul", [g, tape.emit("Sign", [above], [])], [])]);
    return scale(tape, hinge, weight);
  },
};

/** What is left of the weight of a box and its classes where the teacher sees nothing. */
const emptyWeight = 0.05;

/**
 * How much each of a head's numbers counts. Boxes and classes where there is no object are never seen, so those of heads with anchors
 * count by the teacher's objectness (Mehta & Ozturk 2018, "Object detection at 200 frames per second"). Of other heads all count alike.
 */
function importance(tape: Tape, head: HeadLayer, wanted: Value): Value | undefined {
  if (head.kind !== "region" && head.kind !== "yolo") return undefined;
  const [batch, , rows, columns] = wanted.shape;
  const [anchors, entries] = [anchorCount(head), 5 + head.classes];
  const raw = reshape(tape, wanted, [batch, anchors, entries, rows * columns]);
  const seen = sigmoid(tape, sliceOf(tape, raw, 2, 4, 5));
  const weights = add(tape, scale(tape, seen, 1 - emptyWeight), tape.scalar(emptyWeight));
  const isObjectness = tape.constant(
    [1, 1, entries, 1],
    Array.from({ length: entries }, (_, i) => (i === 4 ? 1 : 0)),
  );
  const all = tape.emit("Max", [weights, isObjectness], raw.shape);
  return reshape(tape, all, wanted.shape);
}

export const termNames = Object.keys(terms) as readonly Term[];

/** Each term's value; nothing for those that are not asked for. */
export function emitTerms(tape: Tape, objective: Objective, context: ObjectiveContext): ReadonlyMap<Term, Value> {
  const emitted = termNames.flatMap((name) => {
    const settings = objective[name];
    const term = terms[name] as (tape: Tape, context: ObjectiveContext, settings: unknown) => Value;
    return settings ? [[name, term(tape, context, settings)] as const] : [];
  });
  return new Map(emitted);
}
