/** Energy models and chips: data that name their sources. */
import { energyModels } from "../../src/metrics/energy-models/models.ts";
import type { Target } from "../../src/targets/target.ts";
import { targets } from "../../src/targets/targets.ts";
import { code, markdownTable, plain } from "./table.ts";

export function energyModelsPage(): string {
  const rows = energyModels().map(({ name, label, source, remark, dense }) => [
    code(name),
    plain(label),
    plain(source),
    plain([remark, dense === null ? "knows spiking networks only" : ""].filter((text) => text !== "").join("; ")),
  ]);
  return `# Energy models\n\nWhat \`spiking-yolo energy\` prices its counts by. [What such figures mean](../concepts/energy.html).\n${markdownTable(["model", "for people", "source", "remark"], rows)}`;
}

export function chipsPage(): string {
  const sections = Object.entries<Target>(targets).map(([key, { label, rules, notes }]) => {
    const rows = rules.map(({ rule, limit, mend, source }) => [rule, limit, mend, source].map(plain));
    const remarks = notes.map((note) => `- ${plain(note)}`).join("\n");
    return `## ${plain(label)}\n\n\`--target ${key}\`\n${markdownTable(["rule", "limit", "what would mend it", "source"], rows)}\n${remarks}`;
  });
  return `# Chips\n\nThe rules that \`spiking-yolo fit\` holds a network against, each with its source. [How to use them](../guides/hardware.html).\n\n${sections.join("\n\n")}`;
}
