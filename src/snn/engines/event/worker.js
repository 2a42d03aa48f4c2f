// @ts-check
/**
 * A thread of the event engine: runs tiles that it is told to, together with its fellows over the same memory.
 * JavaScript, and without imports of ours, because Node 20 starts no TypeScript.
 */
/** @type {{ postMessage(message: unknown): void, onmessage: ((event: { data: any }) => void) | null }} */
let port;
if (typeof globalThis.postMessage === "function") port = /** @type {any} */ (globalThis);
else {
  // Not a literal, so that bundlers for browsers leave it alone.
  const nodeThreads = "node:worker_threads";
  port = (await import(/* @vite-ignore */ nodeThreads)).parentPort;
}

/** @type {((range: { first: number, last: number, g0: number, length: number }) => void) | undefined} */
let runTile;

/** @param {any} data */
async function obey(data) {
  if (data.lock) return holdLock(data.lock);
  if (data.module) {
    const { module, memory, thread, tile, program } = data;
    const { exports } = await WebAssembly.instantiate(/** @type {WebAssembly.Module} */ (module), { env: { memory } });
    const run = /** @type {(...words: number[]) => void} */ (exports.runTile);
    runTile = ({ first, last, g0, length }) => run(tile, program, thread, first, last, g0, length);
  } else runTile?.(data);
  return "done";
}

/**
 * Takes a lock for as long as this thread lives: a browser tells nobody of a worker's end, but passes its locks on.
 * @param {string} name
 */
function holdLock(name) {
  return new Promise((answer) => {
    navigator.locks.request(name, () => {
      answer("locked");
      return new Promise(() => {});
    });
  });
}

// A rejected promise in a worker is no error to the page that started it: what goes wrong has to be told.
port.onmessage = async ({ data }) => {
  port.postMessage(await obey(data).catch((error) => ({ failure: String(error?.message ?? error) })));
};
