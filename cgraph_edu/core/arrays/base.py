"""What every array op is: its settings, its value, and its two rules."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .elementwise import plain

DOUBLE = np.dtype(float)


@dataclass(frozen=True)
class ArrayOp(ABC):
    """An op on whole arrays; its fields are its settings, an axis or an index.

    Its vjp and jvp are written with recorded operations only, so that they work on Tensors as well
    as on plain values: that is what makes derivatives of derivatives.
    """

    @cached_property
    def name(self) -> str:
        """The op's name, as in NumPy: LogSoftmax is log_softmax."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def is_comparison(self) -> bool:
        """Array ops give numbers, never truth values."""
        return False

    def evaluate(self, *values: Any) -> Any:
        """The value at plain operands, with inf and nan but no warnings."""
        with np.errstate(all="ignore"):
            return plain(self.compute(*values))

    @abstractmethod
    def compute(self, *values: Any) -> Any:
        """The value, in NumPy."""

    @abstractmethod
    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint `x_bar` of the result, carried back to the operand in place `port`."""

    @abstractmethod
    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent `x_dot` of the operand in place `port`, carried on to the result."""

    def settings(self) -> list[str]:
        """The settings, as Python would write them; those left at their defaults are not shown."""
        return []

    def write(self, operands: Sequence[str]) -> str:
        """A use of the op as Python would write it."""
        return f"{self.name}({', '.join([*operands, *self.settings()])})"

    def latex(self, operands: Sequence[str]) -> str:
        """A use of the op in LaTeX."""
        settings = [rf"\mathtt{{{_escaped(setting)}}}" for setting in self.settings()]
        name = rf"\operatorname{{{_escaped(self.name)}}}"
        return rf"{name}\left({', '.join([*operands, *settings])}\right)"


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
    return tuple(map(int, axis)) if isinstance(axis, (tuple, list)) else int(axis)


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")
