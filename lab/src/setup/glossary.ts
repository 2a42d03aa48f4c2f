/** What each part of a configuration means, in a sentence or two. */
import type { Configuration } from "../simulation/protocol.ts";

export const glossary: Readonly<Partial<Record<keyof Configuration, string>>> = {
  scope:
    "λ, the greatest activation, is taken of each channel or once of the whole layer. Weights are scaled by it, so that a rate of 1 stands for λ.",
  neuron:
    "The imbalanced threshold is the paper’s: a −1 costs 1/α times as much charge as a +1, which makes the leaky ReLU. Take-back also remembers what was sent and takes back what was too much. Balanced has one threshold for both signs; unsigned never sends −1.",
  pool: "Winner passes the spikes of the neuron that has sent most, as in the paper. Delta sends the change of the greatest count: nothing is lost.",
  decode:
    "Membrane potential: λ·V/U of output neurons that only collect, nothing rounded. Spike count: λ·n/U. U is the number of steps, or the sum of their weights.",
  encoding: "Constant current: pixel values at every step. Poisson: random spikes, as often as a pixel is bright.",
  levels: "A spike may be a whole number up to this. One of 3 is counted as three accumulates.",
  timeSteps: "How long the network runs. Each network has its own: one stands still where the other goes on.",
  phases:
    "So many first steps weigh more, such as 32, 16, 8, 4, 2, 1 for six: a spike train is then a binary number, said in a few steps.",
  delay:
    "Steps that a layer collects before it first fires. With phases, one step is what lets a layer hear of a weight before it must answer with it.",
  percentile: "How many of all activations lie below λ. What lies above is cut off.",
  bits: "Weights are rounded to integers of so many bits.",
};
