"""Ops on whole arrays: values, vjps and jvps against NumPy and finite differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.arrays import ArrayOp, GetItem, MatMul, Mean, Sum, as_float, plain, unbroadcast

RNG = np.random.default_rng(1)


def draw(*shape: int) -> Any:
    return RNG.uniform(0.5, 2.0, shape)


USES: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "sum of all": (lambda x: np.sum(x), [draw(2, 3)]),
    "sum over rows": (lambda x: x.sum(axis=0), [draw(2, 3)]),
    "sum over the last axis": (lambda x: np.sum(x, axis=-1), [draw(2, 3)]),
    "sum keeping axes": (lambda x: x.sum(axis=1, keepdims=True), [draw(2, 3)]),
    "sum over two axes": (lambda x: x.sum(axis=(0, 2)), [draw(2, 3, 2)]),
    "mean of all": (lambda x: np.mean(x), [draw(2, 3)]),
    "mean over columns": (lambda x: x.mean(axis=1), [draw(2, 3)]),
    "matrix times matrix": (lambda x, y: x @ y, [draw(2, 3), draw(3, 4)]),
    "matrix times vector": (lambda x, y: x @ y, [draw(2, 3), draw(3)]),
    "vector times matrix": (lambda x, y: x @ y, [draw(3), draw(3, 2)]),
    "vector times vector": (lambda x, y: x @ y, [draw(3), draw(3)]),
    "dot": (lambda x, y: np.dot(x, y), [draw(2, 3), draw(3, 4)]),
    "matmul": (lambda x, y: np.matmul(x, y), [draw(2, 3), draw(3)]),
    "a stack of products": (lambda x, y: x @ y, [draw(2, 2, 3), draw(2, 3, 2)]),
    "a stack times one matrix": (lambda x, y: x @ y, [draw(2, 2, 3), draw(3, 2)]),
    "a stack times a vector": (lambda x, y: x @ y, [draw(2, 2, 3), draw(3)]),
    "one entry": (lambda x: x[1, 0], [draw(2, 3)]),
    "a row": (lambda x: x[-1], [draw(2, 3)]),
    "a block": (lambda x: x[:, 1:3], [draw(2, 3)]),
    "every second": (lambda x: x[::2], [draw(5)]),
    "some rows, one twice": (lambda x: x[[0, 1, 0]], [draw(2, 3)]),
    "masked": (lambda x: x[np.array([True, False, True])], [draw(3)]),
    "row plus column": (lambda x, y: x + y, [draw(1, 3), draw(2, 1)]),
    "matrix times row": (lambda x, y: x * y, [draw(2, 3), draw(3)]),
    "array over number": (lambda x, y: x / y, [draw(2, 3), 1.7]),
    "number to the array": (lambda x, y: x**y, [1.7, draw(3)]),
    "chosen": (lambda x, y: np.where(x > y, x, y), [draw(2, 3), draw(3)]),
    "functions": (lambda x: np.tanh(np.exp(-x) + np.sin(x)), [draw(2, 3)]),
}

EVERY_USE = pytest.mark.parametrize(("use", "values"), USES.values(), ids=USES.keys())


@EVERY_USE
def test_values_are_numpys(use: Callable[..., Any], values: list[Any]) -> None:
    expected = use(*values)
    result = use(*map(cg.variable, values)).value
    np.testing.assert_allclose(result, expected, rtol=1e-14)
    assert np.shape(result) == np.shape(expected)


@EVERY_USE
def test_gradients_agree_with_finite_differences(
    use: Callable[..., Any], values: list[Any]
) -> None:
    weights = np.random.default_rng(2).uniform(-1.0, 1.0, np.shape(use(*values)))
    report = cg.gradcheck(lambda *x: np.sum(use(*x) * weights), *values, tolerance=1e-7)
    assert report, report


@EVERY_USE
def test_gradients_have_the_shape_of_their_input(
    use: Callable[..., Any], values: list[Any]
) -> None:
    slopes = cg.grad(lambda *x: np.sum(use(*x)), argnums=range(len(values)))(*values)
    assert [np.shape(slope) for slope in slopes] == [np.shape(value) for value in values]


@EVERY_USE
def test_forward_mode_is_the_transpose_of_reverse_mode(
    use: Callable[..., Any], values: list[Any]
) -> None:
    chance = np.random.default_rng(3)
    tangents = [chance.uniform(-1.0, 1.0, np.shape(value)) for value in values]
    tangents = [t if t.shape else float(t) for t in tangents]
    out, out_dot = cg.jvp(use, values, tangents)
    out_bar = chance.uniform(-1.0, 1.0, np.shape(out))
    _, pull_back = cg.vjp(use, *values)
    adjoints = pull_back(out_bar)
    backward = sum(np.sum(x_bar * x_dot) for x_bar, x_dot in zip(adjoints, tangents, strict=True))
    assert np.sum(out_bar * out_dot) == pytest.approx(backward, rel=1e-12)


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (Sum(), "sum(x)"),
        (Sum(axis=0), "sum(x, axis=0)"),
        (Mean(axis=1), "mean(x, axis=1)"),
        (GetItem(0), "x[0]"),
        (GetItem((0, slice(1, None))), "x[0, 1:]"),
        (GetItem(slice(None, None, 2)), "x[::2]"),
        (GetItem([0, 1]), "x[...]"),
    ],
)
def test_how_a_use_is_written(op: ArrayOp, text: str) -> None:
    assert op.write(["x"]) == text


def test_a_matrix_product_is_written_with_its_operator() -> None:
    assert MatMul().write(["w", "x"]) == "w @ x"


@pytest.mark.parametrize(
    ("x_bar", "like", "expected"),
    [
        (np.ones((2, 3)), 1.0, 6.0),
        (np.ones((2, 3)), np.ones(3), [2.0, 2.0, 2.0]),
        (np.ones((2, 3)), np.ones((2, 1)), [[3.0], [3.0]]),
        (np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3))),
        # A partial that is one number stands for the whole array.
        (2.0, np.ones(3), [2.0, 2.0, 2.0]),
    ],
)
def test_undoing_a_broadcast(x_bar: Any, like: Any, expected: Any) -> None:
    np.testing.assert_array_equal(unbroadcast(x_bar, like), expected)
    assert np.shape(unbroadcast(x_bar, like)) == np.shape(like)


def test_arrays_without_axes_become_numbers() -> None:
    assert type(plain(np.float64(2.0))) is float
    assert type(plain(np.array(True))) is bool
    assert plain(np.ones(2)).shape == (2,)


def test_truth_values_become_numbers() -> None:
    assert as_float(True) == 1.0
    assert as_float(np.array([True, False])).dtype == float


def test_an_adjoint_is_not_a_view_of_another() -> None:
    x = cg.variable(np.zeros(3))
    (slope,) = cg.gradient(x.sum(), [x])
    slope[0] = 7.0  # a view of one broadcast number would refuse, or change every entry
    assert list(slope) == [7.0, 1.0, 1.0]


def test_constants_take_part_without_a_gradient() -> None:
    w = cg.variable(np.ones(2), name="w")
    y = (np.array([[1.0, 2.0]]) @ w).sum()
    assert cg.gradient(y, [w])[0].tolist() == [1.0, 2.0]
