/** What a figure is: a drawing and the data behind it. Figures are made by pure functions, in Node.js and in pages alike. */

export type Cell = string | number | boolean | null;

/** A line of a figure's data; all lines of a figure have the same columns. */
export type Row = Readonly<Record<string, Cell>>;

export interface Figure {
  /** File name without extension, and anchor in the page. */
  readonly id: string;
  /** `Figure 1`. */
  readonly label: string;
  /** What is drawn, with units. */
  readonly title: string;
  /** How it was measured and what to look at; plain text. */
  readonly caption: string;
  /** What the drawing says, for those who do not see it. */
  readonly alt: string;
  /** A document of its own, on white. */
  readonly svg: string;
  readonly rows: readonly Row[];
}

/** What drawing needs of its surroundings. */
export interface Canvas {
  /** The page's own, or one made for the purpose. */
  readonly document: Document;
  /**
   * The width that a drawing has to fill, in px of which text is 12 high: a column of a paper, or a slide. Series are then
   * named in a legend within the plot. Absent for a page, where drawings are as wide as they like and name series at the right.
   */
  readonly columnPx?: number;
}
