"""The ops as functions: on numbers and arrays as they are, recorded on Tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .expressions import FUNCTIONS
from .ops import OPS
from .tensor import recorded

exp = recorded(OPS["exp"])
log = recorded(OPS["log"])
sqrt = recorded(OPS["sqrt"])
sin = recorded(OPS["sin"])
cos = recorded(OPS["cos"])
tan = recorded(OPS["tan"])
sinh = recorded(OPS["sinh"])
cosh = recorded(OPS["cosh"])
tanh = recorded(OPS["tanh"])
asin = recorded(OPS["asin"])
acos = recorded(OPS["acos"])
atan = recorded(OPS["atan"])
expm1 = recorded(OPS["expm1"])
log1p = recorded(OPS["log1p"])
sigmoid = recorded(OPS["sigmoid"])
relu = recorded(OPS["relu"])
absolute = recorded(OPS["abs"])
maximum = recorded(OPS["maximum"])
minimum = recorded(OPS["minimum"])
where = recorded(OPS["where"])
_clip = recorded(OPS["clip"])


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
