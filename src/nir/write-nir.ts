/** A NIR graph as a file, as the `nir` package writes it: /version, and below /node the graph's type, edges and nodes. */
import { sizeOf } from "../core/tensor.ts";
import { type Group, writeHdf5 } from "./hdf5.ts";
import { type FieldValue, fieldsOf, type Metadata, type NirGraph, nirVersion, type Reals } from "./nodes.ts";

/** Arrays of neurons hold few different values, and shrink to nothing. */
const compressedFrom = 64;

export function writeNir(graph: NirGraph): Promise<Uint8Array> {
  return writeHdf5((file) => {
    file.create_dataset({ name: "version", data: nirVersion });
    const node = file.create_group("node");
    node.create_dataset({ name: "type", data: "NIRGraph" });
    node.create_dataset({ name: "edges", data: graph.edges.flat(), shape: [graph.edges.length, 2] });
    writeMetadata(node, graph.metadata);
    // Readers go through nodes in the order of the file, and some need what feeds a node before it.
    const nodes = node.create_group("nodes", true);
    for (const [name, { type, metadata, ...fields }] of graph.nodes) {
      const group = nodes.create_group(name);
      group.create_dataset({ name: "type", data: type });
      const values = fields as Readonly<Record<string, FieldValue>>;
      for (const [field] of fieldsOf(type)) writeField(group, field, values[field]);
      writeMetadata(group, metadata ?? {});
    }
  });
}

function writeMetadata(group: Group, metadata: Metadata): void {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return;
  const child = group.create_group("metadata");
  for (const [key, value] of entries) writeField(child, key, value);
}

function writeField(group: Group, name: string, value: FieldValue | string): void {
  if (value === undefined) return;
  if (typeof value === "string") group.create_dataset({ name, data: value });
  else if (typeof value === "number") group.create_dataset({ name, data: BigInt64Array.of(BigInt(value)), shape: [] });
  else if ("dtype" in value) writeReals(group, name, value);
  else group.create_dataset({ name, data: BigInt64Array.from(value, BigInt) });
}

function writeReals(group: Group, name: string, { shape, data }: Reals): void {
  const isLarge = sizeOf(shape) >= compressedFrom;
  const packing = isLarge ? { chunks: [...shape], compression: "gzip" as const, compression_opts: 4 } : {};
  group.create_dataset({ name, data: data as Float32Array<ArrayBuffer>, shape: [...shape], ...packing });
}
