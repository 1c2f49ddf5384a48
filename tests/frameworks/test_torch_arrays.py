"""Every use of an array op against the same use in PyTorch."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core import arrays, like_numpy
from cgraph_edu.core.derivatives import reverse
from cgraph_edu.core.tensor import tape
from tests.core.arrays.uses import USES

from .in_torch import Words, assert_agree, change, drawn_like, in_torch, inputs, slopes, tensor

pytestmark = [
    pytest.mark.frameworks,
    # torch.func loads a part of PyTorch that PyTorch itself warns of.
    pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning"),
]

Function = Callable[..., Any]

EVERY_USE = pytest.mark.parametrize(("use", "values"), USES.values(), ids=USES.keys())
WORDS = Words()

NOT_COMPARED = {
    "All": "a fact that a graph depends on, with no derivative anywhere",
    "Argmax": "whole numbers, with no derivative; entries taken there are compared",
    "Argmin": "whole numbers, with no derivative; entries taken there are compared",
}
"""Array ops that have no counterpart in PyTorch, and why."""


def all_like(values: list[Any], seed: int) -> list[Any]:
    return [drawn_like(value, seed + i) for i, value in enumerate(values)]


NO_TANGENT = dict.fromkeys(
    [
        "logsumexp over nothing",
        "mse_loss of nothing",
        "cross_entropy of nothing",
        "hinge_loss of nothing",
    ],
    "there is nothing to move: 0 here, nan in PyTorch's forward mode, 0 in its reverse mode",
)
"""Uses whose tangents differ, and why."""


@EVERY_USE
def test_values_and_gradients(use: Function, values: list[Any]) -> None:
    out, pull_back = cg.vjp(use, *values)
    x = inputs(values)
    expected = in_torch(use, WORDS)(*x)
    assert_agree(out, expected)
    out_bar = drawn_like(out, seed=10)
    for ours, theirs in zip(pull_back(out_bar), slopes(expected, x, tensor(out_bar)), strict=True):
        assert_agree(ours, theirs)


@pytest.mark.parametrize("name", sorted(USES.keys() - NO_TANGENT.keys()))
def test_forward_mode(name: str) -> None:
    use, values = USES[name]
    x_dot = all_like(values, seed=20)
    _, out_dot = cg.jvp(use, values, x_dot)
    theirs = change(in_torch(use, WORDS), list(map(tensor, values)), list(map(tensor, x_dot)))
    assert_agree(out_dot, theirs)


@EVERY_USE
def test_products_with_the_hessian(use: Function, values: list[Any]) -> None:
    # Of Σ weight · out²: an op that is linear has second derivatives too then.
    weights = drawn_like(use(*values), seed=30)
    directions = all_like(values, seed=40)
    every = range(len(values))

    def length(*x: Any) -> Any:
        out = use(*x)
        return np.sum(out * out * weights)

    def along(*x: Any) -> Any:
        adjoints = cg.grad(length, argnums=every)(*x)
        return sum(np.sum(bar * v) for bar, v in zip(adjoints, directions, strict=True))

    x = inputs(values)
    out = in_torch(use, WORDS)(*x)
    first = slopes((out * out * tensor(weights)).sum(), x, recorded=True)
    dotted = sum((bar * tensor(v)).sum() for bar, v in zip(first, directions, strict=True))
    products = cg.grad(along, argnums=every)(*values)
    for ours, theirs in zip(products, slopes(dotted, x), strict=True):
        assert_agree(ours, theirs)
    # Forward over reverse, one operand at a time.
    for port in every:

        def slope(one: Any, port: int = port) -> Any:
            return cg.grad(length, port)(*values[:port], one, *values[port + 1 :])

        x = inputs(values)
        out = in_torch(use, WORDS)(*x)
        (bar,) = slopes((out * out * tensor(weights)).sum(), [x[port]], recorded=True)
        (theirs,) = slopes((bar * tensor(directions[port])).sum(), [x[port]])
        assert_agree(cg.jvp(slope, [values[port]], [directions[port]])[1], theirs)


@EVERY_USE
def test_single_precision(use: Function, values: list[Any]) -> None:
    single = [np.asarray(value, np.float32) if np.shape(value) else value for value in values]
    out, pull_back = cg.vjp(use, *single)
    x = inputs(single)
    expected = in_torch(use, WORDS)(*x)
    assert_agree(out, expected, 1e-5)
    out_bar = drawn_like(out, seed=10)
    for ours, theirs in zip(pull_back(out_bar), slopes(expected, x, tensor(out_bar)), strict=True):
        assert_agree(ours, theirs, 1e-5)


AT_KINKS: dict[str, tuple[Function, list[Any]]] = {
    "relu": (lambda x: cg.relu(x), [np.array([0.0, 1.0])]),
    "abs": (lambda x: abs(x), [np.array([0.0, -1.0])]),
    "maximum": (lambda x, y: np.maximum(x, y), [np.array([1.0, 2.0]), np.ones(2)]),
    "minimum": (lambda x, y: np.minimum(x, y), [np.array([1.0, 2.0]), np.ones(2)]),
    "clip": (lambda x: np.clip(x, 0.0, 1.0), [np.array([0.0, 0.5, 1.0])]),
    "max of all": (lambda x: x.max(), [np.array([[3.0, 1.0], [3.0, 3.0]])]),
    "max": (lambda x: x.max(axis=1), [np.array([[3.0, 1.0], [2.0, 2.0]])]),
    "min": (lambda x: x.min(axis=0), [np.array([[3.0, 1.0], [3.0, 2.0]])]),
    "norm": (lambda x: np.linalg.norm(x), [np.zeros(2)]),
    "std": (lambda x: np.std(x, axis=0), [np.array([[1.0, 2.0], [1.0, 3.0]])]),
    "norm of rows": (lambda x: np.linalg.norm(x, axis=1), [np.array([[0.0, 0.0], [3.0, 4.0]])]),
    "hinge_loss": (lambda x: cg.hinge_loss(x, 1.0), [1.0]),
    "power": (lambda x, y: x**y, [np.array([0.0, 0.0, 0.0]), np.array([0.0, 1.0, 2.0])]),
    "sqrt": (lambda x: x**0.5, [np.array([0.0, 4.0])]),
}
"""Points with more than one slope, at which we take PyTorch's."""


@pytest.mark.parametrize(("use", "values"), AT_KINKS.values(), ids=AT_KINKS.keys())
def test_slopes_at_kinks(use: Function, values: list[Any]) -> None:
    out, pull_back = cg.vjp(use, *values)
    x = inputs(values)
    out_bar = drawn_like(out, seed=10)
    expected = slopes(in_torch(use, WORDS)(*x), x, tensor(out_bar))
    for ours, theirs in zip(pull_back(out_bar), expected, strict=True):
        assert_agree(ours, theirs)


def test_max_pool2d_shares_ties_where_pytorch_gives_all_to_the_first() -> None:
    # As max does, in PyTorch too. Everywhere else it is compared at points without ties.
    tied = np.array([[[[2.0, 2.0], [1.0, 2.0]]]])
    (x,) = inputs([tied])
    (theirs,) = slopes(WORDS.max_pool2d(x, 2).sum(), [x])
    assert theirs.tolist() == [[[[1.0, 0.0], [0.0, 0.0]]]]
    third = 1.0 / 3.0
    assert cg.grad(lambda x: np.sum(cg.max_pool2d(x, 2)))(tied).tolist() == [
        [[[third, third], [0.0, third]]]
    ]


def kinds(kind: type[Any]) -> Iterator[type[Any]]:
    """The package's ops that can be used: not only what others have in common."""
    for one in kind.__subclasses__():
        is_ours = one.__module__.startswith(arrays.__name__)
        if is_ours and not getattr(one, "__abstractmethods__", ()):
            yield one
        yield from kinds(one)


def test_no_op_is_left_out() -> None:
    found = set()
    for use, values in USES.values():
        out = use(*map(cg.variable, values))
        total: Any = np.sum(out * out)
        adjoints = [
            bar for bar in reverse(total, None, True).values() if isinstance(bar, cg.Tensor)
        ]
        found |= {type(t.op).__name__ for t in tape(total, *adjoints)}
    missing = {kind.__name__ for kind in kinds(arrays.ArrayOp)} - found
    assert missing == NOT_COMPARED.keys()


def test_no_function_is_left_out() -> None:
    words = Words()
    for use, values in USES.values():
        in_torch(use, words)(*inputs(values))
    public = set(dir(cg)) & set(arrays.__all__)
    assert public | like_numpy.FUNCTIONS.keys() | {"clip", "where", "square"} <= words.used
