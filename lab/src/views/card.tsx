/** A linked view in its frame: title, explanation, content. */
import { type ReactNode, useRef } from "react";
import { type Keepable, KeepView } from "../export/keep-view.tsx";
import { Explain } from "./explain.tsx";

export interface CardProps {
  readonly title: string;
  /** What the numbers in it are. */
  readonly unit?: string;
  readonly explanation: ReactNode;
  readonly children: ReactNode;
  /** Name by which the tour finds it. */
  readonly tour?: string;
  /** At the right of the title. */
  readonly controls?: ReactNode;
  readonly wide?: boolean;
  /** What of it can be saved. */
  readonly keep?: Keepable;
}

export function Card({ title, unit, explanation, children, tour, controls, wide = false, keep }: CardProps) {
  const view = useRef<HTMLElement>(null);
  return (
    <section ref={view} className={wide ? "card wide" : "card"} aria-label={title} data-tour={tour}>
      <header>
        <div className="title">
          <h2>{title}</h2>
          {unit && <p className="unit">{unit}</p>}
        </div>
        {controls}
        <Explain about={title.toLowerCase()}>{explanation}</Explain>
      </header>
      {children}
      {keep && <KeepView view={view} title={title} {...keep} />}
    </section>
  );
}
