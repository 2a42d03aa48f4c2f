/** Attributes of a node by name, with what they are where the file leaves them out. */
import type { ReadNode } from "./read-onnx.ts";

/** An attribute that is a list of whole numbers. */
export function integers({ attributes }: ReadNode, name: string): readonly number[] | undefined {
  const value = attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
}

export function integer({ attributes }: ReadNode, name: string, fallback: number): number {
  const value = attributes[name];
  return typeof value === "number" ? value : fallback;
}

export function float({ attributes }: ReadNode, name: string, fallback: number): number {
  const value = attributes[name];
  if (typeof value === "number") return value;
  return typeof value === "object" && "float" in value ? value.float : fallback;
}

export function text({ attributes }: ReadNode, name: string, fallback: string): string {
  const value = attributes[name];
  return typeof value === "string" ? value : fallback;
}
