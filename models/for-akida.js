// @ts-check
/** A model that was trained with one step of whole counts, with the network that an Akida runs in its place: plain neurons, 4-bit weights. Built files only. */
import { readFile, writeFile } from "node:fs/promises";

/** @type {typeof import("../src/index.ts")} */
const { conversionSettings, decodeModel, encodeModel, toSpiking } = await import(
  new URL("../dist/index.js", import.meta.url).href
);

const [from, to] = process.argv.slice(2);
const { dnn } = decodeModel(await readFile(from), from);
if (!dnn) throw new Error(`${from} holds no DNN`);
const run = /** @type {const} */ ({ neuron: "if", vInit: 0.5, phases: 1, timeSteps: 1, levels: 15, delay: 0, bits: 4 });
await writeFile(to, encodeModel({ dnn, snn: toSpiking(dnn, conversionSettings("trained", run)) }));
