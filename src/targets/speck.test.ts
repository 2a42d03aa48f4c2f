/** The rules of cores against sinabs' own mapper, whose verdicts bench/peers/speck.py wrote down. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Shape } from "../graph/layer-kinds.ts";
import { type Pair, windowCounts } from "../graph/windows.ts";
import { fitTo } from "./fit.ts";
import { speck } from "./speck.ts";
import type { Stage } from "./stages.ts";

interface Layer {
  readonly input: Shape;
  readonly filters: number;
  readonly kernel: Pair;
  readonly stride: number;
  readonly padding: number;
  readonly bias: boolean;
}

const networks: readonly { readonly layers: readonly Layer[]; readonly fits: boolean }[] = JSON.parse(
  readFileSync(new URL("speck-verdicts.json", import.meta.url), "utf8"),
);

/** What sinabs decides by itself; samna's registers are asked for the rest. */
const decided = ["core memory", "cores", "biases", "square kernel"];

function stageOf({ input, filters, kernel, stride, padding, bias }: Layer, i: number): Stage {
  const window = {
    size: kernel,
    strides: [stride, stride],
    dilations: [1, 1],
    pads: [padding, padding, padding, padding],
  } as const;
  const output: Shape = [filters, ...windowCounts(window, [input[1], input[2]])];
  const facts = { groups: 1, hasBias: bias, weightBits: 8, neurons: undefined, pools: [], sources: [] };
  return { ...window, name: `conv${i}`, kind: "convolution", input, output, ...facts };
}

test("300 networks of one layer and 60 of several: the verdicts of sinabs' mapper", () => {
  expect(networks.filter(({ layers }) => layers.length === 1)).toHaveLength(300);
  for (const { layers, fits } of networks) {
    const stages = layers.map(stageOf);
    const { rules } = fitTo(speck, {
      input: stages[0].input,
      stages,
      others: [],
      weightBits: 8,
      phases: 1,
      timeSteps: 32,
    });
    const broken = rules.filter(({ rule, ok }) => !ok && decided.includes(rule));
    expect(broken.length === 0, JSON.stringify({ layers, broken })).toBe(fits);
  }
});
