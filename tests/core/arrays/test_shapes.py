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
        (lambda x: np.split(x, 1, axis=2), ValueError, r"x has shape \(2, 3\): there is no axis 2"),
        (lambda x: np.split(x[0, 0], 1), ValueError, r"x\[0, 0\] has shape \(\).* no axis 0"),
        (lambda x: np.swapaxes(x, 0, -3), ValueError, r"x has shape .*there is no axis -3"),
        (lambda x: x.sum(axis=1.5), TypeError, "axis=1.5: an axis is a whole number"),
        (lambda x: x.reshape(1.5, 4), TypeError, r"reshape\(x, 1.5, 4\): a shape is of whole"),
        (lambda x: cg.sum(x, axis=(0.5,)), TypeError, r"axis=\(0.5,\): an axis is a whole"),
        (lambda x: x[[[0], [1, 2]]], ValueError, "inhomogeneous"),
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


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (((0, 0, 2),), [2.0, 0.0, 1.0]),  # a tuple in the tuple is a list of places
        (([0, 0, 2],), [2.0, 0.0, 1.0]),
        (range(1, 3), [0.0, 1.0, 1.0]),
        ([np.int64(1), 1], [0.0, 2.0, 0.0]),
        (True, [1.0, 1.0, 1.0]),
    ],
)
def test_places_however_they_are_written(index: Any, expected: list[float]) -> None:
    assert cg.grad(lambda x: np.sum(x[index]))(np.zeros(3)).tolist() == expected


def test_tensors_among_the_places() -> None:
    x, i, j = cg.variables(x=np.array([1.0, 2.0, 4.0]), i=2.0, j=0.0)
    assert x[[i, j, i]].value.tolist() == [4.0, 1.0, 4.0]
    assert cg.gradient(np.sum(x[[i, j, i]]), [x])[0].tolist() == [1.0, 0.0, 2.0]
    assert x[[i > 1.0, j > 1.0, i == 2.0]].value.tolist() == [1.0, 4.0]
    assert x[j:i].value.tolist() == [1.0, 2.0]
    assert x[j:i].op.index == slice(0, 2, None)
    assert [part.value.tolist() for part in cg.split(x[:2], i)] == [[1.0], [2.0]]
    assert x.reshape(1, i + 1.0).shape == (1, 3)


def test_writing_into_an_index_afterwards_changes_nothing() -> None:
    places, mask = np.array([0, 1]), np.array([True, False, False])
    x = cg.variable(np.array([1.0, 2.0, 3.0]))
    y: Any = np.sum(x[places]) + np.sum(x[mask])
    places[:] = 2
    mask[:] = True
    assert cg.gradient(y, [x])[0].tolist() == [2.0, 1.0, 0.0]


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


@pytest.mark.parametrize("sections", [2, np.int64(2), [1, 3], np.array([1]), (2, 9), [3, 1]])
@pytest.mark.parametrize("shape", [(4,), (0,), (4, 1)])
def test_parts_are_numpys(sections: Any, shape: tuple[int, ...]) -> None:
    x = np.arange(float(np.prod(shape))).reshape(shape)
    recorded: Any = cg.variable(x)
    expected = np.split(x, sections)
    for parts in (cg.split(x, sections), np.split(recorded, sections)):
        values = [getattr(part, "value", part) for part in parts]
        assert [value.tolist() for value in values] == [part.tolist() for part in expected]


def test_without_an_axis_all_entries_are_put_in_one_row() -> None:
    x, y = cg.variables(x=np.eye(2), y=2.0)
    row: Any = np.concatenate([x, y], axis=None)
    assert row.value.tolist() == [1.0, 0.0, 0.0, 1.0, 2.0]


def test_facts_about_shapes_are_plain() -> None:
    x: Any = cg.variable(np.ones((2, 3)))
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
    assert (x.shape, x.ndim, x.size) == ((2, 3), 2, 6)
