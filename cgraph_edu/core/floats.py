"""IEEE arithmetic on Python floats, for the points where Python itself would raise.

Python raises on `1.0 / 0.0`, `math.log(-1.0)` and `math.exp(1000.0)`. A learner drags a slider
through such points, so the engine answers as IEEE 754 and NumPy do: inf or nan. These functions
are the slow, total versions; `expressions.py` tries Python's own arithmetic first.
"""

from __future__ import annotations

import math
from collections.abc import Callable

INF = math.inf
NAN = math.nan


def div(x: float, y: float) -> float:
    """The quotient x / y; x / 0 is an infinity with the sign of both, 0 / 0 is nan."""
    if y != 0.0:
        return x / y
    if x == 0.0 or math.isnan(x):
        return NAN
    return math.copysign(INF, x) * math.copysign(1.0, y)


def floordiv(x: float, y: float) -> float:
    """The floor of x / y."""
    return x // y if y != 0.0 else div(x, y)


def mod(x: float, y: float) -> float:
    """What is left of x after floor division by y; it has y's sign."""
    return x % y if y != 0.0 else NAN


def pow(x: float, y: float) -> float:
    """The power x ** y; nan for a negative x and a fractional y."""
    try:
        return math.pow(x, y)
    except OverflowError:
        negative = x < 0.0
    except ValueError:
        if x != 0.0:
            return NAN
        negative = math.copysign(1.0, x) < 0.0
    odd = y == math.floor(y) and math.fmod(y, 2.0) != 0.0
    return -INF if negative and odd else INF


def log(x: float) -> float:
    """The natural logarithm; -inf at 0, nan below."""
    if x > 0.0:
        return math.log(x)
    return -INF if x == 0.0 else NAN


def log1p(x: float) -> float:
    """The natural logarithm of 1 + x, exact for small x; -inf at -1, nan below."""
    if x > -1.0:
        return math.log1p(x)
    return -INF if x == -1.0 else NAN


def floor(x: float) -> float:
    """The largest whole number not above x, as a float."""
    return float(math.floor(x)) if math.isfinite(x) else x


def sign(x: float) -> float:
    """-1, 0 or 1; nan for nan."""
    if x != x:
        return x
    return float((x > 0.0) - (x < 0.0))


def maximum(x: float, y: float) -> float:
    """The larger of two numbers; nan if either is."""
    return x if x >= y or x != x else y


def minimum(x: float, y: float) -> float:
    """The smaller of two numbers; nan if either is."""
    return x if x <= y or x != x else y


def where(condition: float | bool, x: float, y: float) -> float:
    """Either x, where the condition holds, else y."""
    return x if condition else y


def total(function: Callable[[float], float], overflow: float = INF) -> Callable[[float], float]:
    """`function` from `math`, with nan outside its domain and `overflow` (odd: signed) past it."""

    def defined_everywhere(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return NAN
        except OverflowError:
            return math.copysign(overflow, x) if function is math.sinh else overflow

    return defined_everywhere
