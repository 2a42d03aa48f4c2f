"""NeuroBench's metrics of a network of ours, by its own code: what neurobench.js starts.

Reads a model file with an integer spiking network (docs/model-file.md) of convolutions and plain or signed neurons, in a row, and pictures of [3, 24, 32]; builds it of torch's convolutions and of
neurons that snnTorch's base class makes known to NeuroBench, in float64, where all of its integers are exact. Prints one JSON document.
"""

import importlib.metadata
import json
import struct
import sys

import numpy
import snntorch
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint
from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates, SynapticOperations
from neurobench.models import NeuroBenchModel
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

DTYPES = {"F32": numpy.float32, "I8": numpy.int8, "I16": numpy.int16, "I32": numpy.int32}


def read_model(path):
    """A safetensors file: the spiking network's description, and all tensors by name."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[start:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return metadata, tensors


class Neurons(snntorch.SpikingNeuron):
    """+1 for each whole threshold of the membrane, -1 for each negative one below zero, `levels` at most; reset by subtraction."""

    def __init__(self, threshold, negative, levels):
        super().__init__(init_hidden=True, output=False)
        self.above = threshold.double().view(1, -1, 1, 1)
        self.below = None if negative is None else negative.double().view(1, -1, 1, 1)
        self.levels = levels
        self.mem = torch.zeros(0)

    def forward(self, current):
        mem = current if self.mem.numel() == 0 else self.mem + current
        spikes = (mem / self.above).floor().clamp(0, self.levels)
        given = spikes * self.above
        if self.below is not None:
            negative = (-mem / self.below).floor().clamp(0, self.levels)
            spikes, given = spikes - negative, given - negative * self.below
        self.mem = mem - given
        return spikes


class Network(torch.nn.Module):
    """Layers in a row. A picture is a constant current, so the first convolution is called once."""

    def __init__(self, graph, tensors):
        super().__init__()
        self.steps = graph["simulation"]["timeSteps"]
        self.stages = torch.nn.ModuleList()
        self.scales = []
        shown = lambda value: tensors[value["tensor"]] if isinstance(value, dict) else tensors[value]
        self.stored = torch.nn.Module()
        keep = lambda value: self.stored.register_buffer(f"tensor{len(list(self.stored.buffers()))}", value)
        for layer in graph["layers"]:
            if layer["kind"] == "convolution":
                weights, bias = shown(layer["weights"]), shown(layer["bias"])
                top, left, bottom, right = layer["pads"]
                assert top == bottom and left == right, "torch pads both sides alike"
                convolution = torch.nn.Conv2d(
                    weights.shape[1] * layer["groups"], weights.shape[0], weights.shape[2:], stride=layer["strides"],
                    padding=(top, left), dilation=layer["dilations"], groups=layer["groups"], dtype=torch.float64,
                )
                convolution.weight.data = weights.double()
                convolution.bias.data = bias.double() / 2 ** layer["shift"]
                self.stages.append(torch.nn.ModuleList([convolution]))
                self.scales.append(2 ** layer["shift"])
                keep(weights)
                keep(bias)
            elif layer["kind"] in ("integrateFire", "readout"):
                threshold = shown(layer["vTh"])
                negative = shown(layer["vThNeg"]) if layer.get("vThNeg") else None
                keep(threshold)
                if negative is not None:
                    keep(negative)
                if layer["kind"] == "integrateFire":
                    self.stages[-1].append(Neurons(threshold, negative, layer["levels"]))
            else:
                assert layer["kind"] in ("input", "region"), layer["kind"]

    def forward(self, picture):
        first = self.stages[0][0](picture) * self.scales[0]
        charge = 0
        for stage in self.stages[:-1]:
            stage[1].mem = torch.zeros(0)
        for _ in range(self.steps):
            values = self.stages[0][1](first)
            for stage, scale in zip(self.stages[1:], self.scales[1:]):
                values = stage[0](values) * scale
                if len(stage) > 1:
                    values = stage[1](values)
            charge = charge + values
        return charge


class Model(NeuroBenchModel):
    def __init__(self, net):
        super().__init__()
        self.net = net.eval()
        self.add_activation_module(snntorch.SpikingNeuron)

    def __call__(self, batch):
        return self.net(batch)

    def __net__(self):
        return self.net


metadata, tensors = read_model(sys.argv[1])
network = Network(json.loads(metadata["snn"]), tensors)
pictures = torch.from_numpy(numpy.fromfile(sys.argv[2], numpy.float32).reshape(-1, 3, 24, 32)).double()
stored = network.stored
del network.stored
with torch.no_grad():
    loader = DataLoader(TensorDataset(pictures, torch.zeros(len(pictures))), batch_size=1)
    metrics = [[ConnectionSparsity], [ActivationSparsity, SynapticOperations, MembraneUpdates]]
    results = Benchmark(Model(network), loader, [], [], metrics).run(quiet=True, verbose=False)
versions = {name: importlib.metadata.version(name) for name in ("neurobench", "snntorch", "torch")}
print(json.dumps({"versions": versions, "results": {"Footprint": Footprint()(Model(stored)), **results}}))
