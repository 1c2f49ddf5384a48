"""The functions that give derivatives, against JAX's of the same names, nested alike."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg

jax = pytest.importorskip("jax", reason="`make test-frameworks` installs JAX")

pytestmark = pytest.mark.frameworks

Function = Callable[..., Any]

OURS = SimpleNamespace(np=np, logsumexp=cg.logsumexp, softmax=cg.softmax, sigmoid=cg.sigmoid)
JAXS = SimpleNamespace(
    np=jax.numpy,
    logsumexp=jax.nn.logsumexp,
    softmax=jax.nn.softmax,
    sigmoid=jax.nn.sigmoid,
)

RNG = np.random.default_rng(12)
VECTOR = RNG.uniform(0.5, 1.5, 3)
MATRIX = RNG.uniform(-1.0, 1.0, (2, 3))

NUMBERS: dict[str, tuple[Function, list[Any]]] = {
    "Baydin": (lambda to, x, y: to.np.log(x) + x * y - to.np.sin(y), [2.0, 5.0]),
    "power": (lambda to, x, y: x**y / (1.0 + y), [1.7, 2.5]),
    "branch": (lambda to, x: x**3 if x > 1.0 else x, [1.5]),
    "Rosenbrock": (
        lambda to, x: to.np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2),
        [VECTOR],
    ),
    "log-sum-exp": (lambda to, x: to.logsumexp(2.0 * x) ** 2, [VECTOR]),
    "a layer": (
        lambda to, w, b, x: to.np.sum(to.np.tanh(w @ x + b) ** 2),
        [MATRIX, np.array([0.1, -0.2]), VECTOR],
    ),
    "entropy": (lambda to, x: -to.np.sum(to.softmax(x) * to.np.log(to.softmax(x))), [VECTOR]),
    "a quadratic form": (
        lambda to, x, a: to.np.einsum("i,ij,j->", x, a, x),
        [VECTOR, RNG.normal(size=(3, 3))],
    ),
}
"""Functions with one number as result."""

ARRAYS: dict[str, tuple[Function, list[Any]]] = {
    "softmax": (lambda to, x: to.softmax(x), [VECTOR]),
    "rows": (lambda to, w, x: to.sigmoid(w * x).sum(axis=0, keepdims=True), [MATRIX, VECTOR]),
    "polar": (
        lambda to, p: to.np.stack([p[0] * to.np.cos(p[1]), p[0] * to.np.sin(p[1])]),
        [VECTOR],
    ),
    "products": (lambda to, w, x: to.np.cumsum(w @ x), [MATRIX, VECTOR]),
}
"""Functions with an array as result."""

NUMBER = pytest.mark.parametrize(("f", "x"), NUMBERS.values(), ids=NUMBERS.keys())
EVERY = pytest.mark.parametrize(
    ("f", "x"), (NUMBERS | ARRAYS).values(), ids=(NUMBERS | ARRAYS).keys()
)


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def both(f: Function) -> tuple[Function, Function]:
    return (lambda *x: f(OURS, *x)), (lambda *x: f(JAXS, *x))


def assert_agree(ours: Any, theirs: Any) -> None:
    """The same tree of the same numbers, within 1e-10."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        ours, theirs = ([tree[key] for key in sorted(tree)] for tree in (ours, theirs))
    if isinstance(theirs, (tuple, list)):
        for one, other in zip(ours, theirs, strict=True):
            assert_agree(one, other)
        return
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-10, atol=1e-13)


def moved_like(values: Any, seed: int = 13) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=np.shape(x)) if np.shape(x) else rng.normal() for x in values]


@NUMBER
def test_grad(f: Function, x: list[Any]) -> None:
    ours, theirs = both(f)
    assert_agree(cg.grad(ours)(*x), jax.grad(theirs)(*x))
    every = tuple(range(len(x)))
    assert_agree(cg.grad(ours, every)(*x), jax.grad(theirs, every)(*x))
    assert_agree(cg.grad(ours, argnums=-1)(*x), jax.grad(theirs, argnums=-1)(*x))


@NUMBER
def test_value_and_grad(f: Function, x: list[Any]) -> None:
    ours, theirs = both(f)
    assert_agree(cg.value_and_grad(ours)(*x), jax.value_and_grad(theirs)(*x))
    every = tuple(range(len(x)))
    assert_agree(cg.value_and_grad(ours, every)(*x), jax.value_and_grad(theirs, every)(*x))


@EVERY
def test_jvp(f: Function, x: list[Any]) -> None:
    ours, theirs = both(f)
    v = moved_like(x)
    assert_agree(cg.jvp(ours, x, v), jax.jvp(theirs, x, v))


@EVERY
def test_vjp(f: Function, x: list[Any]) -> None:
    ours, theirs = both(f)
    out, pull_back = cg.vjp(ours, *x)
    expected, pull_theirs_back = jax.vjp(theirs, *x)
    assert_agree(out, expected)
    (out_bar,) = moved_like([out])
    assert_agree(pull_back(out_bar), pull_theirs_back(jax.numpy.asarray(out_bar)))


@EVERY
def test_jacobian(f: Function, x: list[Any]) -> None:
    ours, theirs = both(f)
    assert_agree(cg.jacobian(ours)(*x), jax.jacobian(theirs)(*x))
    last = len(x) - 1
    assert_agree(cg.jacobian(ours, argnums=last)(*x), jax.jacobian(theirs, argnums=last)(*x))


@EVERY
def test_hessian(f: Function, x: list[Any]) -> None:
    ours, theirs = both(f)
    if np.shape(f(OURS, *x)):
        # JAX takes the Hessian of an array as the Jacobian of its Jacobian.
        assert_agree(cg.jacobian(cg.jacobian(ours))(*x), jax.hessian(theirs)(*x))
    else:
        assert_agree(cg.hessian(ours)(*x), jax.hessian(theirs)(*x))


def twice(lib: Any, f: Function, x: list[Any], v: Any) -> list[Any]:
    """The product of the Hessian with v by every nesting, and a third derivative."""

    def slope(first: Any) -> Any:
        return lib.grad(f)(first, *x[1:])

    def change(first: Any) -> Any:
        return lib.jvp(lambda y: f(y, *x[1:]), [first], [v])[1]

    def slope_along(first: Any) -> Any:
        moved = slope(first) * v
        return moved.sum() if np.shape(v) else moved

    return [
        lib.grad(slope_along)(x[0]),
        lib.jvp(slope, [x[0]], [v])[1],
        lib.grad(change)(x[0]),
        lib.jvp(change, [x[0]], [v])[1],
        lib.vjp(slope, x[0])[1](v),
        lib.jvp(lib.grad(slope_along), [x[0]], [v])[1],
        lib.grad(lib.grad(lambda t: f(x[0] + t * v, *x[1:])))(0.3),
        lib.jacobian(slope)(x[0]),
        lib.value_and_grad(change)(x[0]),
    ]


@NUMBER
def test_nested(f: Function, x: list[Any]) -> None:
    ours, theirs = both(f)
    (v,) = moved_like(x[:1])
    v_of_jax = jax.numpy.asarray(v) if np.shape(v) else v
    assert_agree(
        twice(cg, ours, x, v), twice(jax, theirs, list(map(jax.numpy.asarray, x)), v_of_jax)
    )


def test_trees_of_parameters() -> None:
    def loss(to: Any, parameters: Any, x: Any) -> Any:
        for layer in parameters["layers"]:
            x = to.np.tanh(layer["w"] @ x + layer["b"])
        return to.np.sum(x * parameters["scale"])

    layers = [{"w": MATRIX, "b": 0.3}, {"w": RNG.normal(size=(4, 2)), "b": np.zeros(4)}]
    parameters = {"layers": layers, "scale": 1.5}
    ours, theirs = both(loss)
    assert_agree(
        cg.value_and_grad(ours)(parameters, VECTOR), jax.value_and_grad(theirs)(parameters, VECTOR)
    )
