"""NumPy's side of the op table: the expression language's functions, on arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

SINGLE = np.dtype(np.float32)

added: Callable[..., Any] = np.add.reduce
"""np.sum without its detours."""


def where(condition: Any, x: Any, y: Any) -> Any:
    """np.where; a mask that is only to become ones and zeros is converted, which is much faster."""
    if type(x) is int and type(y) is int and getattr(condition, "dtype", None) == np.bool_:
        if (x, y) == (1, 0):
            return condition.astype(SINGLE)
        if (x, y) == (0, 1):
            return np.logical_not(condition).astype(SINGLE)
    return np.where(condition, x, y)


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
    **{name: getattr(np, name) for name in "expm1 log1p".split()},
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    **{name: getattr(np, name) for name in "abs sign floor maximum minimum".split()},
    "where": where,
}
"""The functions of the expression language, on arrays."""


def quietly(function: Callable[..., Any], values: Sequence[Any]) -> Any:
    """`function` of `values`, with inf and nan but no warnings, in the precision of the values.

    Truth values count as 0 and 1. Numbers that the function brings in, the 1 and 0 of
    `where(x > 0, 1, 0)`, do not widen float32 to float64.
    """
    precision = common_precision(values)
    with np.errstate(all="ignore"):
        result = function(*[as_float(value, precision) for value in values])
    if type(result) is not np.ndarray or not result.ndim:
        return plain(result)
    is_single = result.dtype == SINGLE
    if is_single is (precision is SINGLE) or not (is_single or result.dtype.kind in "fi"):
        return result
    return result.astype(precision)


def common_precision(values: Sequence[Any]) -> Any:
    """float32 where each array of numbers among `values` is of float32, else float64."""
    found = None
    for value in values:
        if isinstance(value, np.ndarray) and value.dtype.kind != "b":
            if value.dtype != SINGLE:
                return float
            found = SINGLE
    return found or float


def as_float(value: Any, precision: Any = float) -> Any:
    """A truth value or an array of them as numbers; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "b":
        return value.astype(precision)
    return float(value) if isinstance(value, bool) else value


def plain(value: Any) -> Any:
    """A NumPy scalar or an array with no axes as a Python number; arrays as they are."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return bool(value) if kind == "b" or value is True or value is False else float(value)
