/**
 * Activation functions that exporters write as several operators: a value keeps the formula by which it was computed of a
 * layer's values, and formulas of known functions become one activation layer. What its parts had become is dropped as unread.
 */
import type { Activation } from "../../functions/function.ts";

/** Formulas by what they stand for; numbers have four digits, and a product names its factors in either order. */
const known: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ["x*sigmoid(x)", { fn: "silu" }],
  ["x*tanh(softplus(x))", { fn: "mish" }],
  ["x*clip(x+3,0,6)/6", { fn: "hardSwish" }],
  ["x*clip(x+3,0,6)*0.1667", { fn: "hardSwish" }],
  ["x*(clip(x+3,0,6)/6)", { fn: "hardSwish" }],
  ["x*(clip(x+3,0,6)*0.1667)", { fn: "hardSwish" }],
  ["x*hardSigmoid(x,0.1667,0.5)", { fn: "hardSwish" }],
  ["x*(erf(x/1.414)+1)*0.5", { fn: "gelu" }],
  ["x*((erf(x/1.414)+1)*0.5)", { fn: "gelu" }],
  ["x*0.5*(erf(x/1.414)+1)", { fn: "gelu" }],
  ["x*(erf(x*0.7071)+1)*0.5", { fn: "gelu" }],
]);

/** Longer formulas are no function that somebody has a name for. */
const longest = 64;

export function recognizeFunction(text: string): Activation | undefined {
  return known.get(text);
}

/** f(x, …). */
export function applied(name: string, argument: string, ...parameters: readonly number[]): string | undefined {
  return bounded(`${name}(${[argument, ...parameters.map(numberText)].join(",")})`);
}

/** x + c and the like. */
export function withNumber(text: string, operator: "+" | "*" | "/", value: number): string | undefined {
  const isSum = operator !== "+" && /\+[^)]*$/.test(text.replace(/\([^()]*\)/g, ""));
  return bounded(`${isSum ? `(${text})` : text}${operator}${numberText(value)}`);
}

/** a·b of two formulas of the same x. */
export function product(a: string, b: string): string | undefined {
  const [first, second] = a.startsWith("x") && !b.startsWith("x*") && b !== "x" ? [a, b] : [b, a];
  const needsBrackets = /[+/*]/.test(second.replace(/\([^()]*(\([^()]*\)[^()]*)*\)/g, ""));
  return bounded(`${first}*${needsBrackets ? `(${second})` : second}`);
}

function bounded(text: string): string | undefined {
  return text.length <= longest ? text : undefined;
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(4)));
}
