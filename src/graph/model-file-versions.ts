/** Older versions of the model file, brought to today's form before anything else looks at them. */
import { twoSloped } from "../functions/two-sloped.ts";

/** Of files that are written. */
export const formatVersion = "2";

type Json = unknown;

/** What turns a graph of the version into one of the next. */
const upgrades: ReadonlyMap<string, (graph: Json) => Json> = new Map([["1", describeActivations]]);

/** Versions that can be read. */
export const readableVersions: readonly string[] = [...upgrades.keys(), formatVersion];

/** A graph's JSON in today's form; what has another form than its version says is left as it is, for validation to refuse. */
export function upgradeGraph(graph: Json, version: string): Json {
  const upgrade = upgrades.get(version);
  return upgrade ? upgradeGraph(upgrade(graph), String(Number(version) + 1)) : graph;
}

/** Version 1 held the slope below zero of functions that were made of two straight lines; now a function is named. */
function describeActivations(graph: Json): Json {
  if (!isObject(graph) || !Array.isArray(graph.layers)) return graph;
  return { ...graph, layers: graph.layers.map(describeActivation) };
}

function describeActivation(layer: Json): Json {
  if (!isObject(layer) || typeof layer.slope !== "number" || "activation" in layer) return layer;
  const { slope, ...rest } = layer;
  return { ...rest, activation: twoSloped(slope) };
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null;
}
