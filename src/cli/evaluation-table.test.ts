import { expect, test, vi } from "vitest";
import type { ConfigurationScores, EvaluationReport } from "../evaluate/report.ts";
import { printEvaluation } from "./evaluation-table.ts";

function printed(report: EvaluationReport): readonly string[] {
  const texts: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => texts.push(String(text)) > 0);
  printEvaluation("tiny-yolo.safetensors", report);
  spy.mockRestore();
  return texts.join("").split("\n");
}

const energy = {} as ConfigurationScores["snn"][number]["energy"];
const checkpoints = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    ...{ t: 2 ** i, voc07Map: 1, map50: 1, map50To95: 1, perClass: [], spikes: 1, energy },
    ...{ synOps: 123_456.7e6, outputError: 1.234, share: { value: 1.234, low: 1, high: 1.5 } },
  }));
const configuration = (name: string, decode: "vmem" | "count", count: number): ConfigurationScores => ({
  ...{ name, decode, stepsTo98Percent: null, snn: checkpoints(count) },
});
const report = (configurations: readonly ConfigurationScores[]): EvaluationReport => ({
  ...{ dataset: "VOC2007 test", images: 4952, failures: [], configurations },
});

test.each([1, 10])("tables of %i configurations fit 80 columns, with every checkpoint", (count) => {
  const lines = printed(
    report(
      Array.from({ length: count }, (_, i) => configuration("channel, without IBT", i % 2 ? "count" : "vmem", 13)),
    ),
  );
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  for (const { t } of checkpoints(13)) expect(lines.some((line) => line.split(/\s+/).includes(String(t)))).toBe(true);
});

test("an output error has its unit and a column its name", () => {
  const lines = printed(report([configuration("as asked for", "vmem", 1)]));
  expect(lines.some((line) => line.includes("outputs off"))).toBe(true);
  expect(lines.some((line) => line.includes("123.4 %"))).toBe(true);
});
