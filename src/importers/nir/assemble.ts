/** Chains that end at neurons, as layers: a convolution for each, and a sum where there are several. */
import { allocate, floatTensor, type Tensor, tensor } from "../../core/tensor.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { ConvolutionLayer, Layer } from "../../graph/layers.ts";
import type { Metadata } from "../../nir/nodes.ts";
import { type Chain, type Kernel, kernelOf } from "./chain.ts";

type Fail = (what: string) => never;

interface Named {
  readonly chain: Chain;
  /** Of the node that it ends with. */
  readonly name: string;
}

/** The layers that give the current of neurons, the last of them last. */
export function currentLayers(
  chains: readonly Named[],
  target: string,
  shape: Shape,
  isInteger: boolean,
  nameFor: (wanted: string) => string,
  fail: Fail,
): readonly Layer[] {
  for (const { chain } of chains)
    if (chain.shape.join() !== shape.join()) fail(`${chain.shape.join("×")} comes in; ${shape.join("×")} expected`);
  if (chains.length === 1) return [convolutionOf(chains[0], isInteger, nameFor, fail)];
  const layers: Layer[] = [];
  const scales: (Tensor | null)[] = [];
  const inputs: string[] = [];
  const shifts = new Set<number>();
  for (const named of chains) {
    const { chain } = named;
    const isSpikes = !chain.kernel && !chain.pool;
    if (isSpikes) {
      const { scale, shift } = spikeScale(chain, isInteger, fail);
      if (shift !== undefined) shifts.add(shift);
      scales.push(scale);
      inputs.push(chain.source);
    } else {
      const layer = convolutionOf(named, isInteger, nameFor, fail);
      layers.push(layer);
      scales.push(null);
      inputs.push(layer.name);
    }
  }
  if (shifts.size > 1) fail("what is added up there is shifted differently");
  const [shift] = shifts;
  const sum = { kind: "sum", name: nameFor(`${target}_sum`), inputs } as const;
  const isScaled = scales.some((scale) => scale !== null);
  return [...layers, { ...sum, ...(isScaled ? { scales } : {}), ...(shift === undefined ? {} : { shift }) }];
}

function spikeScale(
  { scale, metadata, sourceShape: [channels] }: Chain,
  isInteger: boolean,
  fail: Fail,
): { readonly scale: Tensor | null; readonly shift?: number } {
  if (!scale || (scale.every((value) => value === 1) && metadata.shift === undefined)) return { scale: null };
  if (!isInteger) return { scale: floatTensor([channels], Float32Array.from(scale)) };
  return inIntegers(scale, [channels], metadata, fail);
}

function convolutionOf(
  { chain, name }: Named,
  isInteger: boolean,
  nameFor: (wanted: string) => string,
  fail: Fail,
): ConvolutionLayer {
  const { shape, data, bias, strides, dilations, pads, groups } = groupedAsBefore(kernelOf(factored(chain)), chain);
  const layer = {
    kind: "convolution",
    name: nameFor(nameIn(chain.metadata, name)),
    inputs: [chain.source],
    strides,
    dilations,
    pads,
    groups,
  } as const;
  if (!isInteger) {
    const weights = floatTensor(shape, Float32Array.from(data));
    return { ...layer, weights, bias: floatTensor([shape[0]], Float32Array.from(bias)) };
  }
  const { scale: weights, shift } = inIntegers(data, shape, chain.metadata, fail);
  if (!bias.every((value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 30))
    fail("biases of a network in integers are no integers");
  return { ...layer, weights, bias: tensor("int32", [shape[0]], Int32Array.from(bias)), shift };
}

/** A pool whose factor the thresholds behind it hold. */
export function heldFactor({ pool, kernel, metadata }: Chain) {
  const isHeld = pool && !kernel && metadata.where === "v_threshold";
  return isHeld && typeof metadata.factor === "object" ? metadata.factor : undefined;
}

function factored(chain: Chain): Chain {
  const factor = heldFactor(chain);
  if (!factor) return chain;
  return {
    ...chain,
    scale: Float64Array.from({ length: chain.sourceShape[0] }, (_, c) => factor.data[c] * (chain.scale?.[c] ?? 1)),
  };
}

/** Groups were written out, with zeros for what they do not read. */
function groupedAsBefore(kernel: Kernel, { metadata }: Chain): Kernel {
  const groups = Number(metadata.groups ?? 1);
  const [outC, inC, height, width] = kernel.shape;
  if (!(groups > 1) || kernel.groups !== 1 || inC % groups !== 0 || outC % groups !== 0) return kernel;
  const row = (inC / groups) * height * width;
  const data = new Float64Array(outC * row);
  for (let o = 0; o < outC; o++) {
    const first = o * groups + Math.floor(o / (outC / groups));
    data.set(kernel.data.subarray(first * row, (first + 1) * row), o * row);
  }
  const isWhole = countNonZero(data) === countNonZero(kernel.data);
  return isWhole ? { ...kernel, shape: [outC, inC / groups, height, width], data, groups } : kernel;
}

function countNonZero(data: Float64Array): number {
  return data.reduce((count, value) => count + Number(value !== 0), 0);
}

/**
 * Numbers as integers and their shift: as the file says, or by fewer bits, where a pool's factor has been multiplied in.
 * @returns the shift of 0 … 30 that is left.
 */
function inIntegers(values: Float64Array, shape: readonly number[], { dtype, shift: said }: Metadata, fail: Fail) {
  const greatest = Number(said);
  if ((dtype !== "int8" && dtype !== "int16") || !Number.isInteger(greatest) || greatest < 0 || greatest > 30)
    return fail("its neurons are in integers, but its weights do not say which");
  const numbers = allocate(dtype, values.length);
  for (let shift = greatest; shift >= 0; shift--) {
    const odd = values.findIndex((value, i) => {
      numbers[i] = value / 2 ** shift;
      return numbers[i] * 2 ** shift !== value;
    });
    if (odd < 0) return { scale: tensor(dtype, shape, numbers), shift };
    if (shift === 0) fail(`${values[odd]} is no ${dtype}, which its weights are said to be`);
  }
  return fail("its weights are no integers");
}

/** The layer's own name, where a file of this program keeps it. */
export function nameIn(metadata: Metadata | undefined, name: string): string {
  return typeof metadata?.layer === "string" ? metadata.layer : name;
}
