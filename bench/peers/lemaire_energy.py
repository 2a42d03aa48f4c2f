"""Energy by the published code of Lemaire et al. (ICONIP 2022), of layers whose spikes are given: what src/metrics/energy-models/lemaire.test.ts holds.

    pip download --no-deps --no-binary :all: qualia-plugin-snn==2.6.0 && tar xzf qualia_plugin_snn-2.6.0.tar.gz
    python3 lemaire_energy.py qualia_plugin_snn-2.6.0

Only the class's equations are run. What else its module imports (a learning framework) is replaced by empty modules.
"""

import importlib.util
import json
import sys
from types import ModuleType, SimpleNamespace


class Empty(type):
    """Classes without content, whose names are such classes again."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Empty(name, (), {"__init__": lambda self, *given, **named: None})

    def __getitem__(cls, _):
        return cls


class Anything(ModuleType):
    """A module in which every name is such a class."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Empty(name, (), {"__init__": lambda self, *given, **named: None})


class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "qualia_core", "qualia_plugin_snn", "qualia_codegen_core", "qualia_codegen_plugin_snn", "spikingjelly", "numpy"):
            return importlib.util.spec_from_loader(name, self)
        return None

    def create_module(self, spec):
        return Anything(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
path = f"{sys.argv[1]}/src/qualia_plugin_snn/postprocessing/EnergyEstimationMetric.py"
spec = importlib.util.spec_from_file_location("metric", path)
module = importlib.util.module_from_spec(spec)
sys.modules["metric"] = module
spec.loader.exec_module(module)


def layer(channels, size, out_channels, kernel, stride):
    """Shapes as the code has them: batch, height, width, channels."""
    out = size // stride
    return SimpleNamespace(
        input_shape=[(1, size, size, channels)],
        output_shape=[(1, out, out, out_channels)],
        kernel_size=(kernel, kernel),
        strides=(stride, stride),
        kernel=SimpleNamespace(size=channels * out_channels * kernel * kernel),
        bias=SimpleNamespace(size=out_channels),
        use_bias=True,
    )


NETWORKS = {
    # Channels, size, output channels, kernel, stride of convolutions that spikes reach; spikes in and out a neuron.
    "tinyYolo": [
        (16, 208, 32, 3, 1), (32, 104, 64, 3, 1), (64, 52, 128, 3, 1), (128, 26, 256, 3, 1),
        (256, 13, 512, 3, 1), (512, 13, 1024, 3, 1), (1024, 13, 1024, 3, 1), (1024, 13, 125, 1, 1),
    ],
    "strided": [(8, 40, 24, 3, 2), (24, 20, 16, 1, 1), (16, 20, 32, 5, 2)],
}
STEPS = 8


def total(metric, layers, rate_in, rate_out, bits):
    e = lambda values: metric._e_ram(values, bits)
    parts = {"dense": 0.0, "spiking": 0.0, "potentials": 0.0, "weights": 0.0}
    for shape in layers:
        node = layer(*shape)
        parts["dense"] += (
            metric._e_rdin_conv_fnn(node, e) + metric._e_rdweights_conv_fnn(node, e) + metric._e_rdbias_conv_fnn(node, e)
            + metric._e_wrout_conv_fnn(node, e) + metric._e_ops_conv_fnn(node) + metric._e_addr_conv_fnn(node)
        )
        potentials = metric._e_rdpot_conv_snn(node, rate_in, STEPS, e) + metric._e_wrpot_conv_snn(node, rate_in, STEPS, e)
        weights = metric._e_rdweights_conv_snn(node, rate_in, e)
        parts["potentials"] += potentials
        parts["weights"] += weights
        parts["spiking"] += (
            potentials + weights + metric._e_rdbias_conv_snn(node, STEPS, e)
            + metric._e_rdin_snn(node, rate_in, e) + metric._e_wrout_snn(node, rate_out, e)
            + metric._e_ops_conv_snn(node, rate_in, rate_out, STEPS, False) + metric._e_addr_conv_snn(node, rate_in)
        )
    return parts


result = {}
for name, layers in NETWORKS.items():
    for sram in ("old", "new"):
        for bits in (32, 8):
            metric = module.EnergyEstimationMetric(mem_width=bits, fifo_size=1000, sram_estimation_type=sram)
            result[f"{name}, {sram}, {bits}"] = total(metric, layers, 0.35, 0.2, bits)
print(json.dumps(result, indent=2))
