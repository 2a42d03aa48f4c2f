/** Models that come with the package, by name. */
import { fileURLToPath } from "node:url";

const files: Readonly<Record<string, string>> = {
  /** A Tiny YOLO for eight kinds of things in generated street scenes; its card is models/scenes.md. */
  scenes: "../../models/scenes.safetensors",
  /** The same, trained through its spikes; its card is models/scenes-spiking.md. */
  "scenes-spiking": "../../models/scenes-spiking.safetensors",
  /** A small one that keeps every rule of an Akida 1.0, in its 4 bits; its card is models/akida.md. */
  akida: "../../models/akida.safetensors",
};

/** Path of the built-in model of that name; undefined where there is none. */
export function builtInModel(name: string): string | undefined {
  // The same number of folders up from src/cli as from dist/cli.
  return Object.hasOwn(files, name) ? fileURLToPath(new URL(files[name], import.meta.url)) : undefined;
}

export const builtInModelNames: readonly string[] = Object.keys(files);
