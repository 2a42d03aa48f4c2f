// @ts-check
/**
 * What the build writes before it compiles: a function for each variant of a kernel (`generated/variants.ts`), and the host's
 * view of the records (`src/snn/engines/event/kernel-records.ts`).
 *
 * Variants are inlined functions whose first parameters are constants, so that each becomes code of its own. They are exported from
 * the module although nobody outside calls them: an optimizer that merged them into their caller would give engines one function
 * too large to allocate registers well in.
 */

/**
 * @typedef {object} Kernel
 * @property {string} of the inlined function
 * @property {string} from its file
 * @property {string} parameters that variants pass on
 * @property {"void" | "bool" | "i64"} gives
 * @property {Readonly<Record<string, string>>} variants name: constants
 * @property {readonly string[]} [families] prefixes of variants that differ in a number, which are chosen from by a function of that name
 */

/** @param {string} prefix @param {readonly number[]} numbers @param {(n: number) => string} constants */
const numbered = (prefix, numbers, constants) =>
  Object.fromEntries(numbers.map((n) => [`${prefix}x${n}`, constants(n)]));

const eighths = [1, 2, 3, 4, 5, 6, 7, 8];
const gathering = { parameters: "term: Term, row: Row, i: i32, sums: usize", gives: /** @type {const} */ ("void") };
const stepping = { parameters: "tile: Tile, piece: Piece, p: i32, c: i32", gives: /** @type {const} */ ("void") };

/** Constants of a neuron's kernels: where currents come from, and whether membranes may saturate. */
const steps = {
  Short: "SHORT, false",
  ShortBound: "SHORT, true",
  Long: "LONG, false",
  LongBound: "LONG, true",
  Constant: "CONSTANT, true",
};

/** @param {string} kind */
const stepVariants = (kind) =>
  Object.fromEntries(Object.entries(steps).map(([name, constants]) => [kind + name, constants]));

/** @type {readonly Kernel[]} */
export const kernels = [
  {
    ...gathering,
    of: "gatherBytes",
    from: "gather/bytes",
    variants: {
      ...numbered("short8", eighths, (n) => `${n}, true`),
      ...numbered("narrow8", eighths, (n) => `${n}, false`),
    },
    families: ["short8", "narrow8"],
  },
  {
    ...gathering,
    of: "gatherNarrow",
    from: "gather/narrow",
    variants: numbered("narrow16", eighths, (n) => `${n}`),
    families: ["narrow16"],
  },
  {
    ...gathering,
    of: "gatherWide",
    from: "gather/wide",
    variants: numbered("wide16", [1, 2, 3, 4], (n) => `${n}`),
    families: ["wide16"],
  },
  {
    ...gathering,
    of: "gatherPairs",
    from: "gather/pairs",
    variants: numbered("pairs8", [4, 8], (n) => `${n}`),
    families: ["pairs8"],
  },
  ...[
    ["sweepThree", "depthwiseThree"],
    ["sumWindows", "depthwiseAny"],
  ].map(([of, name]) => ({
    of,
    from: "gather/depthwise",
    parameters: "term: Term, row: Row, weights: usize, spikes: usize, sums: usize",
    gives: /** @type {const} */ ("void"),
    variants: { [name]: "" },
  })),
  {
    of: "listSigned",
    from: "gather/events",
    parameters: "term: Term, i: i32, y: i32, row: usize, group: i32",
    gives: "i64",
    variants: { listNarrow: "false", listSplit: "true" },
  },
  { ...stepping, of: "takebackSteps", from: "neurons/takeback", variants: stepVariants("takeback") },
  { ...stepping, of: "thresholdSteps", from: "neurons/threshold", variants: stepVariants("threshold") },
  {
    of: "quotientSteps",
    from: "neurons/quotient",
    parameters: "tile: Tile, piece: Piece, c: i32, p: i32, other: i32",
    gives: "bool",
    variants: Object.fromEntries(
      [true, false].flatMap((isTakeback) =>
        [false, true].flatMap((isWeighted) =>
          [false, true].map((isLong) => [
            `${isTakeback ? "takeback" : "threshold"}${isLong ? "Long" : "Short"}Quotients${isWeighted ? "Weighted" : ""}`,
            `${isTakeback}, ${isWeighted}, ${isLong}`,
          ]),
        ),
      ),
    ),
  },
  {
    of: "integrateStep",
    from: "neurons/weighted",
    parameters: "piece: Piece, c: i32, shift: i32, current: usize",
    gives: "void",
    variants: { integrateShort: "SHORT", integrateLong: "LONG", integrateConstant: "CONSTANT" },
  },
  {
    of: "track",
    from: "neurons/tracker",
    parameters: "tile: Tile, piece: Piece",
    gives: "void",
    variants: {
      trackShort: "SHORT, true",
      trackLong: "LONG, true",
      trackConstant: "CONSTANT, true",
      trackLevelsShort: "SHORT, false",
      trackLevelsLong: "LONG, false",
      trackLevelsConstant: "CONSTANT, false",
    },
  },
  {
    of: "estimate",
    from: "neurons/estimate",
    parameters: "tile: Tile, piece: Piece",
    gives: "void",
    variants: {
      linesShort: "SHORT, false",
      linesLong: "LONG, false",
      linesConstant: "CONSTANT, false",
      curveShort: "SHORT, true",
      curveLong: "LONG, true",
      curveConstant: "CONSTANT, true",
    },
  },
  {
    of: "accumulatePairs",
    from: "stages/picture",
    parameters: "picture: Picture, y: i32, x: i32, c: i32, to: usize",
    gives: "void",
    variants: { accumulateOne: "false", accumulateTwo: "true" },
  },
  {
    of: "poolFour",
    from: "stages/pool",
    parameters:
      "pool: Pool, tile: Tile, input: Frame, members: usize, spikesAt: usize, sentAt: usize, from: i32, end: i32",
    gives: "void",
    variants: { poolFourPlain: "false", poolFourWeighted: "true" },
  },
];

/** AssemblyScript: a function for each variant, and one that chooses of each family. */
export function variantsSource() {
  const imports = kernels.map(({ of, from }) => `import { ${of} } from "../${from}";`);
  const functions = kernels.flatMap(({ of, parameters, gives, variants, families = [] }) => {
    const passed = parameters.replaceAll(/: \w+/g, "");
    const body = (/** @type {string} */ call) => `${gives === "void" ? "" : "return "}${call};`;
    const each = Object.entries(variants).map(
      ([name, constants]) =>
        `export function ${name}(${parameters}): ${gives} {\n  ${body(`${of}(${constants ? `${constants}, ` : ""}${passed})`)}\n}`,
    );
    const choosing = families.map((family) => {
      const names = Object.keys(variants).filter((name) => name.startsWith(`${family}x`));
      const branches = names.map((name, k) => {
        const condition = k === names.length - 1 ? "" : `if (n == ${name.slice(family.length + 1)}) `;
        return `  ${k > 0 ? "else " : ""}${condition}${name}(${passed});`;
      });
      return `export function ${family}(n: i32, ${parameters}): void {\n${branches.join("\n")}\n}`;
    });
    return [...each, ...choosing];
  });
  return [
    "/** Generated by kernels/generate.js, which says what for. */",
    ...imports,
    'import { CONSTANT, LONG, SHORT } from "../neurons/parts";',
    'import { Frame, Picture, Piece, Pool, Row, Term, Tile } from "../structs";',
    "",
    ...functions,
    "",
  ].join("\n");
}

/** @param {string} name */
const camel = (name) => name.toLowerCase().replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());

/**
 * TypeScript: fields of each record in order, and numbers with names, of `structs.ts`.
 * @param {string} structs
 */
export function recordsSource(structs) {
  const withoutComments = structs.replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
  const blocks = (/** @type {string} */ kind) =>
    [...withoutComments.matchAll(new RegExp(`export ${kind} (\\w+) \\{([^}]*)\\}`, "g"))].map(([, name, body]) => ({
      name: name[0].toLowerCase() + name.slice(1),
      body,
    }));
  const records = blocks("class").map(
    ({ name, body }) =>
      `  ${name}: [${[...body.matchAll(/(\w+): \w+;/g)].map(([, field]) => `"${field}"`).join(", ")}],`,
  );
  const numbers = blocks("const enum").map(
    ({ name, body }) =>
      `export const ${name} = { ${[...body.matchAll(/(\w+),/g)].map(([, member], k) => `${camel(member)}: ${k}`).join(", ")} } as const;`,
  );
  return [
    "// biome-ignore-all format: written by kernels/generate.js from kernels/structs.ts, where everything is explained",
    "/** What host and kernels share. Generated: change kernels/structs.ts and run `npm run kernels`. */",
    "",
    "/** 32-bit fields of the records, in order. */",
    "export const records = {",
    ...records,
    "} as const;",
    "",
    ...numbers,
    "",
  ].join("\n");
}
