"""What sinabs' own mapper says of random layers on a Speck 2f, as the fixture that src/targets/speck.test.ts reads.

    python bench/peers/speck.py > src/targets/speck-verdicts.json

300 networks of one layer (a convolution with integrate-and-fire neurons), 60 of several. The verdict is that of sinabs: DynapcnnLayer accepts
the layers, and map_layers_to_cores finds a core for each. samna, which sinabs asks last whether registers hold the numbers, is not on PyPI (what is
there is an installer), so a stand-in takes its place in imports and the limits of registers are not in these verdicts.
"""
import json, random, sys
from unittest.mock import MagicMock

for name in ["samna", "samnagui", *(f"samna.{chip}{part}" for chip in ["speck2e", "speck2f", "dynapcnn"] for part in ["", ".configuration", ".event"])]:
    sys.modules[name] = MagicMock()

import sinabs.layers as sl
import torch
from sinabs.backend.dynapcnn.chips.speck2f import Speck2FConfigBuilder
from sinabs.backend.dynapcnn.dynapcnn_layer import DynapcnnLayer
from torch import nn

most_weights = 2_000_000


def draw(rng, channels, extents):
    """Sizes on both sides of each limit."""
    while True:
        kernel = rng.choice([1, 1, 2, 3, 3, 3, 4, 5, 7, 9, 16])
        size = [kernel, kernel if rng.random() < 0.9 else rng.choice([1, 3, 5])]
        layer = {
            "input": [rng.choice(channels), rng.choice(extents), rng.choice(extents)],
            "filters": rng.choice(channels),
            "kernel": size,
            "stride": rng.choice([1, 1, 1, 2, 2, 4]),
            "padding": rng.choice([0, kernel // 2, kernel // 2]),
            "bias": rng.random() < 0.5,
        }
        inputs, height, width = layer["input"]
        fits = min(height, width) + 2 * layer["padding"] >= max(size)
        if fits and inputs * layer["filters"] * size[0] * size[1] <= most_weights:
            return layer


def verdict(layers):
    try:
        made = {}
        for i, layer in enumerate(layers):
            conv = nn.Conv2d(layer["input"][0], layer["filters"], layer["kernel"], layer["stride"], layer["padding"], bias=layer["bias"])
            spikes = sl.IAFSqueeze(batch_size=1, min_v_mem=-1.0)
            made[i] = DynapcnnLayer(conv, spikes, tuple(layer["input"]), pool=[(1, 1)])
        return True, Speck2FConfigBuilder.map_layers_to_cores(made)
    except ValueError as error:
        return False, error


rng = random.Random(18)
torch.manual_seed(0)
wide = [1, 2, 3, 8, 16, 17, 33, 64, 65, 128, 129, 512, 1024, 1025]
small = [3, 8, 16, 17, 32, 33, 64]
networks = [[draw(rng, wide, [4, 8, 15, 16, 17, 31, 33, 48, 64, 65, 128])] for _ in range(300)]
networks += [[draw(rng, small, [8, 16, 17, 24, 32, 48]) for _ in range(rng.randint(2, 10))] for _ in range(60)]
lines = []
for i, layers in enumerate(networks):
    fits, reason = verdict(layers)
    print(i, fits, len(layers), str(reason)[:100], file=sys.stderr)
    lines.append(json.dumps({"layers": layers, "fits": fits}))
print("[\n" + ",\n".join(lines) + "\n]")
