/**
 * Reads large JSON files element by element: the bytes are walked for where the elements of top-level arrays begin and
 * end, and each is parsed by itself. Memory is that of the file and one element, where `JSON.parse` of COCO's annotations
 * builds gigabytes of polygons.
 */
import { ImportError } from "../core/errors.ts";

export interface JsonElement {
  /** Key of the list in the top-level object; "" where the top level is the list. */
  readonly key: string;
  readonly value: unknown;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The elements of those lists of the top-level object whose key is in `keys`, in file order; what stands under other keys
 * is skipped, not checked. Without keys, the elements of the top-level list. Ids of more digits than a number holds are
 * given as text; so are NaN and Infinity, which are no JSON and which Python writes.
 * @throws ImportError [E_JSON] naming `file` and the byte.
 */
export function* jsonElements(bytes: Uint8Array, keys: readonly string[], file: string): Generator<JsonElement> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: false });
  const fail = (what: string, at: number): never => {
    throw new ImportError("E_JSON", `${file} is not the JSON it should be: ${what} at byte ${at} of ${bytes.length}`);
  };
  const parse = (from: number, to: number): unknown => {
    const text = withWholeIds(decoder.decode(bytes.subarray(from, to)));
    try {
      return JSON.parse(text);
    } catch {
      try {
        return JSON.parse(withQuotedNumbers(text));
      } catch {
        return fail("a value that is not valid JSON", from);
      }
    }
  };
  const expect = (byte: number, at: number): number =>
    bytes[at] === byte ? at + 1 : fail(`${JSON.stringify(String.fromCharCode(byte))} expected`, at);
  const isByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let at = skipSpace(bytes, isByteOrderMark ? 3 : 0);

  function* elements(key: string): Generator<JsonElement> {
    at = skipSpace(bytes, expect(openBracket, at));
    if (bytes[at] === closeBracket) return void at++;
    for (;;) {
      const end = valueEnd(bytes, at, fail);
      yield { key, value: parse(at, end) };
      at = skipSpace(bytes, end);
      if (bytes[at] === closeBracket) return void at++;
      at = skipSpace(bytes, expect(comma, at));
    }
  }

  if (keys.length === 0) {
    yield* elements("");
  } else {
    at = skipSpace(bytes, expect(openBrace, at));
    for (let first = true; bytes[at] !== closeBrace; first = false) {
      if (!first) at = skipSpace(bytes, expect(comma, at));
      if (bytes[at] !== quote) fail("a key expected", at);
      const keyEnd = valueEnd(bytes, at, fail);
      const key = parse(at, keyEnd) as string;
      at = skipSpace(bytes, expect(colon, skipSpace(bytes, keyEnd)));
      if (keys.includes(key)) yield* elements(key);
      else at = valueEnd(bytes, at, fail);
      at = skipSpace(bytes, at);
    }
    at++;
  }
  at = skipSpace(bytes, at);
  if (at < bytes.length) fail("something follows the end", at);
}

function withWholeIds(text: string): string {
  return text.replace(/("(?:\w+_)?id"\s*:\s*)(-?\d{16,})(?![\d.e])/gi, (whole, key, digits) =>
    Number.isSafeInteger(Number(digits)) ? whole : `${key}"${digits}"`,
  );
}

function withQuotedNumbers(text: string): string {
  return text.replace(/(?<=(?:^|[:[,])\s*)(NaN|-?Infinity)(?=\s*(?:[,\]}]|$))/g, '"$1"');
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

/** Where the value that begins at `from` ends: brackets balanced, strings skipped. */
function valueEnd(bytes: Uint8Array, from: number, fail: (what: string, at: number) => never): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = stringEnd(bytes, at);
      if (depth === 0) return at + 1;
    } else if (byte === openBracket || byte === openBrace) {
      depth++;
    } else if (byte === closeBracket || byte === closeBrace) {
      if (depth === 0) return nonEmpty(from, at, fail);
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === comma || byte <= 0x20)) {
      return nonEmpty(from, at, fail);
    }
  }
  return fail("the file ends inside a value", bytes.length);
}

/** Position of the closing quote. */
function stringEnd(bytes: Uint8Array, open: number): number {
  let at = open + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}

function nonEmpty(from: number, to: number, fail: (what: string, at: number) => never): number {
  return to > from ? to : fail("a value expected", from);
}
