/** How many synapses a spike has: what accumulates are counted by. */
import { scaleOf } from "./bounds.ts";
import type { Term } from "./network.ts";

/** Output positions along one axis that each input position reaches. A spike's accumulates are both axes' product times {@link fanOutOf}. */
export function reach(term: Term, axis: 0 | 1): Int32Array {
  const inputs = term.input.shape[axis + 1];
  const reached = new Int32Array(inputs);
  if (term.kind === "scale") return reached.fill(1);
  if (term.kind === "product") return reached.fill(term.spread === "channels" ? term.output[axis + 1] : 1);
  const { size, strides, dilations, pads } = term.layer.window;
  for (let output = 0; output < term.output[axis + 1]; output++) {
    for (let k = 0; k < size[axis]; k++) {
      const input = output * strides[axis] - pads[axis] + k * dilations[axis];
      if (input >= 0 && input < inputs) reached[input]++;
    }
  }
  return reached;
}

/** Channels that a spike reaches at each of its positions. */
export function fanOutOf(term: Term): number {
  if (term.kind === "convolution") return term.output[0] / term.layer.groups;
  return term.kind === "product" && term.spread === "positions" ? term.output[0] : 1;
}

/** Whether a stage counts a term's accumulates: it does so for the layer, and spikes that are added as they are make none. */
export function isCounted(term: Term): boolean {
  return term.counts && (term.kind !== "scale" || scaleOf(term.layer, term.branch) !== null);
}
