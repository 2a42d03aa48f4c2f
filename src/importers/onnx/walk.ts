/**
 * Goes through the steps of an ONNX network in order and makes layers of those that have one. What has none is left for the
 * tail; where much of the network follows, it becomes an island.
 */
import { ImportError, ShapeError } from "../../core/errors.ts";
import type { Inferred } from "../../onnx/infer.ts";
import { nameOf } from "../../onnx/infer.ts";
import { denseMacs, nodeMacs } from "../../onnx/macs.ts";
import { partTensor } from "../../onnx/part.ts";
import type { ValueInfo } from "../../onnx/shapes.ts";
import type { Builder } from "./builder.ts";
import { type CutSource, cutPart } from "./cut.ts";
import { type OperatorContext, Refusal } from "./operator.ts";
import { operators } from "./operators.ts";
import { rearrange } from "./rearrange.ts";
import type { Step } from "./recognize.ts";
import { type Signal, wholeLayer } from "./signals.ts";

export interface WalkOptions {
  readonly inferred: Inferred;
  readonly steps: readonly Step[];
  readonly operatorSet: number;
  /** The picture's value in the file, and as a signal of the input layer. */
  readonly picture: { readonly value: string; readonly signal: Signal };
  readonly outputs: readonly string[];
  /** `none` refuses them. */
  readonly islands: "none" | undefined;
  readonly builder: Builder;
  readonly file: string;
}

export interface Walked {
  /** By the file's names; what stands there is left to the tail where it is missing. */
  readonly signals: ReadonlyMap<string, Signal>;
  /** Why nodes became no layers, by their names. */
  readonly refusals: readonly string[];
  /** Taken off the picture, by channel of the input layer. */
  readonly mean: readonly number[];
  readonly source: CutSource;
  /** Of the file's convolutions and matrix products. */
  readonly macs: number;
}

/** What follows a node must hold this share of all MACs for it to become an island; else it is the tail's. */
const tailShare = 0.015;

export async function walk(options: WalkOptions): Promise<Walked> {
  const walker = new Walker(options);
  for (const step of options.steps) await walker.step(step);
  return walker.result();
}

class Walker {
  readonly #options: WalkOptions;
  readonly #source: CutSource;
  readonly #signals = new Map<string, Signal>();
  readonly #refusals: string[] = [];
  readonly #readers: ReadonlyMap<string, number>;
  readonly #following: ReadonlyMap<Step, number>;
  readonly #macs: number;
  #mean: number[] | undefined;

  constructor(options: WalkOptions) {
    this.#options = options;
    const { inferred, steps, operatorSet, picture, outputs } = options;
    this.#source = { ...inferred, operatorSet };
    this.#signals.set(picture.value, picture.signal);
    const readers = new Map(outputs.map((name) => [name, 1]));
    for (const { node } of steps) for (const name of node.inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
    this.#readers = readers;
    const own = new Map(
      steps.map((step) => [step, step.originals.reduce((sum, node) => sum + nodeMacs(node, inferred.infos), 0)]),
    );
    this.#macs = [...own.values()].reduce((sum, macs) => sum + macs, 0);
    this.#following = macsFollowing(steps, own);
  }

  result(): Walked {
    const { builder, picture } = this.#options;
    const channels = builder.shapeOf(picture.signal.planes[0].layer)[0];
    const mean = this.#mean ?? new Array(channels).fill(0);
    return { signals: this.#signals, refusals: this.#refusals, mean, source: this.#source, macs: this.#macs };
  }

  async step(step: Step): Promise<void> {
    const { node } = step;
    const { infos } = this.#options.inferred;
    const following = this.#following.get(step) as number;
    // Where no convolution follows, what is left is decoding: heads read what convolutions give, not what became of it.
    if (following === 0) return;
    const entry = node.domain === "" ? operators.get(node.op) : undefined;
    const dynamic = node.inputs.filter((name) => name !== "" && !infos.get(name)?.constant);
    const missing = dynamic.filter((name) => !this.#signals.has(name));
    if (missing.length > 0) {
      const isWorth = following >= tailShare * this.#macs;
      const isPlace = entry && (entry.isSpatial || missing.length < dynamic.length);
      if (!isWorth || !isPlace || !(await this.#settle(missing))) return;
    }
    if (!entry) {
      this.#refusals.push(`${nameOf(node)}: it is no neuron's function`);
      return;
    }
    try {
      this.#options.builder.value = node.outputs[0];
      const results = entry.operator(this.#context(step));
      for (const [i, signal] of results.entries()) if (node.outputs[i]) this.#signals.set(node.outputs[i], signal);
    } catch (error) {
      if (error instanceof Refusal) this.#refusals.push(`${nameOf(node)}: ${error.message}`);
      else if (error instanceof ShapeError)
        throw new ImportError("E_ONNX", `${nameOf(node)}: ${error.message}`, { cause: error });
      else throw error;
    }
  }

  #context(step: Step): OperatorContext {
    const { node } = step;
    const { inferred, operatorSet, builder } = this.#options;
    const { infos } = inferred;
    return {
      node,
      operatorSet,
      builder,
      wanted: node.name || `${node.op}_${node.outputs[0]}`,
      signals: node.inputs.map((name) => this.#signals.get(name)),
      infos: node.inputs.map((name): ValueInfo | undefined => (name === "" ? undefined : infos.get(name))),
      shapes: node.outputs.map((name) => infos.get(name)?.shape ?? []),
      isOnlyReader: (input) => this.#readers.get(node.inputs[input]) === 1,
      takeMean: (channels, means) => this.#takeMean(channels, means),
    };
  }

  #takeMean(channels: readonly number[], means: readonly number[]): boolean {
    const [count] = this.#options.builder.shapeOf(this.#options.picture.signal.planes[0].layer);
    const wanted: number[] = this.#mean ? [...this.#mean] : new Array(count).fill(Number.NaN);
    for (const [i, channel] of channels.entries()) {
      // What other rounding made of one number is one number.
      const isOther = !Number.isNaN(wanted[channel]) && Math.abs(wanted[channel] - means[i]) > 1e-9;
      if (isOther || !(means[i] >= -1e-9 && means[i] <= 1)) return false;
      // Of (pixel − mean) / deviation the mean comes back with the last digits of that division.
      wanted[channel] = Number(Math.max(0, means[i]).toPrecision(12));
    }
    this.#mean = wanted.map((value) => (Number.isNaN(value) ? 0 : value));
    return true;
  }

  /** Makes signals of values that have none yet: by moving planes, else by islands. False where they are no planes. */
  async #settle(values: readonly string[]): Promise<boolean> {
    const { infos } = this.#options.inferred;
    const isPlanes = (shape: readonly number[] | undefined) =>
      shape && shape[0] === 1 && (shape.length === 4 || shape.length === 2);
    if (values.some((value) => !isPlanes(infos.get(value)?.shape))) return false;
    for (const value of new Set(values)) {
      const signal = (await this.#moved(value)) ?? this.#island(value);
      this.#signals.set(value, signal);
    }
    return true;
  }

  #planes(value: string): readonly number[] {
    const [, channels, height = 1, width = 1] = this.#options.inferred.infos.get(value)?.shape ?? [];
    return [channels, height, width];
  }

  #cut(value: string, outputs = [value]) {
    return cutPart(this.#source, outputs, (name) => {
      const signal = name === value ? undefined : this.#signals.get(name);
      return signal && [signal.planes.length, signal.height, signal.width];
    });
  }

  async #moved(value: string): Promise<Signal | undefined> {
    const part = this.#cut(value);
    const signals = part.inputs.map((name) => this.#signals.get(name) as Signal);
    return signals.length > 0 ? rearrange(part, signals, this.#planes(value)) : undefined;
  }

  #island(value: string): Signal {
    const { builder, islands, inferred, file } = this.#options;
    const part = this.#cut(value);
    const names = [...new Set(part.nodes.map(({ op }) => op))];
    const [channels, height, width] = this.#planes(value);
    if (islands === "none")
      throw new ImportError(
        "E_ISLAND",
        `${file}: ${names.join(", ")} before ${value.slice(0, 80)} are made of no neurons, and --islands none allows no dense islands`,
      );
    if (part.inputs.length === 0)
      throw new ImportError("E_ONNX", `${file}: ${value.slice(0, 80)} does not depend on the picture`);
    const inputs = part.inputs.map((name) => builder.exactly(this.#signals.get(name) as Signal, name));
    const island = builder.add(`island_${value.replace(/^\W+/, "")}`, {
      kind: "island",
      inputs,
      model: partTensor(part.bytes),
      inputNames: part.inputNames,
      outputName: value,
      shape: [channels, height, width],
      operators: names,
      macs: part.nodes.reduce((sum, node) => sum + denseMacs(node, inferred.infos), 0),
    });
    return wholeLayer(island.planes[0].layer, [channels, height, width]);
  }
}

/** MACs of each step and of all that is made of what it gives, each counted once. */
function macsFollowing(steps: readonly Step[], own: ReadonlyMap<Step, number>): ReadonlyMap<Step, number> {
  const readers = new Map<string, Step[]>();
  for (const step of steps) {
    for (const name of new Set(step.node.inputs)) {
      const known = readers.get(name);
      if (known) known.push(step);
      else readers.set(name, [step]);
    }
  }
  const places = new Map(steps.map((step, i) => [step, i]));
  const words = Math.ceil(steps.length / 32);
  // A bit for each step that follows: sums over paths would count what several paths lead to several times.
  const sets = new Map<Step, Int32Array>();
  const result = new Map<Step, number>();
  for (const step of [...steps].reverse()) {
    const set = new Int32Array(words);
    const place = places.get(step) as number;
    if ((own.get(step) as number) > 0) set[place >> 5] |= 1 << (place & 31);
    for (const name of step.node.outputs) {
      for (const reader of readers.get(name) ?? []) {
        const others = sets.get(reader) as Int32Array;
        for (let i = 0; i < words; i++) set[i] |= others[i];
      }
    }
    sets.set(step, set);
    let macs = 0;
    for (let word = 0; word < words; word++)
      for (let bits = set[word]; bits !== 0; bits &= bits - 1)
        macs += own.get(steps[word * 32 + (31 - Math.clz32(bits & -bits))]) as number;
    result.set(step, macs);
  }
  return result;
}
