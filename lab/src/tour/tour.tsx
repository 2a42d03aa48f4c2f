/** Walks through the tour's steps: brings each target into view, does what the step shows, marks it, and says what it is. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { overlap, placePanel } from "./place-panel.ts";
import { type ShownNetwork, type TourActions, tourSteps } from "./steps.ts";

export interface TourProps {
  readonly shown: ShownNetwork;
  readonly actions: TourActions;
  readonly onClose: () => void;
}

export function Tour({ shown, actions, onClose }: TourProps) {
  const [index, setIndex] = useState(0);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  const panel = useRef<HTMLDivElement>(null);
  const { target, part, title, text, act } = tourSteps[index];
  const isLast = index === tourSteps.length - 1;
  const latest = useRef(actions);
  latest.current = actions;

  // What had the focus has it again afterwards.
  useLayoutEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  useEffect(() => act(latest.current), [act]);

  useLayoutEffect(() => {
    const whole = document.querySelector(`[data-tour="${target}"]`);
    if (!whole || !panel.current) return;
    const own = panel.current;
    let marked: Element | undefined;
    const show = () => {
      const size = own.getBoundingClientRect();
      const page = { width: document.documentElement.clientWidth, height: innerHeight };
      // The whole, or where that leaves no room beside it, the part that the text is about.
      for (const element of [whole, whole.querySelector(part) ?? whole]) {
        element.scrollIntoView({ block: "start" });
        const box = element.getBoundingClientRect();
        const found = placePanel(box, size, page);
        marked?.classList.remove("toured");
        element.classList.add("toured");
        marked = element;
        setPlace(found);
        if (overlap(box, found, size) === 0) return;
      }
    };
    show();
    own.focus({ preventScroll: true });
    // What a step does may move what stands above its target; a window may become lower, and the panel higher, and nothing else changes.
    const observer = new ResizeObserver(show);
    for (const element of [document.body, whole, own]) observer.observe(element);
    addEventListener("resize", show);
    return () => {
      observer.disconnect();
      removeEventListener("resize", show);
      marked?.classList.remove("toured");
    };
  }, [target, part]);

  return (
    <div
      ref={panel}
      className="tour"
      style={place}
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
      <p id="tour-text">{text(shown)}</p>
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
