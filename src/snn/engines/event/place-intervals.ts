/** Places areas that are needed only part of the time, so that those needed at different times share addresses. */

export interface Request {
  readonly bytes: number;
  /** First and last stage that needs it. */
  readonly from: number;
  readonly to: number;
}

export interface Placement {
  readonly places: ReadonlyMap<Request, number>;
  /** First byte after all areas. */
  readonly end: number;
}

/** The largest first, each at the lowest address from `start` on where nothing lies that is needed at the same time. */
export function placeIntervals(requests: readonly Request[], start: number): Placement {
  const placed: { readonly request: Request; readonly at: number }[] = [];
  let end = start;
  for (const request of [...requests].sort((a, b) => b.bytes - a.bytes)) {
    let at = start;
    const others = placed
      .filter(({ request: other }) => other.from <= request.to && request.from <= other.to)
      .sort((a, b) => a.at - b.at);
    for (const other of others) {
      if (at + request.bytes <= other.at) break;
      at = Math.max(at, other.at + other.request.bytes);
    }
    placed.push({ request, at });
    end = Math.max(end, at + request.bytes);
  }
  return { places: new Map(placed.map(({ request, at }) => [request, at])), end };
}
