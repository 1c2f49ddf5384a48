"""NumPy's side of the engine: the op rows' functions on arrays, and ops that are not elementwise.

Imported only when an array appears. An array op is a small class: its fields are its settings
(an axis, an index), and its value stands beside its vjp and jvp.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.mod,
    "neg": np.negative,
    "pow": np.power,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    **{name: getattr(np, name) for name in "exp log sqrt sin cos tan sinh cosh tanh".split()},
    **{name: getattr(np, name) for name in "abs sign floor maximum minimum where".split()},
}
"""The functions of the expression language, on arrays."""


def quietly(function: Callable[..., Any], values: Sequence[Any]) -> Any:
    """`function` of `values`, truth values counted as 0 and 1, with inf and nan but no warnings."""
    with np.errstate(all="ignore"):
        return plain(function(*(as_float(value) for value in values)))


def as_float(value: Any) -> Any:
    """A truth value or an array of them as numbers; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype == bool:
        return value.astype(float)
    return float(value) if isinstance(value, bool) else value


def plain(value: Any) -> Any:
    """A NumPy scalar or an array with no axes as a Python number; arrays as they are."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value
    return bool(value) if np.asarray(value).dtype == bool else float(value)


def unbroadcast(x_bar: Any, like: Any) -> Any:
    """Sum `x_bar` over the axes that broadcasting added to a value of the shape of `like`."""
    shape = np.shape(like)
    x_bar = np.broadcast_to(x_bar, np.broadcast_shapes(np.shape(x_bar), shape))
    added = x_bar.ndim - len(shape)
    stretched = (i + added for i, n in enumerate(shape) if n == 1 and x_bar.shape[i + added] != 1)
    summed = x_bar.sum(axis=(*range(added), *stretched), keepdims=True)
    return plain(summed.reshape(shape))


@dataclass(frozen=True)
class ArrayOp(ABC):
    """An op on whole arrays."""

    @property
    def name(self) -> str:
        """The op's name, as in NumPy."""
        return type(self).__name__.lower()

    @property
    def is_comparison(self) -> bool:
        """Array ops give numbers, never truth values."""
        return False

    @abstractmethod
    def evaluate(self, *values: Any) -> Any:
        """The value at these operands."""

    @abstractmethod
    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint `x_bar` of the result, carried back to the operand in place `port`."""

    @abstractmethod
    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent `x_dot` of the operand in place `port`, carried on to the result."""

    def write(self, operands: Sequence[str]) -> str:
        """A use of the op as Python would write it."""
        return f"{self.name}({', '.join(operands)})"


@dataclass(frozen=True)
class Sum(ArrayOp):
    """The sum over an axis, or over everything: ∂out/∂x is 1 for every entry that was added."""

    axis: int | None = None
    keepdims: bool = False

    def evaluate(self, *values: Any) -> Any:
        """The sum."""
        return plain(np.sum(values[0], axis=self.axis, keepdims=self.keepdims))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Every entry gets the adjoint of the sum that it went into."""
        if self.axis is not None and not self.keepdims:
            x_bar = np.expand_dims(x_bar, self.axis)
        return plain(np.broadcast_to(x_bar, np.shape(values[0])).copy())

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The sum of the tangents."""
        return self.evaluate(x_dot)

    def write(self, operands: Sequence[str]) -> str:
        """sum(x), or sum(x, axis=0)."""
        axis = [] if self.axis is None else [f"axis={self.axis}"]
        return super().write([*operands, *axis])


@dataclass(frozen=True)
class Mean(Sum):
    """The mean over an axis, or over everything: the sum divided by the number of entries."""

    def evaluate(self, *values: Any) -> Any:
        """The mean."""
        return plain(np.mean(values[0], axis=self.axis, keepdims=self.keepdims))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """As for the sum, divided by the number of entries."""
        count = np.size(values[0]) / max(np.size(out), 1)
        return super().vjp(port, x_bar, out, *values) / count


@dataclass(frozen=True)
class MatMul(ArrayOp):
    """The matrix product x @ y of vectors and matrices, as NumPy's."""

    def evaluate(self, *values: Any) -> Any:
        """The product x @ y; a message with both shapes if they don't fit."""
        x, y = values
        if np.ndim(x) == 0 or np.ndim(y) == 0:
            raise ValueError("@ needs arrays; for plain numbers write x * y")
        if np.shape(x)[-1] != np.shape(y)[-2 if np.ndim(y) > 1 else 0]:
            raise ValueError(f"@ can't multiply shapes {np.shape(x)} and {np.shape(y)}")
        return plain(np.matmul(x, y))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Give x_bar @ yᵀ for the left operand and xᵀ @ x_bar for the right one."""
        x, y = values
        rows = np.atleast_2d(x)
        columns = y[:, None] if np.ndim(y) == 1 else y
        out_bar = np.reshape(x_bar, (*rows.shape[:-1], columns.shape[-1]))
        if port == 0:
            return unbroadcast(out_bar @ np.swapaxes(columns, -1, -2), rows).reshape(np.shape(x))
        return unbroadcast(np.swapaxes(rows, -1, -2) @ out_bar, columns).reshape(np.shape(y))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The product rule: x_dot @ y, or x @ x_dot."""
        x, y = values
        return self.evaluate(x_dot, y) if port == 0 else self.evaluate(x, x_dot)

    def write(self, operands: Sequence[str]) -> str:
        """As x @ y."""
        return " @ ".join(operands)


@dataclass(frozen=True)
class GetItem(ArrayOp):
    """x[index]: the entries that are taken have partial 1, the others 0."""

    index: Any

    def evaluate(self, *values: Any) -> Any:
        """x[index]."""
        return plain(values[0][self.index])

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Zeros, with the adjoint added at the entries that were taken."""
        adjoint = np.zeros(np.shape(values[0]))
        np.add.at(adjoint, self.index, x_bar)
        return adjoint

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The same entries of the tangent."""
        return self.evaluate(x_dot)

    def write(self, operands: Sequence[str]) -> str:
        """x[0], x[1:3]."""
        return f"{operands[0]}[{_written(self.index)}]"


def _written(index: Any) -> str:
    if isinstance(index, tuple):
        return ", ".join(map(_written, index))
    if isinstance(index, slice):
        start, stop = ("" if end is None else str(end) for end in (index.start, index.stop))
        return f"{start}:{stop}" + ("" if index.step is None else f":{index.step}")
    return "..." if index is Ellipsis or isinstance(index, (list, np.ndarray)) else str(index)
