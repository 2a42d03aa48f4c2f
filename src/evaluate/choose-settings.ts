/**
 * Settings chosen on calibration pictures alone, for `convert --auto`. Labels and test pictures have no part in it.
 *
 * Some of the pictures calibrate, others judge: every candidate is converted and run to its last step, and compared with
 * the DNN. The rule, where no target is given: of the candidates whose output error is at most {@link errorAllowance} times the least, the
 * one with the fewest accumulates per multiply-accumulate of the DNN; the first of equals.
 */
import { calibrate, toSpiking } from "../convert/convert.ts";
import { type ConversionSettings, conversionSettings, type Mode } from "../convert/modes.ts";
import { ConversionError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { outputError } from "../detections/detections.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import type { Graph, SimulationSettings } from "../graph/graph.ts";
import { dnnOperations } from "../metrics/operations.ts";
import type { Session } from "../snn/engine.ts";
import { simulate } from "../snn/simulate.ts";

/** Values to try, by setting: every combination of them is a candidate. */
export type SearchSpace = { readonly [Name in keyof ConversionSettings]?: readonly ConversionSettings[Name][] };

/**
 * What is searched: how much rounding is allowed, where that says how resolution is spread; elsewhere range and phases. A percentile must be
 * one of those that calibration stores.
 */
export function searchSpaceFor({ clipping }: Pick<ConversionSettings, "clipping">): SearchSpace {
  if (clipping === "balanced") return { rounding: [0.003, 0.0043, 0.006, 0.0085, 0.012, 0.017, 0.024, 0.034, 0.048] };
  return { percentile: [99, 99.5, 99.9, 99.95, 99.99], phases: [1, 4, 5, 6] };
}

/** The least cost at an output error, or the least output error at a cost in accumulates per multiply-accumulate. */
export type Target = { readonly error: number } | { readonly cost: number };

/** A candidate may have so many times the least error, if it costs less. */
export const errorAllowance = 1.1;

/** More pictures change the means by little, and each costs a run per candidate. */
export const mostJudged = 16;

export interface Candidate {
  /** The settings that were searched, as they are in this candidate. */
  readonly searched: Partial<ConversionSettings>;
  /** ‖snn − dnn‖ / ‖dnn‖ of the heads' inputs at the last step, mean over pictures. */
  readonly outputError: number;
  /** Accumulates of a whole run per multiply-accumulate of the DNN, over all pictures. */
  readonly acPerMac: number;
}

export interface Choice {
  /** Whole: of the mode, as given, as searched. */
  readonly settings: ConversionSettings;
  readonly candidates: readonly Candidate[];
  /** One of `candidates`. */
  readonly chosen: Candidate;
}

export interface ChoosingOptions {
  readonly mode?: Mode;
  /** Kept as they are, searched or not. */
  readonly given?: Partial<ConversionSettings>;
  /** By default {@link searchSpaceFor}. */
  readonly space?: SearchSpace;
  readonly target?: Target;
  /** Chooses the engine. */
  readonly openSession: (graph: Graph) => Promise<Session>;
  /** Called after each run of a picture. */
  readonly onRun?: (done: number, total: number) => void;
}

export interface SplitPictures<T> {
  readonly calibration: readonly T[];
  readonly judged: readonly T[];
}

/**
 * Every second picture to calibrate on; of the others, at most {@link mostJudged}, evenly spread, to judge by.
 * @throws ConversionError [E_CALIBRATION] for fewer than two pictures.
 */
export function splitPictures<T>(pictures: readonly T[]): SplitPictures<T> {
  if (pictures.length < 2) {
    throw new ConversionError(
      "E_CALIBRATION",
      "choosing settings needs two pictures or more: some to calibrate on, others to judge by",
    );
  }
  const others = pictures.filter((_, index) => index % 2 === 1);
  const judged = Math.min(others.length, mostJudged);
  return {
    calibration: pictures.filter((_, index) => index % 2 === 0),
    judged: Array.from({ length: judged }, (_, i) => others[Math.floor((i * others.length) / judged)]),
  };
}

/** Every combination of the values in `space`, but for the settings that are given: the first setting varies slowest. */
export function combinations(
  space: SearchSpace,
  given: Partial<ConversionSettings> = {},
): readonly Partial<ConversionSettings>[] {
  return Object.entries(space)
    .filter(([name]) => !(name in given))
    .reduce<readonly Partial<ConversionSettings>[]>(
      (some, [name, values]) => some.flatMap((searched) => values.map((value) => ({ ...searched, [name]: value }))),
      [{}],
    );
}

/**
 * The rule, see above, or what meets the target best.
 * @throws ConversionError [E_TARGET] where nothing meets it, with the nearest.
 */
export function bestOf(candidates: readonly Candidate[], target?: Target): Candidate {
  const least = (of: "outputError" | "acPerMac", among: readonly Candidate[]) =>
    among.reduce((best, candidate) => (candidate[of] < best[of] ? candidate : best));
  if (target && "cost" in target) {
    const cheap = candidates.filter(({ acPerMac }) => acPerMac <= target.cost);
    return cheap.length > 0 ? least("outputError", cheap) : missed(target, least("acPerMac", candidates));
  }
  const allowed = target?.error ?? errorAllowance * least("outputError", candidates).outputError;
  const good = candidates.filter(({ outputError }) => outputError <= allowed);
  return good.length > 0 ? least("acPerMac", good) : missed({ error: allowed }, least("outputError", candidates));
}

function missed(target: Target, { outputError, acPerMac }: Candidate): never {
  const wanted = "error" in target ? `an error of ${target.error}` : `${target.cost} accumulates a multiply-accumulate`;
  throw new ConversionError(
    "E_TARGET",
    `none of the settings that were tried meets ${wanted}; the nearest has an error of ${outputError.toFixed(4)} at ${acPerMac.toFixed(3)}. Ask for less, or leave more settings open`,
  );
}

/** @param pictures network inputs [3, H, W]: see {@link splitPictures}. */
export async function chooseSettings(
  dnn: Graph,
  pictures: {
    readonly calibration: Iterable<FloatTensor> | AsyncIterable<FloatTensor>;
    readonly judged: readonly FloatTensor[];
  },
  options: ChoosingOptions,
): Promise<Choice> {
  const { mode = "fast", given = {}, target, openSession, onRun } = options;
  const { space = searchSpaceFor(conversionSettings(mode, given)) } = options;
  const calibrated = await calibrate(dnn, pictures.calibration);
  const references = await runDnn(calibrated, pictures.judged);
  const settingsOf = (searched: Partial<ConversionSettings>) => conversionSettings(mode, { ...given, ...searched });
  const all = combinations(space, given);
  const total = all.length * references.length;
  const candidates: Candidate[] = [];
  for (const [index, searched] of all.entries()) {
    const session = await openSession(toSpiking(calibrated, settingsOf(searched)));
    try {
      const judgement = await judge(session, references, settingsOf(searched), (done) =>
        onRun?.(index * references.length + done, total),
      );
      const macs = dnnOperations(calibrated).macs * references.length;
      candidates.push({ searched, outputError: judgement.meanError, acPerMac: judgement.synOps / macs });
    } finally {
      await session.dispose();
    }
  }
  const chosen = bestOf(candidates, target);
  return { settings: settingsOf(chosen.searched), candidates, chosen };
}

interface Reference {
  readonly image: FloatTensor;
  readonly outputs: ReadonlyMap<string, FloatTensor>;
}

async function runDnn(dnn: Graph, images: readonly FloatTensor[]): Promise<readonly Reference[]> {
  const session = await openDnn(dnn);
  try {
    const references: Reference[] = [];
    for (const image of images) references.push({ image, outputs: await session.run(image) });
    return references;
  } finally {
    await session.dispose();
  }
}

async function judge(
  session: Session,
  references: readonly Reference[],
  settings: SimulationSettings,
  onRun: (done: number) => void,
) {
  let errors = 0;
  let synOps = 0;
  for (const [index, { image, outputs: wanted }] of references.entries()) {
    for await (const last of simulate(session, image, { ...settings, at: [settings.timeSteps] })) {
      errors += outputError(last.outputs, wanted);
      synOps += last.synOps;
    }
    onRun(index + 1);
  }
  return { meanError: errors / references.length, synOps };
}
