/** `convert --auto`: settings chosen on the calibration pictures, with progress, and told to people and to the model file. */
import { conversionSettings } from "../convert/modes.ts";
import { ArgumentError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import {
  type Candidate,
  type Choice,
  chooseSettings,
  combinations,
  searchSpaceFor,
  splitPictures,
  type Target,
} from "../evaluate/choose-settings.ts";
import type { Graph } from "../graph/graph.ts";
import { openSession } from "../snn/engines/open-session.ts";
import { printColumns } from "./columns.ts";
import { calibrationPictures, networkInputs } from "./images.ts";
import { print, showProgress } from "./io.ts";
import { type ConversionFlags, givenSettings } from "./options.ts";

export interface AutoChoice extends Choice {
  /** How many pictures calibrated, and how many judged. */
  readonly pictures: { readonly calibration: number; readonly judged: number };
}

export interface TargetFlags {
  readonly targetError?: number;
  readonly targetCost?: number;
}

/** @throws ArgumentError where both are asked for. */
function targetOf({ targetError, targetCost }: TargetFlags): Target | undefined {
  if (targetError !== undefined && targetCost !== undefined)
    throw new ArgumentError("E_USAGE", "--target-error and --target-cost are two targets. Leave one of them out");
  if (targetError !== undefined) return { error: targetError };
  return targetCost === undefined ? undefined : { cost: targetCost };
}

/** Searches what the flags leave open. @throws ArgumentError where that is nothing. */
export async function chooseOn(
  folderOrSpec: string,
  dnn: Graph,
  flags: ConversionFlags & TargetFlags,
): Promise<AutoChoice> {
  const given = givenSettings(flags);
  const target = targetOf(flags);
  const searchSpace = searchSpaceFor(conversionSettings(flags.mode ?? "fast", given));
  const names = Object.keys(searchSpace);
  if (names.every((name) => name in given)) {
    throw new ArgumentError("E_USAGE", `--auto chooses ${names.join(", ")}, and the options leave nothing open`);
  }
  const { calibration, judged } = splitPictures(await calibrationPictures(folderOrSpec));
  const images: FloatTensor[] = [];
  for await (const image of networkInputs(judged, dnn)) images.push(image);
  const progress = showProgress("choosing settings", combinations(searchSpace, given).length * images.length);
  try {
    const choice = await chooseSettings(
      dnn,
      { calibration: networkInputs(calibration, dnn), judged: images },
      {
        ...(flags.mode ? { mode: flags.mode } : {}),
        given,
        ...(target ? { target } : {}),
        openSession: (graph) => openSession(graph),
        onRun: (done) => progress.update(done),
      },
    );
    return { ...choice, pictures: { calibration: calibration.length, judged: images.length } };
  } finally {
    progress.stop();
  }
}

/** The line of provenance. */
export function choiceLine({ chosen, candidates, pictures }: AutoChoice): string {
  const { outputError, acPerMac } = chosen;
  return [
    `chooseSettings ${nameOf(chosen)} candidates=${candidates.length}`,
    `calibrated=${pictures.calibration} judged=${pictures.judged}`,
    `outputError=${outputError.toFixed(4)} acPerMac=${acPerMac.toFixed(3)}`,
  ].join(" ");
}

export function printChoice({ candidates, chosen, settings, pictures }: AutoChoice): void {
  print(
    `settings chosen by ${pictures.judged} pictures, calibrated on ${pictures.calibration} others, at T = ${settings.timeSteps}`,
  );
  printColumns(
    [
      ["candidate", "error", "AC/MAC", ""],
      ...candidates.map((candidate) => [
        nameOf(candidate),
        candidate.outputError.toFixed(4),
        candidate.acPerMac.toFixed(3),
        candidate === chosen ? "chosen" : "",
      ]),
    ],
    "  ",
  );
}

function nameOf({ searched }: Candidate): string {
  return Object.entries(searched)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
