"""The ops as functions: on numbers and arrays as they are, recorded on Tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .expressions import FUNCTIONS
from .ops import OPS
from .tensor import recorded


def _function(row: str, name: str | None = None) -> Callable[..., Any]:
    """The function of a row of the table, to be pickled by the name that it has below."""
    function = recorded(OPS[row])
    function.__module__, function.__qualname__ = __name__, name or row
    return function


exp = _function("exp")
log = _function("log")
sqrt = _function("sqrt")
sin = _function("sin")
cos = _function("cos")
tan = _function("tan")
sinh = _function("sinh")
cosh = _function("cosh")
tanh = _function("tanh")
asin = _function("asin")
acos = _function("acos")
atan = _function("atan")
expm1 = _function("expm1")
log1p = _function("log1p")
sigmoid = _function("sigmoid")
relu = _function("relu")
absolute = _function("abs", "absolute")
maximum = _function("maximum")
minimum = _function("minimum")
where = _function("where")
_clip = _function("clip", "_clip")


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """Each x between `low` and `high` as it is, others moved to the nearer; None is no bound."""
    if low is None or high is None:
        x = x if low is None else maximum(x, low)
        return x if high is None else minimum(x, high)
    return _clip(x, low, high)


def language() -> Mapping[str, Callable[..., Any]]:
    """The expression language on Tensors: each of its functions is an op."""
    return {**{name: recorded(OPS[name]) for name in FUNCTIONS}, "where": _where}


def _where(condition: Any, x: Any, y: Any) -> Any:
    """`where`; the 1 and 0 of `where(x > 0, 1, 0)` do not widen float32, as in `quietly`."""
    if (x, y) == (1, 0) and type(x) is type(y) is int and _is_mask(condition):
        from .arrays import as_mask

        return as_mask(condition)
    return where(condition, x, y)


def _is_mask(condition: Any) -> bool:
    return getattr(getattr(condition, "value", condition), "dtype", None) == "bool"
