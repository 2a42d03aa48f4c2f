/** A channel's firing rates laid over the picture: orange where it sends +1, blue where it sends −1. */
import { useCallback } from "react";
import type { ChannelMaps } from "../simulation/protocol.ts";
import { RegionCanvas } from "./region-canvas.tsx";

export interface SpikeMapProps {
  readonly maps: ChannelMaps;
  readonly t: number;
  /** A place of the channel was chosen. */
  readonly onChoose: (y: number, x: number) => void;
}

const positive = [255, 150, 30] as const;
const negative = [70, 150, 255] as const;

export function SpikeMap({ maps, t, onChoose }: SpikeMapProps) {
  const { width, height, region } = maps;
  const colors = useCallback(() => colorsAt(maps, t), [maps, t]);
  return (
    <div className="spike-map" aria-hidden="true">
      {/* By keyboard, neurons are chosen in the raster. */}
      <RegionCanvas
        width={width}
        height={height}
        region={region}
        colors={colors}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const at = (part: number, extent: number) => Math.max(0, Math.min(extent - 1, Math.floor(part * extent)));
          onChoose(
            at((event.clientY - box.top) / box.height, height),
            at((event.clientX - box.left) / box.width, width),
          );
        }}
      />
    </div>
  );
}

/** RGBA of the last kept step that is not after t. Full colour is the channel's greatest rate at the end of the run. */
function colorsAt({ width, height, at, rates }: ChannelMaps, t: number): Uint8ClampedArray<ArrayBuffer> {
  const step = Math.max(
    0,
    at.findLastIndex((kept) => kept <= t),
  );
  const area = width * height;
  const peak = rates.subarray((at.length - 1) * area).reduce((greatest, rate) => Math.max(greatest, Math.abs(rate)), 0);
  const colors = new Uint8ClampedArray(4 * area);
  for (let i = 0; i < area; i++) {
    const rate = rates[step * area + i];
    const color = rate >= 0 ? positive : negative;
    colors.set(color, 4 * i);
    colors[4 * i + 3] = 255 * Math.min(1, Math.abs(rate) / (peak || 1));
  }
  return colors;
}
