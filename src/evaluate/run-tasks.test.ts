import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryLog } from "../../test/memory-log.ts";
import { type Executor, inProcess } from "./executor.ts";
import { openJournal } from "./journal.ts";
import { runTasks, type Task } from "./run-tasks.ts";

const tasks: readonly Task[] = Array.from({ length: 9 }, (_, i) => ({ id: `picture ${i} ü` }));
const resultOf = ({ id }: Task) => ({ found: [...id].map((letter) => letter.charCodeAt(0) / 7) });
const expected = tasks.map(resultOf);

describe("runTasks", () => {
  it("gives the same results however often the run is cut off, at any byte, and does nothing twice that was whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }), async (cuts) => {
        const log = memoryLog();
        for (const where of [...cuts, 1]) {
          const before = log.content();
          const journal = await openJournal<{ found: number[] }>(log, "a run");
          const worked: string[] = [];
          const executor = inProcess(async (task: Task) => {
            worked.push(task.id);
            return resultOf(task);
          });
          expect(await runTasks(tasks, { executor, journal })).toEqual(expected);
          // The whole lines after the header are the tasks that were spared.
          const spared = Math.max(0, before.split("\n").length - 2);
          expect(worked).toHaveLength(tasks.length - spared);
          expect(new Set([...worked, ...journal.finished.keys()]).size).toBe(tasks.length);
          const { byteLength } = new TextEncoder().encode(log.content());
          log.cut(Math.floor(where * byteLength));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("lets the next task be prepared before one is done", async () => {
    const log: string[] = [];
    const work = async ({ id }: Task) => {
      log.push(`begin ${id}`);
      await Promise.resolve();
      log.push(`end ${id}`);
    };
    const [a, b] = tasks;
    await runTasks([a, b], { executor: inProcess(work, ({ id }) => log.push(`prepare ${id}`)) });
    expect(log).toEqual([`begin ${a.id}`, `prepare ${b.id}`, `end ${a.id}`, `begin ${b.id}`, `end ${b.id}`]);
  });

  it("orders results by task, not by who was first", async () => {
    const backwards: Executor<Task, string> = {
      async *run(list) {
        for (let task = list.length - 1; task >= 0; task--) yield { task, result: list[task].id };
      },
    };
    expect(await runTasks(tasks, { executor: backwards })).toEqual(tasks.map(({ id }) => id));
  });

  it("tries passing failures again when it is resumed", async () => {
    const log = memoryLog();
    const attempt = async (isThere: boolean) => {
      const executor = inProcess(async ({ id }: Task) => (id === tasks[3].id && !isThere ? "missing" : "read"));
      const journal = await openJournal<string>(log, "a run");
      return runTasks(tasks, { executor, journal, isPassing: (result) => result === "missing" });
    };
    expect((await attempt(false)).filter((result) => result === "missing")).toHaveLength(1);
    expect(await attempt(true)).toEqual(tasks.map(() => "read"));
    // The header, every task, and the one that was done again.
    expect(log.content().trim().split("\n")).toHaveLength(1 + tasks.length + 1);
  });

  it("keeps what was finished before a failure, and tells progress", async () => {
    const log = memoryLog();
    let count = 0;
    const failing = inProcess(async (task: Task) => {
      if (++count > 4) throw new Error("out of memory");
      return resultOf(task);
    });
    const first = runTasks(tasks, { executor: failing, journal: await openJournal(log, "a run") });
    await expect(first).rejects.toThrow("out of memory");
    const seen: unknown[] = [];
    const journal = await openJournal<{ found: number[] }>(log, "a run");
    const executor = inProcess(async (task: Task) => resultOf(task));
    expect(await runTasks(tasks, { executor, journal, onProgress: (progress) => seen.push(progress) })).toEqual(
      expected,
    );
    expect(seen.at(0)).toEqual({ resumed: 4, done: 0, pending: 5 });
    expect(seen.at(-1)).toEqual({ resumed: 4, done: 5, pending: 5 });
  });
});

describe("openJournal", () => {
  it("refuses and does not touch what is not its own", async () => {
    const log = memoryLog();
    await openJournal(log, "a run");
    const others = [
      ["{}\n", /not a journal/],
      ["model weights", /not a journal/],
      ['{"kind', undefined],
      [log.content().replace("a run", "another"), /another model, data set or options/],
      [`${log.content()}nonsense\n`, /changed or damaged in line 2/],
      [`${log.content()}{"id":"x","result":1}\n`, /changed or damaged in line 2/],
      [log.content().replace("journal 4", "journal 1"), /earlier version, whose lines have no checksums/],
      [log.content().replace("journal 4", "journal 2"), /earlier version, which does not say what program/],
      [log.content().replace("journal 4", "journal 3"), /earlier version, which keeps detections without bound/],
      [log.content().replace(/"version":"[^"]*"/, '"version":"0.0.9"'), /written by version 0\.0\.9, this is \d/],
      [log.content().replace("}\n", ',"shard":{"index":4,"of":3}}\n'), /changed or damaged in line 1/],
      [
        log.content().replace("}\n", ',"shard":{"index":2,"of":3}}\n'),
        /is the journal of shard 2 of 3, not of a whole run/,
      ],
    ] as const;
    for (const [content, reason] of others) {
      const other = memoryLog(content);
      if (reason) {
        await expect(openJournal(other, "a run")).rejects.toMatchObject({
          code: "E_JOURNAL",
          message: expect.stringMatching(reason),
        });
        expect(other.content()).toBe(content);
      } else {
        await openJournal(other, "a run");
        expect(other.content()).toBe(log.content());
      }
    }
  });

  it("names a line in which any byte was changed, or that is another run's", async () => {
    const log = memoryLog();
    const journal = await openJournal(log, "a run");
    for (const task of tasks) await journal.record(task.id, resultOf(task));
    const lines = log.content().split("\n");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: tasks.length }), fc.nat(), fc.integer(), async (line, where, by) => {
        const bytes = Buffer.from(lines[line]);
        const at = where % bytes.length;
        bytes[at] = (bytes[at] + 1 + (Math.abs(by) % 9)) % 128;
        if (bytes[at] === 0x0a) bytes[at] = 0x20;
        const changed = memoryLog(lines.with(line, bytes.toString()).join("\n"));
        await expect(openJournal(changed, "a run")).rejects.toMatchObject({
          code: "E_JOURNAL",
          message: expect.stringContaining(`in line ${line + 1}.`),
        });
      }),
      { numRuns: 300 },
    );
    const other = memoryLog();
    await openJournal(other, "another run");
    const mixed = memoryLog(`${other.content() + lines[1]}\n`);
    await expect(openJournal(mixed, "another run")).rejects.toThrow("in line 2.");
  });
});
