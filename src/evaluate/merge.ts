/** The journals of an evaluation's shards → everybody's result: each task once, none of another run, none missing. */
import { ImportError } from "../core/errors.ts";
import { firstOf } from "../core/remarks.ts";
import { type AppendLog, type JournalContents, readJournal } from "./journal.ts";
import { inShard, type Shard, shardName } from "./shard.ts";

interface Part<Result> extends JournalContents<Result> {
  readonly name: string;
  readonly shard: Shard;
}

/**
 * Results in the order of `ids`. Journals are only read; that of a whole run counts as shard 1 of 1.
 * @throws ImportError [E_JOURNAL] as `readJournal`, and for a file that is empty; [E_SHARD] for shards that are missing,
 * given twice, unfinished, of another division, or that hold what is not theirs.
 */
export async function mergeJournals<Result>(
  logs: readonly AppendLog[],
  run: string,
  ids: readonly string[],
): Promise<readonly Result[]> {
  const parts: Part<Result>[] = [];
  for (const log of logs) {
    const contents = await readJournal<Result>(log, run);
    if (contents.length === 0)
      throw new ImportError("E_JOURNAL", `${log.name} holds no journal of an evaluation. Check the path`);
    parts.push({ shard: { index: 1, of: 1 }, ...contents, name: log.name });
  }
  checkDivision(parts);
  const results = new Map<string, Result>();
  for (const part of parts) {
    const own = inShard(ids, part.shard);
    checkContents(part, own, new Set(ids));
    for (const id of own) results.set(id, (part.finished.get(id) ?? part.passing.get(id)) as Result);
  }
  return ids.map((id) => results.get(id) as Result);
}

function refuse(what: string): never {
  throw new ImportError("E_SHARD", what);
}

/** All shards of one division, each once. */
function checkDivision(parts: readonly Part<unknown>[]): void {
  const [{ name, shard }] = parts;
  const names = new Map<number, string>();
  for (const part of parts) {
    if (part.shard.of !== shard.of)
      refuse(
        `${name} is ${shardName(shard)}, and ${part.name} is ${shardName(part.shard)}. Merge shards of one division`,
      );
    const same = names.get(part.shard.index);
    if (same !== undefined) refuse(`${same} and ${part.name} are both ${shardName(part.shard)}. Leave one of them out`);
    names.set(part.shard.index, part.name);
  }
  const missing = Array.from({ length: shard.of }, (_, i) => i + 1).filter((index) => !names.has(index));
  if (missing.length > 0)
    refuse(
      `of ${shard.of} shards, ${missing.length} are missing (${firstOf(missing.map(String))}). Name their journals`,
    );
}

/** What the shard was to do, all of it, and nothing of other shards. */
function checkContents(
  { name, shard, finished, passing }: Part<unknown>,
  own: readonly string[],
  all: ReadonlySet<string>,
): void {
  const mine = new Set(own);
  const foreign = [...finished.keys(), ...passing.keys()].filter((id) => all.has(id) && !mine.has(id));
  if (foreign.length > 0)
    refuse(
      `${name} holds ${firstOf(foreign)}, which ${shardName(shard)} does not have. Name the journal as it was written`,
    );
  const lacking = own.filter((id) => !finished.has(id) && !passing.has(id));
  if (lacking.length > 0)
    refuse(
      `${name} (${shardName(shard)}) lacks ${lacking.length} of its ${own.length} pictures (${firstOf(lacking)}). Repeat its command: it goes on from there`,
    );
}
