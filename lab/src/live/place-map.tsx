/** Where the last frame's spikes were spent, over the picture. */
import { useEffect, useRef } from "react";
import type { SpikePlaces } from "../simulation/protocol.ts";

export interface PlaceMapProps {
  readonly places: SpikePlaces;
  /** Spikes of a cell that are drawn in full colour. */
  readonly full: number;
}

const color = [255, 150, 30] as const;

export function PlaceMap({ places, full }: PlaceMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, region } = places;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    context?.putImageData(new ImageData(colorsOf(places, full), width, height), 0, 0);
  }, [places, full, width, height]);
  const percent = (fraction: number) => `${100 * fraction}%`;
  const place = {
    left: percent(region.x),
    top: percent(region.y),
    width: percent(region.width),
    height: percent(region.height),
  };
  return (
    <div className="place-map" aria-hidden="true">
      <canvas ref={canvas} width={width} height={height} style={place} />
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
