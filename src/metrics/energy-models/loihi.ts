/**
 * Events on Loihi 1, by the figures of SANA-FE's `loihi.yaml` (J. Boyle et al., SLAM Lab, UT Austin), which takes them from M. Davies et al.,
 * "Loihi: A Neuromorphic Manycore Processor with On-Chip Learning", IEEE Micro 2018, and from fits: a synaptic event of a convolution 24.0 pJ
 * (35.5 of a dense layer, and in earlier versions of the file of all); a neuron's access 51.2 and update 21.6 at every step; a spike
 * 69.3 to fire and 111 to send. Hops between cores (3.0 to 4.2 pJ each) depend on a placement and are left out; so is the chip at rest.
 *
 * A Loihi computes no DNN: what the picture's constant current takes is priced as synaptic events of one bit each, eight for a pixel.
 */
import { type EnergyModel, noEnergy } from "./model.ts";

const synapse = 24;
const access = 51.2;
const update = 21.6;
const fire = 69.3;
const message = 111;
const bitsOfPixel = 8;

export const loihi: EnergyModel = {
  name: "loihi",
  label: "Loihi 1, events",
  source: "SANA-FE loihi.yaml, after Davies et al., IEEE Micro 2018",
  remark: "no DNN runs there; hops between cores and the chip at rest are left out",
  dense: null,
  synapses: ({ acs, remainingMacs }) => ({ ...noEnergy, operations: (acs + bitsOfPixel * remainingMacs) * synapse }),
  neurons: ({ updates, spikesOut }) => ({
    ...noEnergy,
    states: updates * (access + update),
    signals: spikesOut * (fire + message),
  }),
};
