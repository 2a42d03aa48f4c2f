/** Text from files (names of classes, layers, pictures) on a terminal. */

/** Escapes what moves the cursor, colours, hides or reverses text, so that a name cannot pass for a line of ours. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
