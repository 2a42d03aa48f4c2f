"""Runs a converted network in another framework, on the CPU: what compare.js starts.

Reads a model file with a float spiking network (docs/model-file.md) of plain IF neurons, and a picture tensor; prints one JSON document. Convolutions, pools and the walk through the graph are PyTorch's in every framework;
neurons are the framework's own. Everything is multi-step: a layer gets all T steps, [T, 1, C, H, W], before the next one.
"""

import argparse
import importlib.metadata
import json
import struct
import time

import numpy
import torch
from torch.nn import functional


def read_tensors(path):
    """A safetensors file: its metadata, and float32 tensors by name."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise SystemExit(f"{path}: {name} is {entry['dtype']}; a float network is needed")
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[start:end], numpy.float32).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return metadata, tensors


class SpikingJellyNeurons(torch.nn.Module):
    """IF neurons with reset by subtraction, multi-step."""

    def __init__(self):
        super().__init__()
        from spikingjelly.activation_based import functional as jelly, neuron

        self.reset = jelly.reset_net
        self.neurons = neuron.IFNode(v_threshold=1.0, v_reset=None, step_mode="m")

    def forward(self, current):
        self.reset(self.neurons)
        return self.neurons(current)


class SinabsNeurons(torch.nn.Module):
    """The same: at most one spike a step, membranes without a lower bound."""

    def __init__(self):
        super().__init__()
        from sinabs.activation import MembraneSubtract, SingleSpike
        from sinabs.layers import IAF

        self.neurons = IAF(spike_threshold=torch.tensor(1.0), spike_fn=SingleSpike, reset_fn=MembraneSubtract())

    def forward(self, current):
        self.neurons.reset_states()
        # [batch, time, …] is sinabs' order.
        return self.neurons(current.transpose(0, 1)).transpose(0, 1)


frameworks = {"spikingjelly": SpikingJellyNeurons, "sinabs": SinabsNeurons}


def padded_pool(values, size, stride, padding):
    """Darknet's rule: half of the padding, rounded down, stands left and above."""
    before = padding // 2
    after = padding - before
    padded = functional.pad(values, (before, after, before, after), value=-torch.inf) if padding else values
    return functional.max_pool2d(padded, size, stride)


def delta_pool(spikes, size, stride, padding):
    """The change of the greatest count: what the running sum of the output is, is the maximum of the counts exactly."""
    counts = spikes.cumsum(0).flatten(0, 1)
    greatest = padded_pool(counts, size, stride, padding).unflatten(0, spikes.shape[:2])
    return torch.diff(greatest, dim=0, prepend=torch.zeros_like(greatest[:1]))


def plain_pool(spikes, size, stride, padding):
    """Whether any neuron of the window spikes: what the frameworks' users take, and what overshoots the maximum."""
    return padded_pool(spikes.flatten(0, 1), size, stride, padding).unflatten(0, spikes.shape[:2])


pools = {"delta": delta_pool, "plain": plain_pool}


class Network(torch.nn.Module):
    def __init__(self, path, framework, pool):
        super().__init__()
        self.pool = pools[pool]
        metadata, self.tensors = read_tensors(path)
        self.layers = json.loads(metadata["snn"])["layers"]
        self.neurons = torch.nn.ModuleDict()
        for layer in self.layers:
            if layer["kind"] != "integrateFire":
                continue
            plain = layer["neuron"] == "if" and layer["levels"] == 1 and layer["delay"] == 0 and layer["vInit"] == 0
            if not plain or not bool((self.tensor(layer["vTh"]) == 1).all()):
                raise SystemExit(f"{layer['name']}: only plain IF neurons with a threshold of 1 are run here")
            self.neurons[layer["name"]] = frameworks[framework]()

    def tensor(self, reference):
        return self.tensors[reference["tensor"]]

    def convolve(self, layer, values):
        weights, bias = self.tensor(layer["weights"]), self.tensor(layer["bias"])
        return functional.conv2d(values, weights, bias, layer["stride"], layer["padding"], 1, layer["groups"])

    def forward(self, picture, steps):
        """Raw head inputs by head, and the number of spikes."""
        values, heads, spikes = {}, {}, 0
        pictures = set()
        for layer in self.layers:
            kind, name = layer["kind"], layer["name"]
            inputs = [values[source] for source in layer["inputs"]]
            if kind == "input":
                pictures.add(name)
                values[name] = picture
            elif kind == "convolution" and layer["inputs"][0] in pictures:
                # The same at every step: done once, as our engine does.
                values[name] = self.convolve(layer, inputs[0]).expand(steps, -1, -1, -1, -1)
            elif kind == "convolution":
                values[name] = self.convolve(layer, inputs[0].flatten(0, 1)).unflatten(0, (steps, 1))
            elif kind == "integrateFire":
                values[name] = self.neurons[name](inputs[0])
                spikes += int(values[name].sum(dtype=torch.float64))
            elif kind == "maxPool":
                values[name] = self.pool(inputs[0], layer["size"], layer["stride"], layer["padding"])
            elif kind == "upsample":
                factor = layer["factor"]
                values[name] = inputs[0].repeat_interleave(factor, -1).repeat_interleave(factor, -2)
            elif kind == "concat":
                values[name] = torch.cat(inputs, dim=2)
            elif kind == "slice":
                values[name] = inputs[0][:, :, layer["start"] : layer["start"] + layer["count"]]
            elif kind == "sum":
                scales = layer.get("scales") or [None] * len(inputs)
                scaled = [
                    value if scale is None else value * self.tensor(scale).view(-1, 1, 1)
                    for value, scale in zip(inputs, scales)
                ]
                values[name] = sum(scaled)
            elif kind == "readout":
                charge = inputs[0].sum(0)[0]
                values[name] = charge * self.tensor(layer["lambda"]).view(-1, 1, 1) / steps
            else:
                heads[name] = inputs[0]
        return heads, spikes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=list(frameworks), required=True)
    parser.add_argument("--pool", choices=list(pools), required=True)
    parser.add_argument("--model", required=True, help="a model file with a float spiking network")
    parser.add_argument("--picture", required=True, help="safetensors with the tensor `image` [3, H, W]")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    _, tensors = read_tensors(options.picture)
    picture = tensors["image"].unsqueeze(0)
    network = Network(options.model, options.framework, options.pool).eval()
    times = []
    with torch.inference_mode():
        # The first run only warms up.
        for repeat in range(options.repeats + 1):
            start = time.perf_counter()
            heads, spikes = network(picture, options.steps)
            if repeat > 0:
                times.append(1000 * (time.perf_counter() - start))
    print(
        json.dumps(
            {
                "framework": options.framework,
                "version": importlib.metadata.version(options.framework),
                "torch": torch.__version__,
                "runMs": times,
                "spikes": spikes,
                "outputs": {name: values.flatten().tolist() for name, values in heads.items()},
            }
        )
    )


main()
