/** Names a piece of plain data (graphs with their tensors, settings) by its SHA-256: equal data, equal name. */

/** 64 hexadecimal digits. Objects count by their keys in any order; keys without a value do not count. */
export async function fingerprint(value: unknown): Promise<string> {
  return digest(new TextEncoder().encode(JSON.stringify(await canonical(value))));
}

async function canonical(value: unknown): Promise<unknown> {
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    // Copied: digests are not made of shared memory.
    return { type: value.constructor.name, sha256: await digest(bytes.slice()) };
  }
  if (Array.isArray(value)) return Promise.all(value.map(canonical));
  // JSON would make null of them.
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(await Promise.all(entries.map(async ([key, entry]) => [key, await canonical(entry)])));
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
