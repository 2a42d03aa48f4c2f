/** Prices of operations that a user adds: a JSON list of {@link OperationCost}. */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import { type OperationCost, operationCosts } from "./energy.ts";

const price = z.number().min(0).max(1e12);
const schema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[\w-]{1,64}$/, "letters, digits, _ and - expected"),
      label: z.string().min(1).max(100),
      macPicojoules: price,
      acPicojoules: price,
      source: z.string().min(1).max(1000),
    }),
  )
  .max(32);

/**
 * The built-in costs with the file's after them; one of the same name replaces the built-in one.
 * @throws ImportError [E_COSTS] naming `file` and the entry that is wrong.
 */
export function readCosts(text: string, file: string): readonly OperationCost[] {
  const added = parse(text, file);
  const names = new Set(added.map(({ name }) => name));
  if (names.size < added.length) throw new ImportError("E_COSTS", `${file}: two costs have the same name`);
  return [...operationCosts.filter(({ name }) => !names.has(name)), ...added];
}

function parse(text: string, file: string): readonly OperationCost[] {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? `${error.issues[0].path.join(".") || "the whole"}: ${error.issues[0].message}`
        : (error as Error).message;
    throw new ImportError(
      "E_COSTS",
      `${file} is no list of {name, label, macPicojoules, acPicojoules, source}: ${reason}`,
      { cause: error },
    );
  }
}
