/** `npm run fuzz -- --minutes 120 --seed 7`: goes on until the time is over, prints each fault, exit code 1 where there is one. */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string", default: "1" } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error("--minutes is above 0, --seed an integer");

const batch = 5000;
const deadline = performance.now() + minutes * 60_000;
let found = 0;
for (let first = 0; performance.now() < deadline; first += batch) {
  const { faults, peakMiB } = await fuzz(seed, first, first + batch);
  for (const fault of faults) console.log(JSON.stringify(fault));
  found += faults.length;
  if (peakMiB > 2048) found++;
  console.error(`seed ${seed}: ${first + batch} inputs, ${found} faults, ${Math.round(peakMiB)} MiB`);
}
process.exit(found > 0 ? 1 : 0);
