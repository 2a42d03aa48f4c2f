/**
 * Speck 2f and DYNAP-CNN: nine cores, each a convolution, integrate-and-fire neurons and a sum pool. Numbers are of sinabs 3.1.3
 * (docs/speck/overview.md, backend/dynapcnn/chips/dynapcnn.py, dynapcnn_layer.py), whose validator has to agree (bench/peers/speck.py).
 */
import { noMaxPool, noPhases, onlyLayers, plainSpikes, reluOnly, weightBits } from "./common-rules.ts";
import { match } from "./place.ts";
import type { ChipNetwork, Stage } from "./stages.ts";
import { atMost, type Measured, oneOf, perStage, type Rule, type Target } from "./target.ts";

const overview = "sinabs, docs/speck/overview.md (second-hand)";
const memoryFile = "sinabs 3.1.3, backend/dynapcnn/chips/dynapcnn.py and dynapcnn_layer.py";
const layerFile = "sinabs 3.1.3, backend/dynapcnn/dynapcnn_layer.py";

const kibi = 1024;
const kernelMemory = [16, 16, 16, 32, 32, 64, 64, 16, 16].map((size) => size * kibi);
const neuronMemory = [64, 64, 64, 32, 32, 16, 16, 16, 16].map((size) => size * kibi);
const biasMemory = 1024;
const cores = kernelMemory.length;

export interface SpeckMemory {
  readonly kernel: number;
  readonly neuron: number;
  readonly bias: number;
}

/** Words of a core that a stage takes; extents are rounded up to powers of two, as addresses are. */
export function speckMemory({ input, output, size, hasBias }: Stage): SpeckMemory {
  const [filters, height, width] = output;
  const bits = (n: number) => Math.ceil(Math.log2(n));
  return {
    kernel: input[0] * 2 ** (bits(size[0] * size[1]) + bits(filters)),
    neuron: filters * 2 ** (bits(height) + bits(width)),
    bias: hasBias ? filters : 0,
  };
}

function fitsCore(stage: Stage, core: number): boolean {
  const { kernel, neuron, bias } = speckMemory(stage);
  return kernel <= kernelMemory[core] && neuron <= neuronMemory[core] && bias <= biasMemory;
}

/** The last, linear layers: their sums have both signs, and the chip only sends spikes, so the host adds them up from counts. */
function isReadout({ neurons }: Stage): boolean {
  return neurons?.isReadout ?? false;
}

const isOnChip = (stages: readonly Stage[]) => stages.filter((stage) => stage.kind === "convolution");

const memory: Rule = {
  rule: "core memory",
  limit: "kernel and neuron words that one of nine cores has together",
  source: memoryFile,
  mend: "fewer channels, or a stride or a pool earlier: extents count as the next power of two",
  measure: (stages) =>
    isOnChip(stages).map((stage) => {
      const { kernel, neuron } = speckMemory(stage);
      const ok = kernelMemory.some((_, core) => fitsCore(stage, core));
      const has = `kernel ${kernel.toLocaleString("en")}, neurons ${neuron.toLocaleString("en")}`;
      return { has, ok, layer: stage.name };
    }),
};

const arrangement: Rule = {
  rule: "cores",
  limit: `${cores}, one a layer`,
  source: memoryFile,
  mend: "fewer or smaller layers",
  measure: (stages): readonly Measured[] => {
    const placement = place(stages);
    // Layers that no core holds have been named by the rule of core memory.
    const homeless = placement.homeless.filter((name) =>
      kernelMemory.some((_, core) => fitsCore(stages.find((stage) => stage.name === name) as Stage, core)),
    );
    const has = homeless.length > 0 ? `no core is left for ${homeless.join(", ")}` : `${placement.cores}`;
    return [{ has, ok: homeless.length === 0 && placement.cores <= cores }];
  },
};

function place(stages: readonly Stage[]) {
  return match(isOnChip(stages), cores, fitsCore);
}

const destinations: Rule = {
  rule: "destinations",
  limit: "at most 2",
  source: overview,
  mend: "let at most two layers read it",
  measure: (stages) =>
    stages.map(({ name }) => {
      const readers = stages.filter(({ sources }) => sources.includes(name)).length;
      return { has: String(readers), ok: readers <= 2, layer: name };
    }),
};

const pools = perStage(
  {
    rule: "pool",
    limit: "sums of 1×1, 2×2 or 4×4 side by side",
    source: overview,
    mend: "use windows of 2×2 or 4×4 with the same stride and without pads",
  },
  ({ pools: all }) => {
    const isFine = ({ size, strides, pads }: (typeof all)[number]) =>
      size[0] === size[1] &&
      [1, 2, 4].includes(size[0]) &&
      strides.every((stride) => stride === size[0]) &&
      pads.every((pad) => pad === 0);
    const means = all.filter(({ kind }) => kind === "mean");
    if (means.length === 0) return undefined;
    return {
      has: means.map(({ size, strides }) => `${size.join("×")}/${strides.join("×")}`).join(", "),
      ok: means.every(isFine),
    };
  },
);

const squareMaps = (rule: string, most: number, extents: (stage: Stage) => readonly number[], mend: string) =>
  perStage({ rule, limit: `at most ${most}×${most}`, source: overview, mend }, (stage) => {
    const found = extents(stage);
    return { has: found.join("×"), ok: found.every((extent) => extent <= most) };
  });

const rules: readonly Rule[] = [
  squareMaps("input size", 128, ({ input }) => input.slice(1), "take pictures of at most 128×128"),
  squareMaps("map size", 64, ({ output }) => output.slice(1), "use a stride of 2 in the first layer"),
  atMost(
    { rule: "input channels", source: overview, mend: "use fewer filters before it" },
    1024,
    ({ input }) => input[0],
  ),
  atMost({ rule: "filters", source: overview, mend: "use fewer filters" }, 1024, ({ output }) => output[0]),
  atMost({ rule: "kernel size", source: overview, mend: "use smaller kernels" }, 16, ({ size }) => Math.max(...size)),
  perStage(
    { rule: "square kernel", limit: "height = width", source: layerFile, mend: "fill the kernel up with zeros" },
    ({ size }) => ({ has: size.join("×"), ok: size[0] === size[1] }),
  ),
  oneOf(
    { rule: "stride", source: overview, mend: "use a stride of 1, 2, 4 or 8" },
    [1, 2, 4, 8],
    ({ strides }) => strides,
  ),
  perStage(
    { rule: "padding", limit: "0 to 7, alike on opposite sides", source: overview, mend: "pad by (kernel - 1) / 2" },
    ({ pads: [top, left, bottom, right] }) => ({
      has: [top, left, bottom, right].join(", "),
      ok: top === bottom && left === right && top <= 7 && left <= 7,
    }),
  ),
  oneOf({ rule: "dilation", source: memoryFile, mend: "use kernels without gaps" }, [1], ({ dilations }) => dilations),
  oneOf({ rule: "groups", source: memoryFile, mend: "use whole convolutions" }, [1], ({ groups, kind }) =>
    kind === "convolution" ? [groups] : [],
  ),
  atMost(
    { rule: "biases", source: memoryFile, mend: "use fewer filters, or none with a bias" },
    biasMemory,
    (stage) => speckMemory(stage).bias,
  ),
  pools,
  destinations,
  noMaxPool(overview),
  reluOnly(overview),
  plainSpikes(overview),
  noPhases(overview),
  weightBits(8, overview, "convert with --bits 8"),
  onlyLayers([], overview, "there is none on the chip; leave it out, or train a network without"),
  memory,
  arrangement,
];

export const speck: Target = {
  name: "speck",
  label: "Speck 2f, DYNAP-CNN",
  rules,
  onHost: isReadout,
  place: (stages: readonly Stage[], _network: ChipNetwork) => place(stages),
  notes: [
    "The layer before a head sends nothing negative from the chip: the host adds it up from the spike counts of the layer before.",
    "Membranes are 16 bits wide and stop at the edges; thresholds are one a layer.",
    "Pictures come as spikes (--input poisson), not as a current.",
  ],
};
