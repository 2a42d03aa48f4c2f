/** What `bench` measures: the networks that the flags ask for, one after the other, each with a picture. */
import { isTwoSloped, toSpiking } from "../convert/convert.ts";
import type { Mode } from "../convert/modes.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Pixels } from "../core/pixels.ts";
import { loadPicture } from "../data/load-picture.ts";
import { renderScene } from "../data/scenes/render.ts";
import { generateScene } from "../data/scenes/scene.ts";
import { type Graph, inputOf } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { eventEngine } from "../snn/engines/event/event-engine.ts";
import { tuneActivity } from "../speed/activity.ts";
import type { Workload } from "../speed/measure.ts";
import { seededTinyYolo } from "../speed/seeded-network.ts";
import { builtInModel } from "./built-in-models.ts";
import { note } from "./io.ts";
import { loadModel } from "./model.ts";
import { type ConversionFlags, type ModelFlags, settingsFrom } from "./options.ts";

export interface WorkloadFlags extends ModelFlags, ConversionFlags {
  readonly model?: string;
  readonly image?: string;
  /** Of the seeded network. */
  readonly activity: readonly number[];
}

/** Steps of the seeded network: a step takes as long in a longer run. */
const seededSteps = 32;

/** Modes side by side, unless one is asked for. @throws ArgumentError, and what loading a model throws. */
export async function* workloads(flags: WorkloadFlags): AsyncGenerator<Workload> {
  if (flags.model) {
    yield* modelWorkloads(flags.model, flags);
  } else {
    if (flags.image) throw new ArgumentError("E_USAGE", "--image goes with --model: add --model MODEL");
    yield* seededWorkloads(flags);
    yield* modelWorkloads("scenes", flags);
  }
}

/** The one asked for; else all, but for the seeded network, whose activity is brought about, those that the speed of a step depends on. */
function modesOf({ mode }: ConversionFlags, usual: readonly Mode[]): readonly Mode[] {
  return mode ? [mode] : usual;
}

async function* modelWorkloads(model: string, flags: WorkloadFlags): AsyncGenerator<Workload> {
  const picture = await pictureFor(model, flags.image);
  const { name, dnn } = await loadModel(model, flags);
  if (!dnn) throw new ArgumentError("E_USAGE", `${model} does not hold the DNN to compare with`);
  const [, height, width] = inputOf(dnn).shape;
  // What only trackers can follow has one mode.
  const usual: readonly Mode[] = isTwoSloped(dnn) ? ["fast", "graded", "rate", "paper"] : ["fast"];
  for (const mode of modesOf(flags, usual)) {
    const snn = toSpiking(dnn, settingsFrom({ ...flags, mode }));
    yield { name: `${name} ${width}×${height}, ${mode}`, dnn, snn, picture };
  }
}

/** A scene for a model that was trained on such. */
async function pictureFor(model: string, image: string | undefined): Promise<Pixels> {
  if (image) return loadPicture({ path: image });
  if (!builtInModel(model)) throw new ArgumentError("E_USAGE", "--model needs a picture: add --image FILE");
  return renderScene(generateScene(2027, 0));
}

async function* seededWorkloads(flags: WorkloadFlags): AsyncGenerator<Workload> {
  const { dnn, picture } = await seededTinyYolo(1);
  const { image } = preprocess(picture, inputOf(dnn).shape, dnn.preprocessing);
  const open = (graph: Graph) => eventEngine().open(graph);
  for (const mode of modesOf(flags, ["rate", "paper"])) {
    const snn = toSpiking(dnn, settingsFrom({ ...flags, mode, steps: flags.steps ?? seededSteps }));
    for (const activity of flags.activity) {
      note(`bringing Tiny YOLO, ${mode}, to an activity of ${100 * activity} %`);
      const { timeSteps } = snn.simulation;
      const tuned = await tuneActivity(snn, { activity, image, timeSteps, open });
      yield {
        name: `yolov2-tiny-voc 416×416 (seeded weights), ${mode}, ${100 * activity} %`,
        dnn,
        snn: tuned,
        picture,
      };
    }
  }
}
