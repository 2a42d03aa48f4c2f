/** A journal's file in memory. */
import type { AppendLog } from "../src/evaluate/journal.ts";

/** `cut` is what a kill leaves of it. */
export function memoryLog(
  initial = "",
  name = "run.jsonl",
): AppendLog & { content: () => string; cut: (length: number) => void } {
  let bytes: Uint8Array = new TextEncoder().encode(initial);
  return {
    name,
    // In small pieces, so that lines and letters are split between them.
    async *read() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.slice(at, at + 7);
    },
    async truncate(length) {
      bytes = bytes.slice(0, length);
    },
    async append(text) {
      bytes = Buffer.concat([bytes, new TextEncoder().encode(text)]);
    },
    content: () => new TextDecoder().decode(bytes),
    cut: (length) => {
      bytes = bytes.slice(0, length);
    },
  };
}
