/**
 * The contract of engines once more, on plain stacks whose integers are drawn directly: wide layers, whose −1s have lists of
 * their own, and neurons that can be run in int16, at scales where their membranes leave it now and then.
 */
import fc from "fast-check";
import { test } from "vitest";
import { EngineError } from "../src/core/errors.ts";
import { seededRandom } from "../src/core/random.ts";
import { floatTensor, tensor } from "../src/core/tensor.ts";
import { type Graph, inferShapes } from "../src/graph/graph.ts";
import type { IntegrateFireLayer, Layer, NeuronKind } from "../src/graph/layers.ts";
import { darknetPool, evenWindow } from "../src/graph/windows.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { expectSameAsReference, recordAll } from "./engine-contract.ts";
import { graphOf, randomPicture } from "./graphs.ts";

interface StackOptions {
  readonly seed: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly size: number;
  readonly side: number;
  readonly pool: "delta" | "winner" | "none";
  readonly neuron: NeuronKind;
  readonly shift: number;
  /** Thresholds over what a step's current usually is. */
  readonly scale: number;
  readonly negative: number;
  /** Whether thresholds are multiples of the weights' unit. */
  readonly isWhole: boolean;
  readonly vInit: number;
  readonly firingThreshold: number;
  readonly delay: number;
  readonly phases: number;
  readonly greatestWeight: number;
}

/** Picture → conv 1×1 → neurons → conv → neurons (→ pool) → conv 3×3 → neurons → conv 1×1 → readout. */
function stack(o: StackOptions): Graph {
  const random = seededRandom(o.seed);
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const unit = 2 ** o.shift;
  const convolution = (name: string, input: string, [outC, inC, k]: readonly number[]): Layer => ({
    kind: "convolution",
    name,
    inputs: [input],
    weights: tensor(
      "int8",
      [outC, inC, k, k],
      Int8Array.from({ length: outC * inC * k * k }, () => between(-o.greatestWeight, o.greatestWeight)),
    ),
    bias: tensor(
      "int32",
      [outC],
      Int32Array.from({ length: outC }, () => between(-40 * unit, 40 * unit)),
    ),
    ...evenWindow(1, Math.floor(k / 2)),
    groups: 1,
    shift: o.shift,
  });
  const neurons = (name: string, input: string, [outC, inC, k]: readonly number[]): IntegrateFireLayer => {
    const usual = Math.max(1, o.scale * o.greatestWeight * Math.sqrt(inC * k * k));
    const quotients = Array.from({ length: outC }, () => between(1, 2 * Math.ceil(usual)));
    const whole = quotients.map((quotient) => quotient * unit + (o.isWhole ? 0 : between(0, unit - 1)));
    return {
      kind: "integrateFire",
      name,
      inputs: [input],
      neuron: o.neuron,
      activation: { fn: "leaky", slope: 0.1 },
      lambda: floatTensor([outC], new Float32Array(outC).fill(1)),
      vTh: tensor("int32", [outC], Int32Array.from(whole)),
      vThNeg:
        o.neuron === "if"
          ? null
          : tensor(
              "int32",
              [outC],
              Int32Array.from(whole, (value) => Math.round(o.negative * value)),
            ),
      vInit: o.vInit,
      firingThreshold: o.firingThreshold,
      levels: 1,
      delay: o.delay,
    };
  };
  const first = [o.channels, 3, 1];
  const second = [o.outChannels, o.channels, o.size];
  const third = [17, o.outChannels, 3];
  const last = [6, 17, 1];
  const { delay: _, ...readout } = neurons("readout", "raw", last);
  const pool: Layer[] =
    o.pool === "none"
      ? []
      : [{ kind: "maxPool", name: "pool", inputs: ["act2"], ...darknetPool(2, 2, 0), pooling: o.pool }];
  const graph = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, o.side, o.side + 1] },
    convolution("first", "input", first),
    neurons("act", "first", first),
    convolution("second", "act", second),
    neurons("act2", "second", second),
    ...pool,
    convolution("third", pool.length > 0 ? "pool" : "act2", third),
    neurons("act3", "third", third),
    convolution("raw", "act3", last),
    { ...readout, kind: "readout" },
    { kind: "region", name: "head", inputs: ["readout"], classes: 1, anchors: [1, 1], softmax: true },
  ]);
  return {
    ...graph,
    simulation: { timeSteps: 8, encoding: "constant", decode: "vmem", phases: o.phases },
  };
}

const options: fc.Arbitrary<StackOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  channels: fc.constantFrom(8, 13, 24, 24, 70, 450),
  outChannels: fc.constantFrom(8, 30, 64, 72),
  size: fc.constantFrom(1, 3, 3),
  side: fc.integer({ min: 2, max: 5 }),
  pool: fc.constantFrom("delta", "winner", "none"),
  neuron: fc.constantFrom("takeback", "takeback", "ibt", "signed", "if"),
  shift: fc.constantFrom(0, 1, 5, 8, 12),
  scale: fc.constantFrom(0.05, 0.5, 1, 4, 40),
  negative: fc.constantFrom(1, 2, 10),
  isWhole: fc.constantFrom(true, true, true, false),
  vInit: fc.constantFrom(0, 0, 0, 0.5),
  firingThreshold: fc.constantFrom(0.5, 0.65, 1),
  delay: fc.constantFrom(0, 0, 1, 2, 33, 36),
  phases: fc.constantFrom(1, 1, 2, 6, 6),
  greatestWeight: fc.constantFrom(3, 127),
});

const checkpoints = fc.constantFrom([1], [1, 2, 4, 8], [7, 40], [5, 32, 70]);
/** More of them: CONTRACT_RUNS and CONTRACT_SEED. */
const runs = Number(process.env.CONTRACT_RUNS ?? 150);
const seed = Number(process.env.CONTRACT_SEED ?? 1);

async function check(o: StackOptions, at: readonly number[], recordsAll: boolean, threads: number): Promise<void> {
  const graph = stack(o);
  const shapes = inferShapes(graph);
  const everything = recordAll(graph, (name) => shapes.get(name)!.reduce((a, b) => a * b, 1));
  // Without rasters, pools are run with the neurons before them.
  const { rasters: _, ...states } = everything;
  try {
    await expectSameAsReference(eventEngine({ threads }), graph, randomPicture(shapes.get("input")!, o.seed), {
      timeSteps: at[at.length - 1],
      at,
      encoding: "constant",
      seed: o.seed,
      record: recordsAll ? everything : states,
    });
  } catch (error) {
    // Some are out of the engine's bounds, which saturation.test.ts is about.
    fc.pre(!(error instanceof EngineError && ["E_CURRENT", "E_THRESHOLD"].includes(error.code)));
    throw error;
  }
}

test("stacks: every membrane, count, spike, operation and head equals the reference engine's", async () => {
  await fc.assert(fc.asyncProperty(options, checkpoints, fc.boolean(), fc.integer({ min: 1, max: 2 }), check), {
    numRuns: runs,
    seed,
  });
});
