"""What every array op is: its settings, its value, and its two rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Any

import numpy as np

from ..describe import describe
from ..rules import RuleOp
from .elementwise import plain

DOUBLE = np.dtype(float)


@dataclass(frozen=True)
class ArrayOp(RuleOp):
    """An op on whole arrays; its fields are its settings, an axis or an index."""

    @cached_property
    def name(self) -> str:  # type: ignore[override]  # found once, then as good as an attribute
        """The op's name, as in NumPy: LogSoftmax is log_softmax."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    def evaluate(self, *values: Any) -> Any:
        """The value at plain operands, with inf and nan but no warnings."""
        with np.errstate(all="ignore"):
            return plain(self.compute(*values))


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a number, an array or a Tensor."""
    shape: tuple[int, ...] = getattr(value, "shape", ())
    return shape


def precision_of(value: Any) -> np.dtype[Any]:
    """float32 or float64, as the entries of an array or a Tensor; else float64."""
    dtype = getattr(getattr(value, "value", value), "dtype", DOUBLE)
    return dtype if dtype.kind == "f" else DOUBLE


def normalised(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes meant by None, one axis or several, counted from 0."""
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if isinstance(axis, int) else axis
    return tuple(i % ndim if ndim else i for i in axes)


def checked_axis(axis: Any) -> Any:
    """An axis or several, as whole Python numbers; None for all of them."""
    if axis is None:
        return None
    try:
        return tuple(map(index, axis)) if isinstance(axis, (tuple, list)) else index(axis)
    except TypeError:
        raise TypeError(f"axis={describe(axis)}: an axis is a whole number") from None


def place(axis: Any, x: Any) -> int:
    """An axis of x, counted from 0; ValueError if x has no such axis."""
    shape, wanted = shape_of(x), index(axis)
    if not -len(shape) <= wanted < len(shape):
        raise ValueError(f"{describe(x)} has shape {shape}: there is no axis {wanted}")
    return wanted % len(shape)
