/** A file by its address, with word of how far it is. */
import { ImportError } from "../../../src/index.ts";

/** As for files that are dropped. */
const maxBytes = 2 ** 30;

/**
 * @param onPart hears of every part, with the whole's bytes where the server states them.
 * @throws ImportError [E_FILE] where there is no such file, it may not be read from this page, or is too large.
 */
export async function download(
  url: string,
  signal: AbortSignal,
  onPart: (done: number, total: number | null) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  onPart(0, null);
  const response = await fetch(url, { credentials: "omit", signal }).catch((error) => {
    signal.throwIfAborted();
    throw new ImportError(
      "E_FILE",
      `${url} cannot be reached, or its server does not let other pages read it (CORS). Download it, and drop the file`,
      { cause: error },
    );
  });
  if (!response.ok || !response.body)
    throw new ImportError("E_FILE", `${url} cannot be read: ${response.status} ${response.statusText}`);
  const stated = Number(response.headers.get("content-length") ?? Number.NaN);
  // Of a compressed answer the length says how many bytes travel, not how many there are.
  const total = Number.isFinite(stated) && !response.headers.get("content-encoding") ? stated : null;
  const parts: Uint8Array[] = [];
  let done = 0;
  const reader = response.body.getReader();
  try {
    for (;;) {
      onPart(done, total);
      const { value } = await reader.read();
      if (!value) break;
      parts.push(value);
      done += value.length;
      if (done > maxBytes) throw new ImportError("E_FILE", `${url} is larger than ${maxBytes} bytes`);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
