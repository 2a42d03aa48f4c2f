/**
 * Chips of many like cores: Loihi 1 and 2, SpiNNaker2, TrueNorth. Which core holds how much decides how many are needed; what
 * is counted is the least, since a compiler also has to route spikes. What is second-hand or disputed is named as such.
 */
import { noMaxPool, noPhases, plainSpikes, reluOnly, weightBits } from "./common-rules.ts";
import { type Block, fewestBlocks, inOrder, type Placement } from "./place.ts";
import { fanIn, neuronCount, type Stage, weightCount } from "./stages.ts";
import { perStage, type Rule, type Target, whole } from "./target.ts";

const nengo = "nengo_loihi and Davies et al., Loihi, IEEE Micro 2018 (second-hand)";
const loihi2Brief = "Intel, Loihi 2 technology brief, 2021 (second-hand)";
const spinnakerSheet = "SpiNNaker2 datasheet 0.03 (second-hand)";
const merolla = "Merolla et al., Science 2014; Akopyan et al., TCAD 2015 (second-hand)";

/** That some block of each stage, if only of one neuron, fits on a core. */
function fitsOnCores(rule: string, limit: string, source: string, mend: string, fits: (block: Block) => boolean): Rule {
  return perStage({ rule, limit, source, mend }, (stage) => {
    if (neuronCount(stage) === 0) return undefined;
    const cores = fewestBlocks(stage, fits);
    const isPossible = Number.isFinite(cores);
    const has = isPossible
      ? `${cores.toLocaleString("en")} cores`
      : `a neuron reads ${fanIn(stage).toLocaleString("en")}`;
    return { has, ok: isPossible };
  });
}

const allChips =
  (coresPerChip: number, fits: (block: Block) => boolean) =>
  (stages: readonly Stage[]): Placement =>
    inOrder(stages, coresPerChip, (stage) => fewestBlocks(stage, fits));

const loihi1Core = ({ neurons, sources, weights }: Block) =>
  neurons <= 1024 && sources <= 4096 && weights * 8 <= 1_048_576;

export const loihi1: Target = {
  name: "loihi1",
  label: "Loihi 1",
  onHost: () => false,
  place: allChips(128, loihi1Core),
  rules: [
    fitsOnCores(
      "core",
      "1,024 neurons, 4,096 axons in, 1,048,576 synapse bits",
      nengo,
      "use fewer input channels or smaller kernels: a core has to receive all that a neuron reads",
      loihi1Core,
    ),
    reluOnly(nengo),
    plainSpikes(nengo),
    noPhases(nengo),
    noMaxPool(nengo),
    weightBits(8, nengo, "convert with --bits 8"),
  ],
  notes: [
    "Cores are the fewest that hold neurons, axons and kernels, a kernel being stored once a core; routing may need more.",
    "A core sends at most 4,096 axons; its 1,024 neurons need one each for each core that reads them.",
    "Leaky neurons are possible with a second population for what is negative.",
  ],
};

/** By the smaller of the two figures for a core's memory. */
const loihi2Core = ({ neurons, weights }: Block) => neurons <= 8192 && weights <= 128 * 1024;

export const loihi2: Target = {
  name: "loihi2",
  label: "Loihi 2",
  onHost: () => false,
  place: (stages) => {
    const neurons = stages.reduce((sum, stage) => sum + neuronCount(stage), 0);
    const weights = stages.reduce((sum, stage) => sum + weightCount(stage), 0);
    const chips = Math.max(1, Math.ceil(neurons / 1_000_000), Math.ceil(weights / 120_000_000));
    return inOrder(stages, 128, (stage) => fewestBlocks(stage, loihi2Core), chips);
  },
  rules: [
    fitsOnCores(
      "core",
      "8,192 neurons, 128 KiB of weights",
      loihi2Brief,
      "use fewer input channels or smaller kernels",
      loihi2Core,
    ),
    perStage(
      { rule: "graded spikes", limit: "at most 32 bits", source: loihi2Brief, mend: "send less" },
      ({ neurons }) =>
        neurons && !neurons.isReadout ? { has: `±${neurons.levels}`, ok: neurons.levels < 2 ** 31 } : undefined,
    ),
    weightBits(8, loihi2Brief, "convert with --bits 8"),
    noMaxPool(loihi2Brief),
  ],
  notes: [
    "Sources disagree: 128 cores a chip or 120; 128 KB a core or 192. Counted with 128 cores and 128 KiB.",
    "Neurons are microcode: signed spikes, phases and trackers can be programmed; nobody has published ours.",
    "A max-pool needs the counts of its window in one place: a population of its own, in microcode.",
  ],
};

/** Bytes of a core that a block takes: kernel weights once, and a membrane and a count of 32 bits each a neuron. */
const spinnakerBytes = ({ neurons, weights }: Block) => weights + 8 * neurons;
const spinnakerCore = (block: Block) => spinnakerBytes(block) <= 128_000;

export const spinnaker2: Target = {
  name: "spinnaker2",
  label: "SpiNNaker2",
  onHost: () => false,
  place: allChips(152, spinnakerCore),
  rules: [
    fitsOnCores(
      "core",
      "128 kB of memory: weights, and 8 bytes a neuron",
      spinnakerSheet,
      "use fewer input channels or smaller kernels",
      spinnakerCore,
    ),
    whole(
      {
        rule: "weight bits",
        limit: "at most 8 in the accelerator for products",
        source: spinnakerSheet,
        mend: "convert with --bits 8",
      },
      ({ weightBits: bits }) => ({ has: bits === 32 ? "32 (float)" : String(bits), ok: bits <= 8 }),
    ),
  ],
  notes: [
    "Cores are Arm processors: any neuron and any pool is a program. Programs and queues take memory too, so more cores may be needed.",
    "Its tools read NIR.",
  ],
};

const trueNorthCore = ({ neurons, sources }: Block) => neurons <= 256 && sources <= 256;

export const trueNorth: Target = {
  name: "truenorth",
  label: "TrueNorth",
  onHost: () => false,
  place: allChips(4096, trueNorthCore),
  rules: [
    fitsOnCores(
      "core",
      "256 axons in, 256 neurons",
      merolla,
      "use fewer input channels or groups, so that a neuron reads at most 256; or split sums over cores that pass on spikes",
      trueNorthCore,
    ),
    weightBits(
      2,
      merolla,
      "train with three values of a weight: a neuron has four weights, chosen by the kind of its axon",
    ),
    reluOnly(merolla),
    plainSpikes(merolla),
    noPhases(merolla),
    noMaxPool(merolla),
  ],
  notes: ["A step is a tick of 1 ms.", "Each place has its own synapses: kernels are not shared."],
};
