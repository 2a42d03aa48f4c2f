import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { printColumns } from "./columns.ts";
import { note, print, showProgress, timeLeft } from "./io.ts";

/** What the function writes to a stream. */
function written(stream: "stdout" | "stderr", write: () => void): string {
  const texts: string[] = [];
  const spy = vi.spyOn(process[stream], "write").mockImplementation((text) => texts.push(String(text)) > 0);
  write();
  spy.mockRestore();
  return texts.join("");
}

const terminalText = fc.array(
  fc.constantFrom("\u001b[2J", "\r", "\n", "\u009b", "\u202e", "\u0007", "\u2028", "é猫a "),
);

it("print and note write one line without a letter that a terminal obeys, whatever a name holds", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        terminalText.map((parts) => parts.join("")),
        fc.string({ unit: "binary" }),
      ),
      (name) => {
        for (const text of [written("stdout", () => print(name)), written("stderr", () => note(name))]) {
          expect(text.endsWith("\n")).toBe(true);
          expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        }
      },
    ),
  );
  expect(written("stdout", () => print("é 猫 T = 4"))).toBe("é 猫 T = 4\n");
  expect(written("stdout", () => print("cat\u001b[31m\r0 %"))).toBe("cat\\u001b[31m\\u000d0 %\n");
});

it("columns are as wide as what is printed", () => {
  const text = written("stdout", () =>
    printColumns([
      ["a\u001b", "1"],
      ["b", "2"],
    ]),
  );
  expect(text).toBe("a\\u001b  1\nb        2\n");
});

it("time left is in words that fit its size, and is estimated before there is something to estimate by", () => {
  expect(timeLeft(0, 10, 0, 60_000)).toBe("estimating …");
  expect(timeLeft(1, 1000, 0, 500)).toBe("estimating …");
  // Four of ten were done before: two in ten seconds leave four for twenty.
  expect(timeLeft(6, 10, 4, 10_000)).toBe("20 s left");
  expect(timeLeft(1, 61, 0, 10_000)).toBe("10 min left");
  expect(timeLeft(1, 1001, 0, 10_000)).toBe("2 h 47 min left");
});

it("Ctrl-C ends with what is done and what is kept of it; after the work it is nobody's", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as unknown as typeof process.exit);
  const before = process.listeners("SIGINT").length;
  try {
    const text = written("stderr", () => {
      const progress = showProgress("evaluating", 50, {
        kept: () => "finished pictures are kept in run.jsonl",
      });
      progress.update(12);
      process.emit("SIGINT");
    });
    expect(text).toBe("interrupted: evaluating, 12 of 50 done; finished pictures are kept in run.jsonl\n");
    expect(exit).toHaveBeenCalledWith(130);
    showProgress("again", 1).stop();
    expect(process.listeners("SIGINT")).toHaveLength(before);
  } finally {
    exit.mockRestore();
  }
});
