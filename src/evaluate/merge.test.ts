import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryLog } from "../../test/memory-log.ts";
import { inProcess } from "./executor.ts";
import { openJournal } from "./journal.ts";
import { mergeJournals } from "./merge.ts";
import { runTasks } from "./run-tasks.ts";
import { inShard, parseShard, type Shard } from "./shard.ts";

const tasks = Array.from({ length: 11 }, (_, i) => ({ id: `p${i}` }));
const ids = tasks.map(({ id }) => id);
const resultOf = ({ id }: { id: string }) =>
  id === "p4" ? { failure: id } : { found: [Number(id.slice(1)) / 7, -0.1] };

/** As a batch job: the first `count` pictures of the shard, from its journal on. */
async function runShard(
  shard: Shard,
  log = memoryLog("", `shard-${shard.index}`),
  count = tasks.length,
  run = "a run",
) {
  const journal = await openJournal<ReturnType<typeof resultOf>>(log, run, shard);
  const executor = inProcess(async (task: { id: string }) => resultOf(task));
  const isPassing = (result: ReturnType<typeof resultOf>) => "failure" in result;
  await runTasks(inShard(tasks.slice(0, count), shard), { executor, journal, isPassing });
  return log;
}

const shards = (of: number) => Array.from({ length: of }, (_, i) => ({ index: i + 1, of }));
const all = (of: number) => Promise.all(shards(of).map((shard) => runShard(shard)));

describe("mergeJournals", () => {
  it("gives every result once and in order, by any division, in any order of files, failures included", async () => {
    const expected = tasks.map(resultOf);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 14 }), fc.infiniteStream(fc.nat()), async (of, order) => {
        const logs = await all(of);
        const before = logs.map(({ content }) => content());
        const shuffled = logs.map((log) => ({ log, at: order.next().value })).sort((a, b) => a.at - b.at);
        const merged = await mergeJournals(
          shuffled.map(({ log }) => log),
          "a run",
          ids,
        );
        expect(merged).toEqual(expected);
        expect(logs.map(({ content }) => content())).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });

  it("takes shards that were interrupted and gone on with, and began with fewer pictures", async () => {
    const logs = await Promise.all(shards(3).map((shard) => runShard(shard, undefined, 5)));
    logs[1].cut(new TextEncoder().encode(logs[1].content()).length - 4);
    for (const [i, shard] of shards(3).entries()) await runShard(shard, logs[i]);
    expect(await mergeJournals(logs, "a run", ids)).toEqual(tasks.map(resultOf));
    expect(await mergeJournals(logs, "a run", ids.slice(0, 4))).toEqual(tasks.slice(0, 4).map(resultOf));
  });

  it("takes the journal of a whole run", async () => {
    const log = memoryLog();
    const journal = await openJournal(log, "a run");
    for (const task of tasks) await journal.record(task.id, resultOf(task));
    expect(await mergeJournals([log], "a run", ids)).toEqual(tasks.map(resultOf));
  });

  it("refuses what is missing, doubled, unfinished, of another division or run, in one line", async () => {
    const [one, two, three] = await all(3);
    const [half] = await all(2);
    const unfinished = await runShard({ index: 3, of: 3 }, undefined, 8);
    const torn = memoryLog(two.content().slice(0, -3), "torn");
    const foreign = await runShard({ index: 3, of: 3 }, undefined, tasks.length, "another run");
    const exchanged = memoryLog(
      two.content().split("\n").with(0, three.content().split("\n")[0]).join("\n"),
      "made up",
    );
    const cases = [
      [[one, three], "E_SHARD", /^of 3 shards, 1 are missing \(2\)/],
      [[one], "E_SHARD", /^of 3 shards, 2 are missing \(2, 3\)/],
      [[one, two, two, three], "E_SHARD", /^shard-2 and shard-2 are both shard 2 of 3/],
      [[one, two, half], "E_SHARD", /^shard-1 is shard 1 of 3, and shard-1 is shard 1 of 2/],
      [[one, two, unfinished], "E_SHARD", /^shard-3 \(shard 3 of 3\) lacks 1 of its 3 pictures \(p8\)/],
      [[one, torn, three], "E_SHARD", /^torn \(shard 2 of 3\) lacks 1 of its 4 pictures \(p10\)/],
      [[one, two, foreign], "E_JOURNAL", /^shard-3 belongs to a run with another model/],
      [[one, two, exchanged], "E_SHARD", /^made up holds p1, p7, p10, p4, which shard 3 of 3 does not have/],
      [[one, two, memoryLog("", "nowhere")], "E_JOURNAL", /^nowhere holds no journal/],
      [[one, two, memoryLog("{}\n", "other")], "E_JOURNAL", /^other is not a journal/],
    ] as const;
    for (const [logs, code, message] of cases) {
      await expect(mergeJournals(logs, "a run", ids), String(message)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    }
  });
});

it.each(["0/3", "4/3", "3", "1/0", "a/b", "1/3/5", "-1/3", "1/1000000", "1.5/2", ""])(
  "takes %s for no part",
  (text) => {
    expect(parseShard(text)).toBeUndefined();
    expect(parseShard("3/10")).toEqual({ index: 3, of: 10 });
  },
);
