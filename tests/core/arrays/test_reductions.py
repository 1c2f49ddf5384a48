"""Reductions and softmax: values by hand, ties, extremes, and how they are written."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.arrays import ArrayOp
from cgraph_edu.core.arrays.broadcasting import Mean, Sum
from cgraph_edu.core.arrays.reductions import Cumsum, Max, Min, Norm
from cgraph_edu.core.arrays.softmax import LogSoftmax, Logsumexp, Softmax


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (Sum(), "sum(x)"),
        (Sum(axis=0), "sum(x, axis=0)"),
        (Mean(axis=1), "mean(x, axis=1)"),
        (Max(axis=(0, 1), keepdims=True), "max(x, axis=(0, 1), keepdims=True)"),
        (Min(), "min(x)"),
        (Norm(axis=0), "norm(x, axis=0)"),
        (Cumsum(1), "cumsum(x, axis=1)"),
        (Logsumexp(), "logsumexp(x)"),
        (Softmax(-1), "softmax(x, axis=-1)"),
        (LogSoftmax(0), "log_softmax(x, axis=0)"),
    ],
)
def test_how_a_use_is_written(op: ArrayOp, text: str) -> None:
    assert op.write(["x"]) == text


def test_in_latex() -> None:
    assert Norm().latex(["x"]) == r"\left\lVert x \right\rVert"
    assert Sum(axis=0).latex(["x"]) == r"\operatorname{sum}\left(x, \mathtt{axis=0}\right)"


@pytest.mark.parametrize("function", [cg.max, cg.min])
def test_entries_that_tie_share_the_derivative(function: Any) -> None:
    assert cg.grad(function)(np.full((2, 3), 2.0)).tolist() == [[1 / 6] * 3] * 2
    x = cg.variable(np.array([[3.0, 1.0, 3.0], [1.0, 2.0, 5.0]]))
    assert cg.gradient(np.sum(x.max(axis=1)), [x])[0].tolist() == [[0.5, 0, 0.5], [0, 0, 1]]
    assert cg.gradient(np.sum(x.min(axis=1)), [x])[0].tolist() == [[0, 1, 0], [1, 0, 0]]


def test_the_derivative_of_the_largest_of_nan_is_nan() -> None:
    assert np.isnan(cg.grad(cg.max)(np.array([1.0, np.nan]))).all()
    assert np.isnan(cg.grad(cg.max)(float("nan")))


def test_the_largest_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"max\(x\): .*x has shape \(0,\)"):
        cg.max(cg.variable(np.ones(0), name="x"))


def test_the_mean_of_nothing_is_nan() -> None:
    x = cg.variable(np.ones((0, 2)))
    assert np.isnan(x.mean(axis=0).value).all()
    assert cg.gradient(np.sum(x.mean(axis=0)), [x])[0].shape == (0, 2)


def test_the_length_of_zero_has_slope_zero() -> None:
    assert cg.grad(cg.norm)(np.zeros(2)).tolist() == [0.0, 0.0]
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    slope = cg.grad(lambda x: np.sum(cg.norm(x, axis=1)))(x)
    np.testing.assert_allclose(slope, [[0.6, 0.8], [0.0, 0.0]])


def test_an_axis_may_be_a_number_of_numpy() -> None:
    x = np.array([[3.0, 4.0]])
    one: Any = np.int64(1)
    for function in (cg.norm, cg.sum, cg.max, cg.logsumexp, cg.softmax, cg.cumsum):
        got, expected = function(x, axis=one), function(x, axis=1)
        np.testing.assert_array_equal(got, expected)


def test_running_sums_of_a_number() -> None:
    for axis in (None, 0, -1):
        assert cg.cumsum(1.5, axis).tolist() == [1.5]
        assert cg.grad(lambda x, axis=axis: np.sum(cg.cumsum(x, axis)))(1.5) == 1.0


def test_spread() -> None:
    assert cg.grad(cg.std)(np.ones(3)).tolist() == [0.0, 0.0, 0.0]
    assert cg.grad(cg.var)(np.array([1.0, 3.0])).tolist() == [-1.0, 1.0]
    assert np.isnan(cg.std(np.ones(0)))
    assert np.isnan(cg.var(cg.variable(np.ones((0, 2))), axis=0).value).all()


def test_lengths_that_are_not_recorded_are_refused() -> None:
    with pytest.raises(ValueError, match="ord='nuc' is not recorded"):
        np.linalg.norm(cg.variable(np.ones((2, 2))), "nuc")


def test_exponentials_do_not_overflow() -> None:
    x = cg.variable(np.array([1000.0, 1000.0, -1000.0]))
    assert cg.logsumexp(x).value == pytest.approx(1000.0 + np.log(2.0))
    assert cg.softmax(x).value.tolist() == [0.5, 0.5, 0.0]
    np.testing.assert_allclose(cg.log_softmax(x).value, [-np.log(2), -np.log(2), -2000 - np.log(2)])
    assert cg.gradient(cg.logsumexp(x), [x])[0].tolist() == [0.5, 0.5, 0.0]


def test_exponentials_at_infinity() -> None:
    assert cg.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf
    assert cg.logsumexp(np.array([-np.inf, 0.0])) == 0.0
    assert cg.logsumexp(np.array([np.inf, 0.0])) == np.inf
    assert cg.logsumexp(np.ones(0)) == -np.inf
    assert cg.softmax(np.array([-np.inf, 0.0])).tolist() == [0.0, 1.0]


def test_softmax_by_its_formula() -> None:
    x = np.random.default_rng(7).normal(size=(4, 5))
    powers = np.exp(x)
    np.testing.assert_allclose(cg.softmax(x), powers / powers.sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(cg.softmax(x, axis=0), powers / powers.sum(axis=0))
    np.testing.assert_allclose(np.exp(cg.log_softmax(x)), cg.softmax(x))
    np.testing.assert_allclose(cg.logsumexp(x, axis=1), np.log(powers.sum(axis=1)))
