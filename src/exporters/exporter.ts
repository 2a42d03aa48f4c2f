/** What a format's file gives; the table of all is in `exporters.ts`. */
import type { Graph } from "../graph/graph.ts";

/** What came of an export. */
export interface Exported {
  readonly bytes: Uint8Array;
  /** What a detector does that the file does not say, a line each. */
  readonly notPortable: readonly string[];
}

export interface Exporter {
  /** Of the file to write, with its dot. */
  readonly extension: string;
  /** Which of a model's networks the format holds: the one before conversion, or the spiking one. */
  readonly network: "dnn" | "snn";
  /** @throws ConversionError [E_NOT_PORTABLE] where the format has no word for a layer; it is named. */
  readonly write: (network: Graph) => Promise<Exported>;
}
