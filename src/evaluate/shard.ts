/** A part of an evaluation for a batch system that has a queue of its own: every n-th picture, so that all parts are of one mix. */

export interface Shard {
  /** 1 … `of`. */
  readonly index: number;
  readonly of: number;
}

/** More machines than anybody has. */
const mostShards = 100_000;

/** Reads "3/10"; undefined where the text names no part. */
export function parseShard(text: string): Shard | undefined {
  const [, index, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  return isShard({ index, of }) ? { index, of } : undefined;
}

export function isShard({ index, of }: Shard): boolean {
  return Number.isInteger(index) && Number.isInteger(of) && index >= 1 && index <= of && of <= mostShards;
}

/** Those at places index − 1, index − 1 + of, …: a longer list only adds to every shard. */
export function inShard<T>(items: readonly T[], { index, of }: Shard): readonly T[] {
  return items.filter((_, place) => place % of === index - 1);
}

export function shardName({ index, of }: Shard): string {
  return `shard ${index} of ${of}`;
}
