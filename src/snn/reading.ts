/** What a readout's state says of the value that it stands for, in the DNN's units: the one place for both decodings. */
import { floatTensor } from "../core/tensor.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import type { Population } from "../graph/layers.ts";
import type { HeadReading } from "./engine.ts";

/**
 * V_mem: λ·S/(V_th·U), S all charge received, U the unit steps (`unitsAt` in phases.ts). Count: λ·n/U, n the net count.
 * @param charges S of every neuron [C, H, W], in the units of V_th.
 * @param counts n of every neuron [C, H, W].
 */
export function headReading(
  { lambda, vTh }: Pick<Population, "lambda" | "vTh">,
  shape: Shape,
  charges: ArrayLike<number>,
  counts: ArrayLike<number>,
  unitSteps: number,
): HeadReading {
  const area = shape[1] * shape[2];
  const vmem = new Float32Array(charges.length);
  const count = new Float32Array(charges.length);
  for (let channel = 0, i = 0; channel < shape[0]; channel++) {
    const full = vTh.data[channel] * unitSteps;
    const greatest = lambda.data[channel];
    for (const end = i + area; i < end; i++) {
      vmem[i] = (greatest * charges[i]) / full;
      count[i] = (greatest * counts[i]) / unitSteps;
    }
  }
  return { vmem: floatTensor(shape, vmem), count: floatTensor(shape, count) };
}
