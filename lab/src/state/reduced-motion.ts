/** Whether the user has asked the system for stillness: then nothing plays or scrolls by itself. */
export function prefersReducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
