/** How many bits weights have: what conversion gives them, and what integers take. */
import type { Tensor } from "../core/tensor.ts";

/** Bits of a convolution's weights where weights are to have `bits`. Below 8 what reads the picture keeps 8: it costs little, and most is lost there. */
export function bitsFor(readsPicture: boolean, bits: number): number {
  return readsPicture ? Math.max(8, bits) : bits;
}

/** As a loop: there may be more weights than a call takes arguments. */
export function greatestMagnitude(weights: Tensor["data"]): number {
  let greatest = 0;
  for (const weight of weights) greatest = Math.max(greatest, Math.abs(weight));
  return greatest;
}

/** Bits, sign included, that the greatest of these weights takes; 32 where they are float. */
export function bitsOf({ dtype, data }: Tensor): number {
  if (dtype === "float32") return 32;
  const greatest = greatestMagnitude(data);
  return 1 + Math.ceil(Math.log2(greatest + 1));
}
