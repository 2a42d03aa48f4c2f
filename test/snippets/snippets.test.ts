/**
 * Every snippet of README, docs and models runs on an installation of what npm packs, or stands below with the reason
 * why not. Other people's files are the project's own under their names, and amounts are small: what is tried is that the
 * commands, their options and their order are right.
 */
import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Installed, installPacked } from "../packed.ts";
import { hasFfmpeg, prepareFiles } from "./people.ts";
import { pages, root, type Snippet, snippetsOf } from "./read.ts";

/** Commands that are not run here, by how they begin, and where else they are. */
const elsewhere: readonly (readonly [begins: string, reason: string])[] = [
  ["npm ci && npm ", "what continuous integration does"],
  ["npm run ", "a script of this repository, run by continuous integration or by hand for hours"],
  ["npx vitest ", "tests, which are running"],
  ["npm pack ", "test/packed.test.ts does it without a network"],
  ["npm install ", "takes a network"],
  ["find node_modules/onnxruntime-node", "test/packed.test.ts runs it on a folder of its own"],
  ["node bench/", "measures speed, for minutes; that the file is there is checked"],
  ["spiking-yolo bench ", "measures speed, for minutes; test/cli.test.ts runs it small"],
  ["spiking-yolo lab", "serves until it is stopped; the browser tests open its page"],
  ["spiking-yolo worker --queue ", "needs a server; test/queue.test.ts has one"],
];

/** A command that hands its pictures to a server is not run here, either. */
const needsServer = /--queue redis:/;

/** Blocks that are not commands, by page and beginning. */
const notCommands: readonly (readonly [page: string, begins: string])[] = [
  ["docs/architecture.md", "bytes ─importDarknet→"],
  ["docs/few-steps.md", "DNN        bird"],
  ["docs/nir.md", "I: V +="],
];

const snippets = pages.flatMap(snippetsOf);
const isListed = ({ page, text }: Snippet) => notCommands.some(([p, b]) => p === page && text.startsWith(b));
const isShell = (snippet: Snippet) => ["", "sh"].includes(snippet.language) && !isListed(snippet);

/** Commands of a block: lines that end in a backslash go on, comments end a line. */
const commandsOf = ({ text }: Snippet): readonly string[] =>
  text
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
const reasonNotToRun = (command: string): string | undefined => {
  if (needsServer.test(command)) return "needs a server; test/queue.test.ts has one";
  if (!hasFfmpeg && /\.mp4|ffmpeg/.test(command)) return "needs ffmpeg, which is not installed";
  return elsewhere.find(([begins]) => command.startsWith(begins))?.[1];
};

/** The same command with amounts of seconds, not hours. */
function small(command: string): string {
  // Left open, these are thousands of steps, and hundreds.
  const steps = /^spiking-yolo train /.test(command) ? 2 : 8;
  const [, name] = /^spiking-yolo (train|report) /.exec(command) ?? [];
  const open = [
    ...(name && !command.includes("--steps") ? ["--steps", steps] : []),
    ...(name === "report" && !command.includes("--limit") ? ["--limit", 1] : []),
    ...(name === "report" ? ["--paper-steps", 8] : []),
    // One picture instead of four generated ones, which the reference engine goes through step by step.
    ...(/^spiking-yolo energy .*--neurobench$/.test(command) ? ["photo.jpg"] : []),
  ];
  return [command, ...open]
    .join(" ")
    .replaceAll("…", "street.mp4")
    .replaceAll(/--raw 640x480/g, "--raw 96x64")
    .replaceAll(/--limit \d+/g, name === "report" ? "--limit 1" : "--limit 2")
    .replaceAll(/--count \d+/g, "--count 3 --width 96 --height 64")
    .replaceAll(/--frames \d+/g, "--frames 2")
    .replaceAll(/--shard 3\/10/g, "--shard 1/1")
    .replaceAll(/--batch \d+/g, "--batch 2")
    .replaceAll(/--warm-up \d+/g, "--warm-up 1")
    .replaceAll(/--steps \d\d+/g, `--steps ${steps}`)
    .replaceAll(/--at (\$\(.*?\)|1\.\.32|(\d+,)+(64|\d{3,})[\d,]*|\d{3,})/g, "--at 4,8");
}

let installed: Installed;
let files = "";
let bin = "";
beforeAll(() => {
  installed = installPacked();
  files = prepareFiles(installed);
  bin = join(installed.folder, "bin");
  mkdirSync(bin);
  // Slurm's `srun` starts what it is given.
  writeFileSync(join(bin, "srun"), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(bin, "srun"), 0o755);
}, 120_000);
afterAll(() => {
  installed?.remove();
  if (files) rmSync(files, { recursive: true });
});

/** Runs to the end in a folder below the installation; fails with what was said. */
function run(folder: string, command: string, args: readonly string[]): Promise<string> {
  const env = {
    ...installed.env,
    PATH: `${bin}${delimiter}${installed.env.PATH}`,
    SLURM_ARRAY_TASK_ID: "1",
    SLURM_ARRAY_TASK_COUNT: "1",
  };
  return new Promise((done, fail) => {
    execFile(command, args, { cwd: folder, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      error ? fail(new Error(`${args.at(-1)}\n${stderr || stdout}`)) : done(stdout),
    );
  });
}

function openFolder(page: string): string {
  const folder = join(installed.folder, page.replaceAll(/\W/g, "-"));
  cpSync(files, folder, { recursive: true });
  symlinkSync(join(installed.folder, "node_modules"), join(folder, "node_modules"), "junction");
  return folder;
}

describe.skipIf(process.platform === "win32")("snippets run on a clean installation", { timeout: 240_000 }, () => {
  const withCommands = pages.filter((page) =>
    snippetsOf(page).some((s) => s.language === "js" || (isShell(s) && commandsOf(s).some((c) => !reasonNotToRun(c)))),
  );
  test.each(withCommands)("%s", async (page) => {
    const folder = openFolder(page);
    for (const snippet of snippetsOf(page)) {
      if (snippet.language === "js") {
        writeFileSync(join(folder, "snippet.mjs"), snippet.text);
        await run(folder, process.execPath, ["snippet.mjs"]);
      }
      if (!isShell(snippet)) continue;
      for (const command of commandsOf(snippet).filter((c) => reasonNotToRun(c) === undefined))
        await run(folder, "sh", ["-c", small(command)]);
    }
  });
});

test("every block is run, read or listed", () => {
  for (const snippet of snippets) {
    const where = `${snippet.page}:${snippet.line}`;
    expect(["", "sh", "js", "json"], where).toContain(snippet.language);
    if (snippet.language === "json") expect(() => JSON.parse(snippet.text), where).not.toThrow();
    if (!isShell(snippet)) continue;
    for (const command of commandsOf(snippet))
      expect(
        /^(spiking-yolo|srun|ffmpeg) /.test(command) || reasonNotToRun(command),
        `${where} ${command}`,
      ).toBeTruthy();
  }
  // No reason outlives its command.
  const commands = snippets.filter(isShell).flatMap(commandsOf);
  for (const [begins] of elsewhere)
    expect(
      commands.some((command) => command.startsWith(begins)),
      begins,
    ).toBe(true);
  for (const [page, begins] of notCommands)
    expect(
      snippetsOf(page).some(({ text }) => text.startsWith(begins)),
      begins,
    ).toBe(true);
});

test("benchmarks that pages name are there", () => {
  const named = snippets.flatMap(({ text }) =>
    [...text.matchAll(/\b(?:node|run) (bench\/[\w./-]+)/g)].map(([, file]) => file),
  );
  expect(named.length).toBeGreaterThan(3);
  for (const file of named) expect(existsSync(join(root, file)), file).toBe(true);
});
