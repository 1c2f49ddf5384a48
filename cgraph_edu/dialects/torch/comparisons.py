"""Comparisons, and other tests of tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.ops import OPS, Op
from ...core.tensor import record
from . import dtypes
from .operands import bare, compute, is_number
from .results import is_recording
from .tensors import Tensor, core_value, lifted, wrap


@dataclass(frozen=True)
class Comparison:
    """A comparison, entry by entry; Python's reading of its outcome is noted by the engine."""

    row: Op

    def __call__(self, input: Any, other: Any) -> Tensor:
        """A tensor of truth values."""
        operands = [o if is_number(o) else lifted(o) for o in (input, other)]
        array = compute(self.row, dtypes.bool_, operands)
        made = wrap(array)
        if is_recording(operands):
            inner = tuple(o._core() if isinstance(o, Tensor) else float(o) for o in operands)
            made._node = record(self.row, core_value(array), inner)
        return made


eq = Comparison(OPS["eq"])
ne = not_equal = Comparison(OPS["ne"])
lt = less = Comparison(OPS["lt"])
le = less_equal = Comparison(OPS["le"])
gt = greater = Comparison(OPS["gt"])
ge = greater_equal = Comparison(OPS["ge"])


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same entries."""
    return bool(np.array_equal(input._data, other._data))


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether |input - other| <= atol + rtol · |other|, entry by entry."""
    return wrap(np.isclose(input._data, other._data, rtol, atol, equal_nan))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all entries are close."""
    if input.dtype is not other.dtype:
        names = [_spoken(t.dtype) for t in (input, other)]
        raise RuntimeError(f"{names[0]} did not match {names[1]}")
    return bool(isclose(input, other, rtol, atol, equal_nan)._data.all())


def _spoken(kind: dtypes.dtype) -> str:
    return kind.label[0] + kind.label[1:].lower()


def isnan(input: Tensor) -> Tensor:
    """Which entries are nan."""
    return wrap(np.isnan(input._data))


def isinf(input: Tensor) -> Tensor:
    """Which entries are infinite."""
    return wrap(np.isinf(input._data))


def isfinite(input: Tensor) -> Tensor:
    """Which entries are finite."""
    return wrap(np.isfinite(input._data))


def logical_not(input: Tensor) -> Tensor:
    """Which entries are zero or false."""
    return wrap(np.logical_not(input._data))


def logical_and(input: Any, other: Any) -> Tensor:
    """Which entries are true in both."""
    return wrap(np.logical_and(bare(input), bare(other)))


def logical_or(input: Any, other: Any) -> Tensor:
    """Which entries are true in one of them."""
    return wrap(np.logical_or(bare(input), bare(other)))


def any(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Whether some entry is true."""
    return wrap(np.any(input._data, axis=dim, keepdims=keepdim))


def all(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Whether all entries are true."""
    return wrap(np.all(input._data, axis=dim, keepdims=keepdim))


def is_tensor(obj: Any) -> bool:
    """Whether it is a Tensor of this dialect."""
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """The number of entries."""
    return input.numel()
