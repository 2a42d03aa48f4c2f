/**
 * Runs a program's stages over a tile of time. Every thread calls this. A stage is one or two rounds of work items; threads
 * share the items of a round, and all of them wait for each other before the next round begins.
 */
import { nextItem, waitForAll } from "./share";
import { moveItem } from "./stages/move";
import { pictureItem, pixelItem, pixelItems, poissonItem } from "./stages/picture";
import { countItem, countItems, poolItem } from "./stages/pool";
import { listItem, listItems, neuronItem, neuronItems } from "./stages/population";
import { overlap, trackingPoolItem } from "./stages/tracking-pool";
import { Move, Picture, Pixels, Poisson, Pool, Population, Program, StageKind, Tile } from "./structs";

export { loadAndAdd } from "./stages/limit";
// Exported although nobody outside calls them: see generate.js.
export * from "./generated/variants";
export { oscillateSixteen } from "./neurons/oscillator";
export { takebackLongSixteen } from "./neurons/takeback";

/** Stages first … last − 1, global steps g0 + 1 … g0 + length, or all of a whole run. `tile`: memory of this thread's own. */
export function runTile(tile: Tile, program: Program, thread: i32, first: i32, last: i32, g0: i32, length: i32): void {
  tile.program = program;
  tile.thread = thread;
  tile.g0 = g0;
  tile.length = length;
  for (let k = first; k < last; k++) {
    const stage = <usize>load<u32>(program.stages + (k << 2));
    if (program.isWhole) settleOwnTile(tile, stage);
    runStage(tile, stage);
  }
}

/** All steps of a stage, from the first that it integrates on. */
function settleOwnTile(tile: Tile, stage: usize): void {
  const kind = load<i32>(stage);
  let lag: i32;
  if (kind == StageKind.POPULATION) {
    const population = changetype<Population>(stage);
    tile.g0 = population.lagIn;
    lag = population.out.lag;
  } else {
    if (kind == StageKind.POOL) lag = changetype<Pool>(stage).input.lag;
    else if (kind == StageKind.MOVE) lag = changetype<Move>(stage).out.lag;
    else if (kind == StageKind.POISSON) lag = changetype<Poisson>(stage).out.lag;
    else return;
    tile.g0 = lag;
  }
  tile.length = tile.program.timeSteps + lag - tile.g0;
}

function runStage(tile: Tile, stage: usize): void {
  const program = tile.program;
  const kind = load<i32>(stage);
  if (kind == StageKind.POPULATION) {
    const population = changetype<Population>(stage);
    const lists = listItems(population, tile);
    if (lists > 0) {
      for (let item = nextItem(program); item < lists; item = nextItem(program)) listItem(population, tile, item);
      waitForAll(program);
    }
    const items = neuronItems(population, tile);
    for (let item = nextItem(program); item < items; item = nextItem(program)) neuronItem(population, tile, item);
  } else if (kind == StageKind.POOL) {
    const pool = changetype<Pool>(stage);
    if (pool.levels > 0) {
      for (let y = nextItem(program); y < pool.out.height; y = nextItem(program)) trackingPoolItem(pool, tile, y);
      waitForAll(program);
      if (!overlap(pool)) return;
      for (let y = nextItem(program); y < pool.input.height; y = nextItem(program)) countItem(pool, tile, y);
      waitForAll(program);
      return;
    }
    const items = countItems(pool);
    if (items > 0) {
      for (let item = nextItem(program); item < items; item = nextItem(program)) countItem(pool, tile, item);
      waitForAll(program);
    }
    for (let y = nextItem(program); y < pool.out.height; y = nextItem(program)) poolItem(pool, tile, y);
  } else if (kind == StageKind.MOVE) {
    const move = changetype<Move>(stage);
    for (let y = nextItem(program); y < move.out.height; y = nextItem(program)) moveItem(move, tile, y);
  } else if (kind == StageKind.POISSON) {
    const poisson = changetype<Poisson>(stage);
    for (let y = nextItem(program); y < poisson.out.height; y = nextItem(program)) poissonItem(poisson, tile, y);
  } else if (kind == StageKind.PIXELS) {
    const pixels = changetype<Pixels>(stage);
    const items = pixelItems(pixels);
    for (let item = nextItem(program); item < items; item = nextItem(program)) pixelItem(program, pixels, item);
  } else {
    const picture = changetype<Picture>(stage);
    for (let y = nextItem(program); y < picture.outHeight; y = nextItem(program)) pictureItem(picture, y);
  }
  waitForAll(program);
}
