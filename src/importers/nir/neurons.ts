/** IF nodes and loops as one kind of node, and those as populations. */
import { z } from "zod";
import { ImportError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { floatTensor, type Tensor, tensor } from "../../core/tensor.ts";
import type { Activation } from "../../functions/function.ts";
import { activationSchema } from "../../functions/functions.ts";
import { twoSloped } from "../../functions/two-sloped.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { NeuronKind, Population } from "../../graph/layers.ts";
import type { Metadata, NodeOf, Reals } from "../../nir/nodes.ts";
import { perChannel } from "./chain.ts";
import type { Neurons } from "./loops.ts";

type Fail = (what: string) => never;

/** How IF nodes are reset that do not say it; NIR's own definition is a reset to v_reset, which no neuron here does. */
export type Reset = "subtract";

/** @throws ImportError [E_RESET] for one that is reset otherwise than neurons here are. */
export function neuronsOf(
  node: NodeOf<"IF">,
  reset: Reset | undefined,
  name: string,
  file: string,
  fail: Fail,
): Neurons {
  const { r, v_threshold: vTh, v_reset: vReset, metadata = {} } = node;
  if ((metadata.reset ?? reset) !== "subtract") {
    throw new ImportError(
      "E_RESET",
      `${file} has IF neurons ${printable(name)} that by NIR's definition are reset to v_reset; neurons here are reset by subtraction. Where the file's neurons are, too (sinabs'), say so: --if-reset subtract`,
    );
  }
  if (vReset?.data.some((value) => value !== 0)) fail("v_reset is not 0");
  return { type: "neurons", r, vTh, vThNeg: null, isWhole: false, metadata };
}

const kinds: ReadonlySet<string> = new Set<NeuronKind>(["if", "signed", "ibt"]);

/**
 * @param factor by which a pool's sums count before them, where its thresholds hold that.
 * @param isInteger whether the network is one in integers.
 */
export function populationOf(
  { vTh, vThNeg, isWhole, metadata }: Neurons,
  shape: Shape,
  factor: Reals | undefined,
  isInteger: boolean,
  fail: Fail,
): Population {
  const positive = perChannel(vTh, shape, fail).map((value, c) => value * (factor?.data[c] ?? 1));
  const negative = vThNeg && perChannel(vThNeg, shape, fail);
  if (isWhole && !isInteger) fail("it fires half a unit below its threshold, which is right for whole numbers only");
  const thresholds = (values: Float64Array): Tensor => {
    if (!isInteger) return floatTensor([shape[0]], Float32Array.from(values));
    if (!values.every((value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 30))
      fail("thresholds of a network in integers are no integers");
    return tensor("int32", [shape[0]], Int32Array.from(values));
  };
  return {
    neuron: kindOf(metadata, positive, negative),
    activation: activationOf(metadata, positive, negative, fail),
    lambda: lambdaOf(metadata, shape[0], fail),
    vTh: thresholds(positive),
    vThNeg: negative && thresholds(negative),
    vInit: 0,
    firingThreshold: 0.5,
    levels: 1,
  };
}

/** As the file says, if that is what its nodes are. */
function kindOf({ neuron }: Metadata, positive: Float64Array, negative: Float64Array | null): NeuronKind {
  if (typeof neuron === "string" && kinds.has(neuron)) return neuron as NeuronKind;
  if (!negative) return "if";
  return positive.every((value, c) => value === negative[c]) ? "signed" : "ibt";
}

/** What the neurons stand for; where the file does not say it, what their thresholds do in the long run. */
function activationOf(
  { activation }: Metadata,
  positive: Float64Array,
  negative: Float64Array | null,
  fail: Fail,
): Activation {
  if (typeof activation === "string") return parsed(activation, activationSchema, fail) as Activation;
  return twoSloped(negative ? Math.min(1, positive[0] / negative[0]) : 0);
}

/** @throws as `fail` where a text of the metadata is not what it should be. */
export function parsed(text: string, schema: z.ZodType, fail: Fail): unknown {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      return fail("its metadata holds something else than it should");
    throw error;
  }
}

function lambdaOf({ lambda }: Metadata, channels: number, fail: Fail): Population["lambda"] {
  if (lambda === undefined) return floatTensor([channels], new Float32Array(channels).fill(1));
  if (typeof lambda === "string" || lambda.data.length !== channels)
    return fail("its lambda is not one number for each channel");
  return floatTensor([channels], Float32Array.from(lambda.data));
}
