/**
 * NIR → spiking graph. Neurons become populations; what stands between them is linear and becomes one convolution each. Whatever has no
 * place here is refused by name.
 */
import { z } from "zod";
import { expectInteger, ImportError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { maxTimeSteps, type SimulationSettings, type SpikingGraph } from "../../graph/graph.ts";
import { parseGraph, reasonOf } from "../../graph/model-file.ts";
import type { Metadata, NirGraph } from "../../nir/nodes.ts";
import { readNir } from "../../nir/read-nir.ts";
import { withLoopsAsNeurons } from "./loops.ts";
import { parsed, type Reset } from "./neurons.ts";
import { walk } from "./walk.ts";

export interface NirOptions {
  /** Name of the file, for errors and provenance. */
  readonly fileName?: string;
  /** How IF neurons are reset that do not say it. */
  readonly reset?: Reset | undefined;
  /** Steps of a run; by default the file's, or 32. */
  readonly timeSteps?: number;
}

/**
 * Imports a NIR file as a spiking network: with detection heads where the file describes them, otherwise with readouts alone, whose counts
 * and membranes a session records.
 * @throws ImportError [E_NIR] where the file cannot be read as one, or holds what no engine here runs; [E_RESET] where IF neurons do not say
 * how they are reset.
 */
export async function importNir(bytes: Uint8Array, options: NirOptions = {}): Promise<SpikingGraph> {
  return spikingGraphOf(await readNir(bytes, options.fileName ?? unnamed), options);
}

const unnamed = "the file";

/** The graph of a file that has been read. @throws ImportError as {@link importNir}. */
export function spikingGraphOf({ metadata, ...nir }: NirGraph, options: NirOptions = {}): SpikingGraph {
  const { fileName: file = unnamed, reset } = options;
  const { layers, isCounted } = walk(withLoopsAsNeurons(nir, file), file, reset);
  try {
    const { heads, provenance, ...facts } = factsIn(metadata, file);
    const simulation = simulationIn(metadata, isCounted, options, file);
    const steps = [...provenance, `importNir ${printable(file)}`];
    return parseGraph({ ...facts, layers: [...layers, ...heads], simulation, provenance: steps }) as SpikingGraph;
  } catch (error) {
    const reason = error instanceof ImportError ? undefined : reasonOf(error);
    if (reason === undefined) throw error;
    throw new ImportError("E_NIR", `${file} holds a graph that does not hold together: ${reason}`, { cause: error });
  }
}

/** What a file of this program says of pictures, classes and heads; of others' nothing is known. */
const unknown = {
  preprocessing: { fit: "stretch", filter: "bilinear" },
  class_names: [],
  provenance: [],
  heads: [],
} as const;

function factsIn(metadata: Metadata, file: string) {
  const read = (key: keyof typeof unknown, schema: z.ZodType) => {
    const text = metadata[key];
    return typeof text === "string" ? parsed(text, schema, () => failed(key, file)) : unknown[key];
  };
  const list = z.array(z.unknown()).max(2 ** 16);
  return {
    preprocessing: read("preprocessing", z.unknown()),
    classNames: read("class_names", list),
    provenance: read("provenance", list) as readonly unknown[],
    // A tail's operators are not in the file.
    heads: (read("heads", z.array(z.looseObject({ kind: z.string() }))) as readonly { readonly kind: string }[]).filter(
      ({ kind }) => kind !== "tail",
    ),
  };
}

function failed(key: string, file: string): never {
  throw new ImportError("E_NIR", `${file}: ${key} of the graph's metadata is not what it should be`);
}

function simulationIn(
  metadata: Metadata,
  isCounted: boolean,
  { timeSteps }: NirOptions,
  file: string,
): SimulationSettings {
  const { simulation } = metadata;
  const given =
    typeof simulation === "string"
      ? (parsed(simulation, z.looseObject({}), () => failed("simulation", file)) as Partial<SimulationSettings>)
      : {};
  return {
    timeSteps:
      timeSteps === undefined ? (given.timeSteps ?? 32) : expectInteger("timeSteps", timeSteps, 1, maxTimeSteps),
    encoding: given.encoding ?? "constant",
    decode: isCounted ? "count" : "vmem",
  };
}
