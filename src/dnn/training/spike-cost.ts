/**
 * What a count costs: the spikes that a neuron sends to arrive at it, each of which is an accumulate at every synapse that it
 * leads to. Both are tables: spikes by |v|, from the neurons' own rule; synapses by place in the plane.
 */
import { consumersOf, type Graph, inferShapes } from "../../graph/graph.ts";
import { type Layer, windowOf } from "../../graph/layers.ts";
import { type Pair, type Window, windowCounts } from "../../graph/windows.ts";
import type { Tape, Value } from "./tape.ts";

/** Spikes that bring a neuron to the count of v, for |v| = 0, 1/resolution, 2/resolution, … up to all units of a frame. */
export interface SpikeTable {
  readonly resolution: number;
  readonly spikes: readonly number[];
}

/** Σ spikes(|v|)·weights as one number; slope by v: what one count more would cost, from half a count below to half above. */
export function accumulatesOf(tape: Tape, v: Value, { spikes, resolution }: SpikeTable, weights: Value): Value {
  const last = spikes.length - 1;
  // Below zero the table is mirrored: entry −1 is of the values that entry 0 is of, with the other sign.
  const at = (i: number) => spikes[Math.min(last, i < 0 ? -i - 1 : i)];
  const half = Math.round(resolution / 2);
  const slopes = spikes.map((_, i) => at(i + half) - at(i - half));
  const op = (name: string, inputs: readonly Value[]) => tape.emit(name, inputs, v.shape);
  const scaled = op("Mul", [op("Abs", [v]), tape.scalar(resolution)]);
  const place = tape.emit("Cast", [op("Min", [scaled, tape.scalar(last)])], v.shape, { to: 6 }, "int32");
  const looked = (table: readonly number[]) => op("Gather", [tape.constant([table.length], table), place]);
  const sum = tape.emit("ReduceSum", [op("Mul", [looked(spikes), weights])], [], { keepdims: 0 });
  return tape.record(sum, [v], (g) => [
    op("Mul", [op("Mul", [looked(slopes), op("Sign", [v])]), tape.emit("Mul", [weights, g], weights.shape)]),
  ]);
}

/**
 * Synapses that a spike of each layer's output leads to, [rows·columns] by layer name, on the average of its channels. A pool
 * passes the greatest of its window on: on average its share of the windows that it lies in.
 */
export function fanOuts(graph: Graph): ReadonlyMap<string, Float64Array> {
  const shapes = inferShapes(graph);
  const consumers = consumersOf(graph);
  const fans = new Map<string, Float64Array>();
  for (const { name } of graph.layers.toReversed()) {
    const [channels, height, width] = shapes.get(name) as readonly [number, number, number];
    const fan = new Float64Array(height * width);
    for (const reader of consumers.get(name) ?? []) {
      const [outC, outH, outW] = shapes.get(reader.name) as readonly [number, number, number];
      const behind = fans.get(reader.name) as Float64Array;
      const led = ledOn(reader, { channels, height, width, outC, outH, outW }, behind);
      led.forEach((value, i) => {
        fan[i] += value;
      });
    }
    fans.set(name, fan);
  }
  return fans;
}

interface Extents {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outC: number;
  readonly outH: number;
  readonly outW: number;
}

/** Synapses at and behind one reader, by place in the plane that it reads. */
function ledOn(reader: Layer, extents: Extents, behind: Float64Array): Float64Array {
  const { channels, height, width, outC, outH, outW } = extents;
  const plane = (at: (y: number, x: number) => number) =>
    Float64Array.from({ length: height * width }, (_, i) => at(Math.floor(i / width), i % width));
  switch (reader.kind) {
    case "convolution": {
      const window = windowOf(reader);
      const [rows, columns] = ([0, 1] as const).map((axis) => coverings(window, axis, [height, width]));
      return plane((y, x) => rows[y].length * columns[x].length * (outC / reader.groups));
    }
    case "maxPool":
    case "averagePool": {
      const window = windowOf(reader);
      const [rows, columns] = ([0, 1] as const).map((axis) => coverings(window, axis, [height, width]));
      const share = 1 / (window.size[0] * window.size[1]);
      return plane((y, x) => {
        let sum = 0;
        for (const row of rows[y]) for (const column of columns[x]) sum += behind[row * outW + column] * share;
        return sum;
      });
    }
    case "upsample":
      return plane((y, x) => {
        let sum = 0;
        for (let i = 0; i < reader.factor; i++)
          for (let j = 0; j < reader.factor; j++) sum += behind[(y * reader.factor + i) * outW + x * reader.factor + j];
        return sum;
      });
    case "insertZeros":
      return plane((y, x) => behind[y * reader.factor * outW + x * reader.factor]);
    case "slice":
      return behind.map((value) => (value * reader.count) / channels);
    case "concat":
      return behind;
    case "sum":
      return new Float64Array(outH * outW).fill(1);
    case "product":
      return new Float64Array(height * width).fill((outH * outW * outC) / (height * width * channels));
    default:
      // Currents end at neurons, whose spikes are counted there; heads and islands take values.
      return new Float64Array(height * width);
  }
}

/** By place along an axis: which windows cover it. */
function coverings(window: Window, axis: 0 | 1, plane: Pair): readonly (readonly number[])[] {
  const { size, strides, dilations, pads } = window;
  const places: number[][] = Array.from({ length: plane[axis] }, () => []);
  for (let i = 0; i < windowCounts(window, plane)[axis]; i++)
    for (let k = 0; k < size[axis]; k++) places[i * strides[axis] + k * dilations[axis] - pads[axis]]?.push(i);
  return places;
}
