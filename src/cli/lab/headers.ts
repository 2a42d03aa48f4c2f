/** What the server says with every answer of the lab. */

/**
 * The page runs its own scripts, workers and WebAssembly and no others. Styles may stand in the page: views set widths and
 * places with them. `data:` pictures are scenes on their way to pixels, `blob:` media are videos that a user opens. Data may come from any https address, since a link may name a
 * model (`#model=https://…`): the page asks for nothing else, and only when it is opened by such a link.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src blob:",
  "connect-src 'self' https:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export const labHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `${contentSecurityPolicy}; frame-ancestors 'none'`,
  // Both together give the page shared memory, for the engine's threads.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};
