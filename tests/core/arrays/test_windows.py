"""Convolution and pooling, against loops that a reader can check."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.arrays.windows import Conv2d, MaxPool2d

RNG = np.random.default_rng(5)


def slowly(x: Any, kernel: tuple[int, int], stride: int, padding: int, fill: float) -> Any:
    """The windows of one image (C, H, W), by rows and columns."""
    edges = ((0, 0), (padding, padding), (padding, padding))
    x = np.pad(x, edges, constant_values=fill)
    rows = range(0, x.shape[1] - kernel[0] + 1, stride)
    columns = range(0, x.shape[2] - kernel[1] + 1, stride)
    return [[x[:, i : i + kernel[0], j : j + kernel[1]] for j in columns] for i in rows]


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 2), (3, 1)])
def test_convolution_is_a_sum_over_each_window(stride: int, padding: int) -> None:
    x, w, b = RNG.normal(size=(2, 3, 7, 6)), RNG.normal(size=(4, 3, 2, 3)), RNG.normal(size=4)
    result = cg.conv2d(x, w, b, stride=stride, padding=padding)
    for image, got in zip(x, result, strict=True):
        windows = slowly(image, (2, 3), stride, padding, 0.0)
        expected = [
            [[np.sum(v * f) + c for v in row] for row in windows] for f, c in zip(w, b, strict=True)
        ]
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("stride", "padding"), [(2, 0), (1, 1), (3, 1)])
def test_pooling_is_the_largest_of_each_window(stride: int, padding: int) -> None:
    x = RNG.normal(size=(2, 3, 7, 6))
    result = cg.max_pool2d(x, 2, stride=stride, padding=padding)
    for image, got in zip(x, result, strict=True):
        windows = slowly(image, (2, 2), stride, padding, -np.inf)
        expected = np.array([[v.max(axis=(1, 2)) for v in row] for row in windows])
        np.testing.assert_array_equal(got, expected.transpose(2, 0, 1))


def test_entries_that_tie_in_a_window_share_the_derivative() -> None:
    slope = cg.grad(lambda x: np.sum(cg.max_pool2d(x, 2)))(np.ones((1, 1, 2, 4)))
    assert slope.tolist() == [[[[0.25] * 4] * 2]]


def test_how_a_use_is_written() -> None:
    assert Conv2d((1, 1), (0, 0)).write(["x", "w"]) == "conv2d(x, w)"
    text = "conv2d(x, w, stride=(2, 2), padding=(1, 1))"
    assert Conv2d((2, 2), (1, 1)).write(["x", "w"]) == text
    assert Conv2d((2, 2), (1, 1)).latex(["x", "w"]) == r"x \star w"
    assert MaxPool2d((2, 2), (2, 2), (0, 0)).write(["x"]).startswith("max_pool2d(x, kernel=(2, 2)")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: cg.conv2d(x, np.ones((1, 3, 2, 2))), r"\(1, 2, 4, 4\) and \(1, 3, 2, 2\)"),
        (lambda x: cg.conv2d(x, np.ones((2, 2))), r"needs \(N, C, H, W\) and \(O, C, h, w\)"),
        (lambda x: cg.conv2d(x, np.ones((1, 2, 5, 1))), r"a window of \(5, 1\) does not fit"),
        (lambda x: cg.max_pool2d(x, 5), r"max_pool2d\(x.*: a window of \(5, 5\) does not fit"),
        (
            lambda x: cg.conv2d(x, np.ones((3, 2, 1, 1)), np.ones(2)),
            r"bias has shape \(2,\), not \(3,\)",
        ),
        (lambda x: cg.conv2d(x, np.ones((3, 2, 1, 1)), 1.0), r"bias has shape \(\), not \(3,\)"),
        (
            lambda x: cg.conv2d(x, np.ones((3, 2, 1, 1)), stride=0),
            "stride=0: it must be at least 1",
        ),
        (
            lambda x: cg.conv2d(x, np.ones((3, 2, 1, 1)), padding=(0, -1)),
            r"padding=\(0, -1\): .* 0",
        ),
        (lambda x: cg.max_pool2d(x, 0), "kernel=0: it must be at least 1"),
        (lambda x: cg.max_pool2d(x, 2, stride=-1), "stride=-1: it must be at least 1"),
        (lambda x: cg.max_pool2d(x, (3, 2), padding=(1, 2)), "padding=.* more than half of"),
        (lambda x: cg.max_pool2d(x[0], 2), r"needs \(N, C, H, W\)"),
    ],
)
def test_what_does_not_fit_is_named(use: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        use(cg.variable(np.ones((1, 2, 4, 4)), name="x"))


def test_numbers_of_numpy_move_the_window() -> None:
    x = RNG.normal(size=(1, 1, 4, 4))
    two: Any = np.int64(2)
    assert cg.max_pool2d(x, two).tolist() == cg.max_pool2d(x, 2).tolist()
    assert cg.conv2d(x, x[..., :2, :2], stride=two).shape == (1, 1, 2, 2)
