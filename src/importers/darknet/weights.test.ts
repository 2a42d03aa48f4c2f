/** Weights as people have them, and what is none. */
import { expect, test } from "vitest";
import type { LayerOf } from "../../graph/layers.ts";
import { importDarknet } from "./import-darknet.ts";

const cfg =
  "[net]\nwidth=8\nheight=8\nchannels=1\n[convolutional]\nfilters=7\nsize=1\nactivation=linear\n[region]\nanchors=1,1\nclasses=2\nnum=1\n";
const values = Float32Array.from({ length: 14 }, (_, i) => i + 1);

/** Version, and so many bytes of header. */
function file(version: readonly number[], header: number): Uint8Array {
  const bytes = new Uint8Array(header + values.byteLength);
  new Int32Array(bytes.buffer, 0, 3).set(version);
  bytes.set(new Uint8Array(values.buffer), header);
  return bytes;
}

function biasesOf(weights: Uint8Array) {
  const remarks: string[] = [];
  const graph = importDarknet({ cfg, weights }, { remark: (line) => remarks.push(line) });
  const [, { bias }] = graph.layers as readonly LayerOf<"convolution">[];
  return { biases: [...(bias?.data ?? [])], remarks };
}

test.each([
  ["0.1", [0, 1, 0], 16],
  ["0.2", [0, 2, 0], 20],
  ["0.2.5", [0, 2, 5], 20],
])("version %s has a header of its own length", (_name, version, header) => {
  expect(biasesOf(file(version, header))).toEqual({ biases: [1, 2, 3, 4, 5, 6, 7], remarks: [] });
});

test("20 bytes under a version of 16 are told by the length of the file", () => {
  expect(biasesOf(file([0, 0, 0], 20))).toEqual({
    biases: [1, 2, 3, 4, 5, 6, 7],
    remarks: ["weights says version 0.0.0, whose header has 16 bytes, and is as long as with 20: so it is read"],
  });
  expect(() => biasesOf(file([0, 0, 0], 24))).toThrow(/8 bytes more/);
});

const text = (beginning: string) => Uint8Array.from(beginning.padEnd(100), (letter) => letter.charCodeAt(0));

test.each([
  ["nothing", new Uint8Array(0), /it is empty/],
  ["a page", text("\n<!DOCTYPE html>"), /it is a web page/],
  ["another page", text("<html>"), /it is a web page/],
  ["a pointer", text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"), /Git LFS pointer.*git lfs pull/],
  ["PyTorch", text("PK\x03\x04"), /zip archive.*ONNX/],
  ["old PyTorch", text("\x80\x02"), /Python pickle.*ONNX/],
  ["gzip", text("\x1f\x8b"), /gzip/],
  ["Keras", text("\x89HDF\r\n"), /HDF5/],
  ["the cfg", text(cfg), /it is a cfg/],
  ["JSON", text('{"message": "not found"}'), /JSON/],
])("%s is no weights file, and is called what it is", (_name, bytes, message) => {
  expect(() => importDarknet({ cfg, weights: bytes })).toThrow(message);
});
