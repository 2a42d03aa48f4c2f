/** Channels of one frame, at every offset, into another: slices, the parts of a concatenation, upsampling, and zeros between. */
import { isActive, setActive } from "../activity";
import { clearBytes, copyBytes } from "../bytes";
import { Move, Tile } from "../structs";
import { endOf, firstOf, slotOf } from "../tile";

/** Work items: rows of the output. */
export function moveItem(move: Move, tile: Tile, y: i32): void {
  const input = move.input;
  const out = move.out;
  const to = endOf(tile, out.lag);
  // What pads a position is 0: the part that ends it sees to that.
  const end = move.to + move.channels;
  const padding = move.endsPosition ? out.stride - end : 0;
  for (let i = firstOf(tile, out.lag); i < to; i++) {
    let target = slotOf(out, tile, out.lag, i) + y * out.width * out.stride + move.to;
    const isBetween = move.insertsZeros != 0 && y % move.factor != 0;
    const active = !isBetween && isActive(input, tile, out.lag, i, y / move.factor);
    setActive(out, tile, out.lag, i, y, move.part, active);
    if (!active) {
      if (out.isLookedAt) clear(move, target, padding);
      continue;
    }
    const row = slotOf(input, tile, out.lag, i) + (y / move.factor) * input.width * input.stride + move.from;
    if (move.insertsZeros) clear(move, target, padding);
    const step = move.insertsZeros ? move.factor : 1;
    for (let x = 0; x < out.width; x += step) {
      copyBytes(target, row + (x / move.factor) * input.stride, move.channels);
      if (padding) memory.fill(target + move.channels, 0, padding);
      target += step * out.stride;
    }
  }
}

/** No spikes in a row. */
function clear(move: Move, target: usize, padding: i32): void {
  const out = move.out;
  const channels = move.channels + padding;
  if (channels == out.stride) memory.fill(target, 0, out.width * channels);
  else for (let x = 0; x < out.width; x++) clearBytes(target + x * out.stride, channels);
}
