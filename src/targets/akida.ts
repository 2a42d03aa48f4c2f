/** Akida 1.0 (AKD1000) and 2.0. Numbers are of akida_examples 2.4.0 (user guide, hardware constraints) and of BrainChip's pages; second-hand here. */
import type { LayerKind } from "../graph/layers.ts";
import { noPhases, onlyLayers, weightBits } from "./common-rules.ts";
import { fanIn, type Stage } from "./stages.ts";
import { atMost, type Measured, oneOf, perStage, type Rule, type Target, whole } from "./target.ts";

const guide = "akida_examples 2.4.0, hardware constraints (second-hand)";
const pages = "BrainChip, Akida 2.0 hardware pages (second-hand)";

const isFirst = ({ sources }: Stage) => sources.length === 0;
/** A convolution over all of its input: a dense layer. */
const isDense = ({ size, input, pads }: Stage) =>
  size[0] === input[1] && size[1] === input[2] && pads.every((pad) => pad === 0);

const unless = (is: (stage: Stage) => boolean, rule: Rule): Rule => ({
  ...rule,
  measure: (stages, network) =>
    rule.measure(
      stages.filter((stage) => !is(stage)),
      network,
    ),
});
const only = (is: (stage: Stage) => boolean, rule: Rule): Rule => unless((stage) => !is(stage), rule);

/** Filters that the first layer may have, by its kernel, for three channels. */
const firstFilters: Readonly<Record<number, number>> = { 3: 192, 5: 64, 7: 32 };

/** Outputs are small unsigned numbers: clipped ReLU, rounded. */
const quantizedRelu = (names: readonly string[], source: string) =>
  perStage(
    {
      rule: "function",
      limit: names.join(", "),
      source,
      mend: "train it with ReLU (activation=relu in the cfg)",
    },
    ({ neurons }) =>
      neurons && !neurons.isReadout
        ? { has: neurons.activation.fn, ok: names.includes(neurons.activation.fn) }
        : undefined,
  );

/** One event a picture and neuron carries the whole value: as many levels as bits give. */
const singleStep = (most: number, source: string): Rule =>
  perStage(
    {
      rule: "spikes",
      limit: `0 to ${most}, once a picture`,
      source,
      mend: `values are sent as they are, without time; the nearest is --neuron if --levels ${most} --phases 1 --steps 1`,
    },
    ({ neurons }) => {
      if (!neurons || neurons.isReadout) return undefined;
      const { neuron, levels } = neurons;
      return {
        has: `${neuron === "if" ? 0 : -levels} to ${levels} (${neuron} neurons)`,
        ok: neuron === "if" && levels <= most,
      };
    },
  );

const oneStep = (source: string): Rule =>
  whole(
    { rule: "steps", limit: "1", source, mend: "convert with --steps 1 and as many --levels as the chip has" },
    ({ timeSteps }) => ({
      has: String(timeSteps),
      ok: timeSteps === 1,
    }),
  );

const samePads = perStage(
  { rule: "padding", limit: "same", source: guide, mend: "pad by (kernel - 1) / 2 on each side" },
  ({ pads, size, strides, input }) => {
    const total = (axis: 0 | 1) => {
      const extent = input[axis + 1];
      return Math.max(0, (Math.ceil(extent / strides[axis]) - 1) * strides[axis] + size[axis] - extent);
    };
    const isSame = ([0, 1] as const).every((axis) => Math.abs(pads[axis] + pads[axis + 2] - total(axis)) <= 1);
    return { has: pads.join(", "), ok: isSame };
  },
);

const maxPool2 = (source: string): Rule => ({
  rule: "pool",
  limit: "max-pool 2×2 side by side, or the mean of the whole map",
  source,
  mend: "use 2×2 max-pools with stride 2",
  measure: (stages): readonly Measured[] =>
    stages.flatMap(({ pools, output }) =>
      pools.map(({ name, kind, size, strides }) => {
        const isWhole = kind === "mean" && size[0] === output[1] && size[1] === output[2];
        const isTwo = kind === "max" && [...size, ...strides].every((extent) => extent === 2);
        return { has: `${kind} ${size.join("×")}/${strides.join("×")}`, ok: isTwo || isWhole, layer: name };
      }),
    ),
});

const noGaps = (source: string) =>
  oneOf({ rule: "dilation", source, mend: "use kernels without gaps" }, [1], ({ dilations }) => dilations);

const square = (source: string) =>
  perStage(
    { rule: "square kernel", limit: "height = width", source, mend: "fill the kernel up with zeros" },
    ({ size, strides }) => ({
      has: `${size.join("×")}/${strides.join("×")}`,
      ok: size[0] === size[1] && strides[0] === strides[1],
    }),
  );

/** In the first layer 8 bits, elsewhere 4. */
const layerBits = (source: string) =>
  perStage(
    {
      rule: "weight bits",
      limit: "at most 4, in the first layer 8",
      source,
      mend: "train with train --spiking --bits 4; the nearest without is to convert with --bits 4, which costs accuracy",
    },
    (stage) => {
      const { weightBits: bits } = stage;
      return { has: bits === 32 ? "32 (float)" : String(bits), ok: bits <= (isFirst(stage) ? 8 : 4) };
    },
  );

const inner = (stage: Stage) => !isFirst(stage) && !isDense(stage);

export const akida1: Target = {
  name: "akida1",
  label: "Akida 1.0 (AKD1000)",
  onHost: () => false,
  place: () => undefined,
  rules: [
    whole(
      {
        rule: "input size",
        limit: "5 to 256 on each side",
        source: guide,
        mend: "take pictures of 5 to 256 pixels a side",
      },
      ({ input }) => ({
        has: `${input[2]}×${input[1]}`,
        ok: input.slice(1).every((extent) => extent >= 5 && extent <= 256),
      }),
    ),
    whole(
      { rule: "input channels", limit: "1 or 3", source: guide, mend: "take grey or colour pictures" },
      ({ input }) => ({ has: String(input[0]), ok: input[0] === 1 || input[0] === 3 }),
    ),
    square(guide),
    only(
      isFirst,
      oneOf(
        { rule: "first kernel", source: guide, mend: "use a first kernel of 3, 5 or 7" },
        [3, 5, 7],
        ({ size }) => size,
      ),
    ),
    only(
      isFirst,
      oneOf(
        { rule: "first stride", source: guide, mend: "use a first stride of 1, 2 or 3" },
        [1, 2, 3],
        ({ strides }) => strides,
      ),
    ),
    only(
      isFirst,
      perStage(
        {
          rule: "first filters",
          limit: "192, 64 or 32 for kernels of 3, 5 or 7 and 3 channels",
          source: guide,
          mend: "use fewer filters in the first layer",
        },
        ({ output, size, input }) =>
          input[0] === 3 && size[0] in firstFilters
            ? { has: String(output[0]), ok: output[0] <= firstFilters[size[0]] }
            : undefined,
      ),
    ),
    only(
      inner,
      oneOf(
        { rule: "kernel size", source: guide, mend: "use kernels of 1, 3, 5 or 7" },
        [1, 3, 5, 7],
        ({ size }) => size,
      ),
    ),
    only(
      inner,
      oneOf({ rule: "stride", source: guide, mend: "use a stride of 1 or 2" }, [1, 2], ({ strides }) => strides),
    ),
    only(inner, samePads),
    noGaps(guide),
    only(
      (stage) => !isFirst(stage) && isDense(stage),
      atMost({ rule: "dense inputs", source: guide, mend: "pool before it" }, 57_334, fanIn),
    ),
    maxPool2(guide),
    quantizedRelu(["relu", "clip"], guide),
    singleStep(15, guide),
    noPhases(guide),
    oneStep(guide),
    layerBits(guide),
    onlyLayers([], guide, "there is none on the chip; leave it out, or train a network without"),
  ],
  notes: [
    "How layers go to cores is decided by the vendor's own compiler, which publishes no rule: cores and chips are left open.",
    "The chip has no time steps: a value is sent once, as a number of 1, 2 or 4 bits. The first layer's weights may have 8 bits.",
  ],
};

const secondVersionLayers: readonly LayerKind[] = ["concat", "sum"];

export const akida2: Target = {
  name: "akida2",
  label: "Akida 2.0",
  onHost: () => false,
  place: () => undefined,
  rules: [
    perStage(
      { rule: "map size", limit: "at most 4,096×4,096", source: pages, mend: "take smaller pictures" },
      ({ output }) => ({ has: output.slice(1).join("×"), ok: Math.max(output[1], output[2]) <= 4096 }),
    ),
    atMost({ rule: "filters", source: pages, mend: "use fewer filters" }, 2048, ({ output }) => output[0]),
    square(pages),
    noGaps(pages),
    perStage(
      {
        rule: "look-up function and max-pool",
        limit: "one of the two",
        source: pages,
        mend: "use ReLU before the max-pool, or a stride of 2 in its place",
      },
      ({ neurons, pools }) => {
        const isLookedUp = neurons && !["relu", "clip", "linear"].includes(neurons.activation.fn);
        const isPooled = pools.some(({ kind }) => kind === "max");
        if (!neurons || !(isLookedUp || isPooled)) return undefined;
        return { has: `${neurons.activation.fn}${isPooled ? " and max-pool" : ""}`, ok: !(isLookedUp && isPooled) };
      },
    ),
    singleStep(127, pages),
    noPhases(pages),
    oneStep(pages),
    weightBits(8, pages, "convert with --bits 8"),
    onlyLayers(secondVersionLayers, pages, "there is none on the chip, as far as is published"),
  ],
  notes: [
    "How layers go to cores is decided by the vendor's own compiler, which publishes no rule: cores and chips are left open.",
    "The chip has no time steps: a value is sent once, as a number of 4 or 8 bits; signed values are possible after look-up functions.",
  ],
};
