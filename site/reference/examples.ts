/** The programs of `examples`, as they are. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export function examplesPage(root: string): string {
  const files = readdirSync(join(root, "examples"))
    .filter((name) => /\.m?js$/.test(name))
    .sort();
  const sections = files.map((file) => {
    const text = readFileSync(join(root, "examples", file), "utf8");
    return `## ${file}\n\n\`\`\`js\n${text.trimEnd()}\n\`\`\``;
  });
  return `# Examples\n\nSmall programs on the library, each run by a test. In a folder where the package is installed they run as they stand, once the paths of files are yours.\n\n${sections.join("\n\n")}`;
}
