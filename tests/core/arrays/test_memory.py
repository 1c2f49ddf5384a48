"""Nothing written into an array afterwards changes what was recorded."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg


def test_writing_into_an_inputs_array_changes_nothing() -> None:
    values = np.array([1.0, 2.0])
    x = cg.variable(values)
    y = np.sum(x * x)
    values += 10.0
    assert x.value.tolist() == [1.0, 2.0]
    assert cg.gradient(y, [x])[0].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("wrapped", [lambda c: c, cg.constant, lambda c: c[::-1][::-1]])
def test_writing_into_a_constants_array_changes_nothing(wrapped: Callable[[Any], Any]) -> None:
    factors = np.array([3.0, 4.0])
    x = cg.variable(np.array([1.0, 2.0]))
    y = np.sum(wrapped(factors) * x)
    factors *= 0.0
    assert cg.gradient(y, [x])[0].tolist() == [3.0, 4.0]


def test_a_read_only_view_of_an_array_that_can_be_written_is_no_protection() -> None:
    factors = np.array([3.0, 4.0])
    view = factors[:]
    view.flags.writeable = False
    x = cg.variable(np.array([1.0, 2.0]))
    y = np.sum(view * x)
    factors *= 0.0
    assert cg.gradient(y, [x])[0].tolist() == [3.0, 4.0]


def test_a_read_only_array_is_not_copied() -> None:
    factors = np.array([3.0, 4.0])
    factors.flags.writeable = False
    y = cg.variable(np.array([1.0, 2.0])) * factors
    assert y.operands[1] is factors


def test_values_can_not_be_written() -> None:
    x: Any = cg.variable(np.ones((2, 2)))
    for tensor in (x, x * 2.0, x.T, x[0], cg.exp(x), x @ x, np.sum(x, axis=0)):
        with pytest.raises(ValueError, match="read-only"):
            tensor.value[0] = 5.0
    with pytest.raises(TypeError, match="item assignment"):
        x[0] = 5.0


def test_adding_a_tensor_into_an_array_is_refused() -> None:
    total: Any = np.zeros(2)
    with pytest.raises(TypeError, match=r"np\.add with out=.*write x = x \+ y"):
        total += cg.variable(np.ones(2), name="x")


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: np.sum(x) + np.sum(y),
        lambda x, y: np.sum(x + y),
        lambda x, y: np.sum(np.reshape(x + y, (3, 2))),
        lambda x, y: np.sum(x.T @ y),
        lambda x, y: np.sum(np.concatenate([x, y])),
        lambda x, y: np.sum(np.reshape(x, (1, 2, 3)) - y),
    ],
)
def test_gradients_share_no_memory(f: Callable[..., Any]) -> None:
    arguments = np.ones((2, 3)), np.full((2, 3), 2.0)
    first, second = cg.grad(f, argnums=(0, 1))(*arguments)
    assert not np.shares_memory(first, second)
    kept = second.copy()
    first[...] = 7.0
    assert second.tolist() == kept.tolist()
    assert [a[0, 0] for a in arguments] == [1.0, 2.0]


def test_a_gradient_is_not_its_own_seed() -> None:
    seed = np.ones(2)
    x = cg.variable(np.zeros(2))
    (slope,) = cg.gradient(x + 1.0, [x], seed=seed)
    slope[0] = 7.0
    assert seed.tolist() == [1.0, 1.0]


def test_whole_numbers_are_a_seed() -> None:
    x = cg.variable(np.zeros(2, np.float32))
    (slope,) = cg.gradient(x + 1.0, [x], seed=np.array([1, 2]))
    assert slope.dtype == np.float32
    assert slope.tolist() == [1.0, 2.0]


def test_seeds_and_tangents_of_another_shape_are_refused() -> None:
    x: Any = cg.variable(np.ones((2, 3)), name="x")
    y: Any = np.sum(x, axis=0)
    message = r"a seed of sum\(x, axis=0\) needs its shape \(3,\).*\(2,\)"
    with pytest.raises(ValueError, match=message):
        cg.gradient(y, [x], seed=np.ones(2))
    _, pull_back = cg.vjp(lambda x: x * 2.0, np.ones(3))
    with pytest.raises(ValueError, match=r"needs its shape \(3,\); this one has \(\)"):
        pull_back(1.0)
    with pytest.raises(ValueError, match=r"a tangent of .* needs its shape \(3,\)"):
        cg.jvp(lambda x: x * 2.0, [np.ones(3)], [np.ones((1, 3))])


def test_the_gradient_of_infinity_starts_from_one() -> None:
    x = cg.variable(np.array([np.inf]))
    assert cg.gradient(x * 2.0, [x])[0].tolist() == [2.0]
