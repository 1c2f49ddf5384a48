"""Taking entries out of an array, and putting arrays together.

Taking and putting are transposes: what `x[index]` takes, `scatter` puts back into zeros.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..describe import describe
from ..tensor import Tensor, apply, is_array
from .base import ArrayOp, place, precision_of, shape_of
from .facts import whole
from .precision import in_precision_of
from .shapes import ravel, reshape


def getitem(x: Any, index: Any) -> Any:
    """x[index], with integers, slices, `...`, None, lists of integers and masks, as in NumPy."""
    return apply(Getitem(_settled(index)), x)


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """The arrays one after the other along an axis that they have; None: all entries in a row."""
    _check_list("concatenate", arrays, axis)
    if axis is None:
        return concatenate([ravel(x) for x in arrays])
    return apply(Concatenate(operator.index(axis)), *arrays)


def hstack(arrays: Sequence[Any]) -> Any:
    """The arrays side by side: along the second axis, or the first of vectors and numbers."""
    arrays = [x if shape_of(x) else ravel(x) for x in arrays]
    return concatenate(arrays, 0 if len(shape_of(arrays[0])) == 1 else 1)


def vstack(arrays: Sequence[Any]) -> Any:
    """The arrays one below the other: along the first axis, with vectors and numbers as rows."""
    return concatenate([x if len(shape_of(x)) > 1 else reshape(x, (1, -1)) for x in arrays])


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """The arrays, or numbers, one after the other along a new axis."""
    _check_list("stack", arrays, axis)
    return apply(Stack(operator.index(axis)), *arrays)


def _check_list(name: str, arrays: Any, axis: Any) -> None:
    """Two arrays that are not in a list: the second one would be the axis."""
    if isinstance(axis, Tensor) or is_array(axis):
        shown = f"[{describe(arrays)}, {describe(axis)}]"
        raise TypeError(f"{name} takes its arrays in a list: {shown}")


def split(x: Any, sections: Any, axis: int = 0) -> list[Any]:
    """X cut along an axis: into equal parts, so many, or before each index in a list."""
    axis = place(axis, x)
    length = shape_of(x)[axis]
    if np.ndim(sections):
        ends = [0, *map(operator.index, sections), length]
    else:
        parts = operator.index(sections)
        if parts < 1 or length % parts:
            raise ValueError(f"an axis of length {length} can't be cut into {parts} equal parts")
        ends = [length * i // parts for i in range(parts + 1)]
    before = (slice(None),) * axis
    return [getitem(x, (*before, slice(*part))) for part in pairwise(ends)]


def scatter(x: Any, index: Any, like: Any) -> Any:
    """Zeros in the shape and precision of `like`, with x added at `index`."""
    return apply(Scatter(index, shape_of(like), precision_of(like)), x)


def _settled(index: Any) -> Any:
    """An index of plain numbers: writing into an array of it later changes nothing."""
    return tuple(map(_part, index)) if isinstance(index, tuple) else _part(index)


def _part(index: Any) -> Any:
    """An index that is no tuple, or a part of one; a sequence there is a list of places."""
    if isinstance(index, slice):
        ends = (index.start, index.stop, index.step)
        return slice(*(whole(end) if isinstance(end, Tensor) else end for end in ends))
    if isinstance(index, (list, tuple, range)):
        places = np.asarray([_part(entry) for entry in index])
        return places if places.size else places.astype(int)
    if isinstance(index, Tensor):
        return whole(index)
    return index.copy() if isinstance(index, np.ndarray) else index


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
