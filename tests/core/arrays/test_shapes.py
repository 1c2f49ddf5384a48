"""Shapes, indices, and putting arrays together: how they are written, and what they refuse."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.arrays import ArrayOp
from cgraph_edu.core.arrays.indexing import Concatenate, Getitem, Scatter, Stack
from cgraph_edu.core.arrays.shapes import ExpandDims, Reshape, Squeeze, Transpose


@pytest.mark.parametrize(
    ("op", "text", "latex"),
    [
        (Getitem(0), "x[0]", "x_{[0]}"),
        (Getitem((0, slice(1, None))), "x[0, 1:]", "x_{[0, 1:]}"),
        (Getitem(slice(None, None, 2)), "x[::2]", "x_{[::2]}"),
        (Getitem([0, 1]), "x[...]", "x_{[...]}"),
        (Reshape((2, -1)), "reshape(x, (2, -1))", None),
        (Squeeze(), "squeeze(x)", None),
        (Squeeze(0), "squeeze(x, axis=0)", None),
        (ExpandDims(1), "expand_dims(x, axis=1)", r"\operatorname{expand\_dims}"),
        (Transpose(), "x.T", r"x^{\top}"),
        (Transpose((1, 0)), "transpose(x, (1, 0))", None),
        (Concatenate(), "concatenate([x])", None),
        (Stack(1), "stack([x], axis=1)", None),
        (Scatter(slice(0, 2), (3,), np.dtype(float)), "scatter(x, [0:2], (3,))", None),
    ],
)
def test_how_a_use_is_written(op: ArrayOp, text: str, latex: str | None) -> None:
    assert op.write(["x"]) == text
    assert (latex or r"\operatorname{") in op.latex(["x"])


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda x: x.reshape(4), ValueError, r"reshape\(x, \(4,\)\): .*x has shape \(2, 3\)"),
        (lambda x: x[5], IndexError, r"x\[5\]: .*x has shape \(2, 3\)"),
        (lambda x: x.squeeze(0), ValueError, r"squeeze\(x, axis=0\): .*x has shape \(2, 3\)"),
        (lambda x: x.sum(axis=2), ValueError, r"sum\(x, axis=2\): .*x has shape \(2, 3\)"),
        (
            lambda x: np.concatenate([x, cg.variable(np.ones((2, 2)), "y")]),
            ValueError,
            r"concatenate\(\[x, y\]\): .*x has shape \(2, 3\), y has shape \(2, 2\)",
        ),
        (lambda x: np.split(x, 2, axis=1), ValueError, "length 3 can't be cut into 2 equal parts"),
        (
            lambda x: x + np.ones(2),
            ValueError,
            r"x \+ array\(2,\): .*x has shape \(2, 3\), array\(2,\) has shape \(2,\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(use: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        use(cg.variable(np.ones((2, 3)), name="x"))


def test_an_entry_taken_twice_counts_twice() -> None:
    x = cg.variable(np.zeros(3))
    assert cg.gradient(np.sum(x[[0, 0, 2]]), [x])[0].tolist() == [2.0, 0.0, 1.0]


def test_an_index_that_is_a_tensor_guards_its_values() -> None:
    g = cg.trace(lambda x: np.sum(x[x > 0.0]), x=np.array([1.0, -1.0, 2.0]))
    assert g.output.value == 3.0
    assert g.at(x=np.array([2.0, -1.0, 2.0])).output.value == 4.0
    assert g.at(x=np.array([2.0, 1.0, 2.0])).output.value == 5.0  # traced again
    x = cg.variable(np.array([1.0, -1.0]), name="x")
    with pytest.raises(cg.GuardError):
        cg.graph(np.sum(x[x > 0.0])).at(x=np.array([1.0, 1.0]))


def test_whole_numbers_that_became_an_input_are_an_index() -> None:
    places = cg.variable(np.array([2, 0]))
    assert cg.variable(np.array([1.0, 2.0, 3.0]))[places].value.tolist() == [3.0, 1.0]


def test_parts_of_a_split_make_the_whole() -> None:
    x: Any = cg.variable(np.arange(6.0))
    parts: Any = np.split(x, 3)
    assert [part.value.tolist() for part in parts] == [[0, 1], [2, 3], [4, 5]]
    assert cg.concatenate(parts).value.tolist() == x.value.tolist()


def test_facts_about_shapes_are_plain() -> None:
    x: Any = cg.variable(np.ones((2, 3)))
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
    assert (x.shape, x.ndim, x.size) == ((2, 3), 2, 6)
