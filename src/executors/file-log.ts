/** A file that grows line by line: where an evaluation keeps its journal. */
import { createReadStream, existsSync } from "node:fs";
import { appendFile, mkdir, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { ImportError } from "../core/errors.ts";
import type { AppendLog } from "../evaluate/journal.ts";

/** Creates the file, and its folder, at the first line. */
export function fileLog(path: string): AppendLog {
  const guarded = async <T>(what: string, code: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw new ImportError(code, `${path} cannot be ${what}: ${(error as Error).message}`, { cause: error });
    }
  };
  return {
    name: path,
    async *read() {
      if (!existsSync(path)) return;
      const chunks = createReadStream(path)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      for (;;) {
        const { done, value } = await guarded("read", "E_FILE", () => chunks.next());
        if (done) return;
        yield value;
      }
    },
    truncate: (length) => guarded("written", "E_WRITE", () => truncate(path, length)),
    append: (text) =>
      guarded("written", "E_WRITE", async () => {
        await mkdir(dirname(path), { recursive: true });
        await appendFile(path, text);
      }),
  };
}
