"""Tensor: operators, messages, NumPy functions, depth."""

import copy
import math
import operator
import pickle
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core import tensor
from cgraph_edu.core.describe import describe
from cgraph_edu.core.tensor import Tensor, tape

BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


# --- Operators ------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [*BINARY, *COMPARISONS])
def test_operators_in_all_three_arrangements(act: Callable[[Any, Any], Any]) -> None:
    x, y = cg.variables(x=7.0, y=2.0)
    for result in [act(x, y), act(x, 2.0), act(7.0, y), act(x, 2), act(7, y)]:
        assert isinstance(result, Tensor)
        assert result.value == act(7.0, 2.0)
        assert type(result.value) is type(act(7.0, 2.0))


@pytest.mark.parametrize("act", [operator.neg, operator.pos, abs])
def test_operators_of_one_operand(act: Callable[[Any], Any]) -> None:
    assert act(cg.variable(-3.0)).value == act(-3.0)


@pytest.mark.parametrize("name", "exp log sqrt sin cos tan sinh cosh tanh".split())
def test_functions_on_tensors_and_on_plain_numbers(name: str) -> None:
    function, expected = getattr(cg, name), getattr(math, name)(0.5)
    assert function(cg.variable(0.5)).value == expected
    assert function(0.5) == expected
    assert type(function(0.5)) is float


def test_the_remaining_functions() -> None:
    x = cg.variable(2.0)
    assert cg.sigmoid(x).value == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert cg.relu(-x).value == 0.0
    assert cg.maximum(x, 3).value == 3.0
    assert cg.minimum(x, 3).value == 2.0
    assert cg.where(x > 1, x, -1.0).value == 2.0
    assert cg.where(x > 2, x, -1.0).value == -1.0


def test_a_function_says_how_many_operands_it_takes() -> None:
    with pytest.raises(TypeError, match=r"maximum\(x, y\) takes 2, not 1"):
        cg.maximum(1.0)


@pytest.mark.parametrize("value", [3, np.float32(3), np.int64(3), Fraction(3), np.array(3.0)])
def test_numbers_of_other_types_become_floats(value: Any) -> None:
    x = cg.variable(value)
    assert type(x.value) is float
    assert x.value == 3.0
    assert (cg.variable(1.0) * value).value == 3.0


def test_truth_values_count_as_numbers() -> None:
    a = cg.variable(2.0)
    assert ((a > 1) + (a > 5)).value == 1.0
    assert ((a > 1) * a).value == 2.0


def test_augmented_assignment_makes_a_new_tensor() -> None:
    x = cg.variable(2.0)
    y = x
    y += 1
    assert (x.value, y.value) == (2.0, 3.0)


def test_a_tensor_can_be_a_key_and_a_member() -> None:
    a, b = cg.variables(a=2.0, b=2.0)
    assert {a: "a", b: "b"}[b] == "b"
    assert len({a, b, a}) == 2


@pytest.mark.parametrize("other", [None, "2", [2.0], 2j, 10**400])
def test_equality_with_something_else_is_false_as_everywhere_in_python(other: Any) -> None:
    a = cg.variable(2.0)
    assert (a == other) is False
    assert (other == a) is False
    assert (a != other) is True
    assert a in [other, a]


# --- Messages -------------------------------------------------------------------------------------

MISFITS = [
    ("x", "'x' is of type str where a number belongs"),
    ([1.0], "[1.0] is of type list where a number belongs: make it an array, np.array([1.0, 2.0])"),
    (None, "None is of type NoneType where a number belongs"),
    (1j, "1j is of type complex where a number belongs"),
    (Decimal("0.5"), "Decimal('0.5') is of type Decimal where a number belongs"),
]


@pytest.mark.parametrize(("other", "complaint"), MISFITS)
def test_an_operand_that_is_no_number_is_named(other: Any, complaint: str) -> None:
    a = cg.variable(2.0, name="a")
    for act, symbol in [(operator.add, "+"), (operator.mul, "*"), (operator.lt, "<")]:
        with pytest.raises(TypeError) as refused:
            act(a, other)
        assert str(refused.value) == f"a {symbol} {other!r}: {complaint}"
    with pytest.raises(TypeError) as refused:
        other * a
    assert str(refused.value) == f"{other!r} * a: {complaint}"


def test_a_long_operand_is_cut_in_the_message() -> None:
    with pytest.raises(TypeError) as refused:
        cg.variable(2.0, name="a") + "x" * 1000
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("value", ["3", None, [1.0], 1j, {}])
def test_an_input_that_is_no_number_is_named(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^rate is .* where a number belongs"):
        cg.variables(rate=value)


def test_an_array_of_strings_is_no_input() -> None:
    with pytest.raises(TypeError, match="words is an array of <U1; use an array of floats"):
        cg.variables(words=np.array(["a"]))


def test_an_integer_too_long_for_a_float_is_counted() -> None:
    a = cg.variable(2.0, name="a")
    with pytest.raises(OverflowError, match="n has 10,000 digits: the largest float is"):
        cg.variables(n=10**9999)
    for act in (operator.add, operator.mul, operator.pow, operator.lt):
        with pytest.raises(OverflowError, match=r"^a number in a formula has 10,000 digits"):
            act(a, 10**9999)


def test_shapes_that_do_not_fit_are_named() -> None:
    x = cg.variable(np.ones(2), name="x")
    with pytest.raises(ValueError, match=r"x has shape \(2,\)"):
        x + np.ones(3)
    with pytest.raises(ValueError, match=r"@ can't multiply shapes \(2, 3\) and \(2,\)"):
        np.ones((2, 3)) @ x


@pytest.mark.parametrize("act", [len, list, lambda a: a[0]])
def test_a_number_has_no_entries(act: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"^a is a number: it has no"):
        act(cg.variable(2.0, name="a"))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda a, b: a, "a"),
        (lambda a, b: a * b, "a * b"),
        (lambda a, b: (a + 1) * b, "(a + 1) * b"),
        (lambda a, b: cg.sin(a) ** 2, "sin(a) ** 2"),
        (lambda a, b: 1 / 3 * a, "0.333333 * a"),
        (lambda a, b: a > 0, "a > 0"),
        (lambda a, b: 3.0, "3"),
    ],
)
def test_a_computation_in_the_learners_words(make: Callable[..., Any], text: str) -> None:
    assert describe(make(*cg.variables(a=2.0, b=1.0))) == text


def test_a_deep_computation_is_not_described_to_its_bottom() -> None:
    x: Any = cg.variable(1.0, name="x")
    for _ in range(10_000):
        x = x + 1
    assert len(describe(x)) < 100


# --- Printing -------------------------------------------------------------------------------------


def test_printing_and_formatting_lose_nothing_and_warn_of_nothing() -> None:
    a = cg.variable(2.0, name="a")
    e = a * 1.23456
    assert (str(e), f"{e:.2f}", f"{e}", repr(a)) == (
        "2.46912",
        "2.47",
        "2.46912",
        "Variable(2.0, name='a')",
    )
    assert f"{a > 1}" == "True"


# --- The tape -------------------------------------------------------------------------------------


def test_the_tape_is_what_the_result_was_computed_from_in_order() -> None:
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    unused = c * 7
    e = c * (b + 1)
    assert unused not in tape(e)
    assert [describe(t) for t in tape(e)] == ["a", "b", "a + b", "b + 1", "(a + b) * (b + 1)"]


def test_constants_fold_away() -> None:
    k = cg.constant(3)
    assert (k * 2 + 1).is_constant
    assert (k * 2 + 1).operands == ()
    y = cg.variable(2.0) * (k * 2 + 1)
    assert y.value == 14.0
    assert len(tape(y)) == 2


def test_operations_on_no_tensor_at_all_give_plain_numbers() -> None:
    assert type(cg.maximum(1, 2)) is float
    assert type(cg.exp(np.array([0.0, 1.0]))) is np.ndarray


@pytest.mark.parametrize("depth", [5_000, 100_000])
def test_depth_costs_no_recursion(depth: int) -> None:
    x = cg.variable(1.0, name="x")
    y: Any = x
    for _ in range(depth):
        y = y + 1.0
    assert y.value == depth + 1.0
    assert len(tape(y)) == depth + 1
    assert cg.gradient(y, [x]) == (1.0,)
    del y  # freeing the chain must not overflow the stack either


# --- NumPy ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", "exp log sqrt sin cos tan sinh cosh tanh negative absolute".split()
)
def test_numpy_functions_of_one_operand_are_recorded(name: str) -> None:
    values = np.array([0.5, 1.5])
    result = getattr(np, name)(cg.variable(values))
    assert isinstance(result, Tensor)
    assert result.op is not None
    np.testing.assert_array_equal(result.value, getattr(np, name)(values))


@pytest.mark.parametrize(
    "name", "add subtract multiply divide power maximum minimum floor_divide remainder less".split()
)
def test_numpy_functions_of_two_operands_are_recorded(name: str) -> None:
    function, x, y = getattr(np, name), np.array([1.0, 4.0]), np.array([3.0, 2.0])
    expected = function(x, y)
    for result in [function(cg.variable(x), y), function(x, cg.variable(y))]:
        assert isinstance(result, Tensor)
        np.testing.assert_array_equal(result.value, expected)


@pytest.mark.parametrize("act", BINARY)
def test_an_array_on_the_left_leaves_the_operator_to_the_tensor(
    act: Callable[[Any, Any], Any],
) -> None:
    result = act(np.array([1.0, 2.0]), cg.variable(2.0))
    assert isinstance(result, Tensor)
    np.testing.assert_array_equal(result.value, act(np.array([1.0, 2.0]), 2.0))


def test_numpy_functions_that_are_not_recorded_say_so() -> None:
    x: Any = cg.variable(np.ones(2), name="x")
    for act, name in [
        (lambda: np.arctanh(x), r"np\.arctanh"),
        (lambda: np.add.reduce(x), r"np\.add\.reduce"),
        (lambda: np.linalg.inv(x), r"np\.inv"),
        (lambda: np.sort(x), r"np\.sort"),
        (lambda: np.exp(x, dtype=float), r"np\.exp with dtype="),
    ]:
        with pytest.raises(TypeError, match=f"^{name} is not recorded on x; these are: "):
            act()  # type: ignore[no-untyped-call]


def test_float32_stays_float32() -> None:
    x = cg.variable(np.array([1.0, 2.0], dtype=np.float32))
    assert cg.exp(x * 2.0).value.dtype == np.float32


def test_integer_arrays_become_floats() -> None:
    assert cg.variable(np.array([1, 2])).value.dtype == np.float64


def test_shape_and_length() -> None:
    x = cg.variable(np.ones((2, 3)))
    assert (x.shape, x.ndim, len(x)) == ((2, 3), 2, 2)
    assert [row.shape for row in x] == [(3,), (3,)]
    assert cg.variable(1.0).shape == ()


def test_is_array_knows_arrays_by_their_type() -> None:
    assert tensor.is_array(np.ones(1))
    assert not any(map(tensor.is_array, [1.0, np.float64(1.0), [1.0], "ndarray", cg.variable(1.0)]))


def test_arithmetic_on_arrays_raises_no_warnings_of_numpy() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = 1.0 / cg.variable(np.array([0.0, 1.0]))
    np.testing.assert_array_equal(result.value, [math.inf, 1.0])


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_copy_of_an_input_is_an_input_of_its_own(copied: Callable[[Any], Any]) -> None:
    a = cg.variable(2.0, name="a")
    b = copied(a)
    assert (b.value, b.name) == (2.0, "a")
    assert cg.gradient(a * b * b, [a, b]) == (4.0, 8.0)
    w = copied(cg.variable(np.array([1.0, 2.0], np.float32)))
    assert cg.gradient((w * w).sum(), [w])[0].tolist() == [2.0, 4.0]
    assert w.value.dtype == np.float32
    assert copied(cg.constant(3.0, name="c")).is_constant


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_what_was_computed_is_not_copied_and_says_what_to_copy(
    copied: Callable[[Any], Any],
) -> None:
    a = cg.variable(2.0, name="a")
    with pytest.raises(TypeError, match=r"a \* a was computed.*\.value.*cg\.graph"):
        copied(a * a)


@pytest.mark.parametrize("name", ["exp", "relu", "maximum", "absolute", "clip", "where"])
def test_a_function_is_pickled_by_its_name(name: str) -> None:
    function = getattr(cg, name, None) or getattr(cg.core.functions, name)
    assert pickle.loads(pickle.dumps(function)) is function


def test_a_network_is_pickled_with_its_activation() -> None:
    network = cg.nn.MLP([2, 3, 1], cg.tanh)
    assert pickle.loads(pickle.dumps(network)).activation is cg.tanh
