/**
 * The journal of a long run: a header that says which run, then one line of JSON per finished task, only ever appended to.
 * Each line has a checksum of the run and of itself: a number that was changed, by a disk or by hand, never becomes a result.
 *
 * Killed at any moment, the file holds whole lines and at most one torn one at its end, which is cut off when the run is
 * resumed: its task is done again, every other is kept, and none counts twice.
 */
import { ImportError } from "../core/errors.ts";
import { fingerprint } from "../core/fingerprint.ts";
import { version } from "../core/version.ts";
import { isShard, type Shard, shardName } from "./shard.ts";

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
  /** @param isPassing whether the task is to be tried again when the run is resumed. */
  record(id: string, result: Result, isPassing?: boolean): Promise<void>;
}

/** What a journal says, read without touching it. */
export interface JournalContents<Result> {
  /** Which part of the run its tasks are; absent where they are all. */
  readonly shard?: Shard;
  readonly finished: ReadonlyMap<string, Result>;
  /** The last results of tasks that are to be tried again. */
  readonly passing: ReadonlyMap<string, Result>;
  /** Bytes of whole lines; 0 where there are none. */
  readonly length: number;
  /** Whether more than that is there: the beginning of a line. */
  readonly isTorn: boolean;
}

interface Entry<Result> {
  readonly id: string;
  readonly result: Result;
  readonly passing?: true;
}

interface Header {
  readonly kind: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly shard?: Shard;
}

/** Name and version of the format. */
const journalKind = "spiking-yolo evaluation journal 4";

/** Formats that are no longer read, and what they lack. */
const earlierKinds: ReadonlyMap<unknown, string> = new Map([
  ["spiking-yolo evaluation journal 1", "whose lines have no checksums"],
  ["spiking-yolo evaluation journal 2", "which does not say what program wrote it"],
  ["spiking-yolo evaluation journal 3", "which keeps detections without bound"],
]);

/**
 * Opens the journal of the run with this fingerprint, or of a shard of it, or begins it.
 * @throws ImportError [E_JOURNAL] as {@link readJournal}, and for the journal of another shard.
 */
export async function openJournal<Result>(log: AppendLog, run: string, shard?: Shard): Promise<Journal<Result>> {
  const contents = await readJournal<Result>(log, run, shard);
  if (contents.isTorn) await log.truncate(contents.length);
  if (contents.length === 0) await log.append(headerLine(run, shard));
  else if (contents.shard?.index !== shard?.index || contents.shard?.of !== shard?.of) {
    const has = contents.shard ? shardName(contents.shard) : "a whole run";
    const wanted = shard ? shardName(shard) : "a whole run";
    throw new ImportError("E_JOURNAL", `${log.name} is the journal of ${has}, not of ${wanted}. Name another file`);
  }
  return {
    finished: contents.finished,
    record: async (id, result, isPassing) =>
      log.append(
        await formatEntry({ id, result, ...(isPassing ? { passing: true } : {}) } satisfies Entry<Result>, run),
      ),
  };
}

/**
 * Reads the journal of the run with this fingerprint, or of any shard of it.
 * @param shard whose header may be torn.
 * @throws ImportError [E_JOURNAL] for a file that is something else, a journal of another run, of another version of this
 * program or an earlier format, and a line that was changed.
 */
export async function readJournal<Result>(
  log: AppendLog,
  run: string,
  shard?: Shard,
): Promise<JournalContents<Result>> {
  const finished = new Map<string, Result>();
  const passing = new Map<string, Result>();
  const fail = (what: string): never => {
    throw new ImportError("E_JOURNAL", `${log.name} ${what}`);
  };
  let header: Header | undefined;
  let lineNumber = 0;
  let length = 0;
  let isTorn = false;
  for await (const line of lines(log.read())) {
    lineNumber++;
    if (!line.isWhole) {
      // A torn header is the beginning of ours; anything else is somebody's file, which is not for us to cut.
      if (lineNumber === 1 && !headerLine(run, shard).startsWith(line.text))
        fail("is not a journal of an evaluation. Name another file");
      isTorn = true;
      break;
    }
    length += line.length;
    if (lineNumber === 1) header = checkHeader(line.text, run, fail);
    else {
      const entry =
        (await parseEntry<Entry<Result>>(line.text, run)) ??
        fail(
          `was changed or damaged in line ${lineNumber}. Delete that line (its picture is done again), or name another file`,
        );
      if (entry.passing) passing.set(entry.id, entry.result);
      else if (!finished.has(entry.id)) finished.set(entry.id, entry.result);
    }
  }
  return { ...(header?.shard ? { shard: header.shard } : {}), finished, passing, length, isTorn };
}

function headerLine(run: string, shard?: Shard): string {
  const header: Header = { kind: journalKind, version, fingerprint: run, ...(shard ? { shard } : {}) };
  return `${JSON.stringify(header)}\n`;
}

function checkHeader(text: string, run: string, fail: (what: string) => never): Header {
  const header = parseLine<Partial<Header> | null>(text);
  const lack = earlierKinds.get(header?.kind);
  if (lack) fail(`is a journal of an earlier version, ${lack}. Name another file to begin anew`);
  if (header?.kind !== journalKind) fail("is not a journal of an evaluation. Name another file");
  if (header?.version !== version)
    fail(`was written by version ${header?.version}, this is ${version}. Go on with that one, or name another file`);
  if (header?.fingerprint !== run) {
    fail("belongs to a run with another model, data set or options. Repeat that run's command, or name another file");
  }
  const isWhole = header?.shard === undefined || isShard(header.shard);
  if (!isWhole || text !== headerLine(run, header?.shard)) fail("was changed or damaged in line 1. Name another file");
  return header as Header;
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
