/** The model that comes with the package, as a file beside the page; absent in a build before it was trained. */
import type { ModelSource } from "../simulation/protocol.ts";

const files = import.meta.glob<string>("../../../models/scenes.safetensors", {
  query: "?url",
  import: "default",
  eager: true,
});

const [path, url] = Object.entries(files)[0] ?? [];

export const builtInModel: ModelSource | undefined =
  path && url
    ? { kind: "url", name: path.split("/").at(-1) ?? path, url: new URL(url, document.baseURI).href }
    : undefined;
