"""PyTorch's notation over this engine.

    from cgraph_edu.dialects import torch
    x = torch.tensor(2.0, requires_grad=True)
    y = x**2
    y.backward()
    print(x.grad)                    # tensor(4.)

What is not here raises an AttributeError that names what is nearest.
"""

from __future__ import annotations

from math import e, inf, nan, pi
from types import SimpleNamespace
from typing import Any

from . import (
    autograd,
    dtypes,
    factories,
    func,
    functions,
    linalg,
    nn,
    optim,
    printing,
    random,
    special,
    utils,
)
from .autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from .dtypes import (
    dtype,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
)
from .methods import install
from .missing import no_name
from .printing import get_printoptions, set_printoptions
from .random import Generator, default_generator, initial_seed, manual_seed, seed
from .tape import is_grad_enabled
from .tensors import Device as device
from .tensors import Size, Tensor
from .warned import set_warn_always

__version__ = "2.13.0+cgraph_edu"

float = float32
double = float64
int = int32
long = int64
short = int16
bool = dtypes.bool_
FloatTensor = Tensor
newaxis = None

_FACTORIES = """
    tensor as_tensor from_numpy zeros ones empty full zeros_like ones_like empty_like full_like eye
    arange linspace logspace meshgrid randn rand randn_like rand_like randint randperm normal
""".split()

install()
globals().update({name: getattr(factories, name) for name in _FACTORIES})
globals().update({name: getattr(functions, name) for name in functions.__all__})


cuda = SimpleNamespace(is_available=lambda: False, device_count=lambda: 0)
mps = SimpleNamespace(is_available=lambda: False, is_built=lambda: False)
backends = SimpleNamespace(mps=mps)


def is_floating_point(input: Tensor) -> Any:
    """Whether the entries are floats."""
    return input.is_floating_point()


def __getattr__(name: str) -> Any:
    raise no_name("torch", name, globals())


__all__ = [
    "Generator",
    "Size",
    "Tensor",
    "autograd",
    "default_generator",
    "device",
    "dtype",
    "e",
    "enable_grad",
    "float32",
    "float64",
    "func",
    "get_default_dtype",
    "get_printoptions",
    "inf",
    "inference_mode",
    "initial_seed",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "linalg",
    "manual_seed",
    "nan",
    "nn",
    "no_grad",
    "optim",
    "pi",
    "printing",
    "random",
    "seed",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
    "set_warn_always",
    "special",
    "uint8",
    "utils",
]
