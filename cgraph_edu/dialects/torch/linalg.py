"""`torch.linalg`: lengths of vectors."""

from __future__ import annotations

from typing import Any

from . import functions
from .missing import no_name
from .tensors import Tensor


def norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The length √Σx²; with ord=1 Σ|x|, with ord=inf the largest |x|."""
    return functions.norm(A, 2 if ord is None else ord, dim, keepdim)


vector_norm = norm


def __getattr__(name: str) -> Any:
    raise no_name("torch.linalg", name, globals())
