// @ts-check
/**
 * Differential coding with multi-threshold neurons, written anew from its description, for comparison only.
 *
 * Z. Huang, W. Fang, T. Bu and others, *Differential Coding for Training-Free ANN-to-SNN Conversion*, ICML 2025 (arXiv:2503.00301): its abstract,
 * and equations as the published program has them (neurons for functions other than ReLU, "line"; graded units for the functions themselves).
 *
 * At step t a rate code would send r(t), and the mean of what was sent, m(t), stands for the value. Sent instead is the change, s(t) = r(t) − m(t − 1); who
 * receives it keeps m(t) = m(t − 1) + s(t)/t. So a neuron whose mean is right already sends nothing. Of a population, with x its current:
 *
 *     received   m(t) = m(t − 1) + (x(t) − b)/t       b: the current while nothing is sent, that is, constants; m(0) = b
 *     graded     y(t) = f(m(t))                       f: the activation, after a max-pool of m where there is one
 *     integrate  V += t·(y(t) − y(t − 1)) + y(t − 1) − sent(t − 1)
 *     fire       s = ±θ/2^k, k = 0 … n − 1 being the first with |V| ≥ ¾·θ/2^k; 0 where there is none
 *     reset      V −= s;  sent(t) = sent(t − 1) + s/t
 */

/** Part of a threshold from which on it is nearer than the next, half as high. */
const nearest = 0.75;

/**
 * The threshold that is nearest to V, with V's sign; 0 below three quarters of the least.
 * @param {number} v @param {number} least threshold, θ/2^(n − 1); 0 for a silent channel @param {number} most times that is θ: 2^(n − 1)
 */
export function nearestThreshold(v, least, most) {
  const size = Math.abs(v) / (nearest * least);
  if (!(size >= 1) || least === 0) return 0;
  // The greatest power of two within.
  const times = size >= most ? most : 1 << (31 - Math.clz32(size));
  return v < 0 ? -times * least : times * least;
}

/**
 * A population of such neurons.
 * @param {{ thetas: ArrayLike<number>, count: number, at: (x: number) => number, pool: import("./populations.js").Pool | null }} options
 * thetas: θ [C]; count: n; at: f
 * @returns {import("./simulator.js").Neurons}
 */
export function multiThresholdNeurons({ thetas, count, at, pool }) {
  const receiver = meanReceiver();
  let [potential, graded, sent] = [0, 0, 0].map(() => new Float32Array(0));
  return {
    begin(constants) {
      receiver.begin(constants);
      potential = new Float32Array(0);
    },
    step(t, currents, spikes) {
      const means = receiver.step(t, currents);
      const values = pool ? pool(means) : means;
      if (potential.length === 0) [potential, graded, sent] = [0, 0, 0].map(() => new Float32Array(values.length));
      const area = values.length / thetas.length;
      const most = 2 ** (count - 1);
      for (let c = 0, i = 0; c < thetas.length; c++) {
        const least = thetas[c] / most;
        for (const end = i + area; i < end; i++) {
          const value = at(values[i]);
          const v = potential[i] + t * (value - graded[i]) + graded[i] - sent[i];
          const spike = nearestThreshold(v, least, most);
          graded[i] = value;
          potential[i] = v - spike;
          sent[i] += spike / t;
          spikes[i] = spike;
        }
      }
    },
  };
}

/** Output neurons: what they have received on average. @returns {import("./simulator.js").Readout} */
export function meanReadout() {
  const receiver = meanReceiver();
  /** @type {Float32Array} */
  let means = new Float32Array(0);
  return {
    begin(constants) {
      receiver.begin(constants);
      means = constants;
    },
    step(t, currents) {
      means = receiver.step(t, currents);
    },
    value: () => means,
  };
}

/** m(t). */
function meanReceiver() {
  /** @type {Float32Array} */
  let constants = new Float32Array(0);
  /** @type {Float32Array} */
  let means = constants;
  return {
    /** @param {Float32Array} values */
    begin(values) {
      constants = values;
      means = Float32Array.from(values);
    },
    /** @param {number} t from 1 @param {Float32Array} currents */
    step(t, currents) {
      for (let i = 0; i < means.length; i++) means[i] += (currents[i] - constants[i]) / t;
      return means;
    },
  };
}
