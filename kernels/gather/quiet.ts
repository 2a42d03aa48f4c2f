/** Where nothing arrives: the indexes of event lists tell it before any currents are gathered. */
import { Row, Term, Tile } from "../structs";

/** Whether no spike reaches outputs (y, x … end − 1) of a row by this term, at any of its offsets. `group`: that its block reads. */
export function isQuiet(term: Term, row: Row, group: i32): bool {
  const frame = term.frame;
  const width = frame.width;
  const stride = term.stride;
  const left = row.x * stride - term.padding;
  const from = min(width, max(0, left)) << 2;
  const to = max(0, min(width, (row.end - 1) * stride - term.padding + term.size)) << 2;
  if (from >= to) return true;
  const top = row.y * stride - term.padding;
  const firstY = max(0, top);
  const lastY = min(frame.height, top + term.size);
  const indexRow = (width + 1) << 2;
  const lists = term.isSplit ? 2 : 1;
  for (let i = row.from; i < row.to; i++) {
    for (let list = 0; list < lists; list++) {
      let index =
        term.index + i * term.indexStepBytes + list * term.indexListBytes + (group * frame.height + firstY) * indexRow;
      for (let y = firstY; y < lastY; y++) {
        if (load<u32>(index + from) != load<u32>(index + to)) return false;
        index += indexRow;
      }
    }
  }
  return true;
}
