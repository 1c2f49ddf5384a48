"""IEEE answers on plain floats, where Python itself would raise."""

import math
from collections.abc import Callable
from math import inf, nan

import pytest

from cgraph_edu.core import floats


def same(x: float, y: float) -> bool:
    """Equal, signs of zero included; nan is nan."""
    return (math.isnan(x) and math.isnan(y)) or (
        x == y and math.copysign(1.0, x) == math.copysign(1.0, y)
    )


@pytest.mark.parametrize(
    ("x", "y", "quotient"),
    [(1, 0.0, inf), (-1, 0.0, -inf), (1, -0.0, -inf), (0.0, 0.0, nan), (nan, 0.0, nan), (6, 3, 2)],
)
def test_division(x: float, y: float, quotient: float) -> None:
    assert same(floats.div(x, y), quotient)


@pytest.mark.parametrize(
    ("x", "y", "power"),
    [
        (0.0, -1.0, inf),
        (-0.0, -1.0, -inf),
        (-0.0, -2.0, inf),
        (0.0, 0.0, 1.0),
        (-8.0, 1 / 3, nan),
        (-8.0, 3.0, -512.0),
        (1e200, 2.0, inf),
        (-1e200, 3.0, -inf),
        (-1e200, 2.0, inf),
    ],
)
def test_power(x: float, y: float, power: float) -> None:
    assert same(floats.pow(x, y), power)


@pytest.mark.parametrize(
    ("x", "y"), [(1.0, 0.0), (0.0, -inf), (-0.0, -inf), (-1.0, nan), (inf, inf), (nan, nan)]
)
def test_logarithm(x: float, y: float) -> None:
    assert same(floats.log(x), y)


@pytest.mark.parametrize(
    ("function", "x", "y"),
    [
        (math.exp, 1000.0, inf),
        (math.exp, -1000.0, 0.0),
        (math.sinh, 1000.0, inf),
        (math.sinh, -1000.0, -inf),
        (math.cosh, -1000.0, inf),
        (math.sqrt, -1.0, nan),
        (math.sin, inf, nan),
    ],
)
def test_past_the_end_of_a_function(function: Callable[[float], float], x: float, y: float) -> None:
    assert same(floats.total(function)(x), y)


@pytest.mark.parametrize("order", [(nan, 1.0), (1.0, nan)])
def test_the_larger_and_the_smaller_of_nan_is_nan(order: tuple[float, float]) -> None:
    assert math.isnan(floats.maximum(*order))
    assert math.isnan(floats.minimum(*order))


def test_remainder_has_the_sign_of_the_divisor() -> None:
    assert floats.mod(-7.0, 3.0) == 2.0
    assert floats.mod(7.0, -3.0) == -2.0
    assert math.isnan(floats.mod(7.0, 0.0))


@pytest.mark.parametrize(("x", "y"), [(-2.5, -1.0), (0.0, 0.0), (1e300, 1.0), (nan, nan)])
def test_sign(x: float, y: float) -> None:
    assert same(floats.sign(x), y)


@pytest.mark.parametrize(("x", "y"), [(-2.5, -3.0), (2.5, 2.0), (inf, inf), (nan, nan)])
def test_floor(x: float, y: float) -> None:
    assert same(floats.floor(x), y)
