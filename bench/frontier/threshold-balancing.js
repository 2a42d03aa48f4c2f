// @ts-check
/**
 * Local threshold balancing with delayed evaluation, written anew from its description, for comparison only.
 *
 * T. Bu, M. Li, Z. Yu, *Inference-Scale Complexity in ANN-SNN Conversion for High-Performance and Low-Power Applications*, CVPR 2025
 * (arXiv:2409.03368): its abstract, and equations as the published program has them.
 *
 *     balance    θ += 2·mean over positions of max(y − θ, 0), channel by channel, while each layer sends min(y, θ): gradient steps on the clipping error
 *     integrate  V += x           V(0) = θ/2, which rounds; a max-pool, where there is one, comes before the neuron
 *     fire       s = θ if V > θ
 *     evaluate   outputs are (S(T) − S(τ))/(T − τ), S the charge of the output neurons: the first τ steps, while spikes have not arrived, are left out
 *
 * The method is for ReLU. A leaky ReLU is x⁺ − α·(−x)⁺: a second neuron of the same kind sends −θ⁻, its threshold balanced by the same rule on what
 * lies below zero. (One neuron with a negative threshold, as Spiking-YOLO has it, is worse: having sent −1 it stands at 0 again, where noise makes it
 * send +1.)
 *
 * Pools take the greatest charge so far, not the greatest current of a step as the published program does. That passes on fluctuations as if they
 * were input: no matter where the only pool follows the picture's constant current, but a network of five pools then ends at an error of 1.
 *
 * @typedef {import("./populations.js").Pool} Pool
 * @typedef {{ above: Float64Array, below: Float64Array }} Thresholds θ and θ⁻ [C] of a population
 */

/** @param {number} channels @returns {Thresholds} */
export function noThresholds(channels) {
  return { above: new Float64Array(channels), below: new Float64Array(channels) };
}

/**
 * One step of balancing on one picture; `thresholds` move, and `values` are clipped to them, in place.
 * @param {Float32Array} values y [C, H, W] @param {Thresholds} thresholds
 */
export function balance(values, { above, below }) {
  const area = values.length / above.length;
  for (let c = 0; c < above.length; c++) {
    const [from, to] = [c * area, (c + 1) * area];
    const [high, low] = [above[c], -below[c]];
    let [over, under] = [0, 0];
    for (let i = from; i < to; i++) {
      if (values[i] > high) over += values[i] - high;
      else if (values[i] < low) under += low - values[i];
    }
    if (over === 0 && under === 0) continue;
    above[c] += (2 * over) / area;
    below[c] += (2 * under) / area;
    for (let i = from; i < to; i++) values[i] = Math.min(above[c], Math.max(-below[c], values[i]));
  }
}

/**
 * A population while thresholds are balanced: it sends clipped values. One step is one picture.
 * @param {{ thresholds: Thresholds, at: (x: number) => number, pool: Pool | null }} options
 * @returns {import("./simulator.js").Neurons}
 */
export function balancingNeurons({ thresholds, at, pool }) {
  return {
    begin() {},
    step(_t, currents, values) {
      const pooled = pool ? pool(currents) : currents;
      for (let i = 0; i < pooled.length; i++) values[i] = at(pooled[i]);
      balance(values, thresholds);
    },
  };
}

/**
 * A population of integrate-and-fire neurons, two for each value where there is a negative side.
 * @param {{ thresholds: Thresholds, slope: number, pool: Pool | null }} options slope: α, 0 for ReLU
 * @returns {import("./simulator.js").Neurons}
 */
export function balancedNeurons({ thresholds: { above, below }, slope, pool }) {
  let [positive, negative] = [new Float32Array(0), new Float32Array(0)];
  const pooling = pool && chargePool(pool);
  return {
    begin() {
      [positive, negative] = [new Float32Array(0), new Float32Array(0)];
      pooling?.begin();
    },
    step(_t, currents, spikes) {
      const pooled = pooling ? pooling.step(currents) : currents;
      const area = pooled.length / above.length;
      if (positive.length === 0) [positive, negative] = [above, below].map((theta) => halves(theta, area));
      for (let c = 0, i = 0; c < above.length; c++) {
        const [high, low] = [above[c], below[c]];
        for (const end = i + area; i < end; i++) {
          let spike = 0;
          positive[i] += pooled[i];
          if (positive[i] > high && high > 0) {
            positive[i] -= high;
            spike = high;
          }
          negative[i] -= slope * pooled[i];
          if (negative[i] > low && low > 0) {
            negative[i] -= low;
            spike -= low;
          }
          spikes[i] = spike;
        }
      }
    },
  };
}

/** θ/2 of every neuron. @param {Float64Array} theta [C] @param {number} area */
function halves(theta, area) {
  const half = new Float32Array(theta.length * area);
  for (const [c, value] of theta.entries()) half.fill(value / 2, c * area, (c + 1) * area);
  return half;
}

/** A max-pool of charges: what comes of it is how much the greatest charge of each window has changed. @param {Pool} pool */
export function chargePool(pool) {
  let [charge, greatest, change] = [0, 0, 0].map(() => new Float32Array(0));
  return {
    begin() {
      charge = new Float32Array(0);
    },
    /** @param {Float32Array} currents */
    step(currents) {
      if (charge.length === 0) {
        charge = new Float32Array(currents.length);
        greatest = new Float32Array(pool(charge).length);
        change = new Float32Array(greatest.length);
      }
      for (let i = 0; i < charge.length; i++) charge[i] += currents[i];
      const pooled = pool(charge);
      for (let i = 0; i < pooled.length; i++) {
        change[i] = pooled[i] - greatest[i];
        greatest[i] = pooled[i];
      }
      return change;
    },
  };
}

/**
 * Output neurons, which only integrate.
 * @param {(t: number) => number} delayOf τ of an evaluation at step t @param {readonly number[]} kept steps that τ may be, and those that are read
 * @returns {import("./simulator.js").Readout}
 */
export function delayedReadout(delayOf, kept) {
  let charge = new Float32Array(0);
  /** @type {Map<number, Float32Array>} */
  let charges = new Map();
  return {
    begin({ length }) {
      charge = new Float32Array(length);
      charges = new Map([[0, charge.slice()]]);
    },
    step(t, currents) {
      for (let i = 0; i < charge.length; i++) charge[i] += currents[i];
      if (kept.includes(t)) charges.set(t, charge.slice());
    },
    value(t) {
      const [last, first] = [t, delayOf(t)].map((step) => /** @type {Float32Array} */ (charges.get(step)));
      return last.map((value, i) => (value - first[i]) / (t - delayOf(t)));
    },
  };
}
