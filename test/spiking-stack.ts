/** Plain stacks of spiking layers whose integers are drawn directly, for engine tests. */
import { seededRandom } from "../src/core/random.ts";
import { floatTensor, tensor } from "../src/core/tensor.ts";
import type { Graph } from "../src/graph/graph.ts";
import type { IntegrateFireLayer, Layer, NeuronKind } from "../src/graph/layers.ts";
import { darknetPool, evenWindow } from "../src/graph/windows.ts";
import { graphOf } from "./graphs.ts";

export interface StackOptions {
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
export function spikingStack(o: StackOptions): Graph {
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
