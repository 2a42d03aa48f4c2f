/** Scores for people. */
import { printable } from "../core/printable.ts";
import type { Scores } from "../evaluate/score.ts";
import { print } from "./io.ts";

const statNames = [
  ...["AP   IoU .50:.95  all", "AP   IoU .50      all", "AP   IoU .75      all"],
  ...["AP   IoU .50:.95  small", "AP   IoU .50:.95  medium", "AP   IoU .50:.95  large"],
  ...["AR   1 a picture  all", "AR  10 a picture  all", "AR 100 a picture  all"],
  ...["AR 100 a picture  small", "AR 100 a picture  medium", "AR 100 a picture  large"],
];

/** One line a class, then the means. */
export function printScores({ voc07Map, map50, map50To95, stats, perClass }: Scores): void {
  const width = Math.max(5, ...perClass.map(({ label }) => printable(label).length));
  const other = stats ? "AP50:95" : "VOC07 AP";
  const row = (label: string, ...cells: string[]) =>
    print(label.padEnd(width) + cells.map((cell) => cell.padStart(11)).join(""));
  row("class", "objects", "detections", "AP50", other);
  for (const { label, positives, detections, ap50, voc07Ap, ap50To95 } of perClass) {
    row(printable(label), String(positives), String(detections), percent(ap50), percent(stats ? ap50To95 : voc07Ap));
  }
  row("mean", "", "", percent(map50), percent(stats ? map50To95 : voc07Map));
  stats?.forEach((value, index) => {
    print(`${statNames[index].padEnd(26)}${value < 0 ? "      –" : value.toFixed(6)}`);
  });
}

/** `36.80`; a dash where there is nothing to score. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : (value * 100).toFixed(2);
}
