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
  "kernels/index.ts",
  "--runtime=stub",
  "--noAssert",
  "-O3",
  "--converge",
  "--enable=simd",
  "--enable=threads",
  "--enable=bulk-memory",
  "--importMemory",
  "--initialMemory=1",
];
const variants = {
  kernels: [],
  "kernels-shared": ["--sharedMemory", "--maximumMemory=65536"],
};

for (const [name, options] of Object.entries(variants)) {
  const { error, stderr } = await main([
    ...common,
    ...options,
    `--outFile=${folder}/${name}.wasm`,
    `--baseDir=${root}`,
  ]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
  const target = process.argv[2];
  if (target) {
    mkdirSync(`${root}${target}/snn/engines/event`, { recursive: true });
    copyFileSync(`${root}${folder}/${name}.wasm`, `${root}${target}/snn/engines/event/${name}.wasm`);
  }
}
