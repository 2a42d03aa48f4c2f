/**
 * NIR's nodes (Neuromorphic Intermediate Representation, Pedersen et al., Nature Communications 2024) as plain data: the fields of those
 * that this program writes and reads, one table for both directions. Names are NIR's own.
 *
 * Edges that end at one node add up. Neurons, thresholds and scales have a value for every neuron [C, H, W].
 */
import type { Tensor } from "../core/tensor.ts";

export type Reals = Tensor<"float32" | "float64">;
type Pair = readonly [y: number, x: number];

interface FieldTypes {
  readonly reals: Reals;
  /** Absent in files of older programs, or where nothing depends on it. */
  readonly "reals?": Reals | undefined;
  readonly extents: readonly number[];
  readonly "extents?": readonly number[] | undefined;
  readonly integer: number;
  /** Two numbers, or one for both. */
  readonly pair: Pair;
  readonly padding: Pair | "same" | "valid";
}

const pool = { kernel_size: "pair", stride: "pair", padding: "padding" } as const;

export const nodeFields = {
  Input: { shape: "extents" },
  Output: { shape: "extents" },
  Conv2d: {
    input_shape: "extents?",
    weight: "reals",
    stride: "pair",
    padding: "padding",
    dilation: "pair",
    groups: "integer",
    bias: "reals",
  },
  Affine: { weight: "reals", bias: "reals" },
  Linear: { weight: "reals" },
  Scale: { scale: "reals" },
  SumPool2d: pool,
  AvgPool2d: pool,
  Flatten: { input_type: "extents?", start_dim: "integer", end_dim: "integer" },
  IF: { r: "reals", v_threshold: "reals", v_reset: "reals?" },
  I: { r: "reals" },
  Threshold: { threshold: "reals" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, keyof FieldTypes>>>>;

export type NirType = keyof typeof nodeFields;
export type FieldKind = keyof FieldTypes;
export type FieldValue = FieldTypes[FieldKind];

/** What is no field: texts, and numbers. Readers that do not know a key pass over it. */
export type Metadata = Readonly<Record<string, string | Reals>>;

export type NodeOf<T extends NirType> = { readonly type: T; readonly metadata?: Metadata } & {
  readonly [F in keyof (typeof nodeFields)[T]]: (typeof nodeFields)[T][F] extends FieldKind
    ? FieldTypes[(typeof nodeFields)[T][F]]
    : never;
};
export type NirNode = { [T in NirType]: NodeOf<T> }[NirType];

export interface NirGraph {
  /** In an order in which each stands after what feeds it, loops aside, where this program wrote it. */
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly metadata: Metadata;
}

/** The package whose files these are like. */
export const nirVersion = "1.0.8";

/** Fields of a node by name, for those who go through all of them. */
export function fieldsOf(type: NirType): readonly (readonly [string, FieldKind])[] {
  return Object.entries(nodeFields[type]) as readonly [string, FieldKind][];
}
