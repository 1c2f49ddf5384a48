"""Facts about an array: plain whole numbers and truth values, through which no derivative flows.

What is computed with a fact is right only while the fact holds, so reading one records a guard.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np

from ..tensor import Tensor, apply
from .base import ArrayOp, checked_axis
from .broadcasting import broadcast_like


def argmax(x: Any, axis: Any = None) -> Any:
    """Where the largest entry is, in x as one row or along an axis: whole numbers, from 0."""
    return whole(apply(Argmax(checked_axis(axis)), x))


def argmin(x: Any, axis: Any = None) -> Any:
    """Where the smallest entry is, in x as one row or along an axis: whole numbers, from 0."""
    return whole(apply(Argmin(checked_axis(axis)), x))


def whole(x: Any) -> Any:
    """The whole numbers or truth values that x holds, plain; IndexError if they are others."""
    if isinstance(x, Tensor):
        if not x.shape:
            return bool(x) if isinstance(x.value, bool) else index(x)
        bool(apply(All(), x == x.value) == 1.0)  # reading a truth value records a guard
        x = x.value
    found = np.asarray(x)
    if found.dtype.kind == "f":  # whole numbers that became an input, or a result, are floats
        if (found != found // 1).any():
            raise IndexError("only whole numbers can count entries")
        found = found.astype(int)
    return found if found.shape else found.item()


@dataclass(frozen=True)
class Fact(ArrayOp):
    """Something that is so or not: it has no slope."""

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Nothing."""
        return broadcast_like(0.0, values[0])

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Nothing."""
        return broadcast_like(0.0, out)


@dataclass(frozen=True)
class All(Fact):
    """1 where every entry holds, else 0."""

    def compute(self, *values: Any) -> Any:
        """np.all(x), as a number."""
        return float(np.all(values[0]))


@dataclass(frozen=True)
class Argmax(Fact):
    """Where the largest entry is."""

    axis: int | None = None

    def compute(self, *values: Any) -> Any:
        """np.argmax(x, axis)."""
        return np.asarray(np.argmax(values[0], self.axis), float)

    def settings(self) -> list[str]:
        """The axis, where one was named."""
        return [] if self.axis is None else [f"axis={self.axis}"]


@dataclass(frozen=True)
class Argmin(Argmax):
    """Where the smallest entry is."""

    def compute(self, *values: Any) -> Any:
        """np.argmin(x, axis)."""
        return np.asarray(np.argmin(values[0], self.axis), float)
