"""`torch.nn`: modules, layers and losses."""

from __future__ import annotations

from typing import Any

from ..missing import no_name
from . import functional, init, layers, losses, module, utils
from .layers import *  # noqa: F403
from .losses import *  # noqa: F403
from .module import Module, ModuleDict, ModuleList, Parameter, ParameterList, Sequential

__all__ = [
    *layers.__all__,
    *losses.__all__,
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterList",
    "Sequential",
    "functional",
    "init",
    "module",
    "utils",
]


def __getattr__(name: str) -> Any:
    raise no_name("torch.nn", name, globals())
