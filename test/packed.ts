/**
 * The package as npm packs it, installed in a folder of its own: the files that `npm pack` lists, beside links to the
 * dependencies that the lock file gives a user. Packages that only development needs are not there, so what the package
 * imports without having declared it is not found.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

export interface PackedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

export interface Installed {
  /** A user's project: a package.json beside node_modules. */
  readonly folder: string;
  readonly files: readonly PackedFile[];
  /** What npm links as `spiking-yolo`. */
  readonly program: string;
  /** For processes that call it by its name. */
  readonly env: NodeJS.ProcessEnv;
  remove(): void;
}

/** Names of the packages that a user gets, those beside each other in node_modules. */
export function userPackages(): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const prefix = "node_modules/";
  return Object.entries(packages as Record<string, { dev?: boolean; devOptional?: boolean }>)
    .filter(([path, { dev, devOptional }]) => path.startsWith(prefix) && !dev && !devOptional)
    .map(([path]) => path.slice(prefix.length))
    .filter((name) => !name.includes(prefix) && existsSync(join(root, prefix, name)));
}

let listed: readonly PackedFile[] | undefined;

/** Of the package as it is built now; npm is asked once, since it takes seconds. */
function packedFiles(): readonly PackedFile[] {
  if (listed) return listed;
  const answer = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--silent"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const [{ files }] = [JSON.parse(answer)].flat() as { files: PackedFile[] }[];
  listed = files;
  return files;
}

/** @param without packages that are left out. @param also packages that a user added. */
export function installPacked(without: readonly string[] = [], also: readonly string[] = []): Installed {
  const folder = mkdtempSync(join(tmpdir(), "installed-"));
  const modules = join(folder, "node_modules");
  const files = packedFiles();
  for (const { path } of files) cpSync(join(root, path), join(modules, "spiking-yolo", path));
  for (const name of [...userPackages(), ...also].filter((name) => !without.includes(name))) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
  }
  const bin = join(modules, ".bin");
  mkdirSync(bin);
  const main = join(modules, "spiking-yolo/dist/cli/main.js");
  chmodSync(main, 0o755);
  const program = join(bin, "spiking-yolo");
  symlinkSync(main, program);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  return { folder, files, program, env, remove: () => rmSync(folder, { recursive: true }) };
}
