/** The examples for container hosts: YAML that parses, services and jobs that are whole, options that the program has. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { declare as declareEvaluate } from "../src/cli/commands/evaluate.ts";
import { declare as declareWorker } from "../src/cli/commands/worker.ts";

const folder = resolve(import.meta.dirname, "../examples/many-machines");
const files = readdirSync(folder);
const textOf = (file: string) => readFileSync(resolve(folder, file), "utf8");

function parsed(file: string): Record<string, never> {
  const document = parseDocument(textOf(file), { uniqueKeys: true, strict: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS();
}

test("compose.yaml has a server, a coordinator and workers, whose services and volumes exist", () => {
  const { services, volumes } = parsed("compose.yaml") as unknown as {
    services: Record<string, { image: string; command: string; volumes: string[]; depends_on?: string[] }>;
    volumes: Record<string, unknown>;
  };
  expect(Object.keys(services)).toEqual(["valkey", "coordinator", "worker"]);
  for (const { image, command, volumes: mounts, depends_on = [] } of Object.values(services)) {
    expect([typeof image, typeof command]).toEqual(["string", "string"]);
    for (const name of depends_on) expect(services).toHaveProperty(name);
    for (const [source] of mounts.map((mount) => mount.split(":")))
      if (!source.startsWith("./")) expect(volumes).toHaveProperty(source);
  }
});

test.each(files.filter((file) => file.startsWith("kubernetes")))(
  "%s is a job whose mounts have their volumes",
  (file) => {
    const job = parsed(file) as unknown as {
      apiVersion: string;
      kind: string;
      spec: {
        completions: number;
        parallelism: number;
        template: {
          spec: {
            restartPolicy: string;
            containers: { command: string[]; volumeMounts: { name: string }[] }[];
            volumes: { name: string }[];
          };
        };
      };
    };
    expect(job).toMatchObject({ apiVersion: "batch/v1", kind: "Job" });
    const { restartPolicy, containers, volumes } = job.spec.template.spec;
    expect(restartPolicy).toBe("OnFailure");
    const names = volumes.map(({ name }) => name);
    for (const { command, volumeMounts } of containers) {
      expect(command.every((word) => typeof word === "string")).toBe(true);
      for (const { name } of volumeMounts) expect(names).toContain(name);
    }
  },
);

test.each(files)("%s uses options that its commands have", (file) => {
  const text = textOf(file)
    .replaceAll(/^ *#.*$/gm, "")
    .replaceAll(/[",[\]]/g, " ");
  const commands = [...text.matchAll(/spiking-yolo\s+(evaluate|worker)\s([\s\S]*?)(?=\n\s+[a-z]+:|$)/g)];
  expect(commands.length).toBeGreaterThan(0);
  for (const [, name, rest] of commands) {
    const command = new Command();
    (name === "worker" ? declareWorker : declareEvaluate)(command);
    const known = command.options.map(({ long }) => long);
    const used = [...rest.matchAll(/(?:^|\s)(--[a-z-]+)/g)].map(([, option]) => option);
    expect(used.length).toBeGreaterThan(0);
    for (const option of used) expect(known, `${name} ${option}`).toContain(option);
  }
});
