/** Below the pictures: what they show now as PNG, and the whole run as a film. */
import { useEffect, useState } from "react";
import type { Playback } from "../state/use-playback.ts";
import { composePictures } from "./compose-pictures.ts";
import { filmType, recordRun } from "./record-run.ts";
import { saveFile } from "./save-file.ts";

export interface KeepPicturesProps {
  readonly t: number;
  /** Checkpoints that can be shown. */
  readonly available: number;
  readonly playback: Playback;
  readonly onProblem: (error: unknown) => void;
}

interface Film {
  readonly name: string;
  readonly address: string;
  readonly bytes: number;
}

export function KeepPictures({ t, available, playback, onProblem }: KeepPicturesProps) {
  const [recording, setRecording] = useState<AbortController | null>(null);
  const [film, setFilm] = useState<Film | null>(null);
  useEffect(() => () => (film ? URL.revokeObjectURL(film.address) : undefined), [film]);
  const pictures = () => document.querySelector<HTMLElement>(".pictures") as HTMLElement;
  const savePicture = async () => {
    const canvas = await composePictures(pictures());
    canvas.toBlob((blob) => blob && saveFile(blob, `detections-t${t}.png`));
  };
  const record = async () => {
    const controller = new AbortController();
    setRecording(controller);
    try {
      const { seek } = playback;
      const blob = await recordRun({ pictures: pictures(), steps: available, seek, signal: controller.signal });
      const name = `run.${blob.type.includes("mp4") ? "mp4" : "webm"}`;
      setFilm({ name, address: URL.createObjectURL(blob), bytes: blob.size });
    } finally {
      setRecording(null);
    }
  };
  const type = filmType();
  return (
    <p className="keep">
      <button type="button" onClick={() => savePicture().catch(onProblem)}>
        Save picture
      </button>
      {recording ? (
        <button type="button" onClick={() => recording.abort()}>
          Recording… end here
        </button>
      ) : (
        <button
          type="button"
          disabled={type === undefined}
          title={type === undefined ? "this browser records no films" : "as it plays: some seconds"}
          onClick={() => record().catch(onProblem)}
        >
          Record run
        </button>
      )}
      {film && !recording && (
        // Browsers stop downloads that nobody has clicked for, which one that comes seconds later looks like.
        <a href={film.address} download={film.name}>
          Save film, {Math.ceil(film.bytes / 1000)} kB
        </a>
      )}
    </p>
  );
}
