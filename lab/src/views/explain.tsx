/** A short explanation beside the thing it explains, shown when asked for. */
import type { ReactNode } from "react";

export function Explain({ about, children }: { readonly about: string; readonly children: ReactNode }) {
  return (
    <details className="explain">
      <summary>
        <span aria-hidden="true">?</span>
        <span className="visually-hidden">Explain {about}</span>
      </summary>
      <div>{children}</div>
    </details>
  );
}
