import type { Detection } from "../core/box.ts";

/**
 * Class-wise non-maximum suppression: by falling score (ties keep their order), a detection is dropped when its IoU with
 * a kept one of its class exceeds `iouThreshold`. The result is sorted by falling score. Boxes whose area overflows float32 drop nothing
 * and are not dropped: in darknet their IoU is infinity by infinity, or finite by infinity.
 *
 * A spiking network that has not settled says everything everywhere: hundreds of thousands of candidates, most of which are
 * kept. Each is compared only with those kept ones that are near enough and alike enough in size ({@link keptBoxes}).
 * @param iouThreshold 0 to 1.
 */
export function nonMaxSuppression(detections: readonly Detection[], iouThreshold: number): Detection[] {
  const sorted = [...detections].sort((a, b) => b.score - a.score);
  const ofClass = new Map<number, KeptBoxes>();
  return sorted.filter((box) => {
    let kept = ofClass.get(box.classIndex);
    if (!kept) {
      kept = keptBoxes(iouThreshold);
      ofClass.set(box.classIndex, kept);
    }
    return kept.keep(box);
  });
}

/** Of smaller areas float64 holds so few digits that an IoU may come out as anything: such boxes are compared with all. */
const leastArea = 2 ** -960;

interface KeptBoxes {
  /** Whether the box is kept; those that come after it are then compared with it. */
  keep(box: Box): boolean;
}

type Box = Pick<Detection, "xMin" | "yMin" | "xMax" | "yMax">;

/** Boxes with widths in (2^(x − 1), 2^x] and heights in (2^(y − 1), 2^y]; cells of their centers are as large as the greatest. */
interface SizeClass {
  readonly width: number;
  readonly height: number;
  /** Corners and area of each box, five numbers, by cell. */
  readonly cells: Map<number, number[]>;
}

/**
 * Where IoU(A, B) > t, neither side of one is shorter than t times that of the other; and the intersection is wider than t
 * times the wider one, so that the centers are less than (w_A + w_B)/2 − t·max(w_A, w_B) apart (heights alike). So kept boxes
 * lie in classes of size, and in each in cells by their centers: all others are out of question.
 */
function keptBoxes(iouThreshold: number): KeptBoxes {
  const sizes = new Map<number, SizeClass>();
  // What rounding may do to a ratio or a distance; a box too many costs nothing, as each is compared exactly.
  const ratio = iouThreshold * (1 - 2 ** -40);
  const reach = (own: number, greatest: number, center: number) =>
    ((own + greatest) / 2 - ratio * Math.max(own, greatest / 2)) * (1 + 2 ** -40) + Math.abs(center) * 2 ** -48;
  const isAlike = (own: number, greatest: number) => own >= (ratio * greatest) / 2 && greatest >= ratio * own;

  function keep({ xMin, yMin, xMax, yMax }: Box): boolean {
    const [width, height] = [xMax - xMin, yMax - yMin];
    const area = width * height;
    // What has no area, or one that is no number, overlaps nothing; nor does what overflows darknet's float32.
    if (!(width > 0 && height > 0 && area > 0 && Math.fround(area) < Number.POSITIVE_INFINITY)) return true;
    const [x, y] = [(xMin + xMax) / 2, (yMin + yMax) / 2];
    const isExact = area > leastArea;
    for (const size of sizes.values()) {
      if (!isExact) {
        for (const cell of size.cells.values()) if (overlaps(cell, xMin, yMin, xMax, yMax, area)) return false;
        continue;
      }
      if (!isAlike(width, size.width) || !isAlike(height, size.height)) continue;
      const [reachX, reachY] = [reach(width, size.width, x), reach(height, size.height, y)];
      const [left, right] = [Math.floor((x - reachX) / size.width), Math.floor((x + reachX) / size.width)];
      const [top, bottom] = [Math.floor((y - reachY) / size.height), Math.floor((y + reachY) / size.height)];
      const isFewCells = (right - left + 1) * (bottom - top + 1) <= size.cells.size;
      // Cell numbers beyond 2^50 are not counted through exactly.
      if (!isFewCells || !(Math.max(-left, right, -top, bottom) < 2 ** 50)) {
        for (const cell of size.cells.values()) if (overlaps(cell, xMin, yMin, xMax, yMax, area)) return false;
        continue;
      }
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          const cell = size.cells.get(cellKey(column, row));
          if (cell && overlaps(cell, xMin, yMin, xMax, yMax, area)) return false;
        }
      }
    }
    add(width, height, x, y, [xMin, yMin, xMax, yMax, area]);
    return true;
  }

  function add(width: number, height: number, x: number, y: number, box: readonly number[]): void {
    const [levelX, levelY] = [Math.ceil(Math.log2(width)), Math.ceil(Math.log2(height))];
    const key = levelX * 2 ** 12 + levelY;
    let size = sizes.get(key);
    if (!size) {
      size = { width: 2 ** levelX, height: 2 ** levelY, cells: new Map() };
      sizes.set(key, size);
    }
    const place = cellKey(Math.floor(x / size.width), Math.floor(y / size.height));
    const cell = size.cells.get(place);
    if (cell) for (const value of box) cell.push(value);
    else size.cells.set(place, [...box]);
  }

  function overlaps(
    cell: readonly number[],
    xMin: number,
    yMin: number,
    xMax: number,
    yMax: number,
    area: number,
  ): boolean {
    for (let i = 0; i < cell.length; i += 5) {
      const width = Math.min(xMax, cell[i + 2]) - Math.max(xMin, cell[i]);
      if (width <= 0) continue;
      const height = Math.min(yMax, cell[i + 3]) - Math.max(yMin, cell[i + 1]);
      if (height <= 0) continue;
      const intersection = width * height;
      if (intersection / (area + cell[i + 4] - intersection) > iouThreshold) return true;
    }
    return false;
  }

  return { keep };
}

/** Cells that share a key, which are far apart, lose nothing but time. */
function cellKey(column: number, row: number): number {
  return column * 94_906_267 + row;
}
