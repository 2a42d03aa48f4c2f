/** A linked view in its frame: title, explanation, content. */
import type { ReactNode } from "react";
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
}

export function Card({ title, unit, explanation, children, tour, controls, wide = false }: CardProps) {
  return (
    <section className={wide ? "card wide" : "card"} aria-label={title} data-tour={tour}>
      <header>
        <div className="title">
          <h2>{title}</h2>
          {unit && <p className="unit">{unit}</p>}
        </div>
        {controls}
        <Explain about={title.toLowerCase()}>{explanation}</Explain>
      </header>
      {children}
    </section>
  );
}
