/** One input as people have it (or one that broke something), and what the product is expected to do with it. */
export interface WildCase {
  /** Folder below `wild` or `faults` of the data, or a file in it. */
  readonly folder: string;
  /** What a user can expect, as one plain sentence. */
  readonly expects: string;
  /** Fails where that is not so. `path` is the folder (or file) on this machine; `scratch` an empty folder to write to. */
  readonly check: (path: string, scratch: string) => Promise<void>;
}
