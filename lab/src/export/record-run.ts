/** A run as a film: its steps one after the other, as the page shows them. */
import { composePictures } from "./compose-pictures.ts";

/** What browsers write, the best known first; undefined where this one records nothing. */
export function filmType(): string | undefined {
  if (typeof MediaRecorder === "undefined") return undefined;
  return ["video/webm;codecs=vp9", "video/webm", "video/mp4"].find((type) => MediaRecorder.isTypeSupported(type));
}

export interface RunFilm {
  /** The page's element that holds the pictures. */
  readonly pictures: HTMLElement;
  /** Checkpoints of the run. */
  readonly steps: number;
  /** Shows one. */
  readonly seek: (step: number) => void;
  readonly signal: AbortSignal;
}

const least = 2;
const most = 10;
/** A run takes about so long, where its steps are neither very few nor very many. */
const wantedSeconds = 6;
/** The last step stays. */
const lastMilliseconds = 1200;

/** Recorded as it plays, since browsers record time as it passes. Ended early where the signal says so. */
export async function recordRun({ pictures, steps, seek, signal }: RunFilm): Promise<Blob> {
  const type = filmType() as string;
  const rate = Math.max(least, Math.min(most, steps / wantedSeconds));
  seek(0);
  await drawn();
  const first = await composePictures(pictures);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [first.width, first.height];
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.drawImage(first, 0, 0);
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: type, videoBitsPerSecond: 4_000_000 });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise<void>((resolve, reject) => {
    recorder.onstop = () => resolve();
    recorder.onerror = () => reject(new Error("the browser could not record the film"));
  });
  recorder.start();
  for (let step = 0; step < steps && !signal.aborted; step++) {
    const start = performance.now();
    seek(step);
    await drawn();
    context.drawImage(await composePictures(pictures), 0, 0, canvas.width, canvas.height);
    await pause(1000 / rate - (performance.now() - start));
  }
  await pause(signal.aborted ? 0 : lastMilliseconds);
  recorder.stop();
  await ended;
  return new Blob(parts, { type });
}

/** When the page has been drawn anew. */
function drawn(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
