/** Older versions of the model file, brought to today's form before anything else looks at them. */
import { twoSloped } from "../functions/two-sloped.ts";
import { darknetPool, evenWindow } from "./windows.ts";

/** Of files that are written. */
export const formatVersion = "2";

type Json = unknown;

/** What turns a graph of the version into one of the next. */
const upgrades: ReadonlyMap<string, (graph: Json) => Json> = new Map([["1", fromVersion1]]);

/** Versions that can be read. */
export const readableVersions: readonly string[] = [...upgrades.keys(), formatVersion];

/** A graph's JSON in today's form; what has another form than its version says is left as it is, for validation to refuse. */
export function upgradeGraph(graph: Json, version: string): Json {
  const upgrade = upgrades.get(version);
  return upgrade ? upgradeGraph(upgrade(graph), String(Number(version) + 1)) : graph;
}

/**
 * Version 1 held the slope below zero of functions that were made of two straight lines, where now a function is named; and
 * one stride and one padding for all windows, which were square.
 */
function fromVersion1(graph: Json): Json {
  if (!isObject(graph) || !Array.isArray(graph.layers)) return graph;
  return { ...graph, layers: graph.layers.map((layer) => describeWindow(describeActivation(layer))) };
}

function describeWindow(layer: Json): Json {
  if (!isObject(layer) || typeof layer.stride !== "number" || typeof layer.padding !== "number") return layer;
  const { stride, padding, ...rest } = layer;
  if (rest.kind === "convolution") return { ...rest, ...evenWindow(stride, padding) };
  return typeof rest.size === "number" ? { ...rest, ...darknetPool(rest.size, stride, padding) } : layer;
}

function describeActivation(layer: Json): Json {
  if (!isObject(layer) || typeof layer.slope !== "number" || "activation" in layer) return layer;
  const { slope, ...rest } = layer;
  return { ...rest, activation: twoSloped(slope) };
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null;
}
