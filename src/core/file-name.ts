/** Any text as the name of a file. */

/** Bytes that a name may have: file systems take 255, and callers put words before and after. */
const maxBytes = 150;

/** What a file system, a shell or a terminal reads as more than a letter; and the mark of what was replaced. */
const special = /[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|%]/gu;

/** Windows opens a device where a file is named so, whatever the extension. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * A text of anybody's (a class, a picture) as one part of a path: it cannot lead to another folder, hide, name a device or
 * speak to a terminal. What could is written in percent signs and hexadecimal digits, as in addresses; other names stay as
 * they are, and different texts get different names (long ones, over 150 bytes, are cut and may not).
 */
export function safeFileName(text: string): string {
  const name = text
    .replace(special, percents)
    .replace(/^[.\s]|[.\s]$/g, percents)
    .replace(deviceName, (word) => percents(word[0]) + word.slice(1));
  return shortened(name === "" ? "%" : name);
}

/** Names that are taken twice, upper and lower case being one, get -2, -3, … in the order given. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${name}-${i}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

function percents(letter: string): string {
  return Array.from(
    new TextEncoder().encode(letter),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}

function shortened(name: string): string {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= maxBytes) return name;
  // Without a letter that was cut in half.
  return new TextDecoder().decode(bytes.subarray(0, maxBytes)).replace(/[\uFFFD.\s]+$/, "");
}
