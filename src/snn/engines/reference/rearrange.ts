/** Layers without state or weights: they move values about, spikes and currents alike. */
import type { Shape } from "../../../graph/layer-kinds.ts";
import { type MaxPoolLayer, windowOf } from "../../../graph/layers.ts";
import { maxOf, poolSpike, trackingPoolSpike } from "../../spike-pool.ts";
import type { Frame } from "./frames.ts";

export function upsample(values: Frame, factor: number, [channels, height, width]: Shape): Frame {
  const out = new Float64Array(channels * height * width);
  const [inH, inW] = [height / factor, width / factor];
  for (let c = 0, i = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        out[i++] = values[(c * inH + Math.floor(y / factor)) * inW + Math.floor(x / factor)];
    }
  }
  return out;
}

/** Each value is the first of factor² cells; the others are 0. */
export function insertZeros(values: Frame, factor: number, [channels, height, width]: Shape): Frame {
  const out = new Float64Array(channels * height * width);
  const inW = width / factor;
  // An input's row number, over all channels, is that of its cells' first row by the factor.
  for (const [i, value] of values.entries()) out[Math.floor(i / inW) * factor * width + (i % inW) * factor] = value;
  return out;
}

export function concat(inputs: readonly Frame[]): Frame {
  return Float64Array.from(inputs.flatMap((input) => [...input]));
}

/** Indices of the members of every window of a max-pool; cells outside are left out. */
function windowsOf(layer: MaxPoolLayer, [, inH, inW]: Shape, [channels, outH, outW]: Shape): readonly number[][] {
  const { size, strides, pads } = windowOf(layer);
  const windows: number[][] = [];
  for (let c = 0; c < channels; c++) {
    for (let outY = 0; outY < outH; outY++) {
      for (let outX = 0; outX < outW; outX++) {
        const members: number[] = [];
        for (let ky = 0; ky < size[0]; ky++) {
          for (let kx = 0; kx < size[1]; kx++) {
            const [y, x] = [outY * strides[0] - pads[0] + ky, outX * strides[1] - pads[1] + kx];
            if (y >= 0 && y < inH && x >= 0 && x < inW) members.push((c * inH + y) * inW + x);
          }
        }
        windows.push(members);
      }
    }
  }
  return windows;
}

/** Pools spikes; keeps the net counts that it has received, and those that it has sent. */
export interface PoolState {
  pool(spikes: Frame, weight: number): Frame;
}

/** @param levels greatest spike of a pool that tracks; absent: counts begin at 0 with each picture, and are pooled as the layer says. */
export function poolState(layer: MaxPoolLayer, input: Shape, output: Shape, levels?: number): PoolState {
  const windows = windowsOf(layer, input, output);
  const counts = new Int32Array(input[0] * input[1] * input[2]);
  const sent = new Int32Array(windows.length);
  const pooling = layer.pooling ?? "delta";
  return {
    pool(spikes, weight) {
      for (let i = 0; i < counts.length; i++) counts[i] += weight * spikes[i];
      return Float64Array.from(windows, (members, window) => {
        const memberCounts = members.map((i) => counts[i]);
        const greatest = maxOf(memberCounts);
        if (levels !== undefined) {
          const spike = trackingPoolSpike(greatest, sent[window], weight, levels);
          sent[window] += weight * spike;
          return spike;
        }
        const memberSpikes = members.map((i) => spikes[i]);
        const spike = poolSpike(pooling, memberCounts, memberSpikes, sent[window], weight);
        sent[window] = greatest;
        return spike;
      });
    },
  };
}
