/** What is in a folder. */
export interface FolderEntry {
  readonly name: string;
  /** Of a link: what it leads to. */
  readonly isFolder: boolean;
}
