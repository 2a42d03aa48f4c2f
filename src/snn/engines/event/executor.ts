/** Who runs a program: the thread that asks, or workers over shared memory. */

export interface Executor {
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  /** Runs stages first … last − 1 of the program over global steps g0 + 1 … g0 + length. */
  run(range: TileRange): Promise<void>;
  dispose(): Promise<void>;
}

export interface TileRange {
  readonly first: number;
  readonly last: number;
  readonly g0: number;
  readonly length: number;
}

/** Addresses that every thread must know. */
export interface ProgramAddress {
  readonly program: number;
  /** `tileBytes` for each thread. */
  readonly tiles: number;
}

/** What the wasm modules export. */
export interface KernelExports {
  runTile(tile: number, program: number, thread: number, first: number, last: number, g0: number, length: number): void;
  loadAndAdd(at: number, bytes: number, repeats: number): number;
}

export const pageBytes = 65_536;
