/** Where frames come from: a camera, a video file, a generated scene. */
import { ArgumentError, movingScene, type Pixels, renderScene } from "../../../src/index.ts";
import { openCamera, stopCamera } from "./open-camera.ts";
import { pixelsOf } from "./pixels-of.ts";

export interface FrameSource {
  readonly title: string;
  /** The newest frame, once there is one that was not given out; frames that came meanwhile are passed over. */
  next(): Promise<Pixels>;
  /** Stands still; `step` then goes on by a frame. */
  freeze(): void;
  resume(): void;
  step(): Promise<Pixels>;
  close(): void;
}

/** Pixels along a frame's longer side: what is shown large enough, and read and handed on quickly. */
const longest = 640;

/** Seconds of a step through a file: files do not say how long a frame lasts. */
const stepSeconds = 1 / 25;

/** @throws ArgumentError [E_CAMERA] where there is no camera, or it is refused. */
export async function cameraSource(): Promise<FrameSource> {
  const stream = await openCamera();
  const video = quietVideo();
  video.srcObject = stream;
  await playing(video, "E_CAMERA", "the camera shows nothing");
  return {
    title: "camera",
    next: () => newFrame(video),
    // A camera cannot be stopped: what it sees meanwhile is passed over.
    freeze() {},
    resume() {},
    step: () => newFrame(video),
    close() {
      stopCamera(stream);
      video.srcObject = null;
    },
  };
}

/** Shown again and again. @throws ArgumentError [E_VIDEO] where the browser cannot play the file. */
export async function fileSource(file: File): Promise<FrameSource> {
  const video = quietVideo();
  video.loop = true;
  const url = URL.createObjectURL(file);
  video.src = url;
  const close = () => {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    await playing(video, "E_VIDEO", `${file.name} cannot be played by this browser`);
  } catch (error) {
    close();
    throw error;
  }
  return {
    title: file.name,
    next: () => newFrame(video),
    freeze: () => video.pause(),
    resume: () => void video.play(),
    async step() {
      const sought = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
      video.currentTime = (video.currentTime + stepSeconds) % video.duration;
      await sought;
      return pixelsOf(video, longest);
    },
    close,
  };
}

const sceneSeed = 8;

/** A generated scene, as fast as it is looked at, but no faster than it moves: each of its frames, one after the other. */
export async function sceneSource(index: number): Promise<FrameSource> {
  const { framesPerSecond, frame } = movingScene(sceneSeed, index);
  let number = 0;
  let due = performance.now();
  const step = () => renderScene(frame(number++));
  return {
    title: `moving scene ${index}`,
    async next() {
      await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      due = Math.max(due + 1000 / framesPerSecond, performance.now());
      return step();
    },
    freeze() {},
    resume() {},
    step,
    close() {},
  };
}

function quietVideo(): HTMLVideoElement {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  return video;
}

/** @throws ArgumentError of this code: the problem, and what the browser says of it. */
async function playing(video: HTMLVideoElement, code: string, problem: string): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(video.error?.message || "unknown format"));
    video.addEventListener("error", fail, { once: true });
  });
  await Promise.race([video.play(), failed]).catch((error: Error) => {
    throw new ArgumentError(code, `${problem}: ${error.message}`);
  });
  if (video.videoWidth === 0) throw new ArgumentError(code, `${problem}: it has no picture`);
}

function newFrame(video: HTMLVideoElement): Promise<Pixels> {
  return new Promise((resolve) => {
    video.requestVideoFrameCallback(() => resolve(pixelsOf(video, longest)));
  });
}
