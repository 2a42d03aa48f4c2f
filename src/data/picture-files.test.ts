import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pictureFiles, pictureStem } from "./picture-files.ts";
import { picturesBelow } from "./pictures-below.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pictures-"));
  const files = ["a.jpg", "B.JPEG", "sub/c d.png", "sub/deep/e.webp", "._a.jpg", ".DS_Store", "Thumbs.db", "a.txt"];
  for (const name of [...files, "__MACOSX/a.jpg", ".git/x.png", "two/f.png", "two/f.jpg", "100%.jpg"]) {
    await mkdir(join(root, dirname(name)), { recursive: true });
    await writeFile(join(root, name), "");
  }
  await symlink(join(root, "sub"), join(root, "link"));
  await symlink(root, join(root, "two/loop"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("pictureFiles", () => {
  it.each([
    ["a.jpg", "a.jpg", false],
    ["A.JPG", "a.jpg", true],
    ["a.png", "a.jpg", true],
    ["b.jpg", "B.JPEG", true],
    ["./sub/c d.png", "sub/c d.png", false],
    ["sub\\c d.png", "sub/c d.png", false],
    ["deep/e.webp", "sub/deep/e.webp", false],
    ["/home/me/set/a.jpg", "a.jpg", true],
    ["C:\\set\\sub\\deep\\e.webp", "sub/deep/e.webp", true],
    ["https://example.org/x/sub/c%20d.png?s=1#top", "sub/c d.png", true],
    ["https://example.org/100%.jpg", "100%.jpg", true],
    ["link/c d.png", "link/c d.png", false],
    // Of several extensions the first by name.
    ["two/f.gif", "two/f.jpg", true],
  ])("finds %s", async (name, path, isElsewhere) => {
    const { find } = pictureFiles([root, join(root, "sub")]);
    expect(await find(name)).toEqual({ path: join(root, path), isElsewhere });
  });

  it("finds an absolute path as it is", async () => {
    const path = join(root, "sub/c d.png");
    expect(await pictureFiles(["/nowhere"]).find(path)).toEqual({ path, isElsewhere: false });
  });

  it.each(["", "/", "nothing.jpg", "a", "sub", "a.txt.jpg", "../..", `${"x/".repeat(50_000)}q.jpg`])(
    "finds nothing for %.20s",
    async (name) => {
      const found = await pictureFiles([root]).find(name);
      // A name without extension is that of the picture, with any.
      expect(found?.path).toBe(name === "a" ? join(root, "a.jpg") : undefined);
    },
  );
});

it("pictureStem takes off what is a picture's extension only", () => {
  expect(["a.jpg", "a.b.PNG", "v1.2", ".jpg", "a.txt"].map(pictureStem)).toEqual(["a", "a.b", "v1.2", ".jpg", "a.txt"]);
});

it("picturesBelow walks folders, passes companions over, and ends where links lead back", async () => {
  const found = await picturesBelow(`${root}/`);
  const names = found.map((path) => path.slice(root.length + 1));
  expect(names.slice(0, 3)).toEqual(["100%.jpg", "B.JPEG", "a.jpg"]);
  // The linked folder is gone through once, under the name that comes first.
  expect(names.slice(3)).toEqual(["link/c d.png", "link/deep/e.webp", "two/f.jpg", "two/f.png"]);
  expect(names.some((name) => /\._|MACOSX|\.git|Thumbs|DS_Store|txt$/.test(name))).toBe(false);
  expect(await picturesBelow(join(root, "nowhere"))).toEqual([]);
});
