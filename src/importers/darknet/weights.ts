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

/** @throws ImportError [E_WEIGHTS_SHORT] where the file is shorter than its header. */
export function readWeightsHeader(bytes: Uint8Array, file: string): WeightsHeader {
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

/** Parameters from a `.weights` file; every byte must be used. */
export function weightsFile(bytes: Uint8Array, file: string): ParameterSource {
  let offset = readWeightsHeader(bytes, file).bytes;
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
      if (offset !== bytes.length) {
        throw new ImportError(
          "E_WEIGHTS_LONG",
          `${file} has ${bytes.length - offset} bytes more than the cfg's layers hold. Check that cfg and weights belong together`,
        );
      }
    },
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
