"""Broadcasting repeats entries; its transpose adds the repeated ones up. So the two stand together.

out = sum(x)            x_bar = out_bar, repeated in the shape of x
out = broadcast_to(x)   x_bar = out_bar, summed in the shape of x
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import gt, index
from typing import Any

import numpy as np

from ..tensor import apply
from .base import ArrayOp, checked_axis, normalised, precision_of, shape_of
from .elementwise import added, as_float
from .precision import in_precision_of
from .shapes import expand_dims


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum Σ x[i] of the entries of x, over everything or over the axes given.

    ∂out/∂x[i] = 1.
    `axis` is a number, a tuple of them, or None for all; with `keepdims` a reduced axis keeps
    the length 1. Raises ValueError for an axis that x does not have.
    """
    return apply(Sum(checked_axis(axis), keepdims), x)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean Σ x[i] / n of the entries of x, over everything or over the axes given.

    ∂out/∂x[i] = 1 / n.
    `axis` is a number, a tuple of them, or None for all; with `keepdims` a reduced axis keeps
    the length 1. Raises ValueError for an axis that x does not have.
    """
    return apply(Mean(checked_axis(axis), keepdims), x)


def broadcast_to(x: Any, shape: Any) -> Any:
    """The array x repeated along new axes, and along those of length one, until it has the shape.

    Its adjoint is summed over the axes that were repeated. Raises ValueError where x does not fit.
    """
    lengths = tuple(map(index, shape if isinstance(shape, (tuple, list)) else (shape,)))
    return apply(BroadcastTo(lengths, precision_of(x)), x)


def broadcast_like(x: Any, like: Any) -> Any:
    """X in the shape and the precision of `like`."""
    if shape_of(x) == shape_of(like):
        return in_precision_of(like, x)
    return apply(BroadcastTo(shape_of(like), precision_of(like)), x)


def unbroadcast(x_bar: Any, like: Any) -> Any:
    """Sum `x_bar` over the axes that broadcasting added to a value of the shape of `like`."""
    shape, found = shape_of(like), shape_of(x_bar)
    if shape != found:
        added = len(found) - len(shape)
        if added < 0 or any(map(gt, shape, found[added:])):  # one number stands for many
            found = np.broadcast_shapes(found, shape)
            added = len(found) - len(shape)
            x_bar = apply(BroadcastTo(found, precision_of(like)), x_bar)
        if added:
            x_bar = apply(Sum(tuple(range(added))), x_bar)
        axes = tuple([i for i, n in enumerate(shape) if n == 1 and found[added + i] != 1])
        if axes:
            x_bar = apply(Sum(axes, keepdims=True), x_bar)
    return in_precision_of(like, x_bar)


def kept(reduced: Any, like: Any, axis: Any, keepdims: bool) -> Any:
    """What a reduction of `like` gave, with the axes it went over back, of length one."""
    if keepdims or not shape_of(reduced):  # a number broadcasts as it is
        return reduced
    return expand_dims(reduced, normalised(axis, len(shape_of(like))))


def count(like: Any, axis: Any) -> int:
    """How many entries of `like` go into one entry of its reduction."""
    shape = shape_of(like)
    return int(np.prod([shape[i] for i in normalised(axis, len(shape))])) if shape else 1


@dataclass(frozen=True)
class Reduction(ArrayOp):
    """An op that goes over one axis, over several, or over all of them."""

    axis: int | tuple[int, ...] | None = None
    keepdims: bool = False

    def settings(self) -> list[str]:
        """The axis, where one was named, and keepdims."""
        axis = [] if self.axis is None else [f"axis={self.axis}"]
        return axis + ["keepdims=True"] * self.keepdims


@dataclass(frozen=True)
class Sum(Reduction):
    """The sum: ∂out/∂x is 1 for every entry that was added."""

    def compute(self, *values: Any) -> Any:
        """The sum; truth values are counted."""
        return added(as_float(values[0]), axis=self.axis, keepdims=self.keepdims)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Every entry gets the adjoint of the sum that it went into."""
        return broadcast_like(kept(x_bar, values[0], self.axis, self.keepdims), values[0])

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The sum of the tangents."""
        return apply(self, x_dot)


@dataclass(frozen=True)
class Mean(Sum):
    """The mean: the sum divided by the number of entries."""

    def compute(self, *values: Any) -> Any:
        """The mean; nan for the mean of nothing."""
        return super().compute(*values) / count(values[0], self.axis)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """As for the sum, divided by the number of entries."""
        n = count(values[0], self.axis)
        return super().vjp(port, x_bar / n if n else x_bar, out, *values)


@dataclass(frozen=True)
class BroadcastTo(ArrayOp):
    """Entries repeated until they fill a shape."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def compute(self, *values: Any) -> Any:
        """np.broadcast_to(x, shape), but as an array of its own."""
        result = np.empty(self.shape, self.dtype)
        result[...] = np.broadcast_to(values[0], self.shape)
        return result

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The sum over the copies of each entry."""
        return unbroadcast(x_bar, values[0])

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent repeated alike."""
        return apply(self, x_dot)

    def settings(self) -> list[str]:
        """The shape."""
        return [str(self.shape)]
