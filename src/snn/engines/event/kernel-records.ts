// biome-ignore-all format: written by kernels/generate.js from kernels/structs.ts, where everything is explained
/** What host and kernels share. Generated: change kernels/structs.ts and run `npm run kernels`. */

/** 32-bit fields of the records, in order. */
export const records = {
  frame: ["data", "stride", "slotBytes", "capacity", "width", "height", "lag", "active", "parts", "isLookedAt"],
  term: ["kernel", "frame", "size", "stride", "padding", "groups", "inPerGroup", "outPerGroup", "fanOut", "shift", "weights", "rowBytes", "blockBytes", "budget", "offsets", "mergeBytes", "isPaired", "events", "eventStepBytes", "eventRowBytes", "isSplit", "eventListBytes", "indexListBytes", "magnitudes", "index", "indexStepBytes", "reachX", "reachY", "spread", "other", "otherSpread", "isSecond", "otherCounts", "counter"],
  population: ["kind", "terms", "termCount", "out", "channels", "block", "blocks", "run", "passSteps", "isShort", "shift", "bound", "calm", "stateStride", "vMem", "netCount", "parameters", "weighted", "tracking", "settled", "targets", "estimates", "bounds", "boundBytes", "curve", "beforeShift", "behindShift", "schedule", "bias", "constant", "received", "neuron", "levels", "isMonotone", "pool", "bandFrames", "lagIn", "counter", "charge", "readAt", "chargeHistory", "countHistory"],
  pool: ["kind", "input", "out", "size", "stride", "offset", "isWinner", "isBinary", "counts", "countStride", "ownsCounts", "levels", "sent", "settled"],
  move: ["kind", "input", "out", "factor", "insertsZeros", "from", "to", "channels", "endsPosition", "part"],
  pixels: ["kind", "source", "count", "pairs", "whole"],
  poisson: ["kind", "out", "channels", "pixels", "seed"],
  picture: ["kind", "isSmall", "pixels", "channels", "height", "width", "size", "stride", "padding", "weights", "outChannels", "outHeight", "outWidth", "shift", "units", "current", "currentStride", "adds"],
  program: ["stages", "stageCount", "timeSteps", "phases", "goesOn", "keepsState", "isWhole", "threads", "tileSteps", "scratch", "scratchBytes", "counters", "counterBytes", "compaction", "isOutside", "nextItem", "arrived", "generation"],
  tile: ["program", "thread", "g0", "length"],
  piece: ["population", "position", "positions", "first", "channels", "out", "spikes", "isQuiet", "begins", "mode", "currents", "stepBytes", "positionBytes", "from", "to", "integrateFrom", "integrateTo", "fireFrom", "fireTo", "receives"],
  row: ["population", "first", "y", "x", "end", "kyFrom", "kyTo", "from", "to", "currents", "stepBytes", "positionBytes", "weights", "group", "room"],
} as const;

export const stageKind = { population: 0, pool: 1, move: 2, poisson: 3, picture: 4, pixels: 5 } as const;
export const termKernel = { int8: 0, int16: 1, wide: 2, depthwise: 3, scale: 4, product: 5 } as const;
export const spreadNumber = { alike: 0, channels: 1, positions: 2 } as const;
export const neuronNumber = { threshold: 0, takeback: 1, tracker: 2 } as const;
export const parameterRow = { fireUp: 0, fireUpNeg: 1, fireDown: 2, fireDownNeg: 3, costUp: 4, costUpNeg: 5, costDown: 6, costDownNeg: 7, start: 8, upAbove: 9, downBelow: 10, moreFire: 11, moreCost: 12 } as const;
