/** Walks through the tour's steps: brings each target into view, marks it, and says what it shows. */
import { useEffect, useRef, useState } from "react";
import { prefersReducedMotion } from "../state/reduced-motion.ts";
import { tourSteps } from "./steps.ts";

export function Tour({ onClose }: { readonly onClose: () => void }) {
  const [index, setIndex] = useState(0);
  const panel = useRef<HTMLDivElement>(null);
  const { target, title, text } = tourSteps[index];
  const isLast = index === tourSteps.length - 1;

  useEffect(() => {
    const element = document.querySelector(`[data-tour="${target}"]`);
    element?.classList.add("toured");
    element?.scrollIntoView({ block: "center", behavior: prefersReducedMotion() ? "auto" : "smooth" });
    panel.current?.focus();
    return () => element?.classList.remove("toured");
  }, [target]);

  return (
    <div
      ref={panel}
      className="tour"
      role="dialog"
      aria-labelledby="tour-title"
      aria-describedby="tour-text"
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <p className="count">
        {index + 1} of {tourSteps.length}
      </p>
      <h2 id="tour-title">{title}</h2>
      <p id="tour-text">{text}</p>
      <div className="actions">
        <button type="button" onClick={onClose}>
          Close
        </button>
        <button type="button" onClick={() => setIndex(index - 1)} disabled={index === 0}>
          Back
        </button>
        <button type="button" className="primary" onClick={() => (isLast ? onClose() : setIndex(index + 1))}>
          {isLast ? "Done" : "Next"}
        </button>
      </div>
    </div>
  );
}
