/** Takes a picture with the camera. Nothing leaves the page; the camera is let go as soon as the dialog closes. */
import { useEffect, useRef, useState } from "react";
import type { Pixels } from "../../../src/index.ts";

export interface CameraProps {
  readonly onPicture: (pixels: Pixels) => void;
  readonly onClose: () => void;
  readonly onProblem: (error: unknown) => void;
}

export function Camera({ onPicture, onClose, onProblem }: CameraProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [isReady, setReady] = useState(false);

  useEffect(() => {
    dialog.current?.showModal();
    let stream: MediaStream | undefined;
    let isClosed = false;
    openCamera()
      .then((opened) => {
        stream = opened;
        if (isClosed) return stop(opened);
        if (video.current) video.current.srcObject = opened;
      })
      .catch((error: unknown) => {
        if (isClosed) return;
        onProblem(error);
        onClose();
      });
    return () => {
      isClosed = true;
      if (stream) stop(stream);
    };
  }, [onProblem, onClose]);

  return (
    <dialog ref={dialog} className="camera" aria-label="Camera" onClose={onClose}>
      <video ref={video} autoPlay muted playsInline onLoadedData={() => setReady(true)} />
      <div className="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="primary"
          disabled={!isReady}
          onClick={() => {
            if (video.current) onPicture(pixelsOf(video.current));
            onClose();
          }}
        >
          Take picture
        </button>
      </div>
    </dialog>
  );
}

async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error("this browser gives no camera to this page");
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    throw new Error(`the camera cannot be used: ${(error as Error).message}`);
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** At most so many pixels wide: the network sees fewer. */
const maxWidth = 640;

function pixelsOf(video: HTMLVideoElement): Pixels {
  const width = Math.min(maxWidth, video.videoWidth);
  const height = Math.round((video.videoHeight * width) / video.videoWidth);
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (!context) throw new Error("this browser gives no 2D canvas");
  context.drawImage(video, 0, 0, width, height);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from];
    data[to + 1] = rgba[from + 1];
    data[to + 2] = rgba[from + 2];
  }
  return { width, height, data };
}
