/** Sets a network in memory back to its start, or leaves it as the last frame has, and puts a picture before it. */
import { EngineError } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import type { Start } from "../../plan/device.ts";
import type { PopulationStage, Stage } from "../../plan/network.ts";
import { readField, writeField } from "./records.ts";
import type { WasmNetwork } from "./wasm-device.ts";

/** @param convolve runs what is run once a frame: the picture is taken in, and its convolutions. */
export async function beginFrame(
  network: WasmNetwork,
  picture: FloatTensor,
  start: Start,
  convolve: () => Promise<void>,
): Promise<void> {
  const { plan, layout, views } = network;
  views.floats.set(picture.data, layout.source / 4);
  writeField(views.words, layout.program, "program", "isOutside", 0);
  writeField(views.words, layout.program, "program", "timeSteps", start.timeSteps);
  writeField(views.words, layout.program, "program", "goesOn", start.goesOn ? 1 : 0);
  for (const stage of plan.network.stages) {
    if (stage.kind === "poisson") {
      writeField(views.words, layout.others.get(stage)!, "poisson", "seed", start.seed);
    } else if (!start.goesOn) setBack(network, stage);
  }
  if (start.goesOn) swapReceived(network);
  await convolve();
  // Beyond ±1 a current could exceed what checkBounds has allowed for.
  if (readField(views.words, layout.program, "program", "isOutside") !== 0)
    throw new EngineError("E_PICTURE", "a picture's values must lie within [−1, 1]. Divide bytes by 255");
  for (const [stage, charges] of start.charges) putCharges(network, stage, charges);
}

/** Counts of pools and charges of readouts; membranes and counts of neurons are set back by the first tile itself. */
function setBack({ layout, views: { words, doubles, bytes } }: WasmNetwork, stage: Stage): void {
  const [, height, width] = stage.signal.shape;
  if (stage.kind === "pool") {
    const { ownsCounts, counts, countStride, sent, settled } = layout.pools.get(stage)!;
    const [, inHeight, inWidth] = stage.input.shape;
    if (ownsCounts) words.fill(0, counts / 4, counts / 4 + inHeight * inWidth * countStride);
    if (settled) bytes.fill(0, settled, settled + height);
    if (sent) words.fill(0, sent / 4, sent / 4 + height * width * layout.frames.get(stage.signal)!.stride);
  } else if (stage.kind === "population") {
    const { charge, stateStride } = layout.populations.get(stage)!;
    if (charge) doubles.fill(0, charge / 8, charge / 8 + height * width * stateStride);
  }
}

/** Writes what an island brings into the constant currents of the neurons behind it. */
function putCharges({ layout, views }: WasmNetwork, stage: PopulationStage, charges: ArrayLike<number>): void {
  const { record, stateStride } = layout.populations.get(stage)!;
  const constant = readField(views.words, record, "population", "constant");
  const [channels, height, width] = stage.signal.shape;
  const area = height * width;
  for (let position = 0; position < area; position++) {
    for (let c = 0; c < channels; c++)
      views.words[constant / 4 + position * stateStride + c] = charges[c * area + position];
  }
}

/** What populations received once in the frame before is kept beside this frame's, and kernels take what is new. */
function swapReceived({ plan, layout, views: { words } }: WasmNetwork): void {
  for (const stage of plan.network.stages) {
    if (stage.kind !== "population") continue;
    const { record, pictures } = layout.populations.get(stage)!;
    const [constant, received] = (["constant", "received"] as const).map((field) =>
      readField(words, record, "population", field),
    );
    if (!constant) continue;
    writeField(words, record, "population", "constant", received);
    writeField(words, record, "population", "received", constant);
    for (const picture of pictures) writeField(words, picture.record, "picture", "current", received);
  }
}
