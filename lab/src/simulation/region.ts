/** Where the network's input lies in the picture. */
import type { NetworkInput } from "../../../src/index.ts";
import type { Region } from "./protocol.ts";

/** In fractions of the picture; read off inside, where nothing is clipped. */
export function regionOf(input: NetworkInput): Region {
  const whole = input.toPicture({ xMin: 0, yMin: 0, xMax: 1, yMax: 1 });
  const inner = input.toPicture({ xMin: 0.45, yMin: 0.45, xMax: 0.55, yMax: 0.55 });
  const width = (inner.xMax - inner.xMin) / 0.1 / whole.xMax;
  const height = (inner.yMax - inner.yMin) / 0.1 / whole.yMax;
  return { x: inner.xMin / whole.xMax - 0.45 * width, y: inner.yMin / whole.yMax - 0.45 * height, width, height };
}
