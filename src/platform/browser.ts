/** What the library needs of a browser: picture decoding and encoding, rasterizing. `node.ts` is its twin. */
import { EngineError, ImportError } from "../core/errors.ts";
import { type FileKind, maxFileBytes } from "../core/file-size.ts";
import type { FolderEntry } from "../core/folder-entry.ts";
import { maxPicturePixels, orientationOf, type PictureSize } from "../core/picture-size.ts";
import { type DecodeOptions, fromRgba, type Pixels, toRgba } from "../core/pixels.ts";
import { missingWebRuntime } from "./web-runtime.ts";

/**
 * Whole resource at a URL, or its beginning.
 * @throws ImportError [E_FILE], also where the server says that it is larger than files of its kind.
 */
export async function readFile(
  url: string,
  kind: FileKind = "data",
  head = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new ImportError("E_FILE", `${url} cannot be read: ${(error as Error).message}`, { cause: error });
  });
  if (!response.ok) throw new ImportError("E_FILE", `${url} cannot be read: ${response.status} ${response.statusText}`);
  const size = Number(response.headers.get("content-length") ?? 0);
  if (size > maxFileBytes[kind])
    throw new ImportError(
      "E_FILE",
      `${url} has ${size} bytes; at most ${maxFileBytes[kind]} are read of a file of its kind`,
    );
  return new Uint8Array(await response.arrayBuffer()).subarray(0, head);
}

/** A file that comes with the package, by its URL. @throws ImportError as {@link readFile}. */
export function readAsset(url: URL): Promise<Uint8Array> {
  return readFile(url.href);
}

/** Browsers have no files to write to. @throws ImportError [E_WRITE] always. */
export async function writeFile(path: string, _content: Uint8Array | string): Promise<void> {
  throw new ImportError("E_WRITE", `${path} cannot be written: a page has no files. Offer it as a download`);
}

/** Decodes what the browser decodes; upright unless the stated size says otherwise. @throws ImportError [E_IMAGE] naming `name`. */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  { stated, onRemark }: DecodeOptions = {},
): Promise<Pixels> {
  const upright = await openBitmap(bytes, name, "from-image");
  const isAsStated = !stated || (upright.width === stated.width && upright.height === stated.height);
  if (isAsStated) return readAndClose(upright);
  const stored = await openBitmap(bytes, name, "none");
  // Browsers do not tell the orientation; whether it swaps the sides is all that counts here.
  const { isUpright, remark } = orientationOf(stored, stored.width === upright.width ? 1 : 6, stated);
  if (remark !== undefined) onRemark?.(remark);
  (isUpright ? stored : upright).close();
  return readAndClose(isUpright ? upright : stored);
}

/** A picture's size, upright. @throws ImportError [E_FILE, E_IMAGE]. */
export async function measurePicture(url: string): Promise<PictureSize> {
  const bitmap = await openBitmap(await readFile(url, "picture"), url, "from-image");
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** Addresses are not followed. */
export async function realPath(url: string): Promise<string> {
  return url;
}

/** Browsers have no folders. */
export async function listFolder(_path: string): Promise<readonly FolderEntry[] | undefined> {
  return undefined;
}

async function openBitmap(bytes: Uint8Array, name: string, imageOrientation: ImageOrientation): Promise<ImageBitmap> {
  const file = new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const bitmap = await createImageBitmap(file, { imageOrientation }).catch((error: unknown) => {
    throw new ImportError("E_IMAGE", `${name} is not a picture that can be decoded`, { cause: error });
  });
  const { width, height } = bitmap;
  if (width * height <= maxPicturePixels) return bitmap;
  bitmap.close();
  throw new ImportError("E_IMAGE", `${name} is ${width}×${height} pixels; at most ${maxPicturePixels} are decoded`);
}

function readAndClose(bitmap: ImageBitmap): Pixels {
  try {
    return readBitmap(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/** PNG bytes of a picture. */
export async function encodePng(pixels: Pixels): Promise<Uint8Array> {
  const { width, height } = pixels;
  const canvas = new OffscreenCanvas(width, height);
  canvasContext(canvas).putImageData(new ImageData(toRgba(pixels), width, height), 0, 0);
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

/** Draws an SVG document on white at its own size, or scaled to `widthPx`. Needs a document: not for workers. */
export async function rasterizeSvg(svg: string, widthPx?: number): Promise<Pixels> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const width = widthPx ?? image.width;
  return readBitmap(image, width, Math.round((image.height * width) / image.width));
}

function readBitmap(source: CanvasImageSource, width: number, height: number): Pixels {
  const context = canvasContext(new OffscreenCanvas(width, height));
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return fromRgba(context.getImageData(0, 0, width, height).data, width, height);
}

function canvasContext(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new ImportError("E_IMAGE", "this browser gives no 2D canvas to decode pictures with");
  return context;
}

/**
 * ONNX Runtime of this platform, its plain WebAssembly build; loaded when first needed: it is by far the largest part.
 * One thread: detectors of the size that a page runs take milliseconds, and further workers would have to be served.
 * @throws EngineError [E_ONNX_RUNTIME] where the page was bundled without it.
 */
export async function loadOnnxRuntime(): Promise<typeof import("onnxruntime-common")> {
  const ort = await import("onnxruntime-web/wasm").catch((error: unknown) => {
    throw new EngineError("E_ONNX_RUNTIME", `ONNX Runtime cannot be loaded. ${missingWebRuntime}`, { cause: error });
  });
  ort.env.wasm.numThreads = 1;
  return ort;
}

/** The browser's own workers. */
const PageWorker = globalThis.Worker;

export { PageWorker as Worker };

/**
 * Tells of every message, and of an error or a death that nobody asked for. Nothing is fired in a page when a worker dies
 * (killed, or out of memory), so the worker is asked to hold a lock: who is given it next knows that the worker is gone.
 */
export function watchWorker(
  worker: Worker,
  { onMessage, onFailure }: { onMessage: (message: unknown) => void; onFailure: (reason: string) => void },
): void {
  const lock = `spiking-yolo-${crypto.randomUUID()}`;
  worker.onmessage = ({ data }) => {
    if (data === "locked") void navigator.locks.request(lock, () => onFailure("it was ended"));
    else onMessage(data);
  };
  worker.onerror = (event) => onFailure(event.message || "it could not be started");
  worker.onmessageerror = () => onFailure("a message could not be read");
  worker.postMessage({ lock });
}

/** A page ends its workers by itself. */
export function keepProcessAlive(_workers: readonly Worker[], _isNeeded: boolean): void {}

/** Threads that can run at once, as far as the browser tells. */
export function availableThreads(): number {
  return navigator.hardwareConcurrency || 1;
}

/** Whether workers can work on one memory: only where the page is isolated from other origins (COOP and COEP headers). */
export function canShareMemory(): boolean {
  return globalThis.crossOriginIsolated === true;
}
