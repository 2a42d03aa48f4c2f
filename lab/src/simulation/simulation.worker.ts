/** The simulation worker: answers the page's requests, one message each. All computing of the lab happens here. */
import { config } from "zod";
import { SpikingYoloError } from "../../../src/index.ts";
import { createLaboratory } from "./laboratory.ts";
import type { Method, ReplyMessage, RequestMessage, SpikePlaces } from "./protocol.ts";

// The page's security policy forbids code from strings; zod asks for none then.
config({ jitless: true });

interface WorkerScope {
  postMessage(message: ReplyMessage, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<RequestMessage>) => void) | null;
}
const scope = globalThis as unknown as WorkerScope;

const handlers = createLaboratory((event) => scope.postMessage({ kind: "event", event }));

scope.onmessage = async ({ data: { id, method, request } }) => {
  try {
    const answer = await (handlers[method] as (request: unknown) => Promise<unknown>)(request);
    scope.postMessage({ kind: "answer", id, answer }, transferables(method, answer));
  } catch (error) {
    const code = error instanceof SpikingYoloError ? error.code : "E_INTERNAL";
    scope.postMessage({ kind: "failure", id, code, message: error instanceof Error ? error.message : String(error) });
  }
};

function transferables(method: Method, answer: unknown): Transferable[] {
  if (method === "setPicture") return [(answer as { bitmap: ImageBitmap }).bitmap];
  if (method === "channelMaps" && answer) return [(answer as { rates: Float32Array<ArrayBuffer> }).rates.buffer];
  if (method === "frame") return [(answer as { places: SpikePlaces }).places.spikes.buffer];
  return [];
}
