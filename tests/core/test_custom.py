"""An op from Python functions: the engine knows it by its value and its vjp alone."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg


def cube_of() -> Any:
    @cg.custom_op
    def cube(x: Any) -> Any:
        return x**3

    @cube.vjp
    def cube_vjp(out_bar: Any, out: Any, x: Any) -> Any:
        return out_bar * 3 * x**2

    return cube


def product_of() -> Any:
    @cg.custom_op
    def product(x: Any, y: Any) -> Any:
        return x @ y

    @product.vjp
    def product_vjp(out_bar: Any, out: Any, x: Any, y: Any) -> Any:
        return out_bar @ y.T, x.T @ out_bar

    return product


# x ** 3 at 2: by hand 8, 12, 12, 6
DERIVATIVES: list[tuple[Callable[[Any], Any], float]] = [
    (lambda f: f(2.0), 8.0),
    (lambda f: cg.grad(f)(2.0), 12.0),
    (lambda f: cg.grad(cg.grad(f))(2.0), 12.0),
    (lambda f: cg.grad(cg.grad(cg.grad(f)))(2.0), 6.0),
    (lambda f: cg.jvp(f, (2.0,), (1.0,))[1], 12.0),
    (lambda f: cg.jvp(cg.grad(f), (2.0,), (1.0,))[1], 12.0),
    (lambda f: cg.grad(lambda x: cg.jvp(f, (x,), (1.0,))[1])(2.0), 12.0),
    (lambda f: cg.vjp(f, 2.0)[1](1.0)[0], 12.0),
    (lambda f: cg.hessian(f)(2.0), 12.0),
    (lambda f: cg.grad(cg.function(f))(2.0), 12.0),
    (lambda f: cg.value_and_grad(f).compile(2.0)(2.0)[1], 12.0),
    (lambda f: cg.grad(cg.grad(cg.function(f)))(2.0), 12.0),
]


@pytest.mark.parametrize(("derivative", "by_hand"), DERIVATIVES)
def test_every_derivative_of_a_number(derivative: Callable[[Any], Any], by_hand: float) -> None:
    assert derivative(cube_of()) == pytest.approx(by_hand, rel=1e-15)


def test_both_modes_on_arrays() -> None:
    cube = cube_of()
    x = np.array([0.0, 1.0, -2.0])
    assert np.diag(cg.jacobian(cube)(x)).tolist() == [0.0, 3.0, 12.0]
    _, x_dot = cg.jvp(cube, (x,), (np.ones(3),))
    assert x_dot.tolist() == [0.0, 3.0, 12.0]
    assert np.diag(cg.hessian(lambda x: cube(x).sum())(x)).tolist() == [0.0, 6.0, -12.0]


def test_two_operands_against_the_engines_own_op() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    x_dot, y_dot = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    product = product_of()
    for f in (product, lambda x, y: product(x, y) * product(x, 2 * y)):

        def own(x: Any, y: Any, f: Any = f) -> Any:
            return x @ y if f is product else (x @ y) * (x @ (2 * y))

        ours = cg.jvp(f, (x, y), (x_dot, y_dot))
        theirs = cg.jvp(own, (x, y), (x_dot, y_dot))
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-14)
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12)
    assert cg.gradcheck(product, x, y)


def test_its_rule_runs_once_for_all_operands() -> None:
    calls = []

    def both(out_bar: Any, out: Any, x: Any, y: Any) -> Any:
        calls.append(out)
        return out_bar * y, out_bar * x

    times = cg.custom_op(lambda x, y: x * y, vjp=both)
    assert cg.grad(times, (0, 1))(2.0, 5.0) == (5.0, 2.0)
    assert calls == [10.0]


def test_it_may_compute_outside_the_engine() -> None:
    @cg.custom_op
    def gamma(x: Any) -> Any:
        return math.gamma(x)

    @gamma.vjp
    def gamma_vjp(out_bar: Any, out: Any, x: Any) -> Any:
        h = 1e-6
        return out_bar * (math.gamma(x + h) - math.gamma(x - h)) / (2 * h)

    # Γ'(1) is minus Euler's constant.
    assert cg.grad(gamma)(1.0) == pytest.approx(-0.5772156649, rel=1e-8)
    assert cg.grad(lambda x: gamma(2.0 * x))(0.5) == pytest.approx(-2 * 0.5772156649, rel=1e-8)


def test_no_derivative_for_an_operand_is_zero() -> None:
    scaled = cg.custom_op(lambda x, k: x * round(k), vjp=lambda out_bar, out, x, k: (out_bar, None))
    assert cg.grad(scaled, (0, 1))(2.0, 1.2) == (1.0, 0.0)


def test_in_a_graph_it_has_partials_paths_and_all_engines() -> None:
    cube = cube_of()
    graph = cg.trace(lambda a, b: cube(a * b) + a, a=1.0, b=2.0)
    assert graph.partial("v1", "v2") == 12.0
    assert [path.product for path in graph.path_sum("a").paths] == [24.0, 1.0]
    for engine in ("reverse", "forward", "paths"):
        assert graph.gradient(engine=engine) == {"a": 25.0, "b": 12.0}
    assert graph.gradient(engine="finite_difference")["a"] == pytest.approx(25.0, rel=1e-8)
    assert graph.at(a=2.0).gradient()["a"] == 97.0
    assert "v2 = cube(v1)" in str(graph.draw())
    assert not graph.is_live
    with pytest.raises(ValueError, match=r"v2 = cube\(v1\) is no formula that a browser"):
        cg.Explorer(graph)
    assert isinstance(graph.explore(), cg.ArrayExplorer)


def test_compiled_code_calls_it() -> None:
    cube = cube_of()
    static = cg.function(lambda a: cube(a) + cube(a))
    assert static(2.0) == 16.0
    assert static(3.0) == 54.0
    assert static.traces == 1
    assert "# cube(a)" in static.source
    assert "merged" in static.source  # the second one is the first


def test_what_the_engine_holds_is_its_own() -> None:
    kept = np.zeros(2)

    @cg.custom_op
    def shift(x: Any) -> Any:
        kept[:] = x + 1
        return kept

    x = cg.variable(np.array([1.0, 2.0]))
    first = shift(x)
    shift(x * 10)
    assert first.value.tolist() == [2.0, 3.0]
    assert kept.tolist() == [11.0, 21.0]


def test_a_rule_that_is_changed_counts_from_then_on() -> None:
    double = cg.custom_op(lambda x: 2 * x, vjp=lambda out_bar, out, x: out_bar)
    assert not cg.gradcheck(double, 1.0)
    double.vjp(lambda out_bar, out, x: 2 * out_bar)
    assert cg.gradcheck(double, 1.0)


def test_a_rule_that_comes_late_counts_for_what_was_recorded_before() -> None:
    cube = cg.custom_op(lambda x: x**3)
    f = cg.function(lambda x: cube(x) * 2)
    assert f(2.0) == 16.0
    x = cg.variable(2.0)
    y = cube(x)
    cube.vjp(lambda out_bar, out, x: out_bar * 3 * x**2)
    assert cg.gradient(y, [x]) == (12.0,)
    assert cg.grad(f)(2.0) == 24.0


def test_operands_by_name() -> None:
    assert cube_of()(x=cg.variable(2.0)).value == 8.0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (None, "gram has no vjp yet, so it can't be differentiated: define one with @gram.vjp"),
        (lambda out_bar, out, x, y: out_bar, "gives 1 adjoint for 2 operands: return one"),
        (
            lambda out_bar, out, x, y: (out_bar * x, out_bar),
            r"the adjoint of y that the vjp of gram gives has shape \(\); y has shape \(3,\)",
        ),
        (lambda out_bar, out, x, y: ("x", 1.0), "the adjoint of x .* is 'x' .str. where a number"),
    ],
)
def test_a_rule_that_does_not_fit(rule: Any, message: str) -> None:
    def gram(x: Any, y: Any) -> Any:
        return x @ y

    x = np.ones(3)
    with pytest.raises((ValueError, TypeError), match=message):
        cg.grad(cg.custom_op(gram, vjp=rule), (0, 1))(x, x)


def test_too_many_adjoints_for_one_operand() -> None:
    double = cg.custom_op(lambda x: 2 * x, vjp=lambda out_bar, out, x: (out_bar, out_bar))
    with pytest.raises(ValueError, match="gives 2 adjoints for 1 operand: return one"):
        cg.grad(double)(1.0)


def test_a_result_that_is_no_number() -> None:
    with pytest.raises(TypeError, match="the result of name is 'x' .str. where a number belongs"):
        cg.custom_op(name)(cg.variable(1.0))


def name(x: Any) -> Any:
    return "x"


def test_gradcheck_says_which_operand_where_and_how_far_off() -> None:
    def wrong(out_bar: Any, out: Any, x: Any, y: Any) -> Any:
        slope = x.copy()
        slope[1] += 0.5
        return out_bar * y, out_bar * slope

    times = cg.custom_op(lambda x, y: x * y, vjp=wrong)
    report = cg.gradcheck(times, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert (report.ok, report.operand, report.name, report.index) == (False, 1, "y", (1,))
    assert report.at == 4.0
    # The second of two entries has the weight 1 + 1/2: 1.5 · 2.5 against 1.5 · 2.
    assert "argument 1, at y[1] = 4: gradient 3.75, finite difference 3, off by 0.75" in repr(
        report
    )


def forgetful(x: Any) -> Any:
    """An op whose vjp is right as long as the adjoint that arrives is 1."""
    cube = cg.custom_op(lambda x: x**3, vjp=lambda out_bar, out, x: 3 * x**2)
    return cube(x)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (forgetful, 2.0),
        (forgetful, np.array([2.0])),
        (lambda x: forgetful(x).sum(), np.array([2.0, 0.0])),
        (lambda x: 5.0 + forgetful(x), 2.0),
    ],
)
def test_gradcheck_catches_a_rule_that_forgets_the_adjoint(f: Any, x: Any) -> None:
    report = cg.gradcheck(f, x)
    assert not report
    assert (report.seed, report.gradient) == (-0.5, 12.0)
    assert report.finite_difference == pytest.approx(-6.0)
    assert repr(report).startswith(
        "gradient and finite differences do NOT agree with out_bar = -0.5 at the result; "
    )
    assert repr(report).endswith(
        "gradient 12, finite difference -6, off by 18. "
        "With out_bar = 1 they agree: does a vjp forget to multiply by out_bar?"
    )


def test_gradcheck_catches_a_rule_for_adjoints_above_zero_only() -> None:
    guided = cg.custom_op(
        lambda x: x**3, vjp=lambda out_bar, out, x: cg.maximum(out_bar, 0.0) * 3 * x**2
    )
    assert not cg.gradcheck(guided, 2.0)


def test_gradcheck_of_a_right_rule_tells_of_the_gradient_itself() -> None:
    report = cg.gradcheck(cube_of(), 2.0)
    assert report
    assert (report.seed, report.gradient) == (1.0, 12.0)
    assert cg.gradcheck(cube_of(), 1e102)  # its value is near the largest float
