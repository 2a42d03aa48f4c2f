/**
 * Darknet's weights: a header and then bare float32 (little-endian), in the order of the cfg's layers.
 *
 * Header: int32 major, minor, revision; then `seen` in 8 bytes if major·10 + minor ≥ 2 (both below 1000), else in 4.
 */
import { ImportError } from "../../core/errors.ts";
import { type FloatTensor, floatTensor, sizeOf } from "../../core/tensor.ts";

/** Gives parameters in the order in which the importer asks for them. */
export interface ParameterSource {
  /** Next tensor of `shape`; `where` names the layer in errors. */
  next(shape: readonly number[], where: string): FloatTensor;
  /** Called after the last layer. */
  end(): void;
}

export interface WeightsHeader {
  readonly version: string;
  /** Pictures seen in training. */
  readonly seen: bigint;
  readonly bytes: number;
}

/** @throws ImportError [E_WEIGHTS] where the file is something else; [E_WEIGHTS_SHORT] where it is shorter than its header. */
export function readWeightsHeader(bytes: Uint8Array, file: string): WeightsHeader {
  const something = somethingElse(bytes);
  if (something) throw new ImportError("E_WEIGHTS", `${file} is no darknet weights file: it ${something}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16)
    throw new ImportError("E_WEIGHTS_SHORT", `${file} is no darknet weights file: it has ${bytes.length} bytes`);
  const [major, minor, revision] = [0, 4, 8].map((offset) => view.getInt32(offset, true));
  const isWide = major * 10 + minor >= 2 && major < 1000 && minor < 1000;
  if (isWide && bytes.length < 20)
    throw new ImportError("E_WEIGHTS_SHORT", `${file} ends within its header: ${bytes.length} bytes of 20`);
  return {
    version: `${major}.${minor}.${revision}`,
    seen: isWide ? view.getBigUint64(12, true) : BigInt(view.getUint32(12, true)),
    bytes: isWide ? 20 : 16,
  };
}

/**
 * Where the parameters begin. Some programs write 20 bytes of header under a version that has 16; the length of the file tells.
 * @param floats all parameters of the cfg.
 */
export function parametersStart({ bytes }: WeightsHeader, fileBytes: number, floats: number): number {
  return bytes === 16 && fileBytes === 20 + 4 * floats ? 20 : bytes;
}

/** What people save or are given under the name of weights, by how it begins (as Latin-1); and how to come by the weights. */
const beginnings: readonly (readonly [string, string])[] = [
  ["<", "is a web page. Download the file itself, not the page about it"],
  ["version https://git-lfs", "is a Git LFS pointer, which only names the weights. Fetch them with git lfs pull"],
  ["PK\x03\x04", "is a zip archive, as PyTorch writes its models. Export that model as ONNX, or unpack the archive"],
  ["\x80\x02", "is a Python pickle, as old PyTorch models are. Export that model as ONNX"],
  ["\x1f\x8b", "is compressed with gzip. Unpack it first"],
  ["\x89HDF", "is an HDF5 file, as Keras writes its models. Export that model as ONNX"],
  ["[net", "is a cfg. Give the weights that belong to it"],
  ["{", "is JSON text"],
];

function somethingElse(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "is empty. Was the download broken off?";
  // A header's major version is a small number in four bytes, so none of its bytes is a letter.
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 64)).replace(/^\s+(?=[<{[])/, "");
  return beginnings.find(([beginning]) => head.startsWith(beginning))?.[1];
}

/** Parameters from a `.weights` file, from byte `start` on; every byte must be used. */
export function weightsFile(bytes: Uint8Array, file: string, start: number): ParameterSource {
  let offset = start;
  return {
    next(shape, where) {
      const byteLength = sizeOf(shape) * 4;
      if (offset + byteLength > bytes.length) {
        throw new ImportError(
          "E_WEIGHTS_SHORT",
          `${file} ends early: ${where} needs ${byteLength} bytes from byte ${offset}; ${bytes.length - offset} remain. ` +
            "Check that cfg and weights belong together",
        );
      }
      const data = new Float32Array(sizeOf(shape));
      // A copy: the file's floats need not be aligned. Every engine of ours is little-endian, as the file is.
      new Uint8Array(data.buffer).set(bytes.subarray(offset, offset + byteLength));
      offset += byteLength;
      if (!data.every(Number.isFinite)) {
        throw new ImportError(
          "E_WEIGHTS_VALUE",
          `${file}: ${where} holds values that are not finite. Check that cfg and weights belong together`,
        );
      }
      return floatTensor(shape, data);
    },
    end() {
      if (offset === bytes.length) return;
      throw new ImportError(
        "E_WEIGHTS_LONG",
        `${file} has ${bytes.length - offset} bytes more than the cfg's layers hold. Check that cfg and weights belong together`,
      );
    },
  };
}

/** Counts parameters without making any: each tensor has its shape, and one value that stands for all. */
export function countParameters(): ParameterSource & { readonly floats: number } {
  let floats = 0;
  return {
    get floats() {
      return floats;
    },
    next(shape) {
      floats += sizeOf(shape);
      return { dtype: "float32", shape, data: new Float32Array(1) };
    },
    end() {},
  };
}

/** Most parameters that are made up where there is no weights file: YOLOv3 has 62 million. */
const maxParameters = 2 ** 28;

/** Parameters from a function of the shape: zeros to look at a cfg, seeded values to measure speed. */
export function madeUpParameters(make: (shape: readonly number[], where: string) => FloatTensor): ParameterSource {
  let total = 0;
  return {
    next(shape, where) {
      total += sizeOf(shape);
      if (total > maxParameters)
        throw new ImportError(
          "E_CFG",
          `${where} brings the model to ${total} parameters; at most ${maxParameters} are supported`,
        );
      return make(shape, where);
    },
    end() {},
  };
}
