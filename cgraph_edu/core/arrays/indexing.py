"""Taking entries out of an array, and putting arrays together.

Taking and putting are transposes: what `x[index]` takes, `scatter` puts back into zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..tensor import Tensor, apply
from .base import ArrayOp, precision_of, shape_of
from .precision import in_precision_of


def getitem(x: Any, index: Any) -> Any:
    """x[index], with integers, slices, `...`, None, lists of integers and masks, as in NumPy."""
    return apply(Getitem(_settled(index)), x)


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
    """The arrays one after the other along an axis that they have."""
    return apply(Concatenate(int(axis)), *arrays)


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """The arrays, or numbers, one after the other along a new axis."""
    return apply(Stack(int(axis)), *arrays)


def split(x: Any, sections: Any, axis: int = 0) -> list[Any]:
    """X cut along an axis: into equal parts, so many, or before each index in a list."""
    axis = axis % len(shape_of(x))
    length = shape_of(x)[axis]
    if isinstance(sections, int):
        if sections < 1 or length % sections:
            raise ValueError(f"an axis of length {length} can't be cut into {sections} equal parts")
        sections = range(length // sections, length, length // sections) if length else ()
    ends = [0, *sections, length]
    before = (slice(None),) * axis
    return [getitem(x, (*before, slice(*part))) for part in pairwise(ends)]


def scatter(x: Any, index: Any, like: Any) -> Any:
    """Zeros in the shape and precision of `like`, with x added at `index`."""
    return apply(Scatter(index, shape_of(like), precision_of(like)), x)


def _settled(index: Any) -> Any:
    """An index without Tensors in it; the graph is right only while theirs keep their values."""
    if isinstance(index, tuple):
        return tuple(map(_settled, index))
    if isinstance(index, list):
        return np.asarray(index) if index else np.empty(0, int)
    if not isinstance(index, Tensor):
        return index
    if not index.shape:
        return index.__index__()
    bool(apply(All(), index == index.value) == 1.0)  # reading a truth value records a guard
    found = index.value
    # Integers that became an input are floats.
    return found.astype(int) if found.dtype.kind == "f" and (found == found // 1).all() else found


@dataclass(frozen=True)
class Getitem(ArrayOp):
    """x[index]: the entries that are taken have partial 1, the others 0."""

    index: Any

    def compute(self, *values: Any) -> Any:
        """x[index]."""
        return values[0][self.index]

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Zeros, with the adjoint added at the entries that were taken."""
        return scatter(x_bar, self.index, values[0])

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The same entries of the tangent."""
        return apply(self, x_dot)

    def write(self, operands: Sequence[str]) -> str:
        """x[0], x[1:3]."""
        return f"{operands[0]}[{_written(self.index)}]"

    def latex(self, operands: Sequence[str]) -> str:
        r"""x_{[1:3]}."""
        return rf"{operands[0]}_{{[{_written(self.index)}]}}"


@dataclass(frozen=True)
class Scatter(ArrayOp):
    """Zeros, with the operand added at an index: the transpose of x[index]."""

    index: Any
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def compute(self, *values: Any) -> Any:
        """Zeros of the shape, with x added at the index, twice where the index names it twice."""
        result = np.zeros(self.shape, self.dtype)
        if _is_repeating(self.index):
            np.add.at(result, self.index, values[0])
        else:
            result[self.index] = values[0]
        return result

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The entries at the index."""
        return in_precision_of(values[0], apply(Getitem(self.index), x_bar))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent, put at the same entries."""
        return apply(self, x_dot)

    def settings(self) -> list[str]:
        """The index and the shape."""
        return [f"[{_written(self.index)}]", str(self.shape)]


@dataclass(frozen=True)
class All(ArrayOp):
    """1 where every entry holds, else 0: for facts that a graph depends on."""

    def compute(self, *values: Any) -> Any:
        """np.all(x), as a number."""
        return float(np.all(values[0]))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Nothing: a fact has no slope."""
        return scatter(0.0, ..., values[0])

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Nothing: a fact has no slope."""
        return 0.0


@dataclass(frozen=True)
class Concatenate(ArrayOp):
    """Arrays one after the other along an axis."""

    axis: int = 0

    def compute(self, *values: Any) -> Any:
        """np.concatenate(arrays, axis)."""
        return np.concatenate(values, self.axis)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The part of the adjoint where the operand went."""
        part = apply(Getitem(self.place(port, values)), x_bar)
        return in_precision_of(values[port], part)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent where the operand went, zeros elsewhere."""
        return scatter(x_dot, self.place(port, values), out)

    def place(self, port: int, values: Sequence[Any]) -> Any:
        """The index at which the result has the operand in place `port`."""
        axis = self.axis % len(shape_of(values[0]))
        lengths = [shape_of(value)[axis] for value in values]
        start = int(np.sum(lengths[:port], dtype=int))
        return (slice(None),) * axis + (slice(start, start + lengths[port]),)

    def write(self, operands: Sequence[str]) -> str:
        """concatenate([x, y], axis=1)."""
        return super().write([f"[{', '.join(operands)}]"])

    def settings(self) -> list[str]:
        """The axis, unless it is the first."""
        return [f"axis={self.axis}"] * (self.axis != 0)


@dataclass(frozen=True)
class Stack(Concatenate):
    """Arrays one after the other along a new axis."""

    def compute(self, *values: Any) -> Any:
        """np.stack(arrays, axis)."""
        return np.stack(values, self.axis)

    def place(self, port: int, values: Sequence[Any]) -> Any:
        """The index at which the result has the operand in place `port`."""
        return (slice(None),) * (self.axis % (len(shape_of(values[0])) + 1)) + (port,)


def _is_repeating(index: Any) -> bool:
    """Whether an index may name an entry twice: only arrays of integers can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(p, (list, np.ndarray)) and np.asarray(p).dtype != bool for p in parts)


def _written(index: Any) -> str:
    if isinstance(index, tuple):
        return ", ".join(map(_written, index))
    if isinstance(index, slice):
        start, stop = ("" if end is None else str(end) for end in (index.start, index.stop))
        return f"{start}:{stop}" + ("" if index.step is None else f":{index.step}")
    return "..." if index is Ellipsis or isinstance(index, (list, np.ndarray)) else str(index)
