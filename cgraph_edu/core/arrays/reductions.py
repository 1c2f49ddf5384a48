"""The largest and the smallest entry, the length, and running sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np

from ..describe import describe
from ..functions import absolute, where
from ..ops import OPS
from ..tensor import Tensor, apply
from .base import ArrayOp, checked_axis, normalised, shape_of
from .broadcasting import Reduction, count, kept, mean, sum
from .elementwise import added
from .indexing import getitem
from .precision import in_precision_of
from .shapes import ravel


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest entry of x; entries that tie for it share the derivative equally.

    ∂out/∂x[i] = 1 / k for the k entries that are the largest, else 0.
    `axis` is a number, a tuple of them, or None for all; with `keepdims` a reduced axis keeps
    the length 1. Raises ValueError for an axis that x does not have.
    """
    _check_one("max", "larger", "maximum", x, axis)
    return apply(Max(checked_axis(axis), keepdims), x)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest entry of x; entries that tie for it share the derivative equally.

    ∂out/∂x[i] = 1 / k for the k entries that are the smallest, else 0.
    `axis` is a number, a tuple of them, or None for all; with `keepdims` a reduced axis keeps
    the length 1. Raises ValueError for an axis that x does not have.
    """
    _check_one("min", "smaller", "minimum", x, axis)
    return apply(Min(checked_axis(axis), keepdims), x)


def _check_one(name: str, which: str, of_two: str, x: Any, axis: Any) -> None:
    """Python's own max and min take several values, too."""
    if isinstance(axis, (Tensor, float)):
        operands = f"{describe(x)}, {describe(axis)}"
        raise TypeError(f"cg.{name} takes one array; the {which} of two is cg.{of_two}({operands})")


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The length √Σx²; its derivative at 0 is taken to be 0. With `ord` 1, Σ|x| of a vector.

    Of the length, ∂out/∂x[i] = x[i] / out.
    `axis` is a number, a tuple of them, or None for all; with `keepdims` a reduced axis keeps
    the length 1. Raises ValueError for an axis that x does not have.
    """
    axis = checked_axis(axis)
    axes = len(normalised(axis, len(shape_of(x))))
    if ord == 1 and axes == 1:
        return sum(absolute(x), axis, keepdims)
    if not (ord is None or (ord == 2 and axes == 1) or (ord == "fro" and axes == 2)):
        raise ValueError(f"norm with ord={ord!r} is not recorded: √Σx² is, and Σ|x| of a vector")
    return apply(Norm(axis, keepdims), x)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The variance, the mean of (x - mean(x))², over everything or over the axes given.

    ∂out/∂x[i] = 2 · (x[i] - mean(x)) / n.
    `axis` is a number, a tuple of them, or None for all; with `keepdims` a reduced axis keeps
    the length 1. Raises ValueError for an axis that x does not have.
    """
    distance = x - mean(x, axis, keepdims=True)
    return mean(distance * distance, axis, keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation √var(x); its derivative at 0 is taken to be 0.

    ∂out/∂x[i] = (x[i] - mean(x)) / (n · out).
    `axis` is a number, a tuple of them, or None for all; with `keepdims` a reduced axis keeps
    the length 1. Raises ValueError for an axis that x does not have.
    """
    distance = x - mean(x, axis, keepdims=True)
    root = math.sqrt(count(x, checked_axis(axis)))
    return apply(OPS["div"], norm(distance, axis=axis, keepdims=keepdims), root)


def cumsum(x: Any, axis: int | None = None) -> Any:
    """Running sums along an axis, or along all entries in one row: out_i = x_0 + ... + x_i."""
    if axis is None or not shape_of(x):
        x, axis = ravel(x), axis or 0
    return apply(Cumsum(index(axis)), x)


@dataclass(frozen=True)
class Max(Reduction):
    """The largest entry: its partial is 1, or 1/k where k entries tie."""

    def compute(self, *values: Any) -> Any:
        """np.max(x, axis)."""
        return np.max(values[0], axis=self.axis, keepdims=self.keepdims)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint goes to the entries that are largest."""
        shares = self._shares(values[0], out)
        return shares * kept(x_bar, values[0], self.axis, self.keepdims)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent of the largest entry."""
        return sum(self._shares(values[0], out) * x_dot, self.axis, self.keepdims)

    def _shares(self, x: Any, out: Any) -> Any:
        return shares(x, kept(out, x, self.axis, self.keepdims), self.axis)


@dataclass(frozen=True)
class Min(Max):
    """The smallest entry: its partial is 1, or 1/k where k entries tie."""

    def compute(self, *values: Any) -> Any:
        """np.min(x, axis)."""
        return np.min(values[0], axis=self.axis, keepdims=self.keepdims)


def shares(x: Any, chosen: Any, axis: Any) -> Any:
    """1/k at the k entries of x that equal the chosen one along `axis`, 0 at the others."""
    hits = in_precision_of(x, where(x == chosen, 1.0, 0.0))
    return apply(OPS["div"], hits, sum(hits, axis, keepdims=True))


@dataclass(frozen=True)
class Norm(Reduction):
    """The Euclidean length: ∂out/∂x = x / out."""

    def compute(self, *values: Any) -> Any:
        """√Σx²."""
        squares = np.multiply(values[0], values[0])
        return np.sqrt(added(squares, axis=self.axis, keepdims=self.keepdims))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint times x / out."""
        return self._direction(values[0], out) * kept(x_bar, values[0], self.axis, self.keepdims)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The part of the tangent along x."""
        return sum(self._direction(values[0], out) * x_dot, self.axis, self.keepdims)

    def _direction(self, x: Any, out: Any) -> Any:
        # Divided by inf, the zero vector gets the direction 0 instead of 0 / 0.
        length = kept(out, x, self.axis, self.keepdims)
        return x / in_precision_of(x, where(length == 0.0, np.inf, length))

    def latex(self, operands: Sequence[str]) -> str:
        r"""\left\lVert x \right\rVert."""
        return rf"\left\lVert {operands[0]} \right\rVert"


@dataclass(frozen=True)
class Cumsum(ArrayOp):
    """Running sums along an axis."""

    axis: int

    def compute(self, *values: Any) -> Any:
        """np.cumsum(x, axis)."""
        return np.cumsum(values[0], self.axis)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Running sums of the adjoints, from the other end: x_bar_i = Σ over j ≥ i of out_bar_j."""
        backwards = (slice(None),) * (self.axis % len(shape_of(values[0]))) + (_BACKWARDS,)
        return getitem(apply(self, getitem(x_bar, backwards)), backwards)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Running sums of the tangents."""
        return apply(self, x_dot)

    def settings(self) -> list[str]:
        """The axis."""
        return [f"axis={self.axis}"]


_BACKWARDS = slice(None, None, -1)
