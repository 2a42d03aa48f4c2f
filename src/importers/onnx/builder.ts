/** Collects the layers of a graph, and makes of signals the layers that are to be read. */
import { ShapeError } from "../../core/errors.ts";
import { floatTensor } from "../../core/tensor.ts";
import { inferLayerShape } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { Layer, LayerKind, LayerOf } from "../../graph/layers.ts";
import { type Plane, pickPlanes, runsOf, type Signal, wholeLayer } from "./signals.ts";

/** A layer that holds a signal's planes in an order of its own: the signal's plane i is its channel `order[i]`. */
export interface Held {
  readonly name: string;
  readonly order: readonly number[];
}

/** No detector comes near; while a file is imported, each channel of each layer is something to remember. */
const maxLayers = 4096;
const maxChannels = 2 ** 22;

/** A layer of any kind that has no name yet. */
export type Unnamed = { [K in LayerKind]: Omit<LayerOf<K>, "name"> }[LayerKind];

export class Builder {
  readonly #layers: Layer[] = [];
  #channels = 0;
  readonly #places = new Map<string, number>();
  readonly #shapes = new Map<string, Shape>();
  /** Layers that were made to hold planes, by what they hold. */
  readonly #held = new Map<string, string>();
  /** For which value of the file each layer was made, last. */
  readonly #madeFor = new Map<string, string>();
  /** The value of the file that is being made. */
  value = "";

  get layers(): readonly Layer[] {
    return this.#layers;
  }

  shapeOf(name: string): Shape {
    return this.#shapes.get(name) as Shape;
  }

  layer(name: string): Layer {
    return this.#layers[this.#places.get(name) as number];
  }

  /** The value of the file that a layer stands for. */
  madeFor(name: string): string {
    return this.#madeFor.get(name) as string;
  }

  /** A name like the wanted one that no layer has. */
  freeName(wanted: string): string {
    const clean =
      wanted
        .replace(/[^\w]+/g, "_")
        .replace(/^_+|_+$/g, "")
        .slice(-100) || "layer";
    if (!this.#places.has(clean)) return clean;
    let number = 2;
    while (this.#places.has(`${clean}_${number}`)) number += 1;
    return `${clean}_${number}`;
  }

  /** Appends a layer under a name like the wanted one, and gives all of its channels. @throws ShapeError. */
  add(wanted: string, layer: Unnamed): Signal {
    const named = { ...layer, name: this.freeName(wanted) } as Layer;
    const shape = inferLayerShape(
      named,
      named.inputs.map((input) => this.shapeOf(input)),
    );
    this.#channels += shape[0];
    if (this.#layers.length >= maxLayers || this.#channels > maxChannels)
      throw new ShapeError(
        "E_TOO_LARGE",
        `more than ${maxLayers} layers, or ${maxChannels} channels of all, are not supported`,
      );
    this.#places.set(named.name, this.#layers.length);
    this.#layers.push(named);
    this.#shapes.set(named.name, shape);
    this.#madeFor.set(named.name, this.value);
    return wholeLayer(named.name, shape);
  }

  /** Puts another layer of the same name and shape in a layer's place. */
  replace(layer: Layer): void {
    this.#madeFor.set(layer.name, this.value);
    this.#layers[this.#places.get(layer.name) as number] = layer;
  }

  /** A layer whose channels are exactly the signal's planes. */
  exactly(signal: Signal, wanted: string): string {
    if (signal.affine) return this.#scaled(signal, wanted);
    const runs = runsOf(signal);
    if (!runs) return this.exactly(this.#withoutStrides(signal, wanted), wanted);
    const key = JSON.stringify(runs);
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    const parts = runs.map((run) => {
      const [channels] = this.shapeOf(run.layer);
      if (run.start === 0 && run.count === channels) return run.layer;
      const slice = JSON.stringify([run]);
      const made =
        this.#held.get(slice) ??
        this.add(`${wanted}_slice`, { kind: "slice", inputs: [run.layer], start: run.start, count: run.count })
          .planes[0].layer;
      this.#held.set(slice, made);
      return made;
    });
    const name =
      parts.length === 1 ? parts[0] : this.add(`${wanted}_concat`, { kind: "concat", inputs: parts }).planes[0].layer;
    this.#held.set(key, name);
    return name;
  }

  /** A layer that holds the signal's planes in any order: the one that takes the fewest slices. */
  anyhow(signal: Signal, wanted: string): Held {
    if (signal.affine) return { name: this.exactly(signal, wanted), order: signal.planes.map((_, i) => i) };
    const whole = runsOf(signal) ? signal : this.#withoutStrides(signal, wanted);
    const keys = whole.planes.map((plane) => this.#rank(plane));
    const distinct = [...new Set(keys)].sort((a, b) => a - b);
    const sorted = pickPlanes(
      whole,
      distinct.map((key) => keys.indexOf(key)),
    );
    const isWorse = (runsOf(sorted)?.length ?? 0) >= (runsOf(whole)?.length ?? 0);
    if (isWorse) return { name: this.exactly(whole, wanted), order: whole.planes.map((_, i) => i) };
    const places = new Map(distinct.map((key, i) => [key, i]));
    return { name: this.exactly(sorted, wanted), order: keys.map((key) => places.get(key) as number) };
  }

  /** A layer that works on each channel by itself. */
  eachChannel(signal: Signal, wanted: string, layerOf: (held: Held) => Unnamed): Signal {
    const held = this.anyhow(signal, wanted);
    return pickPlanes(this.add(wanted, layerOf(held)), held.order);
  }

  #rank({ layer, channel }: Plane): number {
    return (this.#places.get(layer) as number) * 2 ** 24 + channel;
  }

  /** value = scale·plane + offset of each plane, as a layer of its own. */
  #scaled({ affine, ...signal }: Signal, wanted: string): string {
    const name = this.exactly(signal, wanted);
    if (!affine || (affine.scale.every((value) => value === 1) && affine.offset.every((value) => value === 0)))
      return name;
    const channels = signal.planes.length;
    return this.add(`${wanted}_scaled`, {
      ...unitConvolution(name, channels),
      weights: floatTensor([channels, 1, 1, 1], Float32Array.from(affine.scale)),
      bias: floatTensor([channels], Float32Array.from(affine.offset)),
    }).planes[0].layer;
  }

  /** Planes of every so many cells, by a convolution that picks them: as YOLOv2's reorganization, where nothing takes it up. */
  #withoutStrides(signal: Signal, wanted: string): Signal {
    const layers = [...new Set(signal.planes.filter(({ stride }) => stride !== 1).map(({ layer }) => layer))];
    const planes = [...signal.planes];
    for (const layer of layers) {
      const [channels, height, width] = this.shapeOf(layer);
      const indices = planes.flatMap((plane, i) => (plane.layer === layer && plane.stride !== 1 ? [i] : []));
      const { stride } = planes[indices[0]];
      const same = indices.filter((i) => planes[i].stride === stride);
      const weights = floatTensor([same.length, channels, stride, stride]);
      for (const [row, i] of same.entries()) {
        const { channel, y, x } = planes[i];
        weights.data[((row * channels + channel) * stride + y) * stride + x] = 1;
      }
      const after = (extent: number, count: number) => Math.max(0, count * stride - extent);
      const picked = this.add(`${wanted}_reorganized`, {
        ...unitConvolution(layer, 1),
        weights,
        strides: [stride, stride],
        pads: [0, 0, after(height, signal.height), after(width, signal.width)],
      });
      for (const [row, i] of same.entries()) planes[i] = picked.planes[row];
    }
    const rest = { ...signal, planes };
    return planes.some(({ stride }) => stride !== 1) ? this.#withoutStrides(rest, wanted) : rest;
  }
}

/** A convolution of one cell, without weights yet. */
export function unitConvolution(input: string, groups: number) {
  return {
    kind: "convolution",
    inputs: [input],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups,
  } as const;
}
