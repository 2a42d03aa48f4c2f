/** The page's end of the simulation worker: requests with answers, and the events of runs. */
import { SpikingYoloError } from "../../../src/index.ts";
import type { Answers, Method, ReplyMessage, RequestMessage, RunEvent } from "../simulation/protocol.ts";

export interface Client {
  /** @throws SpikingYoloError with the worker's code and message. */
  call<M extends Method>(method: M, request: Answers[M]["request"]): Promise<Answers[M]["answer"]>;
}

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Speaks with the worker. @param onEvent is called for each event of a run. */
export function startClient(worker: Worker, onEvent: (event: RunEvent) => void): Client {
  const pending = new Map<number, Pending>();
  let lastId = 0;

  worker.onmessage = ({ data }: MessageEvent<ReplyMessage>) => {
    if (data.kind === "event") return onEvent(data.event);
    const request = pending.get(data.id);
    pending.delete(data.id);
    if (data.kind === "answer") request?.resolve(data.answer as never);
    else request?.reject(new SpikingYoloError(data.code, data.message));
  };
  worker.onerror = (event) => {
    const error = new SpikingYoloError("E_WORKER", `the simulation stopped: ${event.message}. Reload the page`);
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };

  return {
    call(method, request) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        worker.postMessage({ id, method, request } satisfies RequestMessage);
      });
    },
  };
}
