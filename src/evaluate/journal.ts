/**
 * The journal of a long run: a header that says which run, then one line of JSON per finished task, only ever appended to.
 * Each line has a checksum of the run and of itself: a number that was changed, by a disk or by hand, never becomes a result.
 *
 * Killed at any moment, the file holds whole lines and at most one torn one at its end, which is cut off when the run is
 * resumed: its task is done again, every other is kept, and none counts twice.
 */
import { ImportError } from "../core/errors.ts";
import { fingerprint } from "../core/fingerprint.ts";

/** Bytes that can only grow, or be cut back. */
export interface AppendLog {
  /** For errors. */
  readonly name: string;
  /** From the beginning; nothing where there is no file yet. */
  read(): AsyncIterable<Uint8Array>;
  truncate(length: number): Promise<void>;
  /** In one write. */
  append(text: string): Promise<void>;
}

export interface Journal<Result> {
  /** What was finished before, by task id. */
  readonly finished: ReadonlyMap<string, Result>;
  record(id: string, result: Result): Promise<void>;
}

interface Entry<Result> {
  readonly id: string;
  readonly result: Result;
}

/** Name and version of the format. */
const journalKind = "spiking-yolo evaluation journal 2";

/** Before lines had checksums. */
const unprotectedKind = "spiking-yolo evaluation journal 1";

/**
 * Opens the journal of the run with this fingerprint, or begins it.
 * @throws ImportError [E_JOURNAL] for a file that is something else, a journal of another run or an earlier version, and a
 * line that was changed.
 */
export async function openJournal<Result>(log: AppendLog, run: string): Promise<Journal<Result>> {
  const header = `${JSON.stringify({ kind: journalKind, fingerprint: run })}\n`;
  const finished = new Map<string, Result>();
  const fail = (what: string): never => {
    throw new ImportError("E_JOURNAL", `${log.name} ${what}`);
  };
  let lineNumber = 0;
  let whole = 0;
  for await (const { text, length, isWhole } of lines(log.read())) {
    lineNumber++;
    if (!isWhole) {
      // A torn header is the beginning of ours; anything else is somebody's file, which is not for us to cut.
      if (lineNumber === 1 && !header.startsWith(text)) fail("is not a journal of an evaluation. Name another file");
      await log.truncate(whole);
      break;
    }
    whole += length;
    if (lineNumber === 1) checkHeader(text, run, fail);
    else {
      const { id, result } =
        (await parseEntry<Entry<Result>>(text, run)) ??
        fail(
          `was changed or damaged in line ${lineNumber}. Delete that line (its picture is done again), or name another file`,
        );
      if (!finished.has(id)) finished.set(id, result);
    }
  }
  if (whole === 0) await log.append(header);
  return {
    finished,
    record: async (id, result) => log.append(await formatEntry({ id, result } satisfies Entry<Result>, run)),
  };
}

function checkHeader(text: string, run: string, fail: (what: string) => never): void {
  const header = parseLine<{ readonly kind?: unknown; readonly fingerprint?: unknown }>(text);
  if (header?.kind === unprotectedKind) {
    fail("is a journal of an earlier version, whose lines have no checksums. Name another file to begin anew");
  }
  if (header?.kind !== journalKind) fail("is not a journal of an evaluation. Name another file");
  if (header?.fingerprint !== run) {
    fail("belongs to a run with another model, data set or options. Repeat that run's command, or name another file");
  }
}

/** `{"check":"<64 hexadecimal digits>","entry":{…}}`, the checksum being that of the run and of the entry's text. */
async function formatEntry(entry: unknown, run: string): Promise<string> {
  const text = JSON.stringify(entry);
  return `{"check":"${await fingerprint([run, text])}","entry":${text}}\n`;
}

/** The entry as it was written; undefined where anything of the line was changed. */
async function parseEntry<T>(line: string, run: string): Promise<T | undefined> {
  const entry = parseLine<{ readonly entry?: T } | null>(line)?.entry;
  return entry && (await formatEntry(entry, run)) === line ? entry : undefined;
}

function parseLine<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

interface Line {
  readonly text: string;
  /** Bytes, the line feed included. */
  readonly length: number;
  /** Whether it ends in a line feed. */
  readonly isWhole: boolean;
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let pending: Uint8Array[] = [];
  const join = (last: Uint8Array, isWhole: boolean): Line => {
    const length = pending.reduce((sum, { byteLength }) => sum + byteLength, 0) + last.byteLength;
    const text = [...pending.map((part) => decoder.decode(part, { stream: true })), decoder.decode(last)].join("");
    pending = [];
    return { text, length, isWhole };
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      yield join(chunk.subarray(from, end + 1), true);
      from = end + 1;
    }
    // Copied: who reads may use the chunk's memory again.
    if (from < chunk.length) pending.push(chunk.slice(from));
  }
  if (pending.length > 0) yield join(new Uint8Array(), false);
}
