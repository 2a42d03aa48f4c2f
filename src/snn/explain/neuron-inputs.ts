/**
 * Everything that reaches one neuron: the synapses of its window back to the nearest layers that spike, each with the charge that one
 * spike brings, and what is constant. Found by walking from the neuron through currents (convolutions, sums) and through
 * layers that only move values (slices, concatenations, enlargements).
 */
import { EngineError } from "../../core/errors.ts";
import type { FloatTensor } from "../../core/tensor.ts";
import { type Encoding, type Graph, inferShapes, layersByName } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { ConvolutionLayer, Layer, LayerOf, SumLayer } from "../../graph/layers.ts";
import { windowOf } from "../../graph/layers.ts";
import { pixelCurrent, quantizePixel } from "../input-coding.ts";

/** One place of a layer [C, H, W]. */
export interface Cell {
  readonly layer: string;
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

export interface Synapse {
  /** A neuron, a max-pool's output, or a pixel that sends Poisson spikes. */
  readonly from: Cell;
  /** Charge that a spike of +1 brings in a step of weight 1, in the graph's units. */
  readonly charge: number;
}

export interface NeuronInputs {
  readonly synapses: readonly Synapse[];
  /** Charge of a step of weight 1 that comes at every step: bias, and a picture that is a constant current. */
  readonly perStep: number;
  /** Charge that comes before the first step, of a frame that is given as a whole. */
  readonly once: number;
}

export interface Place {
  readonly graph: Graph;
  readonly image: FloatTensor;
  readonly encoding: Encoding;
}

/** @throws EngineError [E_EXPLAIN] for a neuron behind a dense island or a product, whose values are no sum of spikes. */
export function inputsOfNeuron(place: Place, neuron: Cell): NeuronInputs {
  const walker = new Walker(place);
  const [source] = walker.layerOf(neuron.layer).inputs;
  walker.current({ ...neuron, layer: source });
  return walker.inputs();
}

/** A graph's layers and shapes by name: looked up for every synapse, so made once. */
export interface Wiring {
  readonly layers: ReadonlyMap<string, Layer>;
  readonly shapes: ReadonlyMap<string, Shape>;
}

export function wiringOf(graph: Graph): Wiring {
  return { layers: layersByName(graph), shapes: inferShapes(graph) };
}

/** The cell that a layer's cell has its spikes from, through whatever only moves values; undefined where it is an inserted zero. */
export function spikingCell({ layers, shapes }: Wiring, cell: Cell): Cell | undefined {
  let at = cell;
  for (;;) {
    const layer = layers.get(at.layer) as Layer;
    if (layer.kind === "slice") at = { ...at, layer: layer.inputs[0], channel: layer.start + at.channel };
    else if (layer.kind === "upsample")
      at = {
        layer: layer.inputs[0],
        channel: at.channel,
        y: Math.floor(at.y / layer.factor),
        x: Math.floor(at.x / layer.factor),
      };
    else if (layer.kind === "insertZeros") {
      if (at.y % layer.factor !== 0 || at.x % layer.factor !== 0) return undefined;
      at = { layer: layer.inputs[0], channel: at.channel, y: at.y / layer.factor, x: at.x / layer.factor };
    } else if (layer.kind === "concat") at = inConcatenation(layer, at, shapes);
    else return at;
  }
}

function inConcatenation(layer: LayerOf<"concat">, cell: Cell, shapes: ReadonlyMap<string, Shape>): Cell {
  let { channel } = cell;
  for (const input of layer.inputs) {
    const [channels] = shapes.get(input) as Shape;
    if (channel < channels) return { ...cell, layer: input, channel };
    channel -= channels;
  }
  throw new EngineError("E_EXPLAIN", `${layer.name} [concat] has no channel ${cell.channel}`);
}

class Walker {
  readonly #place: Place;
  readonly #wiring: Wiring;
  readonly #synapses: Synapse[] = [];
  #perStep = 0;
  #once = 0;

  constructor(place: Place) {
    this.#place = place;
    this.#wiring = wiringOf(place.graph);
  }

  inputs(): NeuronInputs {
    return { synapses: this.#synapses, perStep: this.#perStep, once: this.#once };
  }

  layerOf(name: string): Layer {
    return this.#wiring.layers.get(name) as Layer;
  }

  /** Collects what makes the current at a cell. */
  current(cell: Cell): void {
    const layer = this.layerOf(cell.layer);
    if (layer.kind === "convolution") this.#convolution(layer, cell);
    else if (layer.kind === "sum") this.#sum(layer, cell);
    else
      throw new EngineError(
        "E_EXPLAIN",
        `what reaches neurons behind ${layer.name} [${layer.kind}] is no sum of spikes: it cannot be taken apart`,
      );
  }

  #convolution(layer: ConvolutionLayer, { channel, y, x }: Cell): void {
    const [input] = layer.inputs;
    const [inC, inH, inW] = this.#wiring.shapes.get(input) as Shape;
    const [outC, inPerGroup] = layer.weights.shape;
    const { size, strides, dilations, pads } = windowOf(layer);
    const first = Math.floor(channel / (outC / layer.groups)) * (inC / layer.groups);
    const isPicture = this.#place.encoding === "constant" && this.layerOf(input).kind === "input";
    let picture = 0;
    for (let c = 0; c < inPerGroup; c++) {
      for (let ky = 0; ky < size[0]; ky++) {
        const inY = y * strides[0] - pads[0] + ky * dilations[0];
        if (inY < 0 || inY >= inH) continue;
        for (let kx = 0; kx < size[1]; kx++) {
          const inX = x * strides[1] - pads[1] + kx * dilations[1];
          if (inX < 0 || inX >= inW) continue;
          const weight = layer.weights.data[((channel * inPerGroup + c) * size[0] + ky) * size[1] + kx];
          if (isPicture) picture += weight * this.#pixel(layer, ((first + c) * inH + inY) * inW + inX);
          else if (weight !== 0)
            this.#synapse({ layer: input, channel: first + c, y: inY, x: inX }, weight * 2 ** (layer.shift ?? 0));
        }
      }
    }
    this.#constant(layer.bias?.data[channel] ?? 0);
    if (!isPicture) return;
    const units = this.#place.graph.simulation?.frameUnits ?? 1;
    this.#constant(layer.shift === undefined ? picture * units : pixelCurrent(picture * units, layer.shift));
  }

  #pixel({ shift }: ConvolutionLayer, index: number): number {
    const value = this.#place.image.data[index];
    return shift === undefined ? value : quantizePixel(value);
  }

  #sum(layer: SumLayer, cell: Cell): void {
    for (const [branch, input] of layer.inputs.entries()) {
      const scale = layer.scales?.[branch];
      if (!scale) this.current({ ...cell, layer: input });
      else this.#synapse({ ...cell, layer: input }, scale.data[cell.channel] * 2 ** (layer.shift ?? 0));
    }
  }

  #synapse(cell: Cell, charge: number): void {
    const from = spikingCell(this.#wiring, cell);
    if (from) this.#synapses.push({ from, charge });
  }

  #constant(charge: number): void {
    if (this.#place.graph.simulation?.frameUnits === undefined) this.#perStep += charge;
    else this.#once += charge;
  }
}
