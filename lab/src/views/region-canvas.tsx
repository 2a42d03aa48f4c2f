/** A map's pixels over the part of the picture that the network reads. */
import { type MouseEventHandler, useEffect, useRef } from "react";
import type { Region } from "../simulation/protocol.ts";

export interface RegionCanvasProps {
  readonly width: number;
  readonly height: number;
  readonly region: Region;
  /** RGBA of the map [height, width]; asked for again where it is another function. */
  readonly colors: () => Uint8ClampedArray<ArrayBuffer>;
  readonly onClick?: MouseEventHandler<HTMLCanvasElement>;
}

export function RegionCanvas({ width, height, region, colors, onClick }: RegionCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    context?.putImageData(new ImageData(colors(), width, height), 0, 0);
  }, [colors, width, height]);
  const percent = (fraction: number) => `${100 * fraction}%`;
  const place = {
    left: percent(region.x),
    top: percent(region.y),
    width: percent(region.width),
    height: percent(region.height),
  };
  return <canvas ref={canvas} width={width} height={height} style={place} {...(onClick ? { onClick } : {})} />;
}
