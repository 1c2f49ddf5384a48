"""Static graphs: when a function is traced, what its compiled code says, and what goes wrong."""

import copy
import math
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.cell import Cell
from cgraph_edu.core.function import Function


def five_nodes(a: Any, b: Any) -> Any:
    c = a + b
    d = b + 1
    e = c * d
    return e  # noqa: RET504, a name for the source to show


# --- When it is traced ---------------------------------------------------------------------------


def test_a_side_effect_runs_on_the_trace_only(capsys: pytest.CaptureFixture[str]) -> None:
    @cg.function
    def f(a: Any, b: Any) -> Any:
        print("tracing")
        return five_nodes(a, b)

    assert [f(2.0, 1.0), f(3.0, 5.0), f(2.0, b=1.0), f(a=0.0, b=0.0)] == [6.0, 48.0, 6.0, 0.0]
    assert cg.value_and_grad(f, (0, 1))(2.0, 1.0) == (6.0, (2.0, 5.0))
    assert cg.grad(f, (0, 1))(2.0, 1.0) == (2.0, 5.0)
    assert capsys.readouterr().out == "tracing\n"
    assert f.traces == 1


def test_whole_numbers_and_other_python_values_count_by_value() -> None:
    @cg.function
    def power(x: Any, n: int, name: str = "sin") -> Any:
        for _ in range(n):
            x = x * getattr(cg, name)(x)
        return x

    for n in (1, 2, 1):
        assert power(0.5, n) == power.__wrapped__(cg.variable(0.5), n).value  # type: ignore[attr-defined]
    assert power.traces == 2
    power(0.5, 1, name="cos")
    power(0.5, n=1, name="cos")
    assert power.traces == 3
    assert power(0.5, True) == power(0.5, 1)
    assert power.traces == 4, "True is not the number 1"


def test_whole_numbers_that_take_a_gradient_are_inputs() -> None:
    f = cg.function(lambda x: x * x)
    assert [cg.grad(f)(3), cg.grad(f)(4), cg.grad(f)(5.0)] == [6.0, 8.0, 10.0]
    assert f.traces == 1


def test_arrays_count_by_shape_and_type() -> None:
    f = cg.function(lambda x: (x * x).sum())
    for x in (np.ones(3), np.zeros(3), np.ones(4), np.ones((3, 1)), np.ones(3, np.float32), 2.0):
        if isinstance(x, np.ndarray):
            assert f(x) == float((x * x).sum())
    assert f.traces == 4
    assert f(np.float64(2.0) * np.ones(3)) == 12.0
    assert f.traces == 4


def test_numbers_of_numpy_count_as_floats() -> None:
    f = cg.function(five_nodes)
    assert f(np.float64(2.0), np.float32(1.0)) == f(2.0, np.array(1.0)) == f(2.0, 1.0) == 6.0
    assert type(f(np.float64(2.0), 1.0)) is float
    assert f.traces == 1


@cg.function
def piecewise(x: Any) -> Any:
    if x > 1:
        return x * 2
    if x > 0:
        return cg.log(x)
    return -x


def test_each_branch_has_its_trace() -> None:
    inputs = (2.0, 0.5, -1.0, 3.0, 0.25, -2.0, 1.0)
    assert [piecewise(x) for x in inputs] == [
        *(4.0, math.log(0.5), 1.0, 6.0, math.log(0.25), 2.0, 0.0)
    ]
    assert [cg.grad(piecewise)(x) for x in inputs] == [2.0, 2.0, -1.0, 2.0, 4.0, -1.0, 1.0]
    assert piecewise.traces == 3


def test_loops_that_depend_on_a_number() -> None:
    @cg.function
    def halve(x: Any) -> Any:
        while x > 1:
            x = x / 2
        return x

    assert [halve(x) for x in (8.0, 5.0, 0.5, 7.0, 6.0)] == [1.0, 0.625, 0.5, 0.875, 0.75]
    assert [cg.grad(halve)(x) for x in (7.0, 3.0)] == [0.125, 0.25]
    assert halve.traces == 3, "one for each number of halvings"


def test_whole_parts_and_indices_are_guards() -> None:
    f = cg.function(lambda x: x * int(x))
    assert [f(2.5), f(2.75), f(3.5), f(-2.5)] == [5.0, 5.5, 10.5, 5.0]
    assert f.traces == 3


def test_masks_are_guards() -> None:
    f = cg.function(lambda x: x[x > 0].sum())
    x = np.array([1.0, -2.0, 3.0])
    assert [f(x), f(2 * x), f(-x)] == [4.0, 8.0, 2.0]
    assert f.traces == 2
    assert cg.grad(f)(x).tolist() == [1.0, 0.0, 1.0]


def test_it_can_call_itself() -> None:
    @cg.function
    def factorial(x: Any, n: int) -> Any:
        return x if n == 1 else (x - (n - 1)) * factorial(x, n - 1)

    assert factorial(4.0, 4) == factorial.__wrapped__(4.0, 4) == 24.0  # type: ignore[attr-defined]


def test_as_a_method() -> None:
    class Line:
        slope = 3.0

        @cg.function
        def at(self, x: Any) -> Any:
            return self.slope * x

    line = Line()
    assert line.at(2.0) == 6.0
    assert cg.grad(line.at)(2.0) == 3.0


# --- Arguments and results of several numbers ----------------------------------------------------


def network(parameters: Any, x: Any) -> Any:
    for w, b in parameters["layers"]:
        x = cg.tanh(x @ w + b)
    return {"loss": (x * x).mean() * parameters["scale"], "out": [x]}


def test_trees_of_arguments_and_results() -> None:
    random = np.random.default_rng(0)
    layers = [(random.normal(size=(3, 4)), np.zeros(4)), (random.normal(size=(4, 2)), np.ones(2))]
    parameters, x = {"layers": layers, "scale": 0.5}, random.normal(size=(5, 3))
    f = cg.function(network)
    found, expected = f(parameters, x), network(parameters, x)
    assert found.keys() == expected.keys()
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-15)
    np.testing.assert_array_equal(found["out"][0], expected["out"][0])

    loss = cg.function(lambda p, x: network(p, x)["loss"])
    value, gradient = cg.value_and_grad(loss)(parameters, x)
    dynamic = cg.grad(loss.__wrapped__)(parameters, x)  # type: ignore[attr-defined]
    assert value == found["loss"]
    assert gradient["scale"] == pytest.approx(dynamic["scale"], rel=1e-12)
    for ours, theirs in zip(gradient["layers"], dynamic["layers"], strict=True):
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12)
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-12)
    bare = cg.value_and_grad(loss).compile(parameters, x)
    assert bare(parameters, x)[0] == value
    f(parameters, x)
    assert (f.traces, loss.traces) == (1, 1)


def test_float32_stays_float32() -> None:
    f = cg.function(lambda x, y: (cg.relu(x) * y).sum())
    x = np.array([1.0, -1.0], np.float32)
    x_bar, y_bar = cg.grad(f, (0, 1))(x, x)
    assert (x_bar.dtype, y_bar.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(x_bar, [1.0, 0.0])
    np.testing.assert_array_equal(y_bar, [1.0, 0.0])


def test_results_are_the_callers_to_write_into() -> None:
    f = cg.function(lambda x, y: (x + y).sum())
    x_bar, y_bar = cg.grad(f, (0, 1))(np.ones(2), np.ones(2))
    x_bar += 1.0
    np.testing.assert_array_equal(y_bar, [1.0, 1.0])
    np.testing.assert_array_equal(cg.grad(f, (0, 1))(np.ones(2), np.ones(2))[0], [1.0, 1.0])
    g = cg.function(lambda x: [x * 2, np.zeros(2)])
    g(np.ones(2))[1][:] = 7.0
    np.testing.assert_array_equal(g(np.ones(2))[1], [0.0, 0.0])


def test_an_array_that_was_traced_may_change_afterwards() -> None:
    x = np.ones(2)
    f = cg.function(lambda x: (x * x).sum())
    f(x)
    x[:] = 3.0
    assert f(x) == 18.0
    assert f.graph.output.value == 2.0


def test_a_result_that_depends_on_nothing() -> None:
    assert cg.function(lambda x: 7.0)(1.0) == 7.0
    f = cg.function(lambda x, y: x * 3)
    assert cg.value_and_grad(f, (0, 1))(2.0, 5.0) == (6.0, (3.0, 0.0))
    zero = cg.grad(f, 1)(2.0, np.ones(2))
    np.testing.assert_array_equal(zero, [0.0, 0.0])
    assert cg.value_and_grad(cg.function(lambda x: 7.0))(1.0) == (7.0, 0.0)


# --- The compiled source -------------------------------------------------------------------------


def body(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines()]


def test_the_source_has_one_line_for_each_operation_in_the_learners_names() -> None:
    f = cg.function(five_nodes)
    f(2.0, 1.0)
    assert f.source == (
        "def five_nodes(a, b):\n    c = a + b\n    d = b + 1.0\n    e = c * d\n    return e\n"
    )
    cg.value_and_grad(f, (0, 1))(2.0, 1.0)
    assert "def value_and_gradient_of_five_nodes(a, b):" in f.source
    assert "return (e, (a_bar, b_bar))" in f.source


def test_what_is_merged_folded_and_dropped_shows() -> None:
    @cg.function
    def f(a: Any, b: Any) -> Any:
        c = a + b
        again = b + a
        one = c * 1
        unused = cg.sin(a)  # noqa: F841
        constant = one**0
        return one * again + constant

    assert f(2.0, 3.0) == 26.0
    assert body(f.source) == [
        "# merged: again = b + a is c",
        "# folded: one = c * 1 is c",
        "# folded: constant = c ** 0 is 1",
        "# dropped: unused = sin(a)",
        "def f(a, b):",
        "c = a + b",
        "v1 = c * c",
        "v2 = v1 + 1.0",
        "return v2",
    ]


def test_a_guard_shows() -> None:
    f = cg.function(lambda x: x * 2 if x > 1 else x)
    f(3.0)
    assert "if not x > 1.0: return failed(0)  # guard: x > 1" in f.source
    f(0.0)
    assert "if x > 1.0: return failed(0)  # guard: x <= 1" in f.source


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: 0 + x, -0.0),
        (lambda x: x - -0.0, -0.0),
        (lambda x: 1 / (x + 0), -0.0),
        (lambda x: 1 / (x - 0), -0.0),
        (lambda x: 1 / (x * 1), -0.0),
        (lambda x: x * 0, math.inf),
        (lambda x: x - x, math.inf),
        (lambda x: x**0, math.nan),
    ],
)
def test_nothing_is_folded_that_is_not_exact(f: Callable[..., Any], x: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn_explicit", lambda *arguments: None)
        assert repr(cg.function(f)(x)) == repr(f(cg.variable(x)).value)


@pytest.mark.parametrize("name", ["exp", "np", "v1", "failed", "by_engine", "lambda_", "inf"])
def test_any_name_will_do(name: str) -> None:
    scope: dict[str, Any] = {"cg": cg}
    exec(f"def f({name}, t):\n v2 = cg.exp({name})\n t_bar = v2 * t / 2\n return t_bar", scope)
    f = cg.function(scope["f"])
    assert f(0.0, 2.0) == 1.0
    assert cg.grad(f, (0, 1))(0.0, 2.0) == (1.0, 0.5)


@pytest.mark.parametrize("name", ["exp", "power", "np", "failed", "by_engine", "lambda_", "exp_op"])
def test_any_name_will_do_for_the_function_itself(name: str) -> None:
    scope: dict[str, Any] = {"cg": cg}
    exec(f"def {name}(x):\n return cg.exp(x) * x ** 0.5 / x", scope)
    f = cg.function(scope[name])
    assert f(4.0) == pytest.approx(math.exp(4.0) / 2, rel=1e-15)
    assert cg.grad(f)(4.0) == pytest.approx(math.exp(4.0) * (0.5 - 1 / 16), rel=1e-14)
    x = np.array([4.0])
    assert f(x) == pytest.approx(np.exp(x) / 2, rel=1e-15)


def test_names_stay_the_learners() -> None:
    @cg.function
    def power(x: Any, log: Any) -> Any:
        sign = x**2.5
        power = sign * log
        return power  # noqa: RET504, a name for the source to show

    assert power(4.0, 2.0) == 64.0
    assert power.source == (
        "def power(x, log):\n    sign = pow(x, 2.5)\n    power = sign * log\n    return power\n"
    )


def test_what_the_code_calls_keeps_its_name() -> None:
    @cg.function
    def exp(x: Any) -> Any:
        sin = cg.sin(x)
        return cg.exp(sin)

    assert exp(0.0) == 1.0
    assert body(exp.source) == ["def exp_1(x):", "sin_1 = sin(x)", "v1 = exp(sin_1)", "return v1"]


@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
def test_the_source_is_free_of_what_python_cannot_compute() -> None:
    @cg.function
    def ratio(x: Any, y: Any) -> Any:
        z = x / y
        return z  # noqa: RET504, a name for the source to show

    plain = "def ratio(x, y):\n    z = x / y\n    return z\n"
    assert ratio(1.0, 2.0) == 0.5
    assert ratio.source == plain
    assert ratio(1.0, 0.0) == math.inf
    assert cg.grad(ratio)(1.0, 0.0) == math.inf
    assert ratio.compile(1.0, 2.0)(-1.0, 0.0) == -math.inf
    assert "try" not in ratio.source
    x, y = np.array([1.0, 2.0]), np.array([0.0, 1.0])
    assert ratio(x, y).tolist() == [math.inf, 2.0]
    assert ratio.source == plain


def test_the_graph_of_the_latest_trace() -> None:
    f = cg.function(five_nodes)
    f(2.0, 1.0)
    graph = f.graph
    assert [node.name for node in graph.nodes] == ["a", "b", "c", "d", "e"]
    assert graph.gradient() == {"a": 2.0, "b": 5.0}
    f = cg.function(lambda x: x * 2 if x > 1 else x)
    f(2.0)
    with pytest.raises(cg.GuardError, match="this graph was recorded for x > 1"):
        f.graph.at(x=0.0)


# --- The bare callable ---------------------------------------------------------------------------


def test_the_bare_callable_checks_its_guards() -> None:
    bare = piecewise.compile(2.0)
    assert bare(5.0) == 10.0
    with pytest.raises(cg.GuardError, match=r"compiled for x > 1; .* Call piecewise itself"):
        bare(0.5)
    slope = cg.grad(piecewise).compile(0.5)
    assert slope(0.25) == 4.0
    with pytest.raises(cg.GuardError, match="compiled for x > 0"):
        slope(-1.0)


def test_any_function_compiles_its_gradient() -> None:
    assert cg.value_and_grad(five_nodes, (0, 1)).compile(0, 0)(2.0, 1.0) == (6.0, (2.0, 5.0))
    assert cg.grad(five_nodes, argnums=-1).compile(2.0, 1.0)(2.0, 1.0) == 5.0
    assert cg.function(five_nodes).compile(0.0, 0.0)(2.0, 1.0) == 6.0


def test_infinity_and_nan_come_out_as_ieee_has_them() -> None:
    f = cg.function(lambda x: 1 / x)
    assert f(1.0) == 1.0
    with pytest.warns(cg.DomainWarning, match=r"1 / x is inf at x = 0"):
        assert f(0.0) == math.inf
    with pytest.warns(cg.DomainWarning, match=r"1 / x is inf at x = 0"):
        assert cg.value_and_grad(f)(0.0) == (math.inf, -math.inf)
    with pytest.warns(cg.DomainWarning, match=r"exp\(x\) is inf at x = 1000"):
        assert cg.function(lambda x: cg.exp(x)).compile(1.0)(1000.0) == math.inf
    assert f(1.0) == 1.0
    assert f.traces == 1
    squared = cg.function(lambda x: x * x)
    assert squared(1e200) == math.inf
    assert math.isnan(squared(math.nan))


def test_a_guard_that_is_nan_or_follows_a_division_by_zero() -> None:
    @cg.function
    def f(x: Any) -> Any:
        y = 1 / x
        return y if y > 0 else -y

    assert f(2.0) == 0.5
    with pytest.warns(cg.DomainWarning):
        assert f(0.0) == math.inf
    assert math.isnan(f(math.nan))
    with pytest.warns(cg.DomainWarning):
        assert f(-0.0) == math.inf
    assert f.traces == 2


# --- With Tensors --------------------------------------------------------------------------------


def test_inside_a_derivative_it_records_ordinary_operations() -> None:
    f = cg.function(lambda x: x**3 * cg.sin(x))
    plain = f.__wrapped__  # type: ignore[attr-defined]
    for derivative in (cg.grad(cg.grad(f)), cg.grad(lambda x: f(x) * f(x + 1))):
        derivative(0.5)
    assert cg.grad(cg.grad(f))(0.5) == pytest.approx(cg.grad(cg.grad(plain))(0.5), rel=1e-12)
    assert cg.jvp(f, (0.5,), (1.0,)) == pytest.approx(cg.jvp(plain, (0.5,), (1.0,)), rel=1e-12)
    assert f.traces == 1
    nested = cg.function(lambda x: cg.grad(f)(x) * x)
    assert nested(0.5) == pytest.approx(cg.grad(plain)(0.5) * 0.5, rel=1e-12)
    assert cg.grad(nested)(0.5) == pytest.approx(
        cg.grad(lambda x: cg.grad(plain)(x) * x)(0.5), rel=1e-12
    )


def test_a_tensor_from_outside_is_never_stale() -> None:
    w: Any = cg.variable(3.0, name="w")
    f = cg.function(lambda x: w * x)
    (slope,) = cg.gradient(f(2.0), [w])
    assert slope == 2.0
    w = cg.variable(5.0, name="w")
    assert f(2.0).value == 10.0
    assert cg.grad(f)(2.0).value == 5.0
    assert cg.grad(lambda v: cg.function(lambda x: x * v * v)(2.0))(3.0) == 12.0
    with pytest.raises(ValueError, match=r"<lambda> uses w, which it does not get as an argument"):
        f.compile(2.0)


def test_the_functions_own_names_stay_inside() -> None:
    source = (
        "%%cgraph\nimport cgraph_edu as cg\n@cg.function\ndef f(x):\n"
        "    inner = x * x\n    return inner\na = 2.0\nc = f(a)\nd = c + f(a)\n"
    )
    graph = Cell(source).run({"__name__": "__main__"}).graph()
    assert [node.name for node in graph.nodes] == ["a", "c", "v1", "d"]


def test_in_a_cell_it_is_drawn_and_its_guards_are_the_cells() -> None:
    source = (
        "%%cgraph\nimport cgraph_edu as cg\n@cg.function\ndef f(x, y):\n"
        "    return x * y if x > 0 else x + y\na = 2.0\nb = 3.0\nc = f(a, b) + f(b, a)\n"
    )
    run = Cell(source).run({"__name__": "__main__"})
    assert run.error is None
    graph = run.graph()
    assert graph.gradient() == {"a": 6.0, "b": 4.0}
    assert [node.name for node in graph.inputs] == ["a", "b"]
    assert graph.at(a=-1.0).gradient() == {"a": 4.0, "b": 0.0}


# --- Bad input -----------------------------------------------------------------------------------


def test_a_value_that_cannot_be_told_apart() -> None:
    @cg.function
    def f(x: Any, options: Any) -> Any:
        return x

    with pytest.raises(TypeError, match=r"f\(\): options\['names'\] is \{1\} \(set\)"):
        f(1.0, {"names": {1}})
    with pytest.raises(TypeError, match=r"f\(\): options\['names'\] is \{1\} \(set\)"):
        cg.grad(f)(1.0, {"names": {1}})


def test_another_form_of_the_arguments_is_another_trace() -> None:
    f = cg.function(lambda p: p[0] * (p[1] if len(p) > 1 else 2.0))
    assert [f((3.0, 4.0)), f((3.0,)), f([3.0, 4.0])] == [12.0, 6.0, 12.0]
    assert f.traces == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0,), r"five_nodes\(\): missing a required argument: 'b'"),
        ((1.0, 2.0, 3.0), r"five_nodes\(\): too many positional arguments"),
    ],
)
def test_a_wrong_number_of_arguments(arguments: tuple[float, ...], message: str) -> None:
    f = cg.function(five_nodes)
    for call in (f, cg.grad(f), f.compile, cg.grad(f).compile):
        with pytest.raises(TypeError, match=message):
            call(*arguments)
    with pytest.raises(TypeError, match="unexpected keyword argument 'd'"):
        f(1.0, 2.0, d=3.0)


def test_a_result_that_is_no_number() -> None:
    def forgotten(x: Any) -> Any:
        x * 2

    with pytest.raises(TypeError, match=r"forgotten gives None .* is a `return` missing"):
        cg.function(forgotten)(1.0)
    with pytest.raises(TypeError, match=r"<lambda> gives 'text' \(str\)"):
        cg.function(lambda x: "text")(1.0)


def test_a_gradient_needs_one_number() -> None:
    pair = cg.function(lambda x: (x, x * 2))
    with pytest.raises(TypeError, match=r"<lambda> gives a tuple: a gradient needs one number"):
        cg.grad(pair)(1.0)
    several = cg.function(lambda x: x * 2)
    with pytest.raises(ValueError, match=r"shape \(2,\): a gradient needs one number"):
        cg.grad(several)(np.ones(2))


def test_an_error_in_the_function_shows_the_learners_frames() -> None:
    def helper(x: Any) -> Any:
        return x + "one"

    @cg.function
    def f(x: Any) -> Any:
        return helper(x)

    for call in (f, cg.grad(f), f.compile):
        with pytest.raises(TypeError, match="where a number belongs") as caught:
            call(1.0)
        frames = traceback.extract_tb(caught.value.__traceback__)
        assert [frame.name for frame in frames if frame.filename == __file__][1:] == ["f", "helper"]
        assert [frame.filename for frame in frames[-2:]] == [__file__, __file__]
        assert len(frames) <= 5, "the test, the door, and two of the learner's"
        assert caught.value.__cause__ is None
    assert f.traces == 0


def test_nothing_to_show_before_the_first_call() -> None:
    f = cg.function(five_nodes)
    for name in ("source", "graph"):
        with pytest.raises(ValueError, match="five_nodes was not traced yet"):
            getattr(f, name)
    assert repr(f) == "<static graph of five_nodes, 0 traces>"
    assert isinstance(f, Function)
    assert (f.traces, f.__doc__) == (0, five_nodes.__doc__)


# --- Size ----------------------------------------------------------------------------------------


def test_a_long_chain_needs_no_deep_stack() -> None:
    def chain(x: Any, y: Any) -> Any:
        v = x
        for i in range(20_000):
            v = v * 0.97 if i % 2 else v + y
        return v

    static = cg.function(chain)
    value, slopes = cg.value_and_grad(static, (0, 1))(1.0, 0.5)
    expected, others = cg.value_and_grad(chain, (0, 1))(1.0, 0.5)
    assert value == expected
    assert slopes == pytest.approx(others, rel=1e-12)
    assert static(0.0, 0.5) == chain(0.0, 0.5)
    source = static.source.partition("def chain")[2]
    assert len({line.partition("=")[0] for line in source.splitlines() if "=" in line}) < 10


@pytest.mark.parametrize("size", [10, 300, 3000])
def test_long_code_shares_names_without_mixing_values_up(size: int) -> None:
    def tangle(x: Any, y: Any) -> Any:
        values = [x, y, x * y]
        for i in range(size):
            a, b = values[-1], values[-(1 + i * 7 % len(values))]
            values.append(a * 0.5 + cg.sin(b) if i % 3 else cg.tanh(a - b))
        if values[size // 2] > 10:
            return x
        return values[-1] * values[size // 3]

    f = cg.function(tangle)
    value, slopes = cg.value_and_grad(f, (0, 1))(0.3, 0.7)
    expected, others = cg.value_and_grad(tangle, (0, 1))(0.3, 0.7)
    assert f(0.3, 0.7) == value == expected
    assert slopes == pytest.approx(others, rel=1e-10)


def test_a_scalar_function_needs_no_numpy() -> None:
    code = (
        "import sys, cgraph_edu as cg\n"
        "f = cg.function(lambda x: cg.sin(x) * x)\n"
        "f(1.0), cg.value_and_grad(f)(1.0), f.source, str(f.graph), cg.grad(f).compile(1.0)(0.0)\n"
        "assert 'numpy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_bare_code_refuses_labels_that_it_would_never_look_at_again() -> None:
    def loss(scores: Any, labels: Any) -> Any:
        return cg.cross_entropy(scores, labels)

    scores, labels = np.eye(3), np.array([0, 1, 2])
    with pytest.raises(TypeError, match="loss: labels holds an array of int64, which counts by"):
        cg.function(loss).compile(scores, labels)
    with pytest.raises(TypeError, match=r"with \.astype\(float\), or call loss itself"):
        cg.value_and_grad(loss).compile(scores, labels)
    bare = cg.function(loss).compile(scores, labels.astype(float))
    others = np.array([2.0, 1.0, 0.0])
    assert bare(scores, others) == pytest.approx(loss(scores, others), rel=1e-15)


def test_arguments_given_by_name_are_passed_on_by_gradients() -> None:
    def f(x: Any, k: Any = 1.0) -> Any:
        return x * x * k

    for g in (f, cg.function(f)):
        assert cg.grad(g)(3.0, k=2.0) == 12.0
        assert cg.value_and_grad(g)(3.0, k=2.0) == (18.0, 12.0)
        assert cg.grad(cg.grad(g))(3.0, k=2.0) == 4.0


def test_a_gradient_has_a_name_and_its_functions_arguments() -> None:
    def area(x: Any, y: Any) -> Any:
        return x * y

    static = cg.function(cg.grad(area))
    assert static(2.0, 3.0) == 3.0
    assert "def gradient_of_area(x, y):" in static.source
    with pytest.raises(ValueError, match="x has shape"):
        cg.hessian(lambda x, y: (x + y).sum())(np.ones(2), np.ones(3))


def test_the_listing_of_a_power_is_plain() -> None:
    f = cg.function(lambda x: x**3)
    cg.grad(f)(2.0)
    assert "== 0.0" not in f.source
    assert "False" not in f.source


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_is_multiplied_as_an_array_and_a_masked_array_refused() -> None:
    m = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    f = cg.function(lambda a, b: a * b)
    eager = (cg.variable(m) * cg.variable(m)).value
    assert type(eager) is np.ndarray
    assert eager.tolist() == f(m, m).tolist() == [[1.0, 4.0], [9.0, 16.0]]
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    with pytest.raises(TypeError, match=r"masked array; fill it first, with \.filled\(0\.0\)"):
        cg.variable(masked)


def test_a_copy_traces_for_itself() -> None:
    f = cg.function(lambda x: x * x)
    assert f(2.0) == 4.0
    copied = copy.deepcopy(f)
    assert copied.traces == 0
    assert copied(3.0) == 9.0
    assert (copied.traces, f.traces) == (1, 1)
