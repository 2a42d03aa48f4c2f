/** Remarks of one kind as one line, however many there are: how often, and where first. */

/** So many places are named. */
const named = 5;

export interface RemarkTally {
  /**
   * @param what the same words for all remarks of a kind: "objects without a usable box, left out".
   * @param where which one, for people.
   */
  add(what: string, where: string): void;
  /** One line a kind, in the order of their first. */
  lines(): readonly string[];
}

export function tallyRemarks(): RemarkTally {
  const kinds = new Map<string, string[]>();
  return {
    add(what, where) {
      const places = kinds.get(what);
      if (places) places.push(where);
      else kinds.set(what, [where]);
    },
    lines: () => [...kinds].map(([what, places]) => `${what}: ${places.length} (${firstOf(places)})`),
  };
}

/** The first five, and a mark where there are more. */
export function firstOf(places: readonly string[]): string {
  return places.slice(0, named).join(", ") + (places.length > named ? ", …" : "");
}
