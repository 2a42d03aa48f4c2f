/** The documentation site: every text has its page, nothing links into the void, and search finds what is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import MiniSearch from "minisearch";
import { beforeAll, expect, test } from "vitest";
import { slugOf, uniqueSlugs } from "../site/pages/slug.ts";
import { searchOptions } from "../site/src/search-options.ts";
import { commands } from "../src/cli/program.ts";
import { buildSite, siteFolder, sitePages } from "./site.ts";
import { pages as texts } from "./snippets/read.ts";

const root = resolve(import.meta.dirname, "..");
const html = new Map<string, string>();

beforeAll(() => {
  buildSite();
  for (const path of sitePages()) html.set(path, readFileSync(join(siteFolder, path), "utf8"));
}, 120_000);

const attributes = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value]) => value);

test("no link, picture or script of a page leads into the void, and no address begins at the host's root", () => {
  expect(html.size).toBeGreaterThan(30);
  const dead: string[] = [];
  for (const [path, text] of html) {
    const ids = attributes(text, "id");
    expect(new Set(ids).size, path).toBe(ids.length);
    for (const address of [...attributes(text, "href"), ...attributes(text, "src")]) {
      if (/^https:/.test(address)) continue;
      const [file, anchor] = address.split("#");
      const target = file === "" ? path : posix.normalize(posix.join(posix.dirname(path), file));
      const isThere = !file.startsWith("/") && existsSync(join(siteFolder, target));
      const holds = anchor === undefined || attributes(html.get(target) ?? "", "id").includes(anchor);
      if (!isThere || !holds) dead.push(`${path}: ${address}`);
    }
  }
  expect(dead).toEqual([]);
});

test("no link of README, docs and models leads into the void", () => {
  const anchors = (file: string) => {
    const slug = uniqueSlugs();
    const body = readFileSync(join(root, file), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
    return [...body.matchAll(/^#+ (.*)$/gm)].map(([, title]) => slug(title.replaceAll("`", "")));
  };
  const dead: string[] = [];
  for (const file of texts) {
    const body = readFileSync(join(root, file), "utf8");
    for (const [, href] of body.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(href)) continue;
      const [path, anchor] = href.split("#");
      const target = path === "" ? file : posix.normalize(posix.join(posix.dirname(file), path));
      const isThere = existsSync(join(root, target));
      if (!isThere || (anchor !== undefined && !anchors(target).includes(anchor))) dead.push(`${file}: ${href}`);
    }
  }
  expect(dead).toEqual([]);
});

test("anchors are GitHub's", () => {
  expect(slugOf("What it keeps and what it costs: moving scenes")).toBe(
    "what-it-keeps-and-what-it-costs-moving-scenes",
  );
  expect(slugOf("λ, `V_th` – and T = 8")).toBe("λ-v_th--and-t--8");
  const slug = uniqueSlugs();
  expect([slug("Time"), slug("Time"), slug("Time")]).toEqual(["time", "time-1", "time-2"]);
});

test("every text has a page", () => {
  // What `docs/images` holds is for those who make the pictures.
  const headings = texts.map((file) => /^# (.*)$/m.exec(readFileSync(join(root, file), "utf8"))?.[1] ?? file);
  const titles = [...html.values()].flatMap((text) =>
    [...text.matchAll(/<h[12] id="[^"]*">(.*?)<\/h[12]>/g)].map(([, title]) => title.replaceAll(/<[^>]*>/g, "")),
  );
  for (const heading of headings)
    expect(
      titles.map((title) => title.replaceAll("&quot;", '"')),
      heading,
    ).toContain(heading.replaceAll("`", ""));
});

test("reference pages hold every row of their tables", () => {
  const page = html.get("reference/commands.html") ?? "";
  for (const name of Object.keys(commands)) expect(page).toContain(`<h2 id="${name}">`);
  expect(page).toContain("<code>--calibrate &lt;dir&gt;</code>");
  expect(html.get("reference/layers.html")).toContain('<h2 id="integratefire">');
  expect(html.get("reference/neurons.html")).toContain("<code>takeback</code>");
  expect(html.get("reference/functions.html")).toContain("y = x·σ(x)");
  expect(html.get("reference/heads.html")).toContain('<h2 id="gaussianyolo">');
  expect(html.get("reference/energy-models.html")).toContain("<code>lemaire-words</code>");
  expect(html.get("reference/chips.html")).toContain("--target truenorth");
});

test("the index finds sections by their words, and leads to them", () => {
  const index = MiniSearch.loadJSON(readFileSync(join(siteFolder, "search.json"), "utf8"), searchOptions);
  const found = (words: string) => index.search(words).map(({ id }) => String(id));
  expect(found("imbalanced threshold")[0]).toMatch(/^(concepts|reference)\//);
  expect(found("--calibrate").length).toBeGreaterThan(0);
  expect(found("slurm array")[0]).toMatch(/^guides\/many-machines/);
  expect(found("zyzzyva")).toEqual([]);
  for (const id of found("tracker")) {
    const [path, anchor] = id.split("#");
    expect(html.has(path), id).toBe(true);
    if (anchor !== undefined) expect(attributes(html.get(path) ?? "", "id"), id).toContain(anchor);
  }
});

test("the lab stands within the site", () => {
  expect(readdirSync(join(siteFolder, "lab"))).toContain("index.html");
});
