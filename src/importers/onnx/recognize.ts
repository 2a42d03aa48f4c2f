/**
 * Functions that exporters write out as several operators, taken as the one operator that they are: x·σ(x) is `Swish`.
 * A step keeps the nodes that it stands for, since a tail or an island runs these as they are in the file.
 */

import { float } from "../../onnx/attributes.ts";
import type { Inferred } from "../../onnx/infer.ts";
import type { ReadNode } from "../../onnx/read-onnx.ts";
import { numbersOf } from "../../onnx/tensors.ts";

export interface Step {
  readonly node: ReadNode;
  /** What it stands for in the file. */
  readonly originals: readonly ReadNode[];
}

/** A part of a pattern: what value it is a function of, and the nodes that compute it. */
interface Part {
  readonly x: string;
  readonly nodes: readonly ReadNode[];
}

/** scale·(x + 3 between 0 and 6): hard-sigmoid at a scale of 1/6. */
interface Gate extends Part {
  readonly scale: number;
}

/** The nodes as steps; nodes that only fed a pattern drop out, as do those that no output needs. */
export function recognize({ nodes, infos }: Inferred, outputs: readonly string[]): readonly Step[] {
  const patterns = new Patterns(nodes, (name) => {
    const constant = infos.get(name)?.constant;
    if (!constant || constant.bytes.length > 8 * 4096) return undefined;
    const values = numbersOf(constant);
    return values.length > 0 && values.every((value) => value === values[0]) ? values[0] : undefined;
  });
  const needed = new Set(outputs);
  const steps: Step[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name)) || node.outputs.every((name) => infos.get(name)?.constant))
      continue;
    const found = patterns.of(node);
    const step = found ?? { node, originals: [node] };
    for (const name of step.node.inputs) needed.add(name);
    steps.push(step);
  }
  return steps.reverse();
}

class Patterns {
  readonly #makers: ReadonlyMap<string, ReadNode>;
  readonly #scalar: (name: string) => number | undefined;

  constructor(nodes: readonly ReadNode[], scalar: (name: string) => number | undefined) {
    this.#makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
    this.#scalar = scalar;
  }

  of(node: ReadNode): Step | undefined {
    const whole = this.#swish(node) ?? this.#mish(node) ?? this.#hardSwish(node) ?? this.#gelu(node);
    if (whole) return this.#step(whole.op, node, whole);
    const gate = node.op === "HardSigmoid" ? undefined : this.#gate(node.outputs[0]);
    if (!gate || !near(gate.scale, 1 / 6)) return undefined;
    const attributes = { alpha: { float: 1 / 6 }, beta: { float: 0.5 } };
    return this.#step("HardSigmoid", node, gate, attributes);
  }

  #step(op: string, { name, outputs }: ReadNode, { x, nodes }: Part, attributes: ReadNode["attributes"] = {}): Step {
    return { node: { op, name, domain: "", inputs: [x], outputs, attributes }, originals: nodes };
  }

  /** The node that makes a value, where it is of that operator. */
  #maker(name: string, op: string): ReadNode | undefined {
    const node = this.#makers.get(name);
    return node?.op === op && node.domain === "" ? node : undefined;
  }

  /** Both readings of an operator whose inputs may change places. */
  #orders({ inputs: [a, b] }: ReadNode): readonly (readonly [string, string])[] {
    return [
      [a, b],
      [b, a],
    ];
  }

  /** x·σ(x). */
  #swish(node: ReadNode): (Part & { op: string }) | undefined {
    if (node.op !== "Mul") return undefined;
    for (const [x, gate] of this.#orders(node)) {
      const sigmoid = this.#maker(gate, "Sigmoid");
      if (sigmoid?.inputs[0] === x) return { op: "Swish", x, nodes: [sigmoid, node] };
    }
    return undefined;
  }

  /** x·tanh(softplus(x)). */
  #mish(node: ReadNode): (Part & { op: string }) | undefined {
    if (node.op !== "Mul") return undefined;
    for (const [x, gate] of this.#orders(node)) {
      const tanh = this.#maker(gate, "Tanh");
      const softplus = tanh && this.#maker(tanh.inputs[0], "Softplus");
      if (tanh && softplus?.inputs[0] === x) return { op: "Mish", x, nodes: [softplus, tanh, node] };
    }
    return undefined;
  }

  /** x·gate(x), or 6·x·gate(x) divided by 6. */
  #hardSwish(node: ReadNode): (Part & { op: string }) | undefined {
    const scaled = this.#timesScalar(node);
    const product = scaled ? this.#maker(scaled.x, "Mul") : node.op === "Mul" ? node : undefined;
    if (!product) return undefined;
    for (const [x, name] of this.#orders(product)) {
      const gate = this.#gate(name);
      if (gate?.x !== x || !near(gate.scale * (scaled?.factor ?? 1), 1 / 6)) continue;
      return { op: "HardSwish", x, nodes: [...gate.nodes, product, ...(scaled ? [node] : [])] };
    }
    return undefined;
  }

  /** x·(1 + erf(x/√2))/2, whichever of its factors is halved. */
  #gelu(node: ReadNode): (Part & { op: string }) | undefined {
    const halves = this.#timesScalar(node);
    const outer =
      halves && near(halves.factor, 0.5) ? this.#maker(halves.x, "Mul") : node.op === "Mul" ? node : undefined;
    if (!outer) return undefined;
    for (const [first, second] of this.#orders(outer)) {
      const sum = this.#maker(second, "Add");
      const [erfName] = sum ? this.#orders(sum).flatMap(([a, b]) => (this.#scalar(b) === 1 ? [a] : [])) : [];
      const erf = erfName === undefined ? undefined : this.#maker(erfName, "Erf");
      const inside = erf && this.#makers.get(erf.inputs[0]);
      const scaled = inside && this.#timesScalar(inside);
      if (!sum || !erf || !inside || !scaled || !near(scaled.factor, Math.SQRT1_2)) continue;
      const { x } = scaled;
      const nodes = [inside, erf, sum];
      if (outer !== node && first === x) return { op: "Gelu", x, nodes: [...nodes, outer, node] };
      const half = this.#makers.get(first);
      const isHalf = half && this.#timesScalar(half);
      if (outer === node && half && isHalf && isHalf.x === x && near(isHalf.factor, 0.5))
        return { op: "Gelu", x, nodes: [half, ...nodes, outer] };
    }
    return undefined;
  }

  #gate(name: string): Gate | undefined {
    const node = this.#makers.get(name);
    if (node?.domain !== "") return undefined;
    if (node.op === "HardSigmoid") {
      const isGate = near(float(node, "alpha", 0.2), 1 / 6) && near(float(node, "beta", 0.5), 0.5);
      return isGate ? { x: node.inputs[0], scale: 1 / 6, nodes: [node] } : undefined;
    }
    if (node.op === "Clip") {
      const min = node.inputs[1] ? this.#scalar(node.inputs[1]) : float(node, "min", Number.NEGATIVE_INFINITY);
      const max = node.inputs[2] ? this.#scalar(node.inputs[2]) : float(node, "max", Number.POSITIVE_INFINITY);
      const sum = min === 0 && max === 6 ? this.#maker(node.inputs[0], "Add") : undefined;
      const [x] = sum ? this.#orders(sum).flatMap(([a, b]) => (this.#scalar(b) === 3 ? [a] : [])) : [];
      return sum && x !== undefined ? { x, scale: 1, nodes: [sum, node] } : undefined;
    }
    const scaled = this.#timesScalar(node);
    const gate = scaled && this.#maker(scaled.x, "Clip") ? this.#gate(scaled.x) : undefined;
    return gate && scaled ? { ...gate, scale: gate.scale * scaled.factor, nodes: [...gate.nodes, node] } : undefined;
  }

  /** x·factor or x/divisor. */
  #timesScalar(node: ReadNode): { readonly x: string; readonly factor: number } | undefined {
    if (node.domain !== "") return undefined;
    if (node.op === "Div") {
      const divisor = this.#scalar(node.inputs[1]);
      return divisor === undefined ? undefined : { x: node.inputs[0], factor: 1 / divisor };
    }
    if (node.op !== "Mul") return undefined;
    for (const [x, other] of this.#orders(node)) {
      const factor = this.#scalar(other);
      if (factor !== undefined) return { x, factor };
    }
    return undefined;
  }
}

/** Constants in files are float32. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 * Math.abs(b);
}
