/**
 * Weights that fit a cfg in part: cut off after some layers (`darknet53.conv.74`), or of another number of classes. What
 * fits is where training starts; whatever else does not fit is refused, as it is for a detector.
 */
import { floatTensor, sizeOf } from "../../core/tensor.ts";
import { type Graph, headsOf } from "../../graph/graph.ts";
import { type DarknetFiles, type DarknetOptions, importDarknet } from "./import-darknet.ts";
import { type ParameterSource, readWeightsHeader } from "./weights.ts";

export interface FittingWeights {
  /** Layers that did not fit are zero. */
  readonly graph: Graph;
  /** Names of the graph's layers whose parameters are the file's. */
  readonly taken: ReadonlySet<string>;
  /** What fits, for people; undefined where all does. */
  readonly remark?: string;
}

/** The parameters of one section of the cfg, one after the other in the file. */
interface Part {
  readonly where: string;
  floats: number;
  /** The arrays of its tensors: by them its layers are known. */
  readonly arrays: Set<unknown>;
}

/**
 * @throws ImportError as {@link importDarknet}, also where the file neither ends after a layer nor differs by the classes of
 * its heads.
 */
export function importFitting(
  files: DarknetFiles & { readonly weights: Uint8Array },
  options: DarknetOptions = {},
): FittingWeights {
  const { weights, weightsName = "weights" } = files;
  const parts: Part[] = [];
  const recorder: ParameterSource = {
    next(shape, where) {
      const tensor = floatTensor(shape);
      let part = parts.at(-1);
      if (part?.where !== where) {
        part = { where, floats: 0, arrays: new Set() };
        parts.push(part);
      }
      part.floats += sizeOf(shape);
      part.arrays.add(tensor.data);
      return tensor;
    },
    end() {},
  };
  const { weights: _, ...others } = files;
  const { remark: __, ...quietly } = options;
  const empty = importDarknet({ ...others, parameters: recorder }, quietly);
  const header = readWeightsHeader(weights, weightsName).bytes;
  const floats = parts.reduce((sum, part) => sum + part.floats, 0);
  const fileFloats = (weights.length - header) / 4;
  const fit = fileFloats === floats ? undefined : fitOf(parts, headParts(empty, parts), fileFloats, weightsName);
  // Either all fits, or reading the file says why nothing does.
  if (!fit) return { graph: importDarknet(files, options), taken: new Set(empty.layers.map(({ name }) => name)) };

  // A whole file of zeros, and in it what fits: it is then read, and its numbers checked, as any other.
  const whole = new Uint8Array(header + 4 * floats);
  whole.set(weights.subarray(0, header));
  let [from, to] = [header, header];
  const taken = new Set<string>();
  for (const [index, part] of parts.entries()) {
    const { isTaken, fileFloats } = fit.parts[index];
    if (isTaken) {
      whole.set(weights.subarray(from, from + 4 * fileFloats), to);
      for (const layer of empty.layers) {
        const isOfPart = Object.values(layer).some((value) => part.arrays.has((value as { data?: unknown })?.data));
        if (isOfPart) taken.add(layer.name);
      }
    }
    from += 4 * fileFloats;
    to += 4 * part.floats;
  }
  const graph = importDarknet({ ...files, weights: whole }, options);
  return { graph, taken, remark: fit.remark };
}

interface Fit {
  readonly parts: readonly { readonly isTaken: boolean; readonly fileFloats: number }[];
  readonly remark: string;
}

/** Which part of the file is which part of the cfg; undefined where neither classes nor an end after a layer explain its size. */
function fitOf(parts: readonly Part[], heads: readonly HeadPart[], fileFloats: number, file: string): Fit | undefined {
  const floats = parts.reduce((sum, part) => sum + part.floats, 0);
  const perClass = heads.reduce((sum, head) => sum + head.floatsPerClass, 0);
  const more = (fileFloats - floats) / perClass;
  const headOf = (part: Part) => heads.find((head) => head.part === part);
  if (heads.length > 0 && Number.isInteger(more) && heads.every(({ classes }) => classes + more >= 1)) {
    return {
      parts: parts.map((part) => {
        const head = headOf(part);
        return { isTaken: !head, fileFloats: part.floats + (head ? more * head.floatsPerClass : 0) };
      }),
      remark: `${file} is of ${heads[0].classes + more} classes instead of ${heads[0].classes}: all is taken but ${heads
        .map(({ part }) => part.where)
        .join(", ")}, before the heads, which begin at random`,
    };
  }
  let end = 0;
  const cut = parts.findIndex((part) => {
    end += part.floats;
    return end === fileFloats;
  });
  if (cut >= 0) {
    return {
      parts: parts.map((part, index) => ({ isTaken: index <= cut, fileFloats: index <= cut ? part.floats : 0 })),
      remark: `${file} ends after ${parts[cut].where}: so far it is taken; ${parts.length - 1 - cut} later layers begin at random`,
    };
  }
  return undefined;
}

interface HeadPart {
  /** Of the convolution before the head. */
  readonly part: Part;
  readonly classes: number;
  /** By which a class more makes that convolution larger. */
  readonly floatsPerClass: number;
}

/** Nothing where a head reads something else than a convolution. */
function headParts(graph: Graph, parts: readonly Part[]): readonly HeadPart[] {
  const found = headsOf(graph).map(({ inputs, classes }) => {
    const layer = graph.layers.find(({ name }) => name === inputs[0]);
    if (layer?.kind !== "convolution") return undefined;
    const part = parts.find(({ arrays }) => arrays.has(layer.weights.data));
    return part && { part, classes, floatsPerClass: part.floats / (5 + classes) };
  });
  return found.every((head) => head !== undefined) ? found : [];
}
