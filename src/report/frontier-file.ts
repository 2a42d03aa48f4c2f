/** Points of Figure 11, as `bench/frontier.js` writes them: a JSON object a line. */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import type { FrontierPoint } from "./figures/frontier.ts";

const name = z.string().min(1).max(100);
const positive = z.number().gt(0).max(1e9);
const share = z.number().min(0).max(100);
const schema = z.strictObject({
  network: name,
  data: name,
  pictures: z.int().min(1).max(10_000_000),
  dnn: z.number().gt(0).max(1),
  line: name,
  setting: z.string().max(100),
  t: z.int().min(1).max(1_000_000),
  latency: positive,
  share,
  low: share,
  high: share,
  outputError: z.number().min(0).max(1e9),
  acPerMac: positive,
});

/** @throws ImportError [E_FRONTIER] naming `file`, the line and the field that is wrong. */
export function readFrontier(text: string, file: string): readonly FrontierPoint[] {
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), number: i + 1 }));
  const points = lines
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => parse(line, `${file}, line ${number}`));
  if (points.length > 0) return points;
  throw new ImportError("E_FRONTIER", `${file} holds no points. bench/frontier.js writes such a file`);
}

function parse(line: string, place: string): FrontierPoint {
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? `${error.issues[0].path.join(".") || "the whole"}: ${error.issues[0].message}`
        : (error as Error).message;
    throw new ImportError("E_FRONTIER", `${place} is no point as bench/frontier.js writes them: ${reason}`, {
      cause: error,
    });
  }
}
