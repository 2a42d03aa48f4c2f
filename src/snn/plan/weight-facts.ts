/** What bounds and kernels ask of weights. Found out once for each tensor, since several ask and some tensors are large. */
import type { Tensor } from "../../core/tensor.ts";

export interface WeightFacts {
  /** Σ|W| of each row, exact for integers. */
  readonly sums: Float64Array;
  /** The greatest |W|. */
  readonly greatest: number;
}

const known = new WeakMap<Tensor, WeightFacts>();

/** @param weights [rows, …]. */
export function weightFacts(weights: Tensor): WeightFacts {
  const facts = known.get(weights) ?? factsOf(weights);
  known.set(weights, facts);
  return facts;
}

function factsOf({ shape, data }: Tensor): WeightFacts {
  const length = data.length / shape[0];
  const sums = new Float64Array(shape[0]);
  let greatest = 0;
  for (let row = 0, i = 0; row < sums.length; row++) {
    let sum = 0;
    for (const end = (row + 1) * length; i < end; i++) {
      const magnitude = Math.abs(data[i]);
      sum += magnitude;
      if (magnitude > greatest) greatest = magnitude;
    }
    sums[row] = sum;
  }
  return { sums, greatest };
}
