/** Which rows of frames hold spikes: what rests is passed over. */
import { Frame, Tile } from "./structs";

// @ts-ignore: decorator
@inline
function partsOf(frame: Frame, tile: Tile, lag: i32, i: i32, y: i32): usize {
  const g = tile.g0 + i - lag + frame.lag;
  return frame.active + ((g % frame.capacity) * frame.height + y) * frame.parts;
}

/** Whether row y of what is read with lag `lag` at offset i may hold spikes. */
export function isActive(frame: Frame, tile: Tile, lag: i32, i: i32, y: i32): bool {
  if (frame.active == 0) return true;
  const parts = partsOf(frame, tile, lag, i, y);
  for (let part = 0; part < frame.parts; part++) if (load<u8>(parts + part) != 0) return true;
  return false;
}

/** Whether any of rows firstY … lastY − 1 may hold spikes at offsets from … to − 1. */
export function areActive(frame: Frame, tile: Tile, lag: i32, from: i32, to: i32, firstY: i32, lastY: i32): bool {
  for (let i = from; i < to; i++) {
    for (let y = firstY; y < lastY; y++) if (isActive(frame, tile, lag, i, y)) return true;
  }
  return false;
}

/** Takes note of a part of a row that has been written. */
// @ts-ignore: decorator
@inline
export function setActive(frame: Frame, tile: Tile, lag: i32, i: i32, y: i32, part: i32, isActive: bool): void {
  if (frame.active != 0) store<u8>(partsOf(frame, tile, lag, i, y) + part, isActive ? 1 : 0);
}
