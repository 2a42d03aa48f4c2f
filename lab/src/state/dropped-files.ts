/** Sorts the files that a user drops or picks: which of them make a model, which a picture. */
import { ArgumentError } from "../../../src/index.ts";
import type { ModelSource, NamedBytes } from "../simulation/protocol.ts";

export interface Dropped {
  readonly model: ModelSource | undefined;
  /** The picture to look at: the first one. */
  readonly picture: NamedBytes | undefined;
  /** The video to look at: the first one. */
  readonly video: File | undefined;
}

/** Larger files are refused before they are read. */
const maxFileBytes = 2 ** 30;

const videoExtension = /\.(mp4|m4v|webm|mov|mkv|ogv)$/i;
const pictureExtension = /\.(jpe?g|png|webp|gif|bmp|avif)$/i;

/** @throws ArgumentError saying which file is missing or not understood. */
export async function readDropped(files: readonly File[]): Promise<Dropped> {
  const isVideo = ({ type, name }: File) => type.startsWith("video/") || videoExtension.test(name);
  // A video is read by the browser, as far as it is looked at.
  const video = files.find(isVideo);
  const whole = files.filter((file) => !isVideo(file));
  const large = whole.find(({ size }) => size > maxFileBytes);
  if (large) throw new ArgumentError("E_FILE", `${large.name} is larger than ${maxFileBytes} bytes`);
  const named = await Promise.all(
    whole.map(
      async (file): Promise<NamedBytes> => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }),
    ),
  );
  const find = (extension: RegExp) => named.find(({ name }) => extension.test(name));
  const pictures = named.filter(({ name }, i) => whole[i].type.startsWith("image/") || pictureExtension.test(name));
  const model = modelAmong(find, pictures);
  if (!model && pictures.length === 0 && !video) {
    throw new ArgumentError(
      "E_DROP",
      `${named.map(({ name }) => name).join(", ") || "that"} is no picture, no video and no model. Drop a picture, a video, a .safetensors or .onnx file, or a .cfg with its .weights`,
    );
  }
  return { model, picture: pictures[0], video };
}

function modelAmong(
  find: (extension: RegExp) => NamedBytes | undefined,
  calibration: readonly NamedBytes[],
): ModelSource | undefined {
  const [file, cfg, weights] = [find(/\.safetensors$/i), find(/\.cfg$/i), find(/\.weights$/i)];
  const names = find(/\.(names|txt)$/i);
  const withNames = names ? { names } : {};
  if (file) return { kind: "file", model: file, ...withNames };
  const onnx = find(/\.onnx$/i);
  if (onnx) return { kind: "onnx", model: onnx, ...withNames, calibration };
  if (cfg && weights) return { kind: "darknet", cfg, weights, ...withNames, calibration };
  const [there, missing] = cfg ? [cfg, ".weights"] : [weights, ".cfg"];
  if (there) throw new ArgumentError("E_DROP", `${there.name} came without its ${missing}: drop both together`);
  return undefined;
}
