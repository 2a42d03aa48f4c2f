import { expect, test } from "vitest";
import { branchingNetwork, plainNetwork, randomPicture } from "../../test/graphs.ts";
import { calibrate, toSpiking } from "../convert/convert.ts";
import { conversionSettings } from "../convert/modes.ts";
import { inputOf } from "./graph.ts";
import { decodeModel, encodeModel } from "./model-file.ts";
import { decodeTensors, encodeTensors } from "./safetensors.ts";

async function model() {
  const graph = branchingNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  return { dnn, snn: toSpiking(dnn, conversionSettings("fast")) };
}

test("a model reads back to equal graphs: DNN and spiking network, float and integer tensors", async () => {
  const written = await model();
  expect(decodeModel(encodeModel(written), "m.safetensors")).toEqual(written);
  expect(decodeModel(encodeModel({ dnn: plainNetwork(2) }), "m.safetensors")).toEqual({ dnn: plainNetwork(2) });
});

test("the file is safetensors as others read it: header, metadata, names, offsets", async () => {
  const bytes = encodeModel(await model());
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  expect(header.__metadata__.format).toBe("spiking-yolo");
  expect(header["snn/conv0.weights"]).toMatchObject({ dtype: "I8", shape: [6, 3, 3, 3] });
  expect(header["dnn/conv0.weights"]).toMatchObject({ dtype: "F32", shape: [6, 3, 3, 3] });
  const ends = Object.entries<{ data_offsets: [number, number] }>(header).flatMap(([name, entry]) =>
    name === "__metadata__" ? [] : [entry.data_offsets],
  );
  expect(ends[0][0]).toBe(0);
  for (let i = 1; i < ends.length; i++) expect(ends[i][0]).toBe(ends[i - 1][1]);
  expect(8 + length + ends.at(-1)![1]).toBe(bytes.length);
});

test("a file of version 1, which held slopes instead of functions, reads to the same graphs", async () => {
  const written = await model();
  const { tensors, metadata } = decodeTensors(encodeModel(written), "m.safetensors");
  const old = (text: string) =>
    text
      .replaceAll('"activation":{"fn":"leaky","slope":0.1}', '"slope":0.1')
      .replaceAll('"activation":{"fn":"relu"}', '"slope":0')
      .replaceAll('"activation":{"fn":"linear"}', '"slope":1');
  const version1 = { ...metadata, version: "1", dnn: old(metadata.dnn), snn: old(metadata.snn) };
  expect(version1.snn).not.toContain('"activation":{');
  expect(decodeModel(encodeTensors({ tensors, metadata: version1 }), "old.safetensors")).toEqual(written);
});

test("a file cut anywhere, or with bytes added, is refused in one line", async () => {
  const bytes = encodeModel(await model());
  const cuts = Array.from({ length: 200 }, (_, i) => Math.floor((i * (bytes.length - 1)) / 199));
  for (const length of [...cuts, 0, 1, 7, 8, 9, bytes.length - 1]) {
    expect(() => decodeModel(bytes.subarray(0, length), "cut.safetensors"), `cut at ${length}`).toThrow(
      /^cut\.safetensors is no intact model file: [^\n]*$/,
    );
  }
  expect(() => decodeModel(new Uint8Array([...bytes, 0]), "long.safetensors")).toThrow(/hold \d+ bytes of/);
});

test("hostile headers end in an error, not in memory or a crash", async () => {
  const { tensors, metadata } = decodeTensors(encodeModel(await model()), "m");
  const rewritten = (change: (graph: { layers: Record<string, unknown>[]; [key: string]: unknown }) => void) => {
    const graph = JSON.parse(metadata.snn);
    change(graph);
    return encodeTensors({ tensors, metadata: { format: "spiking-yolo", version: "2", snn: JSON.stringify(graph) } });
  };
  const refused = (bytes: Uint8Array) => expect(() => decodeModel(bytes, "hostile"));
  refused(rewritten((graph) => Object.assign(graph.layers[0], { shape: [3, 1e9, 1e9] }))).toThrow(
    /E_MODEL_FILE|does not hold together/,
  );
  refused(rewritten((graph) => Object.assign(graph.layers[0], { shape: [65536, 65536, 65536] }))).toThrow(/at most/);
  refused(rewritten((graph) => Object.assign(graph.layers[1], { inputs: ["nowhere"] }))).toThrow(/nowhere/);
  refused(rewritten((graph) => Object.assign(graph.layers[1], { stride: 0 }))).toThrow(/stride/);
  refused(rewritten((graph) => Object.assign(graph.layers[1], { kind: "lstm" }))).toThrow(/does not hold together/);
  refused(rewritten((graph) => Object.assign(graph.layers[1], { weights: { tensor: "missing" } }))).toThrow(/missing/);
  refused(rewritten((graph) => Object.assign(graph.layers[1], { weights: 5 }))).toThrow(/tensor/);
  refused(rewritten((graph) => graph.layers.push({ ...graph.layers[0] }))).toThrow(/two layers/);
  refused(rewritten((graph) => Object.assign(graph, { simulation: { timeSteps: -1 } }))).toThrow(/simulation/);
  const header = new TextEncoder().encode(
    JSON.stringify({ huge: { dtype: "F32", shape: [1e12], data_offsets: [0, 4e12] } }),
  );
  const file = new Uint8Array(8 + header.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  refused(file).toThrow(/the file has been cut/);
  new DataView(file.buffer).setBigUint64(0, 2n ** 63n, true);
  refused(file).toThrow(/header would be/);
  refused(encodeTensors({ tensors, metadata: {} })).toThrow(/no spiking-yolo model/);
  refused(encodeTensors({ tensors, metadata: { format: "spiking-yolo", version: "9", snn: "{}" } })).toThrow(
    /version 9/,
  );
});

/** A safetensors file with this header, and so many bytes of zeros behind it. */
function fileWith(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

test("a header whose entries are no tensors is refused, not taken for one", () => {
  const refused = (header: unknown, bytes = 4) => expect(() => decodeTensors(fileWith(header, bytes), "m"));
  refused({ t: { dtype: "F32", shape: "x", data_offsets: "04" } }).toThrow(
    /^m is no intact model file: tensor t has no/,
  );
  refused({ t: { dtype: "F32", data_offsets: "04" } }).toThrow(/tensor t has no/);
  refused({ t: { a: "b" } }).toThrow(/tensor t has no/);
  refused({ t: null }).toThrow(/tensor t has no/);
  refused({ __metadata__: { a: 5 } }).toThrow(/metadata/);
  refused({ t: { dtype: "toString", shape: [1], data_offsets: [0, 4] } }).toThrow(/of type toString/);
  refused([]).toThrow(/header is not/);
  refused("text").toThrow(/header is not/);
  refused(null).toThrow(/header is not/);
});

test("tensors that share bytes, or leave some to nobody, are refused before anything is allocated", () => {
  const entry = (start: number, end: number) => ({ dtype: "I8", shape: [end - start], data_offsets: [start, end] });
  const size = 2 ** 22;
  const all = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`t${i}`, entry(0, size)]));
  const before = process.memoryUsage().arrayBuffers;
  expect(() => decodeTensors(fileWith(all, size), "m")).toThrow(/tensors t0 and t1 share bytes/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  // In sum they are as many bytes as the file has.
  expect(() => decodeTensors(fileWith({ a: entry(0, 3), b: entry(2, 3) }, 4), "m")).toThrow(/a and b share bytes/);
  expect(() => decodeTensors(fileWith({ a: entry(0, 2), b: entry(3, 5) }, 4), "m")).toThrow(/has been cut/);
  expect(() => decodeTensors(fileWith({ a: entry(0, 2), b: entry(3, 4) }, 4), "m")).toThrow(/bytes 2 to 3 belong/);
  expect([
    ...decodeTensors(fileWith({ b: entry(2, 4), e: entry(2, 2), a: entry(0, 2) }, 4), "m").tensors.keys(),
  ]).toEqual(["b", "e", "a"]);
});
