/**
 * Where a data set's pictures are, however its files name them: with folders of another machine, as addresses, in other
 * letters, with another extension. Folders are listed once, so that a hundred thousand names cost no look at the disk each.
 */
import { listFolder } from "#platform";

/** Of files that are pictures, in small letters. */
export const pictureExtensions: readonly string[] = [
  ...[".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif"],
];

const extensions = new Set(pictureExtensions);

/** By its name alone. Names that begin with a dot are companions of macOS and the like. */
export function isPictureName(name: string): boolean {
  return !name.startsWith(".") && extensions.has(extensionOf(name));
}

/** With its dot, in small letters; empty where there is none. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot).toLowerCase() : "";
}

/** Without the extension of a picture. */
export function pictureStem(name: string): string {
  const extension = extensionOf(name);
  return extensions.has(extension) ? name.slice(0, -extension.length) : name;
}

export interface FoundPicture {
  readonly path: string;
  /** Whether folders were left out of the name, or the file has another name. */
  readonly isElsewhere: boolean;
}

export interface PictureFiles {
  /**
   * The file that a name stands for: as it is, with another extension or in other letters, in the folders in their order;
   * then without its first folder, without its second, …
   */
  find(name: string): Promise<FoundPicture | undefined>;
}

interface Listing {
  readonly names: ReadonlySet<string>;
  /** By name in small letters, and by name without a picture's extension in small letters. */
  readonly whole: ReadonlyMap<string, string>;
  readonly stems: ReadonlyMap<string, string>;
}

/** More than this many folders are no path of a data set. */
const maxParts = 32;

export function pictureFiles(folders: readonly string[]): PictureFiles {
  const listings = new Map<string, Promise<Listing | undefined>>();
  const listingOf = (folder: string) => {
    const known = listings.get(folder) ?? readListing(folder);
    listings.set(folder, known);
    return known;
  };
  const lookUp = async (folder: string, name: string): Promise<string | undefined> => {
    const listing = await listingOf(folder);
    const found = listing && match(listing, name);
    return found === undefined ? undefined : join(folder, found);
  };
  return {
    async find(name) {
      const { parts, isAbsolute } = partsOf(name);
      const last = parts.at(-1) ?? "";
      if (isAbsolute) {
        const path = await lookUp(`/${parts.slice(0, -1).join("/")}`, last);
        if (path !== undefined) return { path, isElsewhere: !path.endsWith(last) };
      }
      for (let skipped = Math.max(0, parts.length - maxParts); skipped < parts.length; skipped++) {
        for (const folder of folders) {
          const path = await lookUp([folder, ...parts.slice(skipped, -1)].join("/"), last);
          if (path !== undefined) return { path, isElsewhere: skipped > 0 || !path.endsWith(last) };
        }
      }
      return undefined;
    },
  };
}

/** A path or an address as its parts. */
function partsOf(name: string): { readonly parts: readonly string[]; readonly isAbsolute: boolean } {
  const [, address] = /^[a-z][\w+.-]+:\/\/([^?#]*)/i.exec(name) ?? [];
  const plain = (address === undefined ? name : decoded(address)).replaceAll("\\", "/").replace(/^[a-z]:(?=\/)/i, "");
  return {
    parts: plain.split("/").filter((part) => part !== "" && part !== "."),
    isAbsolute: address === undefined && plain.startsWith("/"),
  };
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

async function readListing(folder: string): Promise<Listing | undefined> {
  const entries = await listFolder(folder);
  if (!entries) return undefined;
  const files = entries.flatMap(({ name, isFolder }) => (isFolder ? [] : name)).sort();
  const pictures = files.filter(isPictureName);
  // Of several the first in the order of names: maps keep the last that they are given.
  const last = (keys: readonly (readonly [string, string])[]) => new Map([...keys].reverse());
  return {
    names: new Set(files),
    whole: last(files.map((name) => [name.toLowerCase(), name] as const)),
    stems: last(pictures.map((name) => [pictureStem(name).toLowerCase(), name] as const)),
  };
}

function match({ names, whole, stems }: Listing, name: string): string | undefined {
  if (names.has(name)) return name;
  const small = name.toLowerCase();
  return whole.get(small) ?? stems.get(pictureStem(small));
}

function join(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}
