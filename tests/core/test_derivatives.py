"""Reverse and forward mode, finite differences, gradcheck, on textbook values."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.derivatives import finite_difference, forward, reverse
from cgraph_edu.core.expressions import parse
from cgraph_edu.core.ops import OPS
from cgraph_edu.core.tensor import apply


def five_nodes(a: Any, b: Any) -> Any:
    return (a + b) * (b + 1)


def baydin(x1: Any, x2: Any) -> Any:
    return cg.log(x1) + x1 * x2 - cg.sin(x2)


TEXTBOOK = pytest.mark.parametrize(
    ("f", "inputs", "value", "slopes"),
    [
        (five_nodes, (2.0, 1.0), 6.0, (2.0, 5.0)),
        (baydin, (2.0, 5.0), 11.652071455223084, (5.5, 1.716337814536774)),
        (lambda a: a * a, (3.0,), 9.0, (6.0,)),
        (lambda a: (a + a) + (a + a), (1.5,), 6.0, (4.0,)),
        (lambda x, y: x**y, (2.0, 3.0), 8.0, (12.0, 8 * math.log(2))),
        (lambda x: cg.sigmoid(x) * cg.relu(x), (0.0,), 0.0, (0.0,)),
        (lambda x: x, (4.0,), 4.0, (1.0,)),
        (lambda x, y: x * 3, (4.0, 5.0), 12.0, (3.0, 0.0)),
        (lambda x: 7.0, (4.0,), 7.0, (0.0,)),
    ],
)


@TEXTBOOK
def test_value_and_gradient(
    f: Callable[..., Any], inputs: tuple[float, ...], value: float, slopes: tuple[float, ...]
) -> None:
    everything = range(len(inputs))
    assert cg.value_and_grad(f, argnums=everything)(*inputs) == (
        pytest.approx(value, rel=1e-15),
        pytest.approx(slopes, rel=1e-14),
    )
    assert cg.grad(f)(*inputs) == pytest.approx(slopes[0], rel=1e-14)


@TEXTBOOK
def test_forward_mode(
    f: Callable[..., Any], inputs: tuple[float, ...], value: float, slopes: tuple[float, ...]
) -> None:
    for i, slope in enumerate(slopes):
        tangents = [float(i == j) for j in range(len(inputs))]
        assert cg.jvp(f, inputs, tangents) == pytest.approx((value, slope), rel=1e-14)


@TEXTBOOK
def test_reverse_mode_with_a_seed(
    f: Callable[..., Any], inputs: tuple[float, ...], value: float, slopes: tuple[float, ...]
) -> None:
    out, pull_back = cg.vjp(f, *inputs)
    assert out == pytest.approx(value, rel=1e-15)
    assert pull_back(-2.0) == pytest.approx([-2.0 * slope for slope in slopes], rel=1e-14)


def test_gradients_straight_from_the_tape_in_the_order_asked() -> None:
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    e = c * (b + 1)
    assert cg.gradient(e, [b, a, c]) == (5.0, 2.0, 2.0)
    assert cg.gradient(e, [e]) == (1.0,)


def test_asking_twice_gives_the_same() -> None:
    a = cg.variable(3.0)
    y = a * a
    assert cg.gradient(y, [a]) == cg.gradient(y, [a]) == (6.0,)


def test_an_input_that_does_not_matter_has_derivative_zero() -> None:
    a, b = cg.variables(a=2.0, b=np.ones(2))
    zero_a, zero_b = cg.gradient(a * 3, [a, b])
    assert zero_a == 3.0
    np.testing.assert_array_equal(zero_b, [0.0, 0.0])


def test_an_unused_array_that_holds_infinity_has_derivative_zero() -> None:
    a, b = cg.variables(a=2.0, b=np.array([math.inf, math.nan]))
    np.testing.assert_array_equal(cg.gradient(a * 3, [b])[0], [0.0, 0.0])


def test_adjoints_of_every_node_as_in_baydins_table() -> None:
    x1, x2 = cg.variables(x1=2.0, x2=5.0)
    v1, v2, v3 = cg.log(x1), x1 * x2, cg.sin(x2)
    v4 = v1 + v2
    y = v4 - v3
    x_bar = reverse(y)
    found = [x_bar[v] for v in (x1, x2, v1, v2, v3, v4, y)]
    assert found == pytest.approx([5.5, 1.716337814536774, 1.0, 1.0, -1.0, 1.0, 1.0], rel=1e-15)


@pytest.mark.parametrize(
    ("seeds", "tangents"),
    [
        ((1.0, 0.0), [0.5, 5.0, 0.0, 5.5, 5.5]),
        ((0.0, 1.0), [0.0, 2.0, 0.283662185463226, 2.0, 1.716337814536774]),
    ],
)
def test_tangents_of_every_node_as_in_baydins_table(
    seeds: tuple[float, float], tangents: list[float]
) -> None:
    x1, x2 = cg.variables(x1=2.0, x2=5.0)
    v1, v2, v3 = cg.log(x1), x1 * x2, cg.sin(x2)
    v4 = v1 + v2
    y = v4 - v3
    x_dot = forward([y], {x1: seeds[0], x2: seeds[1]})
    found = [x_dot[v] for v in (v1, v2, v3, v4, y)]
    assert found == pytest.approx(tangents, rel=1e-14)


def test_an_output_of_several_numbers_needs_a_seed() -> None:
    x = cg.variable(np.array([1.0, 2.0]), name="x")
    with pytest.raises(ValueError, match=r"x \* x has shape \(2,\): a gradient needs one number"):
        cg.gradient(x * x, [x])
    slope = cg.gradient(x * x, [x], seed=np.array([1.0, 10.0]))[0]
    np.testing.assert_array_equal(slope, [2.0, 40.0])


def test_an_output_of_one_entry_needs_none() -> None:
    x = cg.variable(np.array([3.0]))
    np.testing.assert_array_equal(cg.gradient(x * x, [x])[0], [6.0])


@pytest.mark.parametrize(
    ("argnums", "slopes"), [(0, 2.0), (1, 5.0), (-1, 5.0), ((1, 0), (5.0, 2.0)), ([0], (2.0,))]
)
def test_argnums(argnums: Any, slopes: Any) -> None:
    assert cg.grad(five_nodes, argnums=argnums)(2.0, 1.0) == slopes


def test_argnums_out_of_range() -> None:
    with pytest.raises(
        ValueError, match="argnums=2, but the call has 1 argument: they are counted from 0"
    ):
        cg.grad(lambda x: x, argnums=2)(1.0)


def test_arguments_outside_argnums_stay_plain() -> None:
    def power(x: Any, n: Any) -> Any:
        assert type(n) is int
        return x**n

    assert cg.grad(power)(3.0, 2) == 6.0


def test_jvp_wants_a_tangent_for_each_primal() -> None:
    with pytest.raises(ValueError, match="2 primals but 1 tangent: give one for each"):
        cg.jvp(five_nodes, (2.0, 1.0), (1.0,))


@pytest.mark.parametrize("result", [None, "x", (1.0, 2.0), [cg.variable(1.0)]])
@pytest.mark.parametrize(
    "differentiate",
    [
        lambda f: cg.grad(f)(2.0),
        lambda f: cg.value_and_grad(f)(2.0),
    ],
)
def test_a_function_must_give_a_number(
    differentiate: Callable[[Callable[..., Any]], Any], result: Any
) -> None:
    with pytest.raises(TypeError, match=r"the function's result is .* where a number belongs"):
        differentiate(lambda x: result)


@pytest.mark.parametrize("result", [None, "x", (1.0, None), [cg.variable(1.0), "x"], {"a": "x"}])
@pytest.mark.parametrize(
    "differentiate", [lambda f: cg.vjp(f, 2.0), lambda f: cg.jvp(f, (2.0,), (1.0,))]
)
def test_or_numbers_in_a_tree_in_both_modes(
    differentiate: Callable[[Callable[..., Any]], Any], result: Any
) -> None:
    with pytest.raises(TypeError, match=r"the function's result is .* where a number belongs"):
        differentiate(lambda x: result)


# --- Finite differences ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (math.sin, 0.3, math.cos(0.3)),
        (math.exp, 5.0, math.exp(5.0)),
        (lambda x: x * x, 1e6, 2e6),
        (lambda x: 3.0 * x, 0.0, 3.0),
    ],
)
def test_a_finite_difference_is_good_to_nine_digits(
    f: Callable[[float], float], x: float, slope: float
) -> None:
    assert finite_difference(f, x) == pytest.approx(slope, rel=1e-9)


@TEXTBOOK
def test_gradcheck_agrees(
    f: Callable[..., Any], inputs: tuple[float, ...], value: float, slopes: tuple[float, ...]
) -> None:
    if inputs != (0.0,):  # relu has a kink there
        report = cg.gradcheck(f, *inputs)
        assert report
        assert repr(report).startswith("gradient and finite differences agree")


@pytest.fixture
def wrong() -> Callable[[Any], Any]:
    """A sine whose partial is off by a tenth of a percent."""
    row = replace(OPS["sin"], partials=(parse("1.001 * cos(x)", ["x", "out"]),))
    return lambda x: apply(row, x)


def test_gradcheck_finds_a_wrong_partial_and_names_the_argument(
    wrong: Callable[[Any], Any],
) -> None:
    report = cg.gradcheck(lambda x, y: x * x + wrong(y), 2.0, 0.0)
    assert not report
    assert (report.operand, report.index) == (1, ())
    assert repr(report) == (
        "gradient and finite differences do NOT agree; furthest apart for argument 1, "
        "at y = 0: gradient 1.001, finite difference 1, off by 0.001"
    )


def test_gradcheck_names_the_entry(wrong: Callable[[Any], Any]) -> None:
    x = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    report = cg.gradcheck(lambda x: np.sum(np.cos(x)) + wrong(x[1, 2]), x)
    assert not report
    assert report.index == (1, 2)
    assert "argument 0, at x[1, 2] = 0.6: " in repr(report)


def test_gradcheck_leaves_its_inputs_alone() -> None:
    x = np.array([1.0, 2.0])
    assert cg.gradcheck(lambda x: (x * x).sum(), x)
    assert x.tolist() == [1.0, 2.0]


def test_gradcheck_objects_to_nan() -> None:
    with pytest.warns(cg.DomainWarning):
        assert not cg.gradcheck(lambda x: cg.log(x), -1.0)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [((), "at least one input"), ((np.ones(0),), "at least one entry")],
)
def test_gradcheck_needs_something_to_check(inputs: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cg.gradcheck(lambda *x: 1.0, *inputs)


def test_depth_costs_no_recursion() -> None:
    def chain(x: Any) -> Any:
        for _ in range(5_000):
            x = x * 1.0
        return x

    assert cg.grad(chain)(2.0) == 1.0
    assert cg.jvp(chain, (2.0,), (1.0,)) == (2.0, 1.0)


def test_an_operand_used_twice_among_three_counts_twice_and_no_more() -> None:
    assert cg.grad(lambda x: cg.where(x > 0, x, x) * 2)(3.0) == 2.0
    assert cg.grad(lambda x: cg.where(x > 0, x * x, x))(3.0) == 6.0


@pytest.mark.parametrize(
    ("f", "x", "second"),
    [
        (lambda x: x**3, 2.0, 12.0),
        (lambda x: cg.sin(x) * x, 1.2, 2 * math.cos(1.2) - 1.2 * math.sin(1.2)),
        (lambda x: cg.exp(x * x), 0.5, (2 + 4 * 0.25) * math.exp(0.25)),
        (lambda x: 1 / x, 2.0, 0.25),
        (lambda x: cg.relu(x) * x, 2.0, 2.0),
    ],
)
def test_derivatives_of_derivatives(f: Callable[[Any], Any], x: float, second: float) -> None:
    assert cg.grad(cg.grad(f))(x) == pytest.approx(second, rel=1e-12)
    forward_over_reverse = cg.jvp(cg.grad(f), (x,), (1.0,))[1]
    assert forward_over_reverse == pytest.approx(second, rel=1e-12)
    reverse_over_forward = cg.grad(lambda x: cg.jvp(f, (x,), (1.0,))[1])(x)
    assert reverse_over_forward == pytest.approx(second, rel=1e-12)


def test_an_inner_derivative_knows_the_outer_variable() -> None:
    # d/dx of x · d/dy(x·y) is d/dx of x², at any y.
    assert cg.grad(lambda x: x * cg.grad(lambda y: x * y)(3.0))(2.0) == 4.0


def test_five_derivatives_deep() -> None:
    f: Callable[[Any], Any] = cg.sin
    for expected in (math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin, math.cos):
        f = cg.grad(f)
        assert f(0.7) == pytest.approx(expected(0.7), rel=1e-12)


def test_second_derivatives_of_a_power_at_the_exponent_zero() -> None:
    # ∂/∂x x^y = y x^(y-1) is 0 there, but its slope along y is x^(y-1).
    slopes = cg.grad(cg.grad(lambda x, y: x**y, 0), (0, 1))(2.0, 0.0)
    assert slopes == pytest.approx((0.0, 0.5), rel=1e-15)
    slopes = cg.grad(cg.grad(lambda x, y: x**y, 1), (0, 1))(2.0, 0.0)
    assert slopes == pytest.approx((0.5, math.log(2) ** 2), rel=1e-15)
    assert cg.grad(lambda x, y: x**y, (0, 1))(0.0, 0.0) == (0.0, 0.0)


def test_gradcheck_gives_the_function_what_the_engine_would() -> None:
    assert cg.gradcheck(lambda x: x.sum(), 2.0)
    assert cg.gradcheck(lambda x: x**2, 1e150)
    logits = np.array([[1.0, 2.0, 0.5], [0.1, 0.2, 0.3]])
    assert cg.gradcheck(cg.cross_entropy, logits, np.array([2, 0]))
    assert cg.gradcheck(lambda x, i: x[i].sum(), np.array([1.0, 2.0]), np.array([1, 1]))
    with pytest.raises(ValueError, match="at least one input of floats"):
        cg.gradcheck(lambda i: i.sum(), np.array([1, 2]))


def test_an_op_calls_its_operand_by_the_rows_name() -> None:
    assert "at x = 1:" in repr(cg.gradcheck(cg.sin, 1.0))
    with pytest.raises(TypeError, match="^x is 'a'"):
        cg.grad(cg.sin)("a")


@pytest.mark.parametrize(
    "f",
    [lambda x: x * [1.0, 2.0], lambda x: cg.cross_entropy(x, [0, 1]), lambda x: cg.variable([1.0])],
)
def test_a_list_is_told_to_become_an_array(f: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"where a number belongs: make it an array, np\.array"):
        f(cg.variable(np.eye(2)))


def test_a_jacobian_is_with_respect_to_one_argument() -> None:
    with pytest.raises(TypeError, match=r"argnums=\(0, 1\): a Jacobian is with respect to one"):
        cg.jacobian(lambda x, y: x * y, (0, 1))  # type: ignore[arg-type]


# --- Results of several parts ---------------------------------------------------------------------


def parts(x: Any, y: Any) -> Any:
    return {"product": x * y, "both": (x + y, [cg.sin(x), 7.0])}


def test_forward_mode_of_a_result_in_a_tree_has_a_tree_of_tangents() -> None:
    value, tangent = cg.jvp(parts, (2.0, 5.0), (1.0, 10.0))
    assert value == {"product": 10.0, "both": (7.0, [math.sin(2.0), 7.0])}
    # By hand: 5 · 1 + 2 · 10, 1 + 10, cos 2 · 1, and a constant.
    assert tangent == {"product": 25.0, "both": (11.0, [math.cos(2.0), 0.0])}
    assert cg.jvp(lambda x: (x,), (2.0,), (1.0,)) == ((2.0,), (1.0,))
    assert cg.jvp(lambda x: (), (2.0,), (1.0,)) == ((), ())


def test_reverse_mode_of_a_result_in_a_tree_takes_a_tree_of_adjoints() -> None:
    value, pull_back = cg.vjp(parts, 2.0, 5.0)
    assert value == {"product": 10.0, "both": (7.0, [math.sin(2.0), 7.0])}
    adjoints = pull_back({"product": 10.0, "both": (100.0, [1000.0, 1.0])})
    assert adjoints == pytest.approx((150.0 + 1000.0 * math.cos(2.0), 120.0), rel=1e-14)
    assert cg.vjp(lambda x: (), 2.0)[1](()) == (0.0,)


def test_trees_of_arrays_in_both_modes_belong_together() -> None:
    def f(x: Any) -> Any:
        return x * x, cg.sum(x), x[::-1]

    x, x_dot = np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.3])
    bars = np.array([1.0, -1.0, 2.0]), 5.0, np.array([7.0, 8.0, 9.0])
    value, tangents = cg.jvp(f, (x,), (x_dot,))
    (x_bar,) = cg.vjp(f, x)[1](bars)
    assert [np.asarray(part).tolist() for part in value] == [[1, 4, 9], 6, [3, 2, 1]]
    # ⟨out_bar, out_dot⟩ = ⟨x_bar, x_dot⟩
    forwards = sum(float(np.sum(bar * dot)) for bar, dot in zip(bars, tangents, strict=True))
    assert float(x_bar @ x_dot) == pytest.approx(forwards, rel=1e-14)
    assert x_bar.tolist() == [2 + 5 + 9, -4 + 5 + 8, 12 + 5 + 7]


def test_trees_inside_another_derivative() -> None:
    def along(x: Any) -> Any:
        cube, square = cg.jvp(lambda x: (x**3, x**2), (x,), (1.0,))[1]
        return cube + square

    def back(x: Any) -> Any:
        return cg.vjp(lambda x: [x**3, x**2], x)[1]([1.0, 1.0])[0]

    for first in (along, back):  # 3x² + 2x, so 6x + 2
        assert cg.grad(first)(2.0) == pytest.approx(14.0)


@pytest.mark.parametrize(
    ("out_bar", "message"),
    [
        (1.0, r"the result is a tuple of 2 parts, so its adjoint is one too, not 1 \(float\)"),
        ((1.0,), r"the result is a tuple of 2 parts, so its adjoint is one too, not \(1.0,\)"),
        ([1.0, {"a": 1.0}], "the result is a tuple of 2 parts"),
        ((1.0, {"b": 1.0}), r"the result is a dict of 1 part, 'a', so its adjoint is one too"),
    ],
)
def test_an_adjoint_of_another_form_is_refused(out_bar: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        cg.vjp(lambda x: (x, {"a": x}), 2.0)[1](out_bar)


@pytest.mark.parametrize("given", [2.0, np.array([2.0]), {"x": 2.0}])
def test_jvp_wants_its_primals_and_tangents_in_tuples(given: Any) -> None:
    with pytest.raises(TypeError, match=r"primals is .*, and it must be a tuple, one for each"):
        cg.jvp(lambda x: x, given, (1.0,))
    with pytest.raises(TypeError, match=r"tangents is .*, and it must be a tuple, one for each"):
        cg.jvp(lambda x: x, (2.0,), given)
