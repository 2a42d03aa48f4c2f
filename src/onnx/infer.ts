/**
 * What is known of every value of an ONNX graph before a picture is seen: its shape, and the value itself where it is the
 * same for all pictures. Sizes are bounded before anything is computed.
 */
import { ImportError } from "../core/errors.ts";
import { integer } from "./attributes.ts";
import { foldNode, ownFolds } from "./fold.ts";
import { printed } from "./printed.ts";
import type { ReadModel, ReadNode } from "./read-onnx.ts";
import { type ShapeContext, shapeRules, sizeOfShape, type ValueInfo } from "./shapes.ts";
import { int64Tensor } from "./tensors.ts";

/** No detector comes near: values of one tensor, and of all that are computed while importing. */
const maxValues = 2 ** 28;
const maxFolded = 2 ** 27;
/** ONNX Runtime takes a thousandth of a second for each; exports for open sizes have some hundreds. */
const maxFoldedNodes = 4096;

export type Infos = ReadonlyMap<string, ValueInfo>;

export interface Inferred {
  /** In an order in which each stands after what feeds it. */
  readonly nodes: readonly ReadNode[];
  readonly infos: Infos;
}

/**
 * Infers shapes, and computes what is constant.
 * @param inputs shapes of the model's inputs.
 * @throws ImportError [E_ONNX] naming the node: an operator that is not known, inputs that do not fit, a cycle, a size beyond bounds.
 */
export async function infer(
  model: ReadModel,
  inputs: ReadonlyMap<string, readonly number[]>,
  file: string,
): Promise<Inferred> {
  const { nodes, infos } = begin(model, inputs, file);
  const ending = endingNodes(nodes, infos);
  let [folded, foldedNodes] = [0, 0];
  const inferAndFold = async (node: ReadNode) => {
    if (!inferNode(model, node, infos, file)) return;
    for (const name of node.outputs) folded += sizeOfShape(infos.get(name)?.shape ?? []);
    if (!ownFolds.has(node.op)) foldedNodes += 1;
    if (foldedNodes > maxFoldedNodes)
      throw new ImportError("E_ONNX", `${file}: more than ${maxFoldedNodes} constants would have to be computed`);
    if (folded > maxFolded)
      throw new ImportError("E_ONNX", `${file}: constants of more than ${maxFolded} values would have to be computed`);
    const values = node.inputs.map((name) => infos.get(name)?.constant);
    for (const constant of await foldNode(node, values, model.operatorSet))
      infos.set(constant.name, { shape: constant.shape, constant });
  };
  for (const node of nodes) {
    try {
      await inferAndFold(node);
    } catch (error) {
      if (!(error instanceof ImportError) || !ending.has(node)) throw error;
      for (const name of node.outputs) infos.set(name, { shape: undefined, problem: error });
    }
  }
  return { nodes, infos };
}

/**
 * Nodes behind the last convolutions: what of them does not fit, as where another size is wanted than the file was made for, matters
 * only to who runs them. The fixed convolution that takes the mean of a distribution is one of them.
 */
function endingNodes(nodes: readonly ReadNode[], infos: Infos): ReadonlySet<ReadNode> {
  const bodies = new Set<string>();
  const ending = new Set<ReadNode>();
  for (const node of [...nodes].reverse()) {
    const weights = infos.get(node.inputs[1] ?? "")?.shape;
    const isMean = node.op === "Conv" && weights?.[0] === 1 && node.inputs.length === 2;
    const isBody =
      (["Conv", "ConvTranspose"].includes(node.op) && !isMean) || node.outputs.some((name) => bodies.has(name));
    if (!isBody) ending.add(node);
    else for (const name of node.inputs) bodies.add(name);
  }
  return ending;
}

/** The same without computing anything: for models in which whatever a shape depends on stands as a constant. */
export function inferShapesOnly(
  model: ReadModel,
  inputs: ReadonlyMap<string, readonly number[]>,
  file: string,
): Inferred {
  const { nodes, infos } = begin(model, inputs, file);
  for (const node of nodes) inferNode(model, node, infos, file);
  return { nodes, infos };
}

function begin(model: ReadModel, inputs: ReadonlyMap<string, readonly number[]>, file: string) {
  const infos = new Map<string, ValueInfo>();
  for (const [name, constant] of model.constants) infos.set(name, { shape: constant.shape, constant });
  for (const [name, shape] of inputs) infos.set(name, { shape });
  return { nodes: sorted(model, new Set(infos.keys()), file), infos };
}

/** Adds what is known of a node's outputs; tells whether they are constant, but not yet computed. */
function inferNode(model: ReadModel, node: ReadNode, infos: Map<string, ValueInfo>, file: string): boolean {
  const fail = (what: string): never => {
    throw new ImportError("E_ONNX", `${file}: ${nameOf(node)}: ${what}`);
  };
  const values = node.inputs.map((name) => (name === "" ? undefined : infos.get(name)));
  const shapes = shapesOf({ node, operatorSet: model.operatorSet, inputs: values, fail });
  const problem = values.find((value) => value?.problem)?.problem;
  for (const [i, name] of node.outputs.entries())
    if (name) infos.set(name, { shape: checked(shapes[i], fail), ...(problem ? { problem } : {}) });
  if (node.op === "Shape") {
    const extents = (values[0]?.shape ?? []).slice(integer(node, "start", 0), integer(node, "end", 16));
    const constant = int64Tensor(node.outputs[0], [extents.length], extents);
    infos.set(node.outputs[0], { shape: constant.shape, constant });
    return false;
  }
  return values.every((value) => !value || value.constant);
}

export function nameOf({ op, name, outputs }: ReadNode): string {
  return `${printed(op)} ${printed(name || outputs[0] || "")}`;
}

function shapesOf(context: ShapeContext): readonly (readonly number[] | undefined)[] {
  const { node, inputs, fail } = context;
  const rule = node.domain === "" ? shapeRules.get(node.op) : undefined;
  if (!rule)
    return fail(`this operator${node.domain ? ` of domain ${node.domain.slice(0, 40)}` : ""} is not supported`);
  // What follows a value whose size depends on the picture depends on it as well.
  if (inputs.some((input) => input && !input.shape)) return node.outputs.map(() => undefined);
  return rule(context);
}

function checked(shape: readonly number[] | undefined, fail: (what: string) => never) {
  if (!shape) return undefined;
  if (shape.some((extent) => !Number.isInteger(extent) || extent < 0))
    fail(`its output would be [${shape.join(", ")}]`);
  if (sizeOfShape(shape) > maxValues)
    fail(`its output would be [${shape.join(", ")}]; at most ${maxValues} values are supported`);
  return shape;
}

/** In the file's order, where each node stands after what feeds it, as it should; else in one in which it does. */
function sorted(model: ReadModel, given: ReadonlySet<string>, file: string): readonly ReadNode[] {
  const makers = new Set<string>();
  for (const name of model.nodes.flatMap(({ outputs }) => outputs.filter(Boolean))) {
    if (makers.has(name) || given.has(name))
      throw new ImportError("E_ONNX", `${file}: two values are named ${printed(name)}`);
    makers.add(name);
  }
  const known = new Set(given);
  const result: ReadNode[] = [];
  const waiting = new Map<string, ReadNode[]>();
  const place = (node: ReadNode) => {
    const ready = [node];
    for (let next = ready.pop(); next; next = ready.pop()) {
      const lacking = next.inputs.find((name) => name !== "" && !known.has(name));
      if (lacking !== undefined) {
        const others = waiting.get(lacking);
        if (others) others.push(next);
        else waiting.set(lacking, [next]);
        continue;
      }
      result.push(next);
      for (const name of next.outputs) {
        known.add(name);
        ready.push(...(waiting.get(name) ?? []).reverse());
        waiting.delete(name);
      }
    }
  };
  for (const node of model.nodes) place(node);
  for (const [lacking, [node]] of waiting) {
    const why = makers.has(lacking) ? "feeds itself" : `reads ${printed(lacking)}, which nothing makes`;
    throw new ImportError("E_ONNX", `${file}: ${nameOf(node)} ${why}`);
  }
  return result;
}
