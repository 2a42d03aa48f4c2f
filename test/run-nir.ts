/**
 * NIR graphs run by NIR's own equations, node by node and step by step, with nothing of this project's engines: dv/dt = R·I by steps of 1,
 * edges that meet add up, and what comes of a node that stands later (a loop) arrives one step later. IF fires at V ≥ v_threshold, and is
 * reset as its metadata says: by subtraction.
 */
import type { NirGraph, NirNode, NodeOf } from "../src/nir/nodes.ts";

type Values = { readonly shape: readonly number[]; readonly data: Float64Array };
type State = Map<string, Float64Array>;

export interface NirRun {
  /** Σ over the steps of what each node gave. */
  readonly totals: ReadonlyMap<string, Float64Array>;
  /** Σ|·| of the same: spikes, where a node gives spikes. */
  readonly magnitudes: ReadonlyMap<string, number>;
}

/** @param inputAt values of the input at step t ≥ 1. */
export function runNir(graph: NirGraph, steps: number, inputAt: (t: number) => ArrayLike<number>): NirRun {
  const state: State = new Map();
  let last = new Map<string, Values>();
  const totals = new Map<string, Float64Array>();
  const magnitudes = new Map<string, number>();
  for (let t = 1; t <= steps; t++) {
    const now = new Map<string, Values>();
    for (const [name, node] of graph.nodes) {
      const sources = graph.edges.filter(([, to]) => to === name).map(([from]) => now.get(from) ?? last.get(from));
      const incoming = sum(sources.filter((source) => source !== undefined));
      const out =
        node.type === "Input"
          ? { shape: node.shape, data: Float64Array.from(inputAt(t)) }
          : compute(name, node, incoming as Values, state);
      now.set(name, out);
      const total = totals.get(name) ?? new Float64Array(out.data.length);
      totals.set(
        name,
        total.map((value, i) => value + out.data[i]),
      );
      magnitudes.set(name, (magnitudes.get(name) ?? 0) + out.data.reduce((a, value) => a + Math.abs(value), 0));
    }
    last = now;
  }
  return { totals, magnitudes };
}

function sum(values: readonly Values[]): Values | undefined {
  const [first, ...others] = values;
  if (!first) return undefined;
  return {
    shape: first.shape,
    data: first.data.map((value, i) => others.reduce((a, other) => a + other.data[i], value)),
  };
}

function compute(name: string, node: NirNode, x: Values, state: State): Values {
  const kept = (size: number) => {
    if (!state.has(name)) state.set(name, new Float64Array(size));
    return state.get(name) as Float64Array;
  };
  if (node.type === "Conv2d") return convolve(x, node);
  if (node.type === "SumPool2d" || node.type === "AvgPool2d") return pool(x, node);
  if (node.type === "Scale") return { ...x, data: x.data.map((value, i) => value * node.scale.data[i]) };
  if (node.type === "Threshold")
    return { ...x, data: x.data.map((value, i) => Number(value > node.threshold.data[i])) };
  if (node.type === "Output") return x;
  if (node.type === "Flatten") return { shape: [x.data.length], data: x.data };
  if (node.type === "Affine" || node.type === "Linear") {
    const [rows, columns] = node.weight.shape;
    const data = Float64Array.from({ length: rows }, (_, o) => {
      const start = node.type === "Affine" ? node.bias.data[o] : 0;
      return x.data.reduce((total, value, i) => total + node.weight.data[o * columns + i] * value, start);
    });
    return { shape: [rows], data };
  }
  if (node.type === "I") {
    const v = kept(x.data.length);
    for (let i = 0; i < v.length; i++) v[i] += node.r.data[i] * x.data[i];
    return { ...x, data: v.slice() };
  }
  if (node.type === "IF") {
    if (node.metadata?.reset !== "subtract") throw new Error(`${name} resets otherwise`);
    const v = kept(x.data.length);
    const { data } = node.v_threshold;
    return {
      ...x,
      data: v.map((_, i) => {
        v[i] += node.r.data[i] * x.data[i];
        const spike = Number(v[i] >= data[i]);
        v[i] -= spike * data[i];
        return spike;
      }),
    };
  }
  throw new Error(`${node.type} is not run here`);
}

interface Slide {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** What sliding windows add up; `factor` says what a cell of input channel c counts in output channel o. */
function windows(
  { shape: [channels, height, width], data }: Values,
  outC: number,
  { size, stride, padding, dilation }: Slide,
  factor: (o: number, c: number, ky: number, kx: number) => number,
): Values {
  const extent = (k: number) => (size[k] - 1) * dilation[k] + 1;
  const outH = Math.floor((height + 2 * padding[0] - extent(0)) / stride[0]) + 1;
  const outW = Math.floor((width + 2 * padding[1] - extent(1)) / stride[1]) + 1;
  const out = new Float64Array(outC * outH * outW);
  for (let i = 0; i < channels * height * width; i++) {
    if (data[i] === 0) continue;
    const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    for (let ky = 0; ky < size[0]; ky++) {
      const oy = (y + padding[0] - ky * dilation[0]) / stride[0];
      if (!Number.isInteger(oy) || oy < 0 || oy >= outH) continue;
      for (let kx = 0; kx < size[1]; kx++) {
        const ox = (x + padding[1] - kx * dilation[1]) / stride[1];
        if (!Number.isInteger(ox) || ox < 0 || ox >= outW) continue;
        for (let o = 0; o < outC; o++) out[(o * outH + oy) * outW + ox] += factor(o, c, ky, kx) * data[i];
      }
    }
  }
  return { shape: [outC, outH, outW], data: out };
}

function convolve(x: Values, { weight, bias, stride, padding, dilation, groups }: NodeOf<"Conv2d">): Values {
  const [outC, inC, kH, kW] = weight.shape;
  if (typeof padding === "string") throw new Error(padding);
  const window = { size: [kH, kW], stride, padding, dilation };
  const perGroup = outC / groups;
  const out = windows(x, outC, window, (o, c, ky, kx) => {
    const i = c - Math.floor(o / perGroup) * inC;
    return i >= 0 && i < inC ? weight.data[((o * inC + i) * kH + ky) * kW + kx] : 0;
  });
  const area = out.shape[1] * out.shape[2];
  return { ...out, data: out.data.map((value, i) => value + bias.data[Math.floor(i / area)]) };
}

function pool(x: Values, { type, kernel_size, stride, padding }: NodeOf<"SumPool2d"> | NodeOf<"AvgPool2d">): Values {
  if (typeof padding === "string") throw new Error(padding);
  const part = type === "SumPool2d" ? 1 : 1 / (kernel_size[0] * kernel_size[1]);
  const window = { size: kernel_size, stride, padding, dilation: [1, 1] };
  return windows(x, x.shape[0], window, (o, c) => (o === c ? part : 0));
}
