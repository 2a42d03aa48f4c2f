/** What a format's file gives; the table of all is in `exporters.ts`. */
import type { Preprocessing } from "../core/preprocessing.ts";
import type { Graph } from "../graph/graph.ts";
import type { HeadLayer } from "../graph/layers.ts";

/** What came of an export. */
export interface Exported {
  readonly bytes: Uint8Array;
  /** A second file that belongs to it, of the same name with another extension. */
  readonly beside?: { readonly extension: string; readonly bytes: Uint8Array };
  /** What a detector does that the file does not say, a line each. */
  readonly notPortable: readonly string[];
}

export interface ExportOptions {
  /** Whether layers that the format cannot say exactly are written as what comes nearest, and listed. */
  readonly lossy?: boolean;
  /** Whether plain integrate-and-fire neurons are written as loops, too: for readers whose neurons reset to zero. */
  readonly loops?: boolean;
}

export interface Exporter {
  /** Of the file to write, with its dot. */
  readonly extension: string;
  /** Which of a model's networks the format holds: the one before conversion, or the spiking one. */
  readonly network: "dnn" | "snn";
  /** @throws ConversionError [E_NOT_PORTABLE] where the format has no word for a layer; it is named. */
  readonly write: (network: Graph, options: ExportOptions) => Promise<Exported>;
}

/** A head's own numbers; the operators that a tail keeps are left out. */
export function describeHead({ name: _, ...head }: HeadLayer): Record<string, unknown> {
  return head.kind === "tail" ? { ...head, model: undefined } : head;
}

/** What a picture has to be to enter a network. */
export function pictureLine(
  { fit, filter, order, pad, mean }: Preprocessing,
  input: string,
  width: number,
  height: number,
): string {
  const parts = [
    `given as "${input}", ${width}x${height}, ${order ?? "rgb"}, 0 to 1`,
    ...(mean ? [`less ${mean.map((value) => Number(value.toPrecision(6))).join(", ")}`] : []),
    `fitted by ${fit}${fit === "stretch" ? "" : ` on ${Number((pad ?? 0.5).toPrecision(6))}`}`,
    `resampled by filter ${filter}`,
  ];
  return parts.join(", ");
}
