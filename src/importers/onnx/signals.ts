/**
 * A value of the network while it is being imported: planes, each of which is a channel of a layer that stands already. So
 * what only rearranges channels (slices, concatenations, shuffles, the Focus of YOLOv5 and YOLOX) costs nothing and is taken
 * into the weights of the convolution that reads it.
 */

/** A plane: every `stride`-th cell of a layer's channel, from cell (y, x) on. */
export interface Plane {
  readonly layer: string;
  readonly channel: number;
  readonly stride: number;
  readonly y: number;
  readonly x: number;
}

export interface Signal {
  readonly height: number;
  readonly width: number;
  readonly planes: readonly Plane[];
  /**
   * Of the picture before its first convolution, by plane: the value is scale·plane + offset. The convolution takes the scale
   * into its weights; the offset is the mean that is taken off the picture.
   */
  readonly affine?: { readonly scale: Float64Array; readonly offset: Float64Array };
}

/** Of one signal, as a layer's channels are bounded; a file of few bytes could ask for any number. */
export const maxPlanes = 65_536;

/** All channels of a layer. */
export function wholeLayer(layer: string, [channels, height, width]: readonly [number, number, number]): Signal {
  const planes = Array.from({ length: channels }, (_, channel) => ({ layer, channel, stride: 1, y: 0, x: 0 }));
  return { height, width, planes };
}

/** Some planes of a signal, in the order of their indices. */
export function pickPlanes(signal: Signal, indices: ArrayLike<number>): Signal {
  const { planes, affine, height, width } = signal;
  const of = <T>(values: ArrayLike<T>) => Array.from(indices, (index) => values[index]);
  return {
    height,
    width,
    planes: of(planes),
    ...(affine
      ? { affine: { scale: Float64Array.from(of(affine.scale)), offset: Float64Array.from(of(affine.offset)) } }
      : {}),
  };
}

/** Planes of several signals behind one another; undefined where only some are of the picture before its first convolution. */
export function joinPlanes(signals: readonly Signal[]): Signal | undefined {
  const [{ height, width }] = signals;
  const planes = signals.flatMap((signal) => signal.planes);
  const affines = signals.flatMap(({ affine }) => (affine ? [affine] : []));
  if (affines.length === 0) return { height, width, planes };
  if (affines.length < signals.length) return undefined;
  const join = (field: "scale" | "offset") => Float64Array.from(affines.flatMap((affine) => [...affine[field]]));
  return { height, width, planes, affine: { scale: join("scale"), offset: join("offset") } };
}

/** Channels that follow each other in one layer. */
export interface Run {
  readonly layer: string;
  readonly start: number;
  readonly count: number;
}

/** The planes as runs; undefined where some are not whole. */
export function runsOf({ planes }: Signal): readonly Run[] | undefined {
  const runs: { layer: string; start: number; count: number }[] = [];
  for (const { layer, channel, stride, y, x } of planes) {
    if (stride !== 1 || y !== 0 || x !== 0) return undefined;
    const last = runs.at(-1);
    if (last?.layer === layer && last.start + last.count === channel) last.count += 1;
    else runs.push({ layer, start: channel, count: 1 });
  }
  return runs;
}
