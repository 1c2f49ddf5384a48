"""The same entries in another shape. Each is undone by going back to the operand's shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np

from ..describe import describe
from ..tensor import apply
from .base import ArrayOp, checked_axis, place, shape_of
from .precision import in_precision_of


def reshape(x: Any, *shape: Any) -> Any:
    """The entries of x in rows of another length; one -1 stands for what is left.

    Their number stays. Raises ValueError where the shape has another.
    """
    lengths = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    try:
        whole = tuple(map(index, lengths))
    except TypeError:
        given = ", ".join(map(repr, shape))
        raise TypeError(
            f"reshape({describe(x)}, {given}): a shape is of whole numbers, such as (2, 3)"
        ) from None
    return apply(Reshape(whole), x)


def ravel(x: Any) -> Any:
    """The entries of x in one row."""
    return reshape(x, -1)


def squeeze(x: Any, axis: Any = None) -> Any:
    """The array x without its axes of length one, or without those of them that are named.

    Raises ValueError for an axis of another length.
    """
    return apply(Squeeze(checked_axis(axis)), x)


def expand_dims(x: Any, axis: Any) -> Any:
    """The array x with a new axis of length one, at each place `axis` of the result.

    Shape (4, 3) and axis 1 give (4, 1, 3). Raises ValueError for a place that the result lacks.
    """
    return apply(ExpandDims(checked_axis(axis)), x)


def transpose(x: Any, axes: Any = None) -> Any:
    """X with its axes in another order, reversed unless given: out[i, j] = x[j, i]."""
    return apply(Transpose(checked_axis(axes)), x)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """The array x with two of its axes exchanged; ValueError for one that x does not have."""
    first, second = place(axis1, x), place(axis2, x)
    axes = list(range(len(shape_of(x))))
    axes[first], axes[second] = second, first
    return transpose(x, axes)


@dataclass(frozen=True)
class Reshape(ArrayOp):
    """The entries, row by row, in another shape."""

    shape: tuple[int, ...]

    def compute(self, *values: Any) -> Any:
        """x.reshape(shape)."""
        return np.reshape(values[0], self.shape)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint in the operand's shape."""
        return in_precision_of(values[0], reshape(x_bar, shape_of(values[0])))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent in the result's shape."""
        return apply(self, x_dot)

    def settings(self) -> list[str]:
        """The shape."""
        return [str(self.shape)]


@dataclass(frozen=True)
class Squeeze(ArrayOp):
    """Axes of length one taken away."""

    axis: int | tuple[int, ...] | None = None

    def compute(self, *values: Any) -> Any:
        """x.squeeze(axis)."""
        return np.squeeze(values[0], self.axis)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint in the operand's shape."""
        return in_precision_of(values[0], reshape(x_bar, shape_of(values[0])))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent in the result's shape."""
        return apply(self, x_dot)

    def settings(self) -> list[str]:
        """The axis, where one was named."""
        return [] if self.axis is None else [f"axis={self.axis}"]


@dataclass(frozen=True)
class ExpandDims(Squeeze):
    """Axes of length one added."""

    def compute(self, *values: Any) -> Any:
        """np.expand_dims(x, axis)."""
        return np.expand_dims(values[0], self.axis)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Transpose(ArrayOp):
    """The axes in another order."""

    axes: tuple[int, ...] | None = None

    def compute(self, *values: Any) -> Any:
        """np.transpose(x, axes)."""
        return np.transpose(values[0], self.axes)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The axes back in their old order."""
        if self.axes is None:
            return transpose(x_bar)
        ndim = len(self.axes)
        return transpose(x_bar, sorted(range(ndim), key=[i % ndim for i in self.axes].__getitem__))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent, its axes in the same order."""
        return apply(self, x_dot)

    def write(self, operands: Sequence[str]) -> str:
        """x.T, or transpose(x, (1, 0, 2))."""
        return f"{operands[0]}.T" if self.axes is None else super().write(operands)

    def settings(self) -> list[str]:
        """The order, where one was given."""
        return [] if self.axes is None else [str(self.axes)]

    def latex(self, operands: Sequence[str]) -> str:
        r"""x^{\top}."""
        return rf"{operands[0]}^{{\top}}" if self.axes is None else super().latex(operands)
