import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isBelow, namesBelow, taskFile } from "./task-files.ts";

describe("namesBelow", () => {
  it("names files below the deepest folder that all are in", () => {
    expect(namesBelow(["/data/a/1.jpg", "/data/b/c/2.jpg", "/data/3.jpg"])).toEqual({
      folder: "/data",
      names: ["a/1.jpg", "b/c/2.jpg", "3.jpg"],
    });
    expect(namesBelow(["/data/ab/1.jpg", "/data/ac/1.jpg"]).names).toEqual(["ab/1.jpg", "ac/1.jpg"]);
    expect(namesBelow(["/data/a/1.jpg"])).toEqual({ folder: "/data/a", names: ["1.jpg"] });
    expect(namesBelow(["/data/a/1.jpg", "/other/1.jpg"])).toEqual({
      folder: "/",
      names: ["data/a/1.jpg", "other/1.jpg"],
    });
    expect(namesBelow([])).toEqual({ folder: "/", names: [] });
  });
});

it.each(["", "/etc/passwd", "../a", "a/../../b", "a\\..\\b", "a\0b"])("takes %j for no name below a folder", (name) => {
  expect(isBelow(name)).toBe(false);
  expect(isBelow("a/b..c/d.jpg")).toBe(true);
});

describe("taskFile", () => {
  let folder: string;
  const sent = new Map([["key", Buffer.from("sent")]]);
  const redis = { getBuffer: async (key: string) => sent.get(key) ?? null } as unknown as Redis;
  const server = createServer((request, response) => {
    if (request.url === "/base/a%20b/1.jpg") response.end("fetched");
    else response.writeHead(request.url === "/base/gone.jpg" ? 404 : 500).end();
  });
  let base: string;
  const text = (bytes?: Uint8Array) => bytes && Buffer.from(bytes).toString();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "task-files-"));
    writeFileSync(join(folder, "1.jpg"), "here");
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(server.address() as { port: number }).port}/base`;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("reads where the run says, or where this machine has it", async () => {
    const at = { path: join(folder, "1.jpg"), name: "1.jpg", key: "key" };
    expect(text(await taskFile(redis, { from: "path" }, at))).toBe("here");
    expect(text(await taskFile(redis, { from: "sent" }, at))).toBe("sent");
    expect(text(await taskFile(redis, { from: "address", base }, { ...at, name: "a b/1.jpg" }))).toBe("fetched");
    expect(text(await taskFile(redis, { from: "sent" }, at, folder))).toBe("here");
  });

  it("says that it lacks what is not there, and fails where an address does", async () => {
    const nowhere = { path: join(folder, "2.jpg"), name: "2.jpg", key: "other" };
    expect(await taskFile(redis, { from: "path" }, nowhere)).toBeUndefined();
    expect(await taskFile(redis, { from: "sent" }, nowhere)).toBeUndefined();
    expect(await taskFile(redis, { from: "path" }, nowhere, folder)).toBeUndefined();
    const outside = { ...nowhere, name: `../${folder.split("/").at(-1)}/1.jpg` };
    expect(await taskFile(redis, { from: "path" }, outside, folder)).toBeUndefined();
    await expect(taskFile(redis, { from: "address", base }, { ...nowhere, name: "gone.jpg" })).rejects.toThrow(/404/);
    await expect(taskFile(redis, { from: "address", base }, nowhere)).rejects.toThrow(/2\.jpg answers with status 500/);
  });
});
