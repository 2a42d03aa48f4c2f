/** Where the last frame's spikes were spent, over the picture. */
import { useCallback } from "react";
import type { SpikePlaces } from "../simulation/protocol.ts";
import { RegionCanvas } from "../views/region-canvas.tsx";

export interface PlaceMapProps {
  readonly places: SpikePlaces;
  /** Spikes of a cell that are drawn in full colour. */
  readonly full: number;
}

const color = [255, 150, 30] as const;

export function PlaceMap({ places, full }: PlaceMapProps) {
  const { width, height, region } = places;
  const colors = useCallback(() => colorsOf(places, full), [places, full]);
  return (
    <div className="place-map" aria-hidden="true">
      <RegionCanvas width={width} height={height} region={region} colors={colors} />
    </div>
  );
}

function colorsOf({ spikes }: SpikePlaces, full: number): Uint8ClampedArray<ArrayBuffer> {
  const colors = new Uint8ClampedArray(4 * spikes.length);
  for (let i = 0; i < spikes.length; i++) {
    colors.set(color, 4 * i);
    colors[4 * i + 3] = 220 * Math.min(1, spikes[i] / full);
  }
  return colors;
}
