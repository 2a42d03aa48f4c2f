/** Every command with all of its options, from the program itself. */
import type { Command, Option } from "commander";
import { addCommand, commands, createProgram } from "../../src/cli/program.ts";
import { code, markdownTable, plain } from "./table.ts";

export async function commandsPage(): Promise<string> {
  const sections: string[] = [];
  for (const name of Object.keys(commands)) {
    const program = createProgram();
    sections.push(sectionOf(await addCommand(program, name, true)));
  }
  return `# Commands

\`--json\` prints exactly one JSON document on the standard output; progress goes to the standard error. Exit code 0: done; 1: failed; 2: bad usage or bad input, in one line that says what, where, and how to mend it. A MODEL is a built-in name, a model file, an \`.onnx\`, a darknet \`.cfg\` with \`--weights\`, or a \`.nir\`.

${sections.join("\n")}`;
}

function sectionOf(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "…" : ""}`;
    return [code(argument.required ? name : `[${name}]`), plain(argument.description)];
  });
  return [
    `## ${command.name()}`,
    `${sentence(command.description())}`,
    `    spiking-yolo ${command.name()} ${command.usage()}`,
    markdownTable(["argument", ""], args),
    ...groupsOf(command.options).map(
      ([title, options]) =>
        `${title === "" ? "" : `**${title.replace(/:$/, "")}**\n`}${markdownTable(["option", "", "default"], options.map(rowOf))}`,
    ),
    after(command),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Options by the heading under which help lists them, in its order. */
function groupsOf(options: readonly Option[]): readonly (readonly [string, readonly Option[]])[] {
  const groups = new Map<string, Option[]>();
  for (const option of options) {
    const title = option.helpGroupHeading ?? "";
    groups.set(title, [...(groups.get(title) ?? []), option]);
  }
  return [...groups];
}

function rowOf(option: Option): readonly string[] {
  const choices = option.argChoices ? ` (${option.argChoices.map(code).join(", ")})` : "";
  const value = option.defaultValueDescription ?? option.defaultValue;
  const isFlag = typeof value === "boolean";
  const shown = value === undefined || isFlag ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return [code(option.flags), plain(option.description) + choices, code(shown)];
}

/** What help says behind the options: examples and remarks. */
function after(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  const rest = text.slice(command.helpInformation().length).trim();
  return rest === "" ? "" : `\`\`\`\n${rest}\n\`\`\``;
}

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;
