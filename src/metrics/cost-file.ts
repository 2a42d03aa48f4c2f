/** What a user adds to the prices and models that are known: a JSON list of {@link OperationCost} and {@link PricedModel}, in any order. */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import { type OperationCost, operationCosts } from "./energy.ts";
import type { EnergyModel } from "./energy-models/model.ts";
import { pricedModel } from "./energy-models/priced.ts";

const price = z.number().min(0).max(1e12);
const naming = {
  name: z.string().regex(/^[\w-]{1,64}$/, "letters, digits, _ and - expected"),
  label: z.string().min(1).max(100),
  source: z.string().min(1).max(1000),
};
const cost = z.strictObject({ ...naming, macPicojoules: price, acPicojoules: price });

const access = z.union([price, z.strictObject({ base: price, perByte: price })], {
  error: "a price in picojoules expected, or {base, perByte}",
});
const dense = { mac: price, weight: access.optional(), value: access.optional() };
const model = z.strictObject({
  ...naming,
  dnn: z.strictObject(dense).optional(),
  dnn8: z.strictObject(dense).optional(),
  snn: z.strictObject({
    ...dense,
    ...{ ac: price, synapseWeight: access.optional(), synapseState: access.optional() },
    ...{ update: price, updateState: access.optional() },
    ...{ spikeRead: price.optional(), spikeSent: price.optional(), lookup: price.optional() },
  }),
});

export interface Costs {
  /** The built-in prices with the file's after them; one of the same name replaces the built-in one. */
  readonly costs: readonly OperationCost[];
  /** The file's models. */
  readonly models: readonly EnergyModel[];
}

/** @throws ImportError [E_COSTS] naming `file` and the entry that is wrong. */
export function readCosts(text: string, file: string): Costs {
  const entries = parseList(text, file);
  const costs: OperationCost[] = [];
  const models: EnergyModel[] = [];
  for (const [i, entry] of entries.entries()) {
    if (typeof entry === "object" && entry !== null && "snn" in entry) {
      const own = checked(model, entry, file, i, "{name, label, source, dnn, dnn8, snn}");
      if ((own.dnn === undefined) !== (own.dnn8 === undefined))
        throw new ImportError("E_COSTS", `${file}, ${own.name}: dnn and dnn8 belong together. Give both, or none`);
      models.push(pricedModel(own));
    } else costs.push(checked(cost, entry, file, i, "{name, label, macPicojoules, acPicojoules, source}"));
  }
  const names = new Set([...costs, ...models].map(({ name }) => name));
  if (names.size < entries.length) throw new ImportError("E_COSTS", `${file}: two entries have the same name`);
  return { costs: [...operationCosts.filter(({ name }) => !names.has(name)), ...costs], models };
}

function parseList(text: string, file: string): readonly unknown[] {
  try {
    return z.array(z.unknown()).max(32).parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? error.issues[0].message : (error as Error).message;
    throw new ImportError("E_COSTS", `${file} is no JSON list of prices and models (docs/energy.md): ${reason}`, {
      cause: error,
    });
  }
}

function checked<T>(schema: z.ZodType<T>, entry: unknown, file: string, index: number, fields: string): T {
  const { success, data, error } = schema.safeParse(entry);
  if (success) return data;
  const [{ path, message }] = error.issues;
  const where = [`entry ${index + 1}`, ...path].join(".");
  throw new ImportError("E_COSTS", `${file}, ${where}: ${message}. An entry is ${fields}, see docs/energy.md`, {
    cause: error,
  });
}
