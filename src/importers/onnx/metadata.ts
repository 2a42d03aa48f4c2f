/** What an ONNX file says of itself besides its network: Ultralytics writes names, task, stride and size of the picture. */
import { ImportError } from "../../core/errors.ts";

export interface Metadata {
  readonly classNames: readonly string[];
  /** [height, width]. */
  readonly size: readonly [number, number] | undefined;
  readonly isUltralytics: boolean;
}

const maxNames = 65_536;

/** @throws ImportError [E_ONNX] for a network that is no detector, as its file says. */
export function readMetadata(metadata: ReadonlyMap<string, string>, file: string): Metadata {
  const task = metadata.get("task");
  if (task !== undefined && task !== "detect")
    throw new ImportError(
      "E_ONNX",
      `${file} is a network for the task ${task.slice(0, 40)}; detectors (task detect) are read`,
    );
  const size = (metadata.get("imgsz") ?? "").match(/\d+/g)?.map(Number) ?? [];
  return {
    classNames: namesIn(metadata.get("names") ?? metadata.get("character") ?? ""),
    size: size.length === 2 ? [size[0], size[1]] : size.length === 1 ? [size[0], size[0]] : undefined,
    isUltralytics: /ultralytics/i.test(`${metadata.get("author")} ${metadata.get("description")}`),
  };
}

/** A dictionary as Python prints it ({0: 'person', …}), a list, or a name a line. */
function namesIn(text: string): readonly string[] {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed))
    return trimmed === ""
      ? []
      : trimmed
          .split(/\r?\n/)
          .slice(0, maxNames)
          .map((line) => line.trim().slice(0, 256));
  const names: string[] = [];
  for (const [, single, double] of trimmed.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)) {
    if (names.length >= maxNames) break;
    names.push((single ?? double).replace(/\\(.)/g, "$1").slice(0, 256));
  }
  return names;
}
