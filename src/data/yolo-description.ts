/** What describes a YOLO data set: Ultralytics' `data.yaml`, or darknet's `.data` file of lines `key = value`. */
import { parse } from "yaml";
import { z } from "zod";
import { ImportError } from "../core/errors.ts";

export interface YoloDescription {
  /** The folder that the rest is relative to; as stated, which may be relative to the file. */
  readonly path?: string;
  /** By name (train, val, test): folders or lists of pictures. */
  readonly splits: ReadonlyMap<string, readonly string[]>;
  /** Class names by index; "class 0", … where there are none. */
  readonly names: readonly string[];
  /** The file that holds the names instead, one a line: darknet's. */
  readonly namesFile?: string;
  /** Numbers of a label that belong to keypoints. */
  readonly keypointNumbers: number;
}

const name = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const entry = z
  .union([
    z
      .string()
      .min(1)
      .transform((path) => [path]),
    z.array(z.string().min(1)).min(1),
  ])
  .nullish();
const count = z.int().min(1).max(100_000);

const schema = z.object({
  path: z.string().nullish(),
  train: entry,
  val: entry,
  valid: entry,
  test: entry,
  minival: entry,
  names: z.union([z.array(name).min(1), z.record(z.string().regex(/^\d+$/), name)]).nullish(),
  namesFile: z.string().min(1).optional(),
  nc: count.nullish(),
  kpt_shape: z.array(z.int().min(1).max(1000)).length(2).nullish(),
});

/** @throws ImportError [E_YOLO] naming `file` and the field. */
export function readDescription(text: string, file: string): YoloDescription {
  const fail = (what: string, cause?: unknown): never => {
    throw new ImportError("E_YOLO", `${file}: ${what}`, { cause });
  };
  const result = schema.safeParse(/\.data$/i.test(file) ? fromDarknet(text) : fromYaml(text, fail));
  if (!result.success) {
    const { path, message } = result.error.issues[0];
    return fail(`${path.length > 0 ? path.join(".") : "it"} is not what a data set's description has (${message})`);
  }
  const { path, names, namesFile, nc, kpt_shape, val, valid, ...others } = result.data;
  const splits = Object.entries({ ...others, val: val ?? valid }).flatMap(([split, entries]) =>
    entries ? [[split, entries] as const] : [],
  );
  if (splits.length === 0) fail("it names no pictures under train, val or test");
  return {
    ...(path ? { path } : {}),
    splits: new Map(splits),
    names: namesOf(names ?? undefined, nc ?? undefined, fail),
    ...(namesFile === undefined ? {} : { namesFile }),
    keypointNumbers: kpt_shape ? kpt_shape[0] * kpt_shape[1] : 0,
  };
}

function namesOf(
  stated: readonly string[] | Readonly<Record<string, string>> | undefined,
  count: number | undefined,
  fail: (what: string) => never,
): readonly string[] {
  if (!stated) {
    if (count === undefined) fail("it names no classes: names is missing");
    return Array.from({ length: count as number }, (_, index) => `class ${index}`);
  }
  // A list and a map by index read alike.
  const byIndex = stated as Readonly<Record<number, string>>;
  const names = Array.from({ length: Object.keys(stated).length }, (_, index) => byIndex[index]);
  const missing = names.indexOf(undefined as unknown as string);
  if (missing >= 0) fail(`names has no class ${missing}; they count from 0 without gaps`);
  if (count !== undefined && count !== names.length) fail(`nc is ${count}, and names has ${names.length}`);
  return names;
}

/** Names of four thousand classes take less; parsers of YAML take time by the square of it. */
const maxLetters = 2 ** 16;

/** Nobody nests a description deeper; parsers recurse, and a full stack can end the process. */
const maxDepth = 64;

function fromYaml(text: string, fail: (what: string, cause?: unknown) => never): unknown {
  if (isDeep(text)) fail(`nests its entries more than ${maxDepth} deep`);
  if (text.length > maxLetters) fail(`has ${text.length} letters; at most ${maxLetters} are read of a description`);
  try {
    return parse(text, { maxAliasCount: 100, logLevel: "error", prettyErrors: false }) as unknown;
  } catch (error) {
    return fail(`is not YAML (${(error as Error).message.split("\n")[0]})`, error);
  }
}

/** Counts brackets, in quotes too, and what can begin a nested entry at the beginning of a line. */
function isDeep(text: string): boolean {
  if (new RegExp(`^[ \\t\\-?:]{${2 * maxDepth}}`, "m").test(text)) return true;
  let depth = 0;
  return [...text.matchAll(/[[\]{}]/g)].some(([bracket]) => {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    return depth > maxDepth;
  });
}

/** Its `valid` is the set to validate on, its `names` a file. */
function fromDarknet(text: string): unknown {
  const lines = text.split(/\r\n?|\n/).flatMap((line) => {
    const [, key, value] = /^\s*([a-z]+)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    return key === undefined || value === "" ? [] : [[key.toLowerCase(), value] as const];
  });
  const { classes, names, ...rest } = Object.fromEntries(lines) as Readonly<Record<string, string>>;
  return { ...rest, ...(classes ? { nc: Number(classes) } : {}), ...(names ? { namesFile: names } : {}) };
}
