"""Op rows on arrays: broadcasting and its undoing, precision, plain numbers."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.arrays import broadcast_like, unbroadcast
from cgraph_edu.core.arrays.elementwise import as_float, common_precision, plain


@pytest.mark.parametrize(
    ("x_bar", "like", "expected"),
    [
        (np.ones((2, 3)), 1.0, 6.0),
        (np.ones((2, 3)), np.ones(3), [2.0, 2.0, 2.0]),
        (np.ones((2, 3)), np.ones((2, 1)), [[3.0], [3.0]]),
        (np.ones((4, 2, 3)), np.ones((1, 3)), [[8.0, 8.0, 8.0]]),
        (np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3))),
        (np.ones((2, 0)), np.ones((2, 1)), [[0.0], [0.0]]),
        # A partial that is one number stands for the whole array.
        (2.0, np.ones(3), [2.0, 2.0, 2.0]),
        (np.ones((1, 3)), np.ones((2, 3)), np.ones((2, 3))),
    ],
)
def test_undoing_a_broadcast(x_bar: Any, like: Any, expected: Any) -> None:
    np.testing.assert_array_equal(unbroadcast(x_bar, like), expected)
    assert np.shape(unbroadcast(x_bar, like)) == np.shape(like)


def test_a_tangent_fills_the_shape_of_the_result() -> None:
    # ∂/∂x of the sum over both rows of x + [[1], [1]] counts each entry of x twice.
    row = np.ones((1, 3))
    out, out_dot = cg.jvp(lambda x: np.sum(x + np.ones((2, 1))), [row], [row])
    assert (out, out_dot) == (12.0, 6.0)
    assert broadcast_like(2.0, np.ones((2, 1))).tolist() == [[2.0], [2.0]]


def test_arrays_without_axes_become_numbers() -> None:
    assert type(plain(np.float64(2.0))) is float
    assert type(plain(np.array(True))) is bool
    assert plain(np.ones(2)).shape == (2,)


def test_truth_values_become_numbers() -> None:
    assert as_float(True) == 1.0
    assert as_float(np.array([True, False])).dtype == float
    x = cg.variable(np.array([1.0, -2.0], np.float32))
    assert ((x > 0) * x).value.tolist() == [1.0, 0.0]
    assert ((x > 0) * x).value.dtype == np.float32
    assert np.sum(x > 0).value == 1.0
    assert np.mean(x > 0).value == 0.5


def test_the_widest_array_sets_the_precision() -> None:
    single, double = np.ones(2, np.float32), np.ones(2)
    assert common_precision([single, 1.0, np.array([True])]) == np.float32
    assert common_precision([single, double]) is float
    assert common_precision([1.0, True]) is float


def test_each_operand_gets_its_own_precision_back() -> None:
    x, y = cg.variables(x=np.ones(2, np.float32), y=np.ones(2))
    for z in (x * y, x @ y, np.concatenate([x, y]), cg.mse_loss(x, y), cg.einsum("i,i", x, y)):
        slopes = cg.gradient(np.sum(z), [x, y])
        assert [slope.dtype for slope in slopes] == [np.float32, np.float64]


def test_numbers_do_not_widen_an_array() -> None:
    single = np.array([1.0, 2.0], np.float32)
    numbers: list[Any] = [2, 2.0, True, np.float64(2.0), np.array(2.0)]
    for number in [*numbers, cg.variable(2.0), cg.constant(2)]:
        x: Any = cg.variable(single)
        for z in (x + number, number * x, x**number, x // number, number - x, x % number):
            assert z.value.dtype == np.float32
        for z in (cg.maximum(x, number), cg.clip(x, 0, number), np.where(x > number, x, number)):
            assert z.value.dtype == np.float32
        assert cg.einsum(",i->i", number, x).value.dtype == np.float32
        assert np.dot(number, x).value.dtype == np.float32


def test_double_precision_widens_single() -> None:
    x: Any
    y: Any
    x, y = cg.variables(x=np.ones((2, 2), np.float32), y=np.ones((2, 2)))
    z: Any
    for z in (x * y, x @ y, cg.einsum("ij,jk", x, y), np.stack([x, y]), np.maximum(y, x)):
        assert z.value.dtype == np.float64


@pytest.mark.parametrize("row", ["relu", "abs", "maximum", "minimum", "where", "clip", "sigmoid"])
def test_numbers_in_a_row_do_not_widen_its_partials(row: str) -> None:
    x = cg.variable(np.array([-2.0, 0.5, 2.0], np.float32))
    y = {
        "relu": lambda: cg.relu(x),
        "abs": lambda: abs(x),
        "maximum": lambda: cg.maximum(x, 1.0),
        "minimum": lambda: cg.minimum(1.0, x),
        "where": lambda: cg.where(x > 0, x, 0.0),
        "clip": lambda: cg.clip(x, -1.0, 1.0),
        "sigmoid": lambda: cg.sigmoid(x),
    }[row]()
    assert y.value.dtype == np.float32
    assert (
        y.op.partial(
            1 if row in ("where", "minimum") else 0,
            y.value,
            *[getattr(o, "value", o) for o in y.operands],
        ).dtype
        == np.float32
    )


def test_clip_holds_at_its_ends() -> None:
    x: Any = cg.variable(np.array([-2.0, -1.0, 0.5, 1.0, 3.0]))
    y = x.clip(-1.0, 1.0)
    assert y.value.tolist() == [-1.0, -1.0, 0.5, 1.0, 1.0]
    assert cg.gradient(y.sum(), [x])[0].tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]
    assert cg.clip(2.0, 0.0, 1.0) == 1.0
    assert np.clip(x, a_min=0.0, a_max=1.0).value.tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert np.clip(x, min=2.0).value.tolist() == [2.0, 2.0, 2.0, 2.0, 3.0]
    assert cg.clip(x) is x


def test_overflow_in_a_derivative_raises_no_warnings_of_numpy() -> None:
    x = cg.variable(np.array([1e200, 0.0]))
    (slope,) = cg.gradient(np.sum((x * 1e200) * 0.0), [x])
    assert slope.tolist() == [0.0, 0.0]
    (slope,) = cg.gradient(np.sum(1.0 / (x * x)), [x])
    assert slope[0] == 0.0
    assert not np.isfinite(slope[1])


def test_an_overflow_of_single_precision_is_inf() -> None:
    x = cg.variable(np.array([1e38, 1.0], np.float32))
    y = x * 10.0
    assert y.value.dtype == np.float32
    assert y.value.tolist() == [np.inf, 10.0]
