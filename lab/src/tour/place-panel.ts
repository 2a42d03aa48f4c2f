/** Where the tour's panel stands: not on what it speaks of, if there is any such place. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const margin = 12;

/** @param target and page in the window's pixels. The places are tried from the lower right on; the first that covers least is taken. */
export function placePanel(target: Box, panel: Size, page: Size): { readonly left: number; readonly top: number } {
  const [right, left] = [Math.max(margin, page.width - panel.width - margin), margin];
  const [bottom, top] = [Math.max(margin, page.height - panel.height - margin), margin];
  const places = [
    { left: right, top: bottom },
    { left, top: bottom },
    { left: right, top },
    { left, top },
  ];
  const covered = places.map((place) => overlap(target, place, panel));
  return places[covered.indexOf(Math.min(...covered))];
}

export function overlap(target: Box, place: { readonly left: number; readonly top: number }, panel: Size): number {
  const width = Math.min(target.right, place.left + panel.width) - Math.max(target.left, place.left);
  const height = Math.min(target.bottom, place.top + panel.height) - Math.max(target.top, place.top);
  return Math.max(0, width) * Math.max(0, height);
}
