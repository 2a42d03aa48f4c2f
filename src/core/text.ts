/** Text files in whatever encoding they come: by their mark, by what they declare, else UTF-8. */
import { ImportError } from "./errors.ts";

/**
 * The text of a file, without its byte order mark.
 * @param declared finds the encoding that the file itself names (as XML can) in its beginning, read as Latin-1.
 * @throws ImportError [E_ENCODING] naming `file`: an unknown encoding, or bytes that are not of the encoding.
 */
export function decodeText(
  bytes: Uint8Array,
  file: string,
  declared: (head: string) => string | undefined = () => undefined,
): string {
  const marked = markedEncoding(bytes);
  const stated = marked ?? statedEncoding(bytes, declared);
  const encoding = stated ?? "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    const reason = stated
      ? `is not the ${encoding} text that it says it is`
      : "is not UTF-8 text, and does not say what else";
    throw new ImportError("E_ENCODING", `${file} ${reason}. Save it as UTF-8`, { cause: error });
  }
}

/** By the byte order mark; or by the zero bytes of UTF-16, whose first letter is hardly ever beyond Latin-1. */
function markedEncoding([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first !== 0 && second === 0) return "utf-16le";
  return first === 0 && second !== undefined ? "utf-16be" : undefined;
}

function statedEncoding(bytes: Uint8Array, declared: (head: string) => string | undefined): string | undefined {
  const name = declared(new TextDecoder("latin1").decode(bytes.subarray(0, 256)))?.toLowerCase();
  // Programs declare UTF-16 (what their strings are) and write UTF-8: real UTF-16 was recognized before.
  return name?.startsWith("utf-16") || name?.startsWith("utf16") ? undefined : name;
}
