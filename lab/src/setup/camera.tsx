/** Takes a picture with the camera. Nothing leaves the page; the camera is let go as soon as the dialog closes. */
import { useEffect, useRef, useState } from "react";
import type { Pixels } from "../../../src/index.ts";
import { openCamera, stopCamera } from "../frames/open-camera.ts";
import { pixelsOf } from "../frames/pixels-of.ts";

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
        if (isClosed) return stopCamera(opened);
        if (video.current) video.current.srcObject = opened;
      })
      .catch((error: unknown) => {
        if (isClosed) return;
        onProblem(error);
        onClose();
      });
    return () => {
      isClosed = true;
      if (stream) stopCamera(stream);
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
            if (video.current) onPicture(pixelsOf(video.current, longest));
            onClose();
          }}
        >
          Take picture
        </button>
      </div>
    </dialog>
  );
}

/** At most so many pixels along the longer side: the network sees fewer. */
const longest = 640;
