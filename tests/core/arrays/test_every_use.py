"""What every op must do: NumPy's values, two modes that agree, derivatives of derivatives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg

from .uses import USES

EVERY_USE = pytest.mark.parametrize(("use", "values"), USES.values(), ids=USES.keys())
Function = Callable[..., Any]


def drawn_like(value: Any, seed: int) -> Any:
    drawn = np.random.default_rng(seed).uniform(-1.0, 1.0, np.shape(value))
    return drawn if drawn.shape else float(drawn)


def scalar(use: Function, values: list[Any]) -> Function:
    """The use, its entries weighted and added up, so that none has the slope of another."""
    weights = drawn_like(use(*values), seed=2)
    return lambda *x: np.sum(use(*x) * weights) if np.shape(weights) else use(*x) * weights


@EVERY_USE
def test_recorded_and_plain_values_are_the_same(use: Function, values: list[Any]) -> None:
    expected = use(*values)
    result = use(*map(cg.variable, values)).value
    np.testing.assert_allclose(result, expected, rtol=1e-14)
    assert np.shape(result) == np.shape(expected)


@EVERY_USE
def test_gradients_agree_with_finite_differences(use: Function, values: list[Any]) -> None:
    if any(np.size(value) for value in values):
        report = cg.gradcheck(scalar(use, values), *values, tolerance=1e-7)
        assert report, report


@EVERY_USE
def test_gradients_have_the_shape_of_their_input(use: Function, values: list[Any]) -> None:
    slopes = cg.grad(scalar(use, values), argnums=range(len(values)))(*values)
    assert [np.shape(slope) for slope in slopes] == [np.shape(value) for value in values]


@EVERY_USE
def test_forward_mode_is_the_transpose_of_reverse_mode(use: Function, values: list[Any]) -> None:
    for port in range(len(values)):  # one at a time: a tangent alone must fill the result's shape
        tangents = [np.multiply(value, 0.0) for value in values]
        tangents[port] = drawn_like(values[port], seed=3)
        tangents = [t if np.shape(t) else float(t) for t in tangents]
        moved: list[Any] = list(values)

        def one(x: Any, port: int = port, moved: list[Any] = moved) -> Any:
            return use(*moved[:port], x, *moved[port + 1 :])

        out, out_dot = cg.jvp(one, [values[port]], [tangents[port]])
        assert np.shape(out_dot) == np.shape(out)
        out_bar = drawn_like(out, seed=4)
        _, pull_back = cg.vjp(use, *values)
        backward = np.sum(pull_back(out_bar)[port] * tangents[port])
        assert np.sum(out_bar * out_dot) == pytest.approx(backward, rel=1e-12, abs=1e-14)


@EVERY_USE
def test_gradients_of_gradients_agree_with_finite_differences(
    use: Function, values: list[Any]
) -> None:
    if not any(np.size(value) for value in values):
        return
    slopes = cg.grad(lambda *x: scalar(use, values)(*x) ** 2, argnums=range(len(values)))
    weights = [drawn_like(value, seed=5) for value in values]

    def along(*x: Any) -> Any:
        return sum(np.sum(slope * w) for slope, w in zip(slopes(*x), weights, strict=True))

    report = cg.gradcheck(along, *values, tolerance=1e-6)
    assert report, report


@EVERY_USE
def test_forward_mode_over_reverse_mode(use: Function, values: list[Any]) -> None:
    everything = range(len(values))
    slopes = cg.grad(lambda *x: scalar(use, values)(*x) ** 2, argnums=everything)
    weights = [drawn_like(value, seed=5) for value in values]

    def along(*x: Any) -> Any:
        return sum(np.sum(slope * w) for slope, w in zip(slopes(*x), weights, strict=True))

    _, change = cg.jvp(along, values, weights)
    curvature = cg.grad(along, argnums=everything)(*values)
    expected = sum(np.sum(c * w) for c, w in zip(curvature, weights, strict=True))
    assert change == pytest.approx(expected, rel=1e-10, abs=1e-12)


@EVERY_USE
def test_reverse_mode_over_forward_mode(use: Function, values: list[Any]) -> None:
    everything = range(len(values))
    weights = [drawn_like(value, seed=5) for value in values]
    f = scalar(use, values)

    def change(*x: Any) -> Any:
        return cg.jvp(lambda *y: f(*y) ** 2, x, weights)[1]

    twice = cg.grad(change, argnums=everything)(*values)

    def along(*x: Any) -> Any:
        slopes = cg.grad(lambda *y: f(*y) ** 2, argnums=everything)(*x)
        return sum(np.sum(slope * w) for slope, w in zip(slopes, weights, strict=True))

    for got, expected in zip(twice, cg.grad(along, argnums=everything)(*values), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


def as_single(value: Any) -> Any:
    return np.asarray(value, np.float32) if np.shape(value) else value


def precisions(values: Any) -> list[Any]:
    return [value.dtype if np.shape(value) else float for value in values]


@EVERY_USE
def test_single_precision_stays_single(use: Function, values: list[Any]) -> None:
    if not any(map(np.shape, values)):
        return
    single = list(map(as_single, values))
    tangents = [as_single(drawn_like(value, seed=3)) for value in values]
    out, out_dot = cg.jvp(use, single, tangents)
    _, pull_back = cg.vjp(use, *single)
    adjoints = pull_back(drawn_like(out, seed=4))  # a seed of double precision widens nothing
    twice = cg.grad(lambda *x: np.sum(cg.grad(lambda *y: np.sum(use(*y)) ** 2)(*x)))(*single)
    assert precisions([out, out_dot]) == [np.float32 if np.shape(out) else float] * 2
    assert precisions(adjoints) == precisions(single)
    assert precisions([twice]) == precisions(single[:1])
    _, exact = cg.vjp(use, *values)
    for got, expected in zip(adjoints, exact(drawn_like(out, seed=4)), strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-5)


@EVERY_USE
def test_static_graphs_give_the_same(use: Function, values: list[Any]) -> None:
    f = scalar(use, values)
    everything = range(len(values))
    np.testing.assert_allclose(cg.function(use)(*values), use(*values), rtol=1e-14)
    expected = cg.grad(f, argnums=everything)(*values)
    compiled = cg.grad(f, argnums=everything).compile(*values)(*values)
    for got, slope in zip(compiled, expected, strict=True):
        np.testing.assert_allclose(got, slope, rtol=1e-13, atol=1e-15)
        assert np.shape(got) == np.shape(slope)
