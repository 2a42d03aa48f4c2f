/** What is going on, where one looks: above the pictures, with how far it is and a way to stop it. */

import type { LabState } from "../state/lab-state.ts";
import type { Store } from "../state/store.ts";
import { shortNumber } from "../views/format.ts";

export function BusyBar({ store, state }: { readonly store: Store; readonly state: LabState }) {
  const { busy, progress, run, model } = state;
  const isRunning = run !== null && !run.isDone && model !== null;
  const text = busy ? (progress?.what ?? busy) : isRunning ? "Running the spiking network" : "";
  const part = busy && progress?.total ? progress.done / progress.total : null;
  return (
    <div className="busy" data-busy={text !== ""}>
      {text !== "" && (
        <>
          <span className="what">
            {text}
            {busy && progress && amountText(progress)}…
          </span>
          {part === null ? <progress aria-label={text} /> : <progress aria-label={text} value={part} />}
          <button type="button" onClick={store.stop}>
            Stop
          </button>
        </>
      )}
    </div>
  );
}

function amountText({ what, done, total }: NonNullable<LabState["progress"]>): string {
  const isBytes = what.startsWith("Downloading");
  const amount = (value: number) => (isBytes ? `${shortNumber(value)}B` : String(value));
  if (total === null) return done > 0 ? `: ${amount(done)}` : "";
  return `: ${amount(done)} of ${amount(total)}`;
}
