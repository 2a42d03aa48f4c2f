/** A short explanation beside the thing it explains, shown when asked for; one at a time. */
import { type ReactNode, useEffect, useRef } from "react";

export function Explain({ about, children }: { readonly about: string; readonly children: ReactNode }) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = () => details.current?.removeAttribute("open");
    const onClick = (event: MouseEvent) => {
      if (!details.current?.contains(event.target as Node)) close();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !details.current?.open) return;
      close();
      details.current.querySelector("summary")?.focus();
    };
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("click", onClick);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <details ref={details} className="explain">
      <summary>
        <span aria-hidden="true">?</span>
        <span className="visually-hidden">Explain {about}</span>
      </summary>
      <div>{children}</div>
    </details>
  );
}
