/** Readouts: all charge that has arrived, and what heads read of it and of net counts at the steps of a tile at which they do. */
import { Piece, Population, Tile } from "../structs";
import { endOf, firstOf, weightShift } from "../tile";
import { constantCurrent } from "./parts";
import { newConstants } from "./following";

/** What spikes bring to four channels from the block's c-th on; `step`: where the currents of that step begin. */
// @ts-ignore: decorator
@inline
function sumsAt(population: Population, step: usize, c: i32): v128 {
  return population.isShort
    ? i32x4.shl(v128.load_ext<i16>(step + (c << 1)), population.shift)
    : v128.load(step + (c << 2));
}

/** Remembers a readout's charge where it is read. Trackers keep it themselves, in int32: before they are run, that at the tile's start. */
export function followCharge(tile: Tile, piece: Piece, p: i32): void {
  const population = piece.population;
  const readAt = population.readAt;
  if (readAt == 0) return;
  const out = population.out;
  const stride = population.stateStride;
  const first = piece.first;
  const at = (piece.position + p) * stride + first;
  const currents = piece.currents + p * piece.positionBytes;
  const slotWords = out.width * out.height * stride;
  const onceAt = population.lagIn - tile.g0;
  const from = firstOf(tile, population.lagIn);
  const to = endOf(tile, population.lagIn);
  const arrives = population.termCount > 0 && !piece.isQuiet;
  for (let c = 0; c < population.block; c += 4) {
    let charge = piece.begins ? i32x4.splat(0) : v128.load(population.vMem + ((at + c) << 2));
    if (onceAt >= from && onceAt < to)
      charge = i32x4.add(charge, newConstants(population, tile, (at + c) << 2, first + c));
    for (let i = from; i < to; i++) {
      if (arrives) {
        const current = sumsAt(population, currents + i * piece.stepBytes, c);
        charge = i32x4.add(charge, i32x4.shl(current, weightShift(tile, population.lagIn, i)));
      }
      if ((readAt >> i) & 1) {
        const history = population.chargeHistory + ((i * slotWords + at + c) << 3);
        v128.store(history, f64x2.convert_low_i32x4_s(charge));
        v128.store(history, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(charge, charge, 2, 3, 2, 3)), 16);
      }
    }
  }
}

/** Adds a readout's currents up, and remembers the charge where it is read: exactly, since float64 holds 2^53. */
export function sumCharge(tile: Tile, piece: Piece, p: i32): void {
  const population = piece.population;
  const out = population.out;
  const stride = population.stateStride;
  const first = piece.first;
  const at = (piece.position + p) * stride + first;
  const currents = piece.currents + p * piece.positionBytes;
  const stepBytes = piece.stepBytes;
  const slotWords = out.width * out.height * stride;
  const from = firstOf(tile, population.lagIn);
  const to = endOf(tile, population.lagIn);
  const readAt = population.readAt;
  const arrives = population.termCount > 0 && !piece.isQuiet;
  for (let c = 0; c < population.block; c += 4) {
    const constant = constantCurrent(population, (at + c) << 2, first + c);
    const chargeAt = population.charge + ((at + c) << 3);
    let low = v128.load(chargeAt);
    let high = v128.load(chargeAt, 16);
    let history = population.chargeHistory + ((from * slotWords + at + c) << 3);
    for (let i = from; i < to; i++) {
      let current = constant;
      if (arrives) current = i32x4.add(current, sumsAt(population, currents + i * stepBytes, c));
      current = i32x4.shl(current, weightShift(tile, population.lagIn, i));
      low = f64x2.add(low, f64x2.convert_low_i32x4_s(current));
      high = f64x2.add(high, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(current, current, 2, 3, 2, 3)));
      if ((readAt >> i) & 1) {
        v128.store(history, low);
        v128.store(history, high, 16);
      }
      history += slotWords << 3;
    }
    v128.store(chargeAt, low);
    v128.store(chargeAt, high, 16);
  }
}

/** Remembers a readout's counts where they are read, followed back from the last. */
export function followCounts(tile: Tile, piece: Piece, p: i32): void {
  const population = piece.population;
  const readAt = population.readAt;
  if (readAt == 0) return;
  const out = population.out;
  const stride = population.stateStride;
  const first = piece.first;
  const at = (piece.position + p) * stride + first;
  const spikes = piece.spikes + p * piece.out.stride;
  const slotWords = out.width * out.height * stride;
  const from = max(firstOf(tile, population.lagIn), ctz(readAt));
  const to = endOf(tile, population.lagIn);
  const channels = min(population.block, out.stride - first);
  for (let c = 0; c < channels; c += 8) {
    let low = v128.load(population.netCount + ((at + c) << 2));
    let high = v128.load(population.netCount + ((at + c) << 2), 16);
    for (let i = to - 1; i >= from; i--) {
      if ((readAt >> i) & 1) {
        const history = population.countHistory + ((i * slotWords + at + c) << 2);
        v128.store(history, low);
        v128.store(history, high, 16);
      }
      const slot = (tile.g0 + i) % out.capacity;
      const sent = v128.load_ext<i8>(spikes + slot * out.slotBytes + c);
      const weight = weightShift(tile, out.lag, i);
      low = i32x4.sub(low, i32x4.shl(i32x4.extend_low_i16x8_s(sent), weight));
      high = i32x4.sub(high, i32x4.shl(i32x4.extend_high_i16x8_s(sent), weight));
    }
  }
}
