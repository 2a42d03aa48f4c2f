/** The cursor in a run: which checkpoint is shown, and whether it moves by itself. */
import { useCallback, useEffect, useState } from "react";
import { prefersReducedMotion } from "./reduced-motion.ts";

/** Checkpoints a second at speed 1, at most; fewer where a run is over in a few. */
const baseRate = 10;
/** A run takes at least so many seconds at speed 1, so that each of a few steps can be seen. */
const leastSeconds = 3;

export const speeds = [0.25, 0.5, 1, 2, 4] as const;

export interface Playback {
  /** Index of the shown checkpoint; −1 before the first. */
  readonly frame: number;
  readonly isPlaying: boolean;
  readonly speed: number;
  play(): void;
  pause(): void;
  /** Shows a checkpoint, and stays there. */
  seek(frame: number): void;
  setSpeed(speed: number): void;
}

export interface PlaybackOptions {
  /** A new one starts from the beginning. */
  readonly runId: number | undefined;
  /** Checkpoints that can be shown by now. */
  readonly available: number;
  readonly total: number;
  /** Checkpoint to show at first instead of playing. */
  readonly first: number | null;
}

export function usePlayback({ runId, available, total, first }: PlaybackOptions): Playback {
  const [isPlaying, setPlaying] = useState(true);
  const [speed, setSpeed] = useState(1);
  /** Where the cursor wants to be; it is there as soon as the checkpoint is. */
  const [wanted, setWanted] = useState(0);
  const [shownRun, setShownRun] = useState(runId);

  if (runId !== shownRun) {
    setShownRun(runId);
    const isStill = first !== null || prefersReducedMotion();
    setWanted(isStill ? (first ?? total - 1) : 0);
    setPlaying(!isStill);
  }

  const isWaiting = wanted >= available;
  useEffect(() => {
    if (!isPlaying || isWaiting) return;
    if (wanted >= total - 1) return setPlaying(false);
    const timer = setTimeout(() => setWanted(wanted + 1), 1000 / (Math.min(baseRate, total / leastSeconds) * speed));
    return () => clearTimeout(timer);
  }, [isPlaying, isWaiting, wanted, total, speed]);

  const play = useCallback(() => {
    setWanted((frame) => (frame >= total - 1 ? 0 : frame));
    setPlaying(true);
  }, [total]);
  const pause = useCallback(() => setPlaying(false), []);
  useSpaceBar(isPlaying ? pause : play);

  return {
    frame: Math.min(wanted, available - 1),
    isPlaying,
    speed,
    play,
    pause,
    seek: useCallback(
      (frame) => {
        setPlaying(false);
        setWanted(Math.max(0, Math.min(total - 1, frame)));
      },
      [total],
    ),
    setSpeed,
  };
}

/** Things that the space bar works already, when they have the focus; a slider is none. */
const worksBySpace = "button, summary, select, textarea, a, dialog, input:not([type=range])";

function useSpaceBar(action: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== " " || (event.target as Element).closest?.(worksBySpace)) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [action]);
}
