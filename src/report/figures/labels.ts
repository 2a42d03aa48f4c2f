/** Direct labels: names beside the ends of their lines, moved apart where they would touch. */

/**
 * Places for labels along one axis: as near to what they wish as is possible with `gap` between neighbours.
 * Clusters of labels that touch are spread around their common mean.
 * @param wished in pixels, any order.
 */
export function spreadLabels(wished: readonly number[], gap: number, [min, max]: readonly [number, number]): number[] {
  const order = wished.map((_, i) => i).sort((a, b) => wished[a] - wished[b] || a - b);
  let clusters = order.map((i) => ({ members: [i], centre: wished[i] }));
  for (let isTouching = true; isTouching; ) {
    isTouching = false;
    const merged: typeof clusters = [];
    for (const cluster of clusters) {
      const before = merged.at(-1);
      if (before && topOf(cluster) - bottomOf(before) < gap) {
        const members = [...before.members, ...cluster.members];
        merged[merged.length - 1] = { members, centre: within(members) };
        isTouching = true;
      } else {
        merged.push({ members: cluster.members, centre: within(cluster.members) });
      }
    }
    clusters = merged;
  }
  const places = new Array<number>(wished.length);
  for (const cluster of clusters) {
    for (const [rank, i] of cluster.members.entries()) places[i] = topOf(cluster) + rank * gap;
  }
  return places;

  function within(members: readonly number[]): number {
    const mean = members.reduce((sum, i) => sum + wished[i], 0) / members.length;
    const half = ((members.length - 1) * gap) / 2;
    return Math.max(min + half, Math.min(max - half, mean));
  }
  function topOf({ members, centre }: (typeof clusters)[number]): number {
    return centre - ((members.length - 1) * gap) / 2;
  }
  function bottomOf({ members, centre }: (typeof clusters)[number]): number {
    return centre + ((members.length - 1) * gap) / 2;
  }
}
