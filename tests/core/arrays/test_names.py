"""One op, three names: NumPy's function, the engine's, and a Tensor's method."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core import like_numpy
from cgraph_edu.core.like_numpy import LikeNumPy

X = np.random.default_rng(11).permutation(6).reshape(2, 3) / 4.0 + 0.5
WIDE = np.stack([X, X + 0.1])[:, None]

CALLS: dict[str, list[tuple[Any, ...]]] = {
    **{name: [(X,), (X, 0), (X, -1)] for name in "sum mean max min argmax argmin std var".split()},
    "cumsum": [(X,), (X, 1)],
    "clip": [(X, 0.6, 1.2), (X, None, 1.0), (X, 0.6, None)],
    "dot": [(X, X.T), (X, X[0]), (X, 2.0)],
    "reshape": [(X, (3, 2)), (X, -1), (X, [1, 6])],
    "ravel": [(X,)],
    "squeeze": [(WIDE,), (WIDE, 1)],
    "transpose": [(X,), (WIDE, (1, 0, 3, 2))],
    "swapaxes": [(WIDE, 0, -1)],
    "expand_dims": [(X, 1), (X, (0, -1))],
    "broadcast_to": [(X, (2, 2, 3))],
    "matmul": [(X, X.T), (X, X[0])],
    "outer": [(X[0], X[1]), (X, X[0]), (2.0, X[0])],
    "einsum": [("ij,kj", X, X)],
    "norm": [(X,), (X[0], 1), (X, 2, 0)],
    "concatenate": [([X, X],), ([X, X], 1), ([X, X[0]], None)],
    "stack": [([X, X],), ([X, X], -1)],
    "hstack": [([X, X],), ([X[0], X[1]],), ([1.5, X[0], 2.5],), ([WIDE, WIDE],)],
    "vstack": [([X, X],), ([X[0], X],), ([1.5, 2.5],), ([WIDE, WIDE],)],
    "split": [(X, 3, 1), (X, [1], 0)],
    "where": [(X > 1.0, X, 0.0)],
    "exp": [(X,)],
    "maximum": [(X, 1.0)],
}
"""Arguments for each name, as NumPy takes them."""

NUMPYS = {"norm": np.linalg.norm}
METHODS = sorted(name for name in vars(LikeNumPy) if not name.startswith("_"))
EVERY_CALL = pytest.mark.parametrize(
    ("name", "arguments"), [(name, call) for name, calls in CALLS.items() for call in calls]
)


def as_tensors(argument: Any) -> Any:
    if isinstance(argument, list) and any(map(np.shape, argument)):
        return [cg.variable(x) for x in argument]
    return cg.variable(argument) if isinstance(argument, np.ndarray) else argument


def assert_same(result: Any, expected: Any) -> None:
    parts, wanted = (x if isinstance(x, list) else [x] for x in (result, expected))
    for part, other in zip(parts, wanted, strict=True):
        assert np.shape(part) == np.shape(other)
        np.testing.assert_allclose(getattr(part, "value", part), other, rtol=1e-14)


@EVERY_CALL
def test_every_name_gives_what_numpy_gives(name: str, arguments: tuple[Any, ...]) -> None:
    numpys = NUMPYS.get(name) or getattr(np, name)
    expected = numpys(*arguments)
    tensors = [as_tensors(argument) for argument in arguments]
    assert_same(numpys(*tensors), expected)
    assert_same(getattr(cg, name)(*tensors), expected)
    assert_same(getattr(cg, name)(*arguments), expected)
    if name in METHODS:
        assert_same(getattr(tensors[0], name)(*tensors[1:]), expected)


def test_every_function_of_arrays_is_called_above() -> None:
    aliases = {"amax", "amin"}
    assert like_numpy.FUNCTIONS.keys() - aliases <= CALLS.keys()
    assert set(METHODS) - {"T", "size", "flatten"} <= CALLS.keys()


def test_places_are_plain_whole_numbers() -> None:
    x: Any = cg.variable(np.array([[1.0, 5.0], [7.0, 3.0]]))
    place: Any = np.argmax(x)
    assert type(place) is int
    assert place == 2
    assert type(x.argmin()) is int
    assert np.argmax(x, axis=1).tolist() == [1, 0]
    assert np.argmin(x, axis=1).dtype.kind == "i"
    assert type(cg.argmax(np.array([1.0, 2.0]))) is int
    assert (cg.argmax(2.0), cg.argmin(cg.variable(2.0))) == (0, 0)
    assert cg.grad(lambda x: x[np.argmax(x)] ** 2)(np.array([1.0, 3.0])).tolist() == [0.0, 6.0]


def test_a_static_graph_is_traced_again_where_another_entry_is_largest() -> None:
    f = cg.function(lambda x: x[cg.argmax(x)] * 2.0)
    assert f(np.array([1.0, 3.0])) == 6.0
    assert f(np.array([2.0, 3.0])) == 6.0
    assert f.traces == 1
    assert f(np.array([5.0, 3.0])) == 10.0
    assert f.traces == 2
    rows = cg.function(lambda x: np.sum(x[range(2), cg.argmax(x, axis=1)]))
    assert rows(np.array([[1.0, 2.0], [4.0, 3.0]])) == 6.0
    assert rows(np.array([[5.0, 2.0], [4.0, 3.0]])) == 9.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.sum(x, dtype=float), r"np\.sum with dtype= is not recorded on x"),
        (lambda x: np.reshape(x, (3, 2), order="F"), r"np\.reshape with order= is not recorded"),
        (lambda x: np.max(x, where=x > 0, initial=0), r"np\.max with where=, initial= is not"),
        (lambda x: np.einsum("ij", x, optimize=True), r"np\.einsum with optimize= is not"),
        (lambda x: np.median(x), r"np\.median is not recorded on x; these are: .*, mean, "),
    ],
)
def test_what_is_not_recorded_is_named(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(cg.variable(X, name="x"))


@pytest.mark.parametrize("make", [np.array, np.asarray, lambda x: np.array([x, x])])
def test_numpy_makes_no_array_of_tensors(make: Callable[[Any], Any]) -> None:
    x = cg.variable(1.0, "x")
    with pytest.raises(TypeError, match=r"NumPy can't make an array of x, .* use cg\.stack"):
        make(x)
