// @ts-check
/**
 * A campaign of random kills against `evaluate --queue`: of workers, of the coordinator, of the server with its append-only
 * file. Then the run is finished, and compared with one machine's: nothing lost, nothing twice.
 *
 *     npm run build && node bench/queue-kills.js --kills 30 --seed 1
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

/** @type {typeof import("../src/core/random.ts")} */
const { seededRandom } = await import(new URL("../dist/core/random.js", import.meta.url).href);

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    pictures: { type: "string", default: "300" },
    port: { type: "string", default: "7379" },
  },
});
const [kills, pictures, port] = [Number(values.kills), Number(values.pictures), Number(values.port)];
const random = seededRandom(Number(values.seed));
const program = resolve(import.meta.dirname, "../dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "queue-kills-"));
const journal = join(folder, "run.jsonl");
const evaluation = ["evaluate", "scenes", "--dataset", "voc:scenes", "--steps", "8", "--at", "8", "--json"];
const url = `redis://127.0.0.1:${port}`;
const queue = ["--queue", url, "--resume", journal, "--lease", "2"];

/** @param {readonly string[]} args */
const start = (args) => spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
const startWorker = () => start(["worker", "--queue", url, "--threads", "1"]);
const startServer = async () => {
  const args = ["--port", String(port), "--dir", folder, "--save", "", "--appendonly", "yes", "--bind", "127.0.0.1"];
  const server = spawn("redis-server", args, { stdio: "ignore" });
  for (let open = false; !open; await sleep(50)) {
    open = await new Promise((done) => {
      const probe = connect(port, "127.0.0.1", () => done(true)).on("error", () => done(false));
      probe.on("connect", () => probe.destroy());
    });
  }
  return server;
};
/** @param {import("node:child_process").ChildProcess} child */
const kill = async (child) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
};
const finished = () => {
  try {
    return readFileSync(journal, "utf8").split("\n").length - 2;
  } catch {
    return 0;
  }
};

spawnSync(process.execPath, [program, "scenes", "--count", String(pictures), "-o", "scenes"], { cwd: folder });
const local = spawnSync(process.execPath, [program, ...evaluation], {
  cwd: folder,
  maxBuffer: 2 ** 28,
}).stdout.toString();

let server = await startServer();
const workers = [startWorker(), startWorker(), startWorker()];
let coordinator = start([...evaluation, ...queue]);
const counts = { worker: 0, coordinator: 0, server: 0 };
for (let n = 0; n < kills; n++) {
  await sleep(300 + 1700 * random());
  const draw = random();
  if (draw < 0.6) {
    const which = Math.floor(random() * workers.length);
    await kill(workers[which]);
    workers[which] = startWorker();
    counts.worker++;
  } else if (draw < 0.8) {
    await kill(coordinator);
    coordinator = start([...evaluation, ...queue]);
    counts.coordinator++;
  } else {
    await kill(server);
    await sleep(500 * random());
    server = await startServer();
    counts.server++;
  }
  if (coordinator.exitCode !== null) break;
}
const during = finished();
await kill(coordinator);
const last = spawnSync(process.execPath, [program, ...evaluation, ...queue], { cwd: folder, maxBuffer: 2 ** 28 });
for (const child of [...workers, server]) await kill(child);
const entries = readFileSync(journal, "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => JSON.parse(line).entry);
// A picture whose workers were killed three times counts as failed, which is written down, and is done again when the run is resumed.
const passing = entries.filter((entry) => entry.passing).length;
const ids = entries.filter((entry) => !entry.passing).map(({ id }) => id);
const done = counts.worker + counts.coordinator + counts.server;
console.log(
  `${done} kills: ${counts.worker} of workers, ${counts.coordinator} of the coordinator, ${counts.server} of the server`,
);
console.log(
  `${during} of ${pictures} pictures were finished meanwhile; lost ${pictures - new Set(ids).size}, twice ${ids.length - new Set(ids).size}, given up and done again ${passing}`,
);
console.log(`the result is ${last.stdout.toString() === local ? "equal to" : "ANOTHER than"} one machine's`);
rmSync(folder, { recursive: true });
process.exitCode = last.stdout.toString() === local && ids.length === pictures ? 0 : 1;
