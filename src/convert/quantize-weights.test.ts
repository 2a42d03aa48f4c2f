import { expect, test } from "vitest";
import { graphOf } from "../../test/graphs.ts";
import { floatTensor } from "../core/tensor.ts";
import type { Layer } from "../graph/layers.ts";
import { evenWindow } from "../graph/windows.ts";
import { quantizeWeights } from "./quantize-weights.ts";

test("a channel may have more weights than a call takes arguments", () => {
  const channels = 20_000;
  const input = { kind: "input", name: "input", inputs: [], shape: [channels, 3, 3] } as const;
  const perChannel = (value: number) => floatTensor([1], [value]);
  const weights = floatTensor([1, channels, 3, 3], new Float32Array(channels * 9).fill(2 ** -20));
  const population = {
    neuron: "if",
    activation: { fn: "relu" },
    lambda: perChannel(1),
    vTh: perChannel(1),
    vThNeg: null,
  } as const;
  const layers: Layer[] = [
    input,
    { kind: "convolution", name: "conv", inputs: ["input"], weights, ...evenWindow(1, 1), groups: 1 },
    {
      kind: "integrateFire",
      name: "neurons",
      inputs: ["conv"],
      ...population,
      vInit: 0,
      firingThreshold: 0.5,
      levels: 1,
      delay: 0,
    },
  ];
  const [, convolution] = quantizeWeights(graphOf(layers), 8).layers;
  expect(convolution).toMatchObject({ weights: { dtype: "int8" }, bias: { dtype: "int32" } });
});
