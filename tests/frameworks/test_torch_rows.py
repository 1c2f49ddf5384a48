"""Every row of the op table against the function of PyTorch, by every way to call it."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core import like_numpy
from cgraph_edu.core.ops import NEGATED, OPS

from .in_torch import assert_agree, change, drawn_like, inputs, slopes, tensor, torch

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning"),
]

Function = Callable[..., Any]

SAME = """
    add sub mul div neg pow lt le gt ge eq ne sign floor exp log sqrt sin cos tan asin acos atan
    expm1 log1p sinh cosh tanh sigmoid relu abs maximum minimum
""".split()


def where(c: Any, x: Any, y: Any) -> Any:
    # A condition made of numbers has a say in the precision here.
    return torch.where(c != 0, x, y).to(torch.result_type(c, x + y))


def clip(x: Any, low: Any, high: Any) -> Any:
    # PyTorch's gradient for the bounds does not broadcast.
    dtype = (x + low + high).dtype
    return torch.clamp(*torch.broadcast_tensors(x.to(dtype), low.to(dtype), high.to(dtype)))


IN_TORCH: dict[str, Function] = {
    **{name: getattr(torch, name) for name in SAME},
    "identity": torch.clone,
    "floordiv": torch.floor_divide,
    "mod": torch.remainder,
    "clip": clip,
    "where": where,
}

NO_DERIVATIVE = {
    **dict.fromkeys(NEGATED, "PyTorch gives truth values, which have none; here it is 0"),
    "floordiv": "PyTorch has none for it; here it is 0",
}
"""Rows of which only the values are compared with PyTorch, and why."""

OPERATORS: dict[str, Function] = {
    **{name: getattr(operator, name) for name in [*NEGATED, "add", "sub", "mul", "neg", "mod"]},
    "div": operator.truediv,
    "floordiv": operator.floordiv,
    "pow": operator.pow,
    "abs": abs,
}

SHAPES: dict[int, list[list[tuple[int, ...]]]] = {
    1: [[()], [(3,)], [(1,)], [(0,)], [(2, 1, 3)]],
    2: [
        [(), ()],
        [(3,), ()],
        [(), (3,)],
        [(3,), (3,)],
        [(2, 3), (3,)],
        [(2, 1), (1, 3)],
        [(1, 1), (2,)],
        [(0, 3), (3,)],
        [(1,), (0,)],
    ],
    3: [
        [(), (), ()],
        [(3,), (3,), (3,)],
        [(2, 3), (), ()],
        [(3,), (2, 1), ()],
        [(1,), (2, 3), (2, 1)],
        [(0, 3), (), (3,)],
    ],
}
"""Shapes of the operands: numbers, broadcast, with axes of length one, empty."""


def ways() -> Iterator[Any]:
    """Every function that a row is called by: of cg, of NumPy, and its operator."""
    for name in OPS:
        if hasattr(cg, name):
            yield pytest.param(name, getattr(cg, name), id=f"cg.{name}")
        if name in OPERATORS:
            yield pytest.param(name, OPERATORS[name], id=f"operator {name}")
    for ufunc, name in like_numpy.UFUNCS.items():
        yield pytest.param(name, getattr(np, ufunc), id=f"np.{ufunc}")
    for name in like_numpy.ELEMENTWISE:
        yield pytest.param(name, getattr(np, name), id=f"np.{name}")


def cases(name: str) -> Iterator[list[Any]]:
    """Operands inside the row's domain, in every shape."""
    rng = np.random.default_rng(8)
    for box in OPS[name].domain:
        for shapes in SHAPES[len(box)]:
            pairs = zip(box, shapes, strict=True)
            yield [
                rng.uniform(*ends, shape) if shape else rng.uniform(*ends) for ends, shape in pairs
            ]


EVERY_WAY = pytest.mark.parametrize(("name", "f"), list(ways()))


def test_no_row_is_left_out() -> None:
    assert IN_TORCH.keys() == OPS.keys()
    assert {way.values[0] for way in ways()} == OPS.keys() - {"identity"}


def adjoints(name: str, values: list[Any], out_bar: Any) -> list[Any]:
    """The adjoints of the operands in PyTorch."""
    x = inputs(values)
    if name in NO_DERIVATIVE:
        return [torch.zeros_like(one) for one in x]
    return slopes(IN_TORCH[name](*x), x, tensor(out_bar))


@EVERY_WAY
def test_values(name: str, f: Function) -> None:
    for values in cases(name):
        expected = IN_TORCH[name](*map(tensor, values))
        assert_agree(f(*map(cg.variable, values)).value, expected)


@EVERY_WAY
def test_gradients(name: str, f: Function) -> None:
    for values in cases(name):
        out, pull_back = cg.vjp(f, *values)
        out_bar = drawn_like(out, seed=9)
        expected = adjoints(name, values, out_bar)
        for port, (ours, theirs) in enumerate(zip(pull_back(out_bar), expected, strict=True)):
            assert_agree(ours, theirs)

            def of_one(x: Any, port: int = port, values: list[Any] = values) -> Any:
                return f(*values[:port], x, *values[port + 1 :])

            # With plain numbers and arrays for the other operands.
            assert_agree(cg.vjp(of_one, values[port])[1](out_bar)[0], theirs)


@EVERY_WAY
def test_forward_mode(name: str, f: Function) -> None:
    for values in cases(name):
        x_dot = [drawn_like(value, seed=10 + i) for i, value in enumerate(values)]
        out, out_dot = cg.jvp(f, values, x_dot)
        if name in NO_DERIVATIVE:
            assert np.array_equal(out_dot, np.zeros(np.shape(out)))
        else:
            x, moved = [list(map(tensor, given)) for given in (values, x_dot)]
            assert_agree(out_dot, change(IN_TORCH[name], x, moved))


@EVERY_WAY
def test_products_with_the_hessian(name: str, f: Function) -> None:
    for values in cases(name) if name not in NO_DERIVATIVE else ():
        weights = drawn_like(f(*values), seed=11)
        directions = [drawn_like(value, seed=12 + i) for i, value in enumerate(values)]

        def slope(*x: Any, weights: Any = weights) -> Any:
            return cg.grad(lambda *y: cg.sum(f(*y) * weights), argnums=range(len(x)))(*x)

        def along(*x: Any, v: Any = directions, slope: Function = slope) -> Any:
            return sum(cg.sum(bar * one) for bar, one in zip(slope(*x), v, strict=True))

        x = inputs(values)
        bars = slopes(IN_TORCH[name](*x), x, tensor(weights), recorded=True)
        dotted = sum((bar * tensor(v)).sum() for bar, v in zip(bars, directions, strict=True))
        expected = slopes(dotted, x)
        products = cg.grad(along, argnums=range(len(x)))(*values)
        for ours, theirs in zip(products, expected, strict=True):
            assert_agree(ours, theirs)


@EVERY_WAY
def test_single_precision(name: str, f: Function) -> None:
    for values in cases(name):
        single = [np.asarray(x, np.float32) if np.shape(x) else x for x in values]
        out, pull_back = cg.vjp(f, *single)
        assert_agree(out, IN_TORCH[name](*map(tensor, single)), 1e-5)
        out_bar = drawn_like(out, seed=9)
        expected = adjoints(name, single, out_bar)
        for ours, theirs in zip(pull_back(out_bar), expected, strict=True):
            assert_agree(ours, theirs, 1e-5)
