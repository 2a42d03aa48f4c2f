/** Nodes in an order in which each stands after what feeds it. */
import { ImportError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import type { NodeGraph } from "./loops.ts";

/** @throws ImportError [E_NIR] naming a node that feeds itself. */
export function inOrder({ nodes, edges }: NodeGraph, file: string): readonly string[] {
  const readers = new Map<string, string[]>();
  const missing = new Map<string, number>([...nodes.keys()].map((name) => [name, 0]));
  for (const [from, to] of edges) {
    const before = readers.get(from);
    if (before) before.push(to);
    else readers.set(from, [to]);
    missing.set(to, (missing.get(to) as number) + 1);
  }
  const ready = [...missing].flatMap(([name, count]) => (count === 0 ? [name] : []));
  // Grows while it is gone through.
  for (const name of ready) {
    for (const reader of readers.get(name) ?? []) {
      const left = (missing.get(reader) as number) - 1;
      missing.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  const stuck = [...missing].find(([, count]) => count > 0);
  if (stuck)
    throw new ImportError(
      "E_NIR",
      `${file} goes round in a circle at ${printable(stuck[0])}: networks whose spikes come back to them are not supported`,
    );
  return ready;
}
