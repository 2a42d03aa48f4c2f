import { expect, test } from "vitest";
import { runTape } from "../../../test/run-tape.ts";
import { floatTensor } from "../../core/tensor.ts";
import { adam, clipped, memories, sgd, stepRate, update } from "./optimizer.ts";

const gradients = [
  [0.5, -2],
  [0.1, 1],
  [-0.3, 0.25],
];

/** Feeds what an update gives back into the next one, with the given gradients. */
async function run(settings: typeof adam | typeof sgd, learningRate: number, decay: number): Promise<number[]> {
  let state = [floatTensor([2], [1, -1]), ...memories(settings).map(() => floatTensor([2]))];
  for (const [i, gradient] of gradients.entries()) {
    const inputs = Object.fromEntries(state.map((value, k) => [`s${k}`, value]));
    const rate = floatTensor([], [stepRate(settings, learningRate, i + 1)]);
    const fed = { ...inputs, g: floatTensor([2], gradient), rate, decay: floatTensor([], [learningRate * decay]) };
    const results = await runTape(fed, (tape) => {
      const [parameter, ...remembered] = state.map((_, k) => tape.input(`s${k}`, [2]));
      const [g, r, d] = [tape.input("g", [2]), tape.input("rate", []), tape.input("decay", [])];
      for (const [k, value] of update(tape, settings, parameter, g, remembered, r, d).entries())
        tape.output(`n${k}`, value);
    });
    state = state.map((_, k) => results[`n${k}`]);
  }
  return Array.from(state[0].data);
}

test("Adam is what its authors wrote, with decoupled weight decay", async () => {
  const [rate, decay] = [0.1, 0.01];
  // Kingma and Ba's algorithm 1, with bias-corrected moments, in float64.
  const expected = [1, -1].map((start, k) => {
    let [x, m, v] = [start, 0, 0];
    gradients.forEach((gradient, i) => {
      m = 0.9 * m + 0.1 * gradient[k];
      v = 0.999 * v + 0.001 * gradient[k] ** 2;
      const [mHat, vHat] = [m / (1 - 0.9 ** (i + 1)), v / (1 - 0.999 ** (i + 1))];
      x = x - rate * decay * x - (rate * mHat) / (Math.sqrt(vHat) + 1e-8);
    });
    return x;
  });
  (await run(adam, rate, decay)).forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k], 5);
  });
});

test("SGD with momentum", async () => {
  const expected = [1, -1].map((start, k) => {
    let [x, velocity] = [start, 0];
    for (const gradient of gradients) {
      velocity = 0.9 * velocity + gradient[k];
      x = x * (1 - 0.1 * 0.01) - 0.1 * velocity;
    }
    return x;
  });
  (await run(sgd, 0.1, 0.01)).forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k], 5);
  });
});

test("gradients are shortened together, and only where they are too long", async () => {
  const inputs = { a: floatTensor([2], [3, 0]), b: floatTensor([1, 1], [4]) };
  const clip = (max: number) =>
    runTape(inputs, (tape) => {
      const { gradients: shortened, norm } = clipped(tape, [tape.input("a", [2]), tape.input("b", [1, 1])], max);
      tape.output("norm", norm);
      tape.output("x", shortened[0]);
      tape.output("y", shortened[1]);
    });
  const short = await clip(1);
  expect([...short.norm.data, ...short.x.data, ...short.y.data]).toEqual(
    [5, 0.6, 0, 0.8].map((value) => expect.closeTo(value, 6)),
  );
  const same = await clip(6);
  expect([...same.norm.data, ...same.x.data, ...same.y.data]).toEqual([5, 3, 0, 4]);
});
