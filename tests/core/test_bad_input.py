"""What a learner may get wrong: a clear error or the right result, never a silent wrong number.

Each mistake is made in the ways there are to compute: on Tensors, in `cg.grad`, and in a
`cg.function` and its gradient.
"""

import gc
import math
import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg

Function = Callable[..., Any]


def on_tensors(f: Function, *values: Any) -> Any:
    return f(*cg.variables(**dict(zip("xyb", values, strict=False))))


def in_grad(f: Function, *values: Any) -> Any:
    return cg.grad(f, range(len(values)))(*values)


def in_function(f: Function, *values: Any) -> Any:
    return cg.function(f)(*values)


def in_static_gradient(f: Function, *values: Any) -> Any:
    return cg.grad(cg.function(f), range(len(values)))(*values)


EVERY_WAY = pytest.mark.parametrize("way", [on_tensors, in_grad, in_function, in_static_gradient])
GRADIENTS = pytest.mark.parametrize("way", [in_grad, in_static_gradient])


# --- Shapes that don't match ----------------------------------------------------------------------


@EVERY_WAY
@pytest.mark.parametrize(
    ("f", "shapes", "words"),
    [
        (lambda x, y: x + y, [(2, 3), (2,)], ["x + y", "x has shape (2, 3), y has shape (2,)"]),
        (lambda x, y: cg.maximum(x, y), [(3, 2), (4,)], ["maximum(x, y)", "(3, 2)", "(4,)"]),
        (lambda x, y: cg.where(x > 0, x, y), [(3,), (4,)], ["where(x > 0, x, y)", "(3,)", "(4,)"]),
        (lambda x, y: x @ y, [(2, 3), (2, 3)], ["x @ y", "shapes (2, 3) and (2, 3)"]),
        (lambda x, y: x @ y, [(3,), (2,)], ["x @ y", "x has shape (3,), y has shape (2,)"]),
        (lambda x: x - np.ones(4), [(3,)], ["x - array(4,)", "x has shape (3,)"]),
        (lambda x, y: cg.concatenate([x, y]), [(2, 3), (2, 2)], ["[x, y]", "(2, 3)", "(2, 2)"]),
        (lambda x, y: cg.stack([x, y]), [(2, 3), (2, 2)], ["[x, y]", "(2, 3)", "(2, 2)"]),
        (lambda x: x.reshape(4, 2), [(2, 3)], ["reshape(x, (4, 2))", "x has shape (2, 3)"]),
        (lambda x: cg.broadcast_to(x, (2, 2)), [(3,)], ["broadcast_to(x, (2, 2))", "shape (3,)"]),
        (
            lambda x, y: cg.einsum("ij,jk->ik", x, y),
            [(2, 3), (2, 3)],
            ["einsum('ij,jk->ik', x, y)", "x has shape (2, 3), y has shape (2, 3)"],
        ),
        (
            lambda x, y: cg.conv2d(x, y),
            [(1, 2, 4, 4), (1, 3, 2, 2)],
            ["conv2d(x, y)", "2 channels, 3 wanted", "(1, 2, 4, 4)", "(1, 3, 2, 2)"],
        ),
        (
            lambda x, y: cg.conv2d(x, y),
            [(1, 1, 2, 2), (1, 1, 3, 3)],
            ["a window of (3, 3) does not fit an image of (2, 2)", "(1, 1, 2, 2)", "(1, 1, 3, 3)"],
        ),
        (lambda x: cg.max_pool2d(x, 5), [(1, 1, 2, 2)], ["max_pool2d(x", "(1, 1, 2, 2)"]),
        (lambda x, y: cg.mse_loss(x, y), [(3, 1), (3,)], ["mse_loss(x, y)", "(3, 1) and (3,)"]),
        (lambda x, y: cg.hinge_loss(x, y), [(3, 1), (3,)], ["hinge_loss(x, y)", "(3, 1) and (3,)"]),
        (
            lambda x, y: cg.cross_entropy(x, y),
            [(3, 2), (2,)],
            ["cross_entropy(x, y)", "logits (rows, classes)", "(3, 2) and (2,)"],
        ),
        (lambda x: x.sum(axis=3), [(3, 1)], ["sum(x, axis=3)", "x has shape (3, 1)"]),
        (lambda x: cg.softmax(x, axis=3), [(3, 1)], ["softmax(x, axis=3)", "x has shape (3, 1)"]),
    ],
)
def test_shapes_that_do_not_match_are_named(
    way: Function, f: Function, shapes: list[tuple[int, ...]], words: list[str]
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011, the words are looked for below
        way(f, *map(np.ones, shapes))
    assert [word for word in words if word not in str(caught.value)] == []


@EVERY_WAY
@pytest.mark.parametrize("index", [5, (0, 0, 0), "a", 0.5, np.array([True, False])])
def test_an_index_that_does_not_fit_names_the_array(way: Function, index: Any) -> None:
    with pytest.raises(IndexError, match=r"^x\[.*x has shape \(3, 1\)"):
        way(lambda x: x[index], np.ones((3, 1)))


# --- Seeds and tangents ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        (np.ones(2), ValueError, r"needs its shape \(3,\); this one has \(2,\)"),
        (np.ones((3, 1)), ValueError, r"needs its shape \(3,\); this one has \(3, 1\)"),
        (1.0, ValueError, r"needs its shape \(3,\); this one has \(\)"),
        (
            [1.0, 1.0, 1.0],
            TypeError,
            r"is an array of shape \(3,\), not \[1.0, 1.0, 1.0\] \(list\)",
        ),
        ("a", TypeError, r"is an array of shape \(3,\), not 'a' \(str\)"),
        (np.ones(3, complex), TypeError, "array of complex128; use an array of floats"),
        (np.array(["a", "b", "c"]), TypeError, "array of <U1; use an array of floats"),
    ],
)
def test_a_seed_that_does_not_fit(seed: Any, error: type[Exception], message: str) -> None:
    x = cg.variable(np.ones(3), name="x")
    ways: list[Function] = [
        lambda: cg.gradient(x * x, [x], seed=seed),
        lambda: cg.vjp(lambda x: x * x, np.ones(3))[1](seed),
        lambda: cg.vjp(lambda x: np.ones(3), np.ones(3))[1](seed),
    ]
    for seeded in ways:
        with pytest.raises(error, match=f"^a seed .*{message}"):
            seeded()
    with pytest.raises(error, match=f"^a tangent .*{message}"):
        cg.jvp(lambda x: x * x, (np.ones(3),), (seed,))


@pytest.mark.parametrize("seed", ["a", 1j, [1.0]])
def test_a_seed_of_a_number_that_is_none(seed: Any) -> None:
    with pytest.raises(TypeError, match=r"^a seed of x \* x is .* where a number belongs"):
        cg.vjp(lambda x: x * x, 2.0)[1](seed)
    with pytest.raises(TypeError, match="^a tangent of x is .* where a number belongs"):
        cg.jvp(lambda x: x * x, (2.0,), (seed,))


def test_a_seed_of_whole_numbers_is_as_good_and_is_not_kept() -> None:
    seed = np.array([1, 10])
    value, pull_back = cg.vjp(lambda x: x + 1, np.ones(2))
    (x_bar,) = pull_back(seed)
    assert x_bar.tolist() == [1.0, 10.0]
    x_bar[0] = 7.0
    assert seed.tolist() == [1, 10]
    assert value.tolist() == [2.0, 2.0]


# --- What a gradient is taken with respect to -----------------------------------------------------


@GRADIENTS
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("abc", r"^weight is 'abc' \(str\) where a number belongs"),
        (None, r"^weight is None \(NoneType\) where a number belongs"),
        (1j, r"^weight is 1j \(complex\) where a number belongs"),
        (np.array([1j]), r"^weight is an array of complex128; use an array of floats"),
        (np.array(["a"]), r"^weight is an array of <U1; use an array of floats"),
        (np.array([1, None]), r"^weight is an array of object; use an array of floats"),
        ({1}, r"^weight is \{1\} \(set\) where a number belongs"),
        ([1.0, "b"], r"^weight_1 is 'b' \(str\) where a number belongs"),
        ({"bias": None}, r"^weight_bias is None \(NoneType\) where a number belongs"),
    ],
)
def test_what_is_no_number_has_no_gradient(way: Function, value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        way(lambda weight: 1.0, value)


@pytest.mark.parametrize("value", ["abc", None, 1j, [1.0], {}])
def test_nor_has_it_a_tangent_or_an_adjoint(value: Any) -> None:
    for differentiate in (
        lambda f: cg.jvp(f, (value,), (1.0,)),
        lambda f: cg.vjp(f, value),
        lambda f: cg.jacobian(f)(value),
    ):
        with pytest.raises(TypeError, match=r"^weight is .* where a number belongs"):
            differentiate(lambda weight: weight)


@GRADIENTS
@pytest.mark.parametrize(
    ("value", "slope"),
    [
        (3, 6.0),
        (True, 2.0),
        (np.int64(3), 6.0),
        (np.bool_(True), 2.0),
        (np.float32(3.0), 6.0),
        (np.array(3.0), 6.0),
        (10**30, 2e30),
        (np.array([1, 2]), [2.0, 4.0]),
        (np.array([True, False]), [2.0, 0.0]),
        (np.array([1.0, 2.0], np.float16), [2.0, 4.0]),
        (np.ones((0, 3)), np.ones((0, 3))),
    ],
)
def test_whole_numbers_and_truth_values_count_as_floats(
    way: Function, value: Any, slope: Any
) -> None:
    (found,) = way(lambda x: cg.sum(x * x), value)
    np.testing.assert_array_equal(found, slope)
    assert np.asarray(found).dtype == float
    assert isinstance(found, (float, np.ndarray))


@GRADIENTS
def test_a_list_of_numbers_has_a_list_for_its_gradient(way: Function) -> None:
    (found,) = way(lambda x: x[0] * x[1], [2.0, 3])
    assert found == [3.0, 2.0]


@EVERY_WAY
@pytest.mark.parametrize(
    "f", [lambda x: x * 10**400, lambda x: 10**400 - x, lambda x: x**10**400, lambda x: x < 10**400]
)
def test_a_number_too_large_for_a_float_is_said_to_be(way: Function, f: Function) -> None:
    with pytest.raises(OverflowError, match="has 401 digits: the largest float is about 1.8e308"):
        way(f, 2.0)


# --- What is differentiated -----------------------------------------------------------------------


@GRADIENTS
@pytest.mark.parametrize(
    "f", [lambda x: x * np.ones(2), lambda x: np.ones(2), lambda x: x * np.ones(0)]
)
def test_a_gradient_of_several_numbers_is_refused(way: Function, f: Function) -> None:
    with pytest.raises(ValueError, match="a gradient needs one number"):
        way(f, 2.0)


@GRADIENTS
@pytest.mark.parametrize(
    "result", [(1.0, 2.0), [1.0], {"a": 1.0}, "text", 1j, np.array([1j]), np.array(["a"]), object()]
)
def test_a_gradient_of_what_is_no_number_is_refused(way: Function, result: Any) -> None:
    with pytest.raises(TypeError, match="number|an array of floats"):
        way(lambda x: result, 2.0)


@pytest.mark.parametrize("result", [1j, np.array([1j]), np.array([None])])
def test_a_static_graph_gives_real_numbers(result: Any) -> None:
    with pytest.raises(TypeError, match=r"^<lambda> gives .*: a static graph gives real numbers"):
        cg.function(lambda x: result)(2.0)


def forgetful(x: Any) -> Any:
    x * 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: cg.grad(forgetful)(2.0),
        lambda: cg.value_and_grad(forgetful)(2.0),
        lambda: cg.hessian(forgetful)(2.0),
        lambda: cg.jvp(forgetful, (2.0,), (1.0,)),
        lambda: cg.vjp(forgetful, 2.0),
        lambda: cg.function(forgetful)(2.0),
        lambda: cg.grad(cg.function(forgetful))(2.0),
        lambda: cg.grad(forgetful).compile(2.0),
    ],
)
def test_a_function_that_returns_nothing_lacks_a_return(call: Function) -> None:
    with pytest.raises(TypeError, match="None where a number belongs: is a `return` missing"):
        call()


@GRADIENTS
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: 7, 0.0),
        (lambda x: True, 0.0),
        (lambda x: x > 1, 0.0),
        (lambda x: np.float32(2.0), 0.0),
        (lambda x: np.int64(2), 0.0),
        (lambda x: cg.constant(2.0), 0.0),
        (lambda x: x * np.ones((1, 1)), 1.0),
        (lambda x: np.ones((1, 1)), 0.0),
    ],
)
def test_what_is_one_number_has_a_gradient(way: Function, f: Function, slope: float) -> None:
    assert way(f, 2.0) == (slope,)


def test_a_constant_result_is_a_plain_value() -> None:
    value, slope = cg.value_and_grad(lambda x: cg.constant(3.0))(2.0)
    assert (type(value), value, slope) == (float, 3.0, 0.0)
    assert cg.jvp(lambda x: cg.constant(3.0), (2.0,), (1.0,)) == (3.0, 0.0)


def test_gradcheck_of_an_array_with_one_entry() -> None:
    assert cg.gradcheck(lambda x: x * x * np.ones((1, 1)), 2.0)


# --- Writing into what was recorded ---------------------------------------------------------------


def recorded_value() -> Any:
    x = cg.variable(np.ones(3), name="x")
    return (x * x).value


@pytest.mark.parametrize(
    "write",
    [
        lambda value: value.__setitem__(0, 5.0),
        lambda value: value.__iadd__(1.0),
        lambda value: np.add(value, 1.0, out=value),
        lambda value: np.copyto(value, 5.0),
        lambda value: value.sort(),
        lambda value: value.fill(5.0),
        lambda value: np.random.default_rng(0).shuffle(value),
        lambda value: value.reshape(3, 1).__setitem__(0, 5.0),
        lambda value: value[1:].__setitem__(0, 5.0),
        lambda value: value.T.__setitem__(0, 5.0),
        lambda value: np.asarray(value).__setitem__(0, 5.0),
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        lambda: cg.variable(np.ones(3)).value,
        lambda: cg.constant(np.ones(3)).value,
        recorded_value,
        lambda: cg.variable(np.ones((1, 3)))[0].value,
        lambda: cg.variable(np.ones((3, 1))).reshape(3).value,
        lambda: cg.vjp(lambda x: x * 2, np.ones(3))[0],
        lambda: cg.jvp(lambda x: x, (np.ones(3),), (np.ones(3),))[0],
        lambda: cg.function(lambda x: x)(np.ones(3)),
    ],
)
def test_a_recorded_value_cannot_be_written_into(value: Function, write: Function) -> None:
    found = value()
    before = found.copy()
    with pytest.raises(ValueError, match="read-only"):
        write(found)
    np.testing.assert_array_equal(found, before)


def test_adding_to_a_value_in_place() -> None:
    x = cg.variable(np.ones(3), name="x")
    with pytest.raises(ValueError, match="read-only"):
        x.value += 1.0
    assert x.value.tolist() == [1.0, 1.0, 1.0]


@EVERY_WAY
def test_a_function_cannot_write_into_its_inputs(way: Function) -> None:
    def writes(x: Any) -> Any:
        x.value[0] = 5.0
        return cg.sum(x)

    given = np.ones(3)
    with pytest.raises(ValueError, match="read-only"):
        way(writes, given)
    with pytest.raises(TypeError, match="does not support item assignment"):
        way(lambda x: operator.setitem(x, 0, 5.0), given)
    assert given.tolist() == [1.0, 1.0, 1.0]


@EVERY_WAY
def test_plus_equals_makes_a_new_value(way: Function) -> None:
    def moved(x: Any) -> Any:
        x += 1.0
        return cg.sum(x * x)

    given = np.ones(3)
    way(moved, given)
    assert given.tolist() == [1.0, 1.0, 1.0]
    assert cg.grad(moved)(given).tolist() == [4.0, 4.0, 4.0]
    assert cg.grad(cg.function(moved))(given).tolist() == [4.0, 4.0, 4.0]


@EVERY_WAY
def test_a_tensor_cannot_be_added_into_an_array(way: Function) -> None:
    def adds(x: Any) -> Any:
        total = np.zeros(3)
        total += x
        return cg.sum(total)

    with pytest.raises(TypeError, match=r"np.add with out=.*: write x = x \+ y"):
        way(adds, np.ones(3))
    with pytest.raises(TypeError, match=r"np.multiply with out="):
        way(lambda x: np.multiply(x, 2.0, out=np.zeros(3)), np.ones(3))


@pytest.mark.parametrize("alias", [lambda a: a, lambda a: a[:], lambda a: a.reshape(3, 1)])
def test_writing_into_a_given_array_changes_nothing_that_was_recorded(alias: Function) -> None:
    given = np.array([1.0, 2.0, 3.0])
    seen = alias(given)
    x = cg.variable(given, name="x")
    y = cg.sum(x * given)
    seen[...] = 5.0
    assert x.value.tolist() == [1.0, 2.0, 3.0]
    assert cg.gradient(y, [x])[0].tolist() == [1.0, 2.0, 3.0]
    assert cg.graph(y).gradient()["x"].tolist() == [1.0, 2.0, 3.0]


def test_writing_through_the_owner_of_a_read_only_view() -> None:
    owner = np.ones(3)
    view = owner[:]
    view.flags.writeable = False
    x = cg.variable(view)
    y = x * view
    owner[0] = 5.0
    assert (x.value.tolist(), y.value.tolist()) == ([1.0] * 3, [1.0] * 3)


def test_a_gradient_is_the_callers_to_write_into() -> None:
    weights = np.ones(3)
    x, z = cg.variables(x=np.ones(3), z=np.ones(3))
    for y in (cg.sum(x * weights), cg.sum(x + z), cg.sum(x) + cg.sum(z)):
        first, second, third = cg.gradient(y, [x, x, z])
        first[0] = 99.0
        assert second[0] == 1.0
        assert third[0] in (0.0, 1.0)
        assert cg.gradient(y, [x])[0].tolist() == [1.0, 1.0, 1.0]
    assert weights.tolist() == [1.0, 1.0, 1.0]
    for f in (lambda x, z: cg.sum(x + z), cg.function(lambda x, z: cg.sum(x + z))):
        first, second = cg.grad(f, (0, 1))(np.ones(3), np.ones(3))
        first[0] = 99.0
        assert second.tolist() == [1.0, 1.0, 1.0]
        assert cg.grad(f)(np.ones(3), np.ones(3)).tolist() == [1.0, 1.0, 1.0]


# --- Side effects ---------------------------------------------------------------------------------


def test_a_side_effect_happens_once_a_call_and_in_a_static_graph_once_a_trace() -> None:
    calls = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return x * x

    assert [cg.grad(counted)(3.0), cg.grad(counted)(4.0)] == [6.0, 8.0]
    assert len(calls) == 2
    static = cg.function(counted)
    assert [static(3.0), static(4.0), cg.grad(static)(5.0)] == [9.0, 16.0, 10.0]
    assert len(calls) == 3


# --- Not a number, and too large ------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [lambda f: f, cg.function])
def test_nan_stays_nan(wrap: Function) -> None:
    value, slope = cg.value_and_grad(wrap(lambda x: x * x + 1))(math.nan)
    assert math.isnan(value)
    assert math.isnan(slope)
    value, slope = cg.value_and_grad(wrap(lambda x: cg.sum(x * x)))(np.array([math.nan, 2.0]))
    assert math.isnan(value)
    np.testing.assert_array_equal(slope, [math.nan, 4.0])
    branch = wrap(lambda x: x * x if x > 0 else -x)
    assert cg.grad(branch)(math.nan) == -1.0  # nan > 0 is false, in Python too
    assert cg.grad(branch)(2.0) == 4.0


@pytest.mark.parametrize("wrap", [lambda f: f, cg.function])
@pytest.mark.parametrize(
    ("f", "value", "slope"),
    [
        (lambda x: cg.sum(cg.exp(x)), [100.0, 1.0], [math.inf, math.e]),
        (lambda x: cg.sum(x * x), [1e30, 1.0], [2e30, 2.0]),
        (lambda x: x @ x, [1e30, 1.0], [2e30, 2.0]),
        (lambda x: cg.sum(x * 1e300), [1.0, 1.0], [math.inf, math.inf]),
        (lambda x: cg.sum(x), [3e38, 3e38], [1.0, 1.0]),
        (lambda x: cg.mse_loss(x, np.zeros(2, np.float32)), [1e30, 1.0], [1e30, 1.0]),
        (lambda x: cg.sum(1 / x), [0.0, 1.0], [-math.inf, -1.0]),
    ],
)
def test_an_overflow_of_single_precision_is_infinite(
    wrap: Function, f: Function, value: list[float], slope: list[float]
) -> None:
    found, gradient = cg.value_and_grad(wrap(f))(np.array(value, np.float32))
    assert found == math.inf
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, np.array(slope, np.float32), rtol=1e-6)


@pytest.mark.parametrize("wrap", [lambda f: f, cg.function])
@pytest.mark.parametrize(
    ("f", "value", "expected", "slope"),
    [
        (lambda x: cg.logsumexp(x), [200.0, 200.0], 200 + math.log(2), [0.5, 0.5]),
        (lambda x: cg.softmax(x)[0], [1e30, 1.0], 1.0, [0.0, 0.0]),
        (lambda x: cg.cross_entropy(x, 0), [-200.0, 200.0], 400.0, [-1.0, 1.0]),
        (lambda x: cg.sum(cg.sigmoid(x)), [-200.0, 200.0], 1.0, [0.0, 0.0]),
        (lambda x: cg.mean(x), [2e38, 1e38], 1.5e38, [0.5, 0.5]),
    ],
)
def test_what_need_not_overflow_does_not(
    wrap: Function, f: Function, value: list[float], expected: float, slope: list[float]
) -> None:
    found, gradient = cg.value_and_grad(wrap(f))(np.array(value, np.float32))
    assert found == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(gradient, slope, atol=1e-6)


def test_an_overflow_of_a_number_names_the_learners_variable() -> None:
    with pytest.warns(cg.DomainWarning, match=r"^x \* x is inf at x = 1e\+200"):
        assert cg.value_and_grad(lambda x: x * x)(1e200) == (math.inf, 2e200)
    with pytest.warns(cg.DomainWarning, match=r"^exp\(x\) is inf at x = 1000"):
        assert cg.grad(cg.function(lambda x: cg.exp(x)))(1000.0) == math.inf
    # Compiled code multiplies as Python does, which does not say when a product overflows.
    assert cg.value_and_grad(cg.function(lambda x: x * x))(1e200) == (math.inf, 2e200)


@pytest.mark.parametrize("wrap", [lambda f: f, cg.function])
@pytest.mark.parametrize(
    ("f", "value"),
    [
        (lambda x: cg.sum(x * x), 0.0),
        (lambda x: cg.norm(x), 0.0),
        (lambda x: cg.logsumexp(x), -math.inf),
        (lambda x: cg.mean(x), math.nan),
        (lambda x: cg.sum(cg.softmax(x)), 0.0),
        (lambda x: cg.sum(cg.cumsum(x)), 0.0),
    ],
)
def test_nothing_at_all(wrap: Function, f: Function, value: float) -> None:
    found, slope = cg.value_and_grad(wrap(f))(np.ones(0))
    assert found == pytest.approx(value, nan_ok=True)
    assert slope.shape == (0,)


@EVERY_WAY
def test_the_largest_of_nothing_is_refused(way: Function) -> None:
    with pytest.raises(ValueError, match=r"^max\(x\): .*x has shape \(0,\)"):
        way(lambda x: cg.max(x), np.ones(0))


def test_an_array_without_axes_is_a_number() -> None:
    x = np.array(3.0)
    assert cg.value_and_grad(lambda x: x * x)(x) == (9.0, 6.0)
    assert cg.value_and_grad(cg.function(lambda x: x * x))(x) == (9.0, 6.0)
    assert cg.jvp(lambda x: x * x, (x,), (np.array(1.0),)) == (9.0, 6.0)
    assert cg.hessian(lambda x: x * x)(np.array(3.0, np.float32)) == 2.0


# --- Deep -----------------------------------------------------------------------------------------


def test_five_gradients_deep_around_and_inside_a_static_graph() -> None:
    def derivative(f: Function, times: int) -> Function:
        return cg.grad(derivative(f, times - 1)) if times else f

    def f(x: Any) -> Any:
        return cg.exp(2 * x) + x**5

    expected = 32 * math.exp(0.6) + 120
    assert derivative(f, 5)(0.3) == pytest.approx(expected, rel=1e-12)
    assert derivative(cg.function(f), 5)(0.3) == pytest.approx(expected, rel=1e-12)
    assert cg.function(derivative(f, 5))(0.3) == pytest.approx(expected, rel=1e-12)
    assert derivative(cg.function(derivative(f, 3)), 2)(0.3) == pytest.approx(expected, rel=1e-12)


FACTOR = 1 - 1e-6


def chain(x: Any, length: int) -> Any:
    for _ in range(length):
        x = x * FACTOR
    return x


@pytest.mark.slow
def test_a_chain_of_a_million_nodes() -> None:
    length = 1_000_000
    slope = pytest.approx(FACTOR**length, rel=1e-9)
    blocks = sys.getallocatedblocks()
    x = cg.variable(2.0, name="x")
    y = chain(x, length)
    assert y.value == pytest.approx(2 * FACTOR**length, rel=1e-9)
    assert cg.gradient(y, [x]) == (slope,)
    assert repr(y) == f"Tensor({y.value})"
    assert f"{y:.3f}" == "0.736"
    with pytest.raises(TypeError, match=r"^\.\.\. \* 0.999999 \* 0.999999 \+ 'a': 'a' is of type"):
        y + "a"
    assert repr(cg.graph(y)) == "Graph(v1000000 from x: 1000001 nodes)"
    del y
    gc.collect()
    assert sys.getallocatedblocks() - blocks < length / 10, "the nodes are freed"
    assert cg.grad(chain)(2.0, length) == slope
    assert cg.jvp(lambda x: chain(x, length), (2.0,), (1.0,))[1] == slope
    _, pull_back = cg.vjp(lambda x: chain(x, length), 2.0)
    assert pull_back(1.0) == (slope,)


@pytest.mark.slow
def test_a_long_chain_in_every_other_way() -> None:
    length = 100_000
    slope = pytest.approx(FACTOR**length, rel=1e-9)
    static = cg.function(lambda x: chain(x, length))
    assert static(2.0) == pytest.approx(2 * FACTOR**length, rel=1e-9)
    assert cg.grad(static)(2.0) == slope
    assert cg.grad(static)(3.0) == slope
    assert static.source.startswith("def ")
    graph = cg.graph(chain(cg.variable(2.0, name="x"), length))
    assert graph.gradient() == {"x": slope}
    assert graph.path_sum("x").total == slope
    assert graph.path_sum("x").count == 1
    assert graph.at(x=4.0).output.value == pytest.approx(4 * FACTOR**length, rel=1e-9)
    assert len(str(graph)) < 500, "a path is cut short"


def test_second_derivatives_of_a_long_chain() -> None:
    def iterated(x: Any) -> Any:
        for _ in range(1_000):
            x = x + 1e-3 * cg.sin(x)
        return x

    first = cg.grad(iterated)
    h = 1e-4
    curvature = cg.hessian(iterated)(1.0)
    assert curvature == pytest.approx((first(1 + h) - first(1 - h)) / (2 * h), rel=1e-6)
    assert cg.grad(cg.function(first))(1.0) == pytest.approx(curvature, rel=1e-9)
