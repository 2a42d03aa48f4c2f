import type { File, Group } from "h5wasm";
import { describe, expect, test } from "vitest";
import { writeHdf5 } from "./hdf5.ts";
import type { NirGraph } from "./nodes.ts";
import { readNir } from "./read-nir.ts";
import { writeNir } from "./write-nir.ts";

const small: NirGraph = {
  nodes: new Map([
    ["input", { type: "Input", shape: [2, 3, 3] }],
    ["scale", { type: "Scale", scale: { dtype: "float32", shape: [2, 3, 3], data: new Float32Array(18).fill(0.5) } }],
    ["output", { type: "Output", shape: [2, 3, 3], metadata: { reads: "vmem" } }],
  ]),
  edges: [
    ["input", "scale"],
    ["scale", "output"],
  ],
  metadata: { generator: "test" },
};

/** One line, with the file's name and what is wrong. */
async function expectRefused(bytes: Uint8Array, message: RegExp, seconds?: number): Promise<void> {
  const failure = await readNir(bytes, "x.nir", seconds).catch((error) => error);
  expect(failure).toMatchObject({ code: "E_NIR", message: expect.stringMatching(message) });
  expect(failure.message).toMatch(/^x\.nir [^\n]*$/);
}

/** The small graph's file with something else in it. */
const withFile = (change: (nodes: Group, file: File) => void) =>
  writeHdf5((file) => {
    file.create_dataset({ name: "version", data: "1.0.8" });
    const node = file.create_group("node");
    node.create_dataset({ name: "type", data: "NIRGraph" });
    node.create_dataset({ name: "edges", data: ["input", "scale", "scale", "output"], shape: [2, 2] });
    const nodes = node.create_group("nodes");
    for (const name of ["input", "output"]) {
      const group = nodes.create_group(name);
      group.create_dataset({ name: "type", data: name === "input" ? "Input" : "Output" });
      group.create_dataset({ name: "shape", data: BigInt64Array.of(2n, 3n, 3n) });
    }
    change(nodes, file);
  });

const scaleWith = (fill: (scale: Group) => void) => (nodes: Group) => {
  const scale = nodes.create_group("scale");
  scale.create_dataset({ name: "type", data: "Scale" });
  fill(scale);
};

test("what is written is read again", async () => {
  expect(await readNir(await writeNir(small), "x.nir")).toEqual(small);
});

describe("hostile files", () => {
  test("no HDF5, nothing, and files that are cut off anywhere", async () => {
    await expectRefused(new TextEncoder().encode("hello"), /is no HDF5 file/);
    await expectRefused(new Uint8Array(), /is no HDF5 file/);
    const bytes = await writeNir(small);
    for (const part of [0.01, 0.3, 0.6, 0.9, 0.999])
      await expectRefused(
        bytes.subarray(0, 8 + Math.floor(part * bytes.length - 8)),
        /cannot be read: it is cut off or broken/,
      );
  });

  test("one that the library goes round in circles on ends with its thread", async () => {
    const bytes = Uint8Array.from(await writeNir(small));
    const view = new DataView(bytes.buffer);
    // Texts lie one after the other in a heap, each behind its number and length; one is made longer than it is.
    const heap = Buffer.from(bytes).indexOf("GCOL");
    const texts: number[] = [];
    for (let at = heap + 16; view.getUint16(at, true) !== 0; at += 16 + 8 * Math.ceil(view.getUint32(at + 8, true) / 8))
      texts.push(at);
    view.setUint32((texts.at(-2) as number) + 8, 255, true);
    const failure = await readNir(bytes, "x.nir", 1.5).catch((error) => error);
    expect(failure).toMatchObject({ code: "E_NIR", cause: { message: "no end within 1.5 s" } });
  });

  test.each([
    [
      "nothing of NIR",
      () => writeHdf5((file) => void file.create_dataset({ name: "version", data: "1" })),
      /holds no \/node/,
    ],
    [
      "links in a circle",
      () =>
        withFile((nodes, file) => {
          nodes.create_hard_link("/node", "scale");
          file.create_hard_link("/node", "more");
        }),
      /node scale: NIRGraph nodes are not supported/,
    ],
    [
      "a link to nowhere",
      () => withFile((nodes) => void nodes.create_soft_link("/nowhere", "scale")),
      /an edge names scale, which is no node/,
    ],
    [
      "a link to another file",
      () => withFile((nodes) => void nodes.create_external_link("/etc/passwd", "/", "scale")),
      /an edge names scale/,
    ],
    [
      "an array that claims to be enormous",
      () =>
        withFile(
          scaleWith((scale) => {
            const claim = { maxshape: [null, null], chunks: [2, 9] };
            scale
              .create_dataset({ name: "scale", data: new Float32Array(18), shape: [2, 9], ...claim })
              .resize([2 ** 31, 2 ** 20]);
          }),
        ),
      /node scale: scale \[2147483648, 1048576\] is more than/,
    ],
    [
      "text where numbers belong",
      () => withFile(scaleWith((scale) => void scale.create_dataset({ name: "scale", data: "many" }))),
      /node scale: scale holds text where numbers belong/,
    ],
    [
      "numbers where text belongs",
      () => withFile((nodes) => void nodes.create_group("scale").create_dataset({ name: "type", data: 7 })),
      /node scale: it does not say its type/,
    ],
    [
      "what is no number",
      () =>
        withFile(
          scaleWith((scale) => void scale.create_dataset({ name: "scale", data: Float32Array.of(1, Number.NaN) })),
        ),
      /node scale: scale holds NaN/,
    ],
    ["a missing field", () => withFile(scaleWith(() => {})), /node scale: scale is missing/],
    [
      "a group where a value belongs",
      () => withFile(scaleWith((scale) => void scale.create_group("scale"))),
      /node scale: scale is missing/,
    ],
    [
      "a field of another version",
      () =>
        withFile(
          scaleWith((scale) => {
            scale.create_dataset({ name: "scale", data: Float32Array.of(1) });
            scale.create_dataset({ name: "gain", data: Float32Array.of(1) });
          }),
        ),
      /node scale: gain is no field of Scale/,
    ],
    [
      "leaky neurons",
      () => withFile((nodes) => void nodes.create_group("scale").create_dataset({ name: "type", data: "LIF" })),
      /node scale: LIF nodes are not supported; Input, .* are/,
    ],
    [
      "a name that moves the cursor",
      () => withFile((nodes) => void nodes.create_group("\u001b[2J")),
      /node \\u001b\[2J: it does not say its type/,
    ],
    [
      "a shape of fractions",
      () =>
        withFile((nodes) => {
          const group = nodes.create_group("scale");
          group.create_dataset({ name: "type", data: "Input" });
          group.create_dataset({ name: "shape", data: Float32Array.of(1.5) });
        }),
      /node scale: shape holds 1\.5/,
    ],
  ] as const)("%s", async (_, make, message) => {
    await expectRefused(await make(), message);
  });
});
