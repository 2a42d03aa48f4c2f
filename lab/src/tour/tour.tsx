/** Walks through the tour's steps: brings each target into view, marks it, and says what it shows. */
import { useEffect, useRef, useState } from "react";
import { prefersReducedMotion } from "../state/reduced-motion.ts";
import { tourSteps } from "./steps.ts";

/** As in the style sheets. */
const narrow = 640;

export function Tour({ onClose }: { readonly onClose: () => void }) {
  const [index, setIndex] = useState(0);
  const panel = useRef<HTMLDivElement>(null);
  const [side, setSide] = useState<"left" | "right">("right");
  const { target, title, text } = tourSteps[index];
  const isLast = index === tourSteps.length - 1;

  useEffect(() => {
    const element = document.querySelector(`[data-tour="${target}"]`);
    element?.classList.add("toured");
    if (element) {
      const { left, height } = element.getBoundingClientRect();
      // Beside what it speaks of, and what it speaks of above it where the page is narrow.
      setSide(left > innerWidth / 3 ? "left" : "right");
      const block = innerWidth < narrow || height > innerHeight / 2 ? "start" : "center";
      element.scrollIntoView({ block, behavior: prefersReducedMotion() ? "auto" : "smooth" });
    }
    panel.current?.focus();
    return () => element?.classList.remove("toured");
  }, [target]);

  return (
    <div
      ref={panel}
      className={`tour ${side}`}
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
