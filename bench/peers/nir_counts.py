"""Runs a NIR file in other frameworks and counts every neuron's spikes: what nir.js starts. Prints one JSON document.

The file is read by the nir package, which checks its types, and made into modules by each framework's own reader. IF neurons say in their
metadata that they are reset by subtraction; readers look at no metadata, so that is then told to the modules that they have made: sinabs'
neurons subtract already, but fire several times a step and stop at a lower bound; SpikingJelly's are reset to a value. Norse has no neuron
without leak that is reset by subtraction: its row is what its reader makes of the file, and differs.

No framework reads I, Threshold and Scale, of which loops are made. Those are run by nirtorch, which walks through the graph and hands
feedback on one step later, with a line of PyTorch for each node, as NIR defines it.
"""

import argparse
import importlib.metadata
import json
import warnings

import nir
import numpy
import torch

warnings.simplefilter("ignore")


def sinabs_model(graph, as_said):
    from sinabs import layers
    from sinabs.activation import MembraneSubtract, SingleSpike
    from sinabs.nir import from_nir

    model = from_nir(graph, batch_size=1)
    neurons = {name: module for name, module in model.named_modules() if isinstance(module, layers.IAFSqueeze)}
    if as_said:
        for module in neurons.values():
            module.spike_fn, module.reset_fn, module.min_v_mem = SingleSpike, MembraneSubtract(), None
    return model, neurons


def spikingjelly_model(graph, as_said):
    from spikingjelly.activation_based import neuron
    from spikingjelly.activation_based.nir_exchange.from_nir import import_from_nir

    model = import_from_nir(graph, dt=1.0, dtype=torch.float64)
    neurons = {name: module for name, module in model.named_modules() if isinstance(getattr(module, "module", None), neuron.IFNode)}
    if as_said:
        for wrapper in neurons.values():
            wrapper.module.v_reset = None
    return model, neurons


def norse_model(graph, _as_said):
    from norse.torch import from_nir
    from norse.torch.module.iaf import IAFCell

    model = from_nir(graph)
    return model, {name: module for name, module in model.named_modules() if isinstance(module, IAFCell)}


def tensor(values):
    return torch.from_numpy(numpy.asarray(values)).double()


def pair(values):
    return [int(value) for value in values]


class Stateless(torch.nn.Module):
    """A node's equation; edges that meet add up."""

    def __init__(self, node, compute):
        super().__init__()
        self.metadata, self.compute = node.metadata, compute

    def forward(self, *inputs):
        return self.compute(sum(inputs))


class Stateful(Stateless):
    def forward(self, *inputs, state=None):
        return self.compute((0 if state is None else state) + sum(inputs))


def convolution(node):
    window = {"stride": pair(node.stride), "padding": pair(node.padding), "dilation": pair(node.dilation)}
    return Stateless(node, lambda x: torch.nn.functional.conv2d(x, tensor(node.weight), tensor(node.bias), **window))


def sum_pool(node):
    size = pair(node.kernel_size)
    return Stateless(node, lambda x: torch.nn.functional.avg_pool2d(x, size, pair(node.stride), pair(node.padding)) * size[0] * size[1])


def fire(node):
    def compute(v):
        spikes = (v >= tensor(node.v_threshold)).double()
        return spikes, v - spikes * tensor(node.v_threshold)

    return Stateful(node, compute)


equations = {
    nir.Conv2d: convolution,
    nir.SumPool2d: sum_pool,
    nir.IF: fire,
    nir.I: lambda node: Stateful(node, lambda v: (v, v)),
    nir.Threshold: lambda node: Stateless(node, lambda x: (x > tensor(node.threshold)).double()),
    nir.Scale: lambda node: Stateless(node, lambda x: tensor(node.scale) * x),
}


def nirtorch_model(graph, _as_said):
    import nirtorch

    model = nirtorch.nir_to_torch(graph, equations)
    return model, {name: module for name, module in model.named_modules() if getattr(module, "metadata", {}).get("reset")}


models = {"sinabs": sinabs_model, "spikingjelly": spikingjelly_model, "norse": norse_model, "nirtorch": nirtorch_model}


def run(name, path, picture, steps, as_said):
    """Counts [C, H, W] of every population, by the names of the file's nodes."""
    graph = nir.read(path)
    assert all(node.metadata["reset"] == "subtract" for node in graph.nodes.values() if isinstance(node, nir.IF))
    model, neurons = models[name](graph, as_said)
    model = model.double()
    counts = {}

    def count(layer):
        def hook(_module, _inputs, output):
            spikes = output[0] if isinstance(output, tuple) else output
            counts[layer] = counts.get(layer, 0) + spikes.detach().reshape(-1)
            # sinabs gives spikes in float32, whatever it computes in.
            return output if isinstance(output, tuple) else spikes.double()

        return hook

    for layer, module in neurons.items():
        module.register_forward_hook(count(layer.split(".")[-1]))
    state = None
    with torch.no_grad():
        for _ in range(steps):
            _, state = model(picture, state)
    return {layer: [int(value) for value in spikes] for layer, spikes in counts.items()}


parser = argparse.ArgumentParser()
parser.add_argument("network")
parser.add_argument("picture", help="float32 values [C, H, W]")
parser.add_argument("--steps", type=int, required=True)
arguments = parser.parse_args()
shape = [int(extent) for extent in nir.read(arguments.network).nodes["input"].input_type["input"]]
picture = torch.from_numpy(numpy.fromfile(arguments.picture, numpy.float32).astype(numpy.float64)).reshape(1, *shape)

rows = []
for peer in models:
    # Norse has nothing to be told, and nirtorch's neurons are what the file says.
    for as_said in {"norse": [False], "nirtorch": [True]}.get(peer, [True, False]):
        row = {"peer": peer, "version": importlib.metadata.version(peer), "asSaid": as_said}
        try:
            row["counts"] = run(peer, arguments.network, picture, arguments.steps, as_said)
        except Exception as error:
            row["refused"] = f"{type(error).__name__}: {error}"[:200]
        rows.append(row)
print(json.dumps({"nir": nir.version, "nirtorch": importlib.metadata.version("nirtorch"), "rows": rows}))
