"""A network that sinabs has made and written as NIR, and every neuron's count when sinabs runs it: what src/importers/nir/peers.test.ts reads.

    python bench/peers/nir_from_sinabs.py test/nir

Convolutions, sum pools, flattening and a linear layer, with neurons that are reset by subtraction, fire once a step and have no lower bound.
Weights and pixels have few binary digits, so that sums are exact in float32.
"""

import json
import pathlib
import sys

import nir
import numpy
import sinabs.layers as sl
import torch
from sinabs.activation import MembraneSubtract, SingleSpike
from sinabs.nir import to_nir

steps = 20


def neurons():
    return sl.IAFSqueeze(batch_size=1, spike_fn=SingleSpike, reset_fn=MembraneSubtract(), min_v_mem=None)


torch.manual_seed(5)
model = torch.nn.Sequential(
    *[torch.nn.Conv2d(2, 6, 3, padding=1, bias=False), neurons(), sl.SumPool2d(2)],
    *[torch.nn.Conv2d(6, 8, 3, padding=1, stride=2), neurons(), sl.SumPool2d(2)],
    *[torch.nn.Flatten(), torch.nn.Linear(32, 10), neurons()],
)
for parameter in model.parameters():
    parameter.data = torch.round(parameter.data * 64) / 32
picture = torch.randint(0, 17, (1, 2, 16, 16)).float() / 16
model(picture)
graph = to_nir(model, picture)
# The nir package writes arrays, and only where all are known: sinabs leaves tensors, and extents open.
for node in graph.nodes.values():
    for field, value in list(vars(node).items()):
        if isinstance(value, torch.Tensor):
            setattr(node, field, value.numpy())
        elif isinstance(value, tuple):
            setattr(node, field, numpy.array(value))
folder = pathlib.Path(sys.argv[1])
nir.write(folder / "from-sinabs.nir", nir.NIRGraph(graph.nodes, sorted(graph.edges)))

counts = {}
layers = {name: module for name, module in model.named_children() if isinstance(module, sl.IAFSqueeze)}
for module in layers.values():
    module.reset_states()
for _ in range(steps):
    values = picture
    for name, module in model.named_children():
        values = module(values)
        if name in layers:
            counts[name] = counts.get(name, 0) + values.detach().reshape(-1)
written = {
    "timeSteps": steps,
    "sixteenths": [int(16 * value) for value in picture.reshape(-1)],
    "counts": {name: [int(value) for value in total] for name, total in counts.items()},
}
(folder / "from-sinabs.json").write_text(json.dumps(written) + "\n")
