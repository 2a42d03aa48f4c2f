/** Where figures are drawn when there is no page: a document of linkedom. In a page, pass `{ document }` instead. */
import { parseHTML } from "linkedom";
import type { Canvas } from "./figures/figure.ts";

export function nodeCanvas(): Canvas {
  return { document: parseHTML("<!doctype html><html><body></body></html>").document as unknown as Document };
}
