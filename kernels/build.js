// @ts-check
/**
 * Compiles the kernels to WebAssembly, beside the engine that loads them: one module for a memory of one's own, one for
 * shared memory. With an argument: also into that folder (the package's dist).
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";
import { recordsSource, variantsSource } from "./generate.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = "src/snn/engines/event";

mkdirSync(`${root}kernels/generated`, { recursive: true });
writeFileSync(`${root}kernels/generated/variants.ts`, variantsSource());
writeFileSync(`${root}${folder}/kernel-records.ts`, recordsSource(readFileSync(`${root}kernels/structs.ts`, "utf8")));

const common = [
  "--runtime=stub",
  "--noAssert",
  "-O3",
  "--converge",
  "--enable=simd",
  "--enable=bulk-memory",
  "--initialMemory=1",
];
const engine = ["kernels/index.ts", "--enable=threads", "--importMemory"];
const variants = {
  kernels: [],
  "kernels-shared": ["--sharedMemory", "--maximumMemory=65536"],
};

/** @param {readonly string[]} options */
async function compile(...options) {
  const { error, stderr } = await main([...common, ...options, `--baseDir=${root}`]);
  if (!error) return;
  process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
  process.exit(1);
}

// Pictures are resized at once, without waiting for a file: so the program's text holds this module's bytes.
const resize = `${root}kernels/generated/resize.wasm`;
await compile("kernels/resize.ts", "--outFile=kernels/generated/resize.wasm");
writeFileSync(
  `${root}src/image/resize-kernel.ts`,
  `/** kernels/resize.ts, compiled: made by kernels/build.js. */
export const resizeKernel =
  "${readFileSync(resize).toString("base64")}";
`,
);

for (const [name, options] of Object.entries(variants)) {
  await compile(...engine, ...options, `--outFile=${folder}/${name}.wasm`);
  const target = process.argv[2];
  if (target) {
    mkdirSync(`${root}${target}/snn/engines/event`, { recursive: true });
    copyFileSync(`${root}${folder}/${name}.wasm`, `${root}${target}/snn/engines/event/${name}.wasm`);
  }
}
