"""Guards, and the two warnings: what Python read off a value, and where."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import cgraph_edu as cg
from cgraph_edu.core.describe import describe
from cgraph_edu.core.recording import current, record


def facts(f: Callable[[Any], Any], x: float) -> list[tuple[str, bool]]:
    """The guards that running f at x records."""
    with record() as recording, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f(cg.variable(x, name="x"))
    return [(describe(comparison), outcome) for comparison, outcome in recording.guards]


@pytest.mark.parametrize(
    ("read", "x", "expected"),
    [
        (lambda x: bool(x > 0), 2.0, [("x > 0", True)]),
        (lambda x: bool(x > 0), -2.0, [("x > 0", False)]),
        (lambda x: bool(x), 2.0, [("x != 0", True)]),
        (lambda x: bool(x), 0.0, [("x != 0", False)]),
        (lambda x: 0 < x < 1, 2.0, [("x > 0", True)]),
        (lambda x: float(x * 2), 1.5, [("x * 2 == 3", True)]),
        (lambda x: int(x), 2.7, [("x // 1 == 2", True)]),
        (lambda x: int(x), -2.7, [("x // -1 == 2", True)]),
        (lambda x: int(x), -0.3, [("abs(x) < 1", True)]),
        (lambda x: [10, 20, 30][x], 2.0, [("x == 2", True)]),
        (lambda x: range(x), 3.0, [("x == 3", True)]),
        (lambda x: max(x, 0.0), 2.0, [("x < 0", False)]),
        (lambda x: x * 2, 2.0, []),
        (lambda x: f"{x} {x:.3f} {x!r}", 2.0, []),
    ],
)
def test_reading_a_value_leaves_a_guard(
    read: Callable[[Any], Any], x: float, expected: list[tuple[str, bool]]
) -> None:
    assert facts(read, x) == expected


@pytest.mark.parametrize(("x", "same"), [(2.99, True), (2.0, True), (3.0, False), (1.99, False)])
def test_a_guard_of_int_holds_exactly_while_int_gives_the_same(x: float, same: bool) -> None:
    for sign in (1, -1):
        g = cg.trace(lambda x: x * int(x), x=sign * 2.5)
        recorded = g.at(x=sign * x)
        assert recorded.value("v1") == sign * x * int(sign * x)
        assert (recorded.describe(recorded.output) == g.describe(g.output)) is same


def test_constants_leave_no_guard() -> None:
    with record() as recording:
        assert cg.constant(3.0) > 2
        assert int(cg.constant(3.0)) == 3
    assert recording.guards == []


def test_outside_a_trace_the_inputs_keep_the_guard() -> None:
    a, b = cg.variables(a=2.0, b=1.0)
    assert a * 2 > 0
    (notes,) = a.recordings
    assert [describe(comparison) for comparison, _ in notes.guards] == ["a * 2 > 0"]
    assert b.recordings == ()


def test_recordings_nest_and_end() -> None:
    with record() as outer:
        with record() as inner:
            assert current() is inner
        assert current() is outer
    assert current() is None


def test_a_count_must_be_a_whole_number() -> None:
    n = cg.variable(2.5, name="n")
    with pytest.raises(TypeError, match=r"n = 2\.5 is not a whole number, so it can't count"):
        range(n)


@pytest.mark.parametrize(
    ("read", "shown"),
    [
        (lambda a: float(a), "number 2 out of a:"),
        (lambda a: float(a * 3), "number 6 out of a * 3:"),
        (lambda a: round(a * 1.234, 1), r"number 2.468 out of a * 1.234:"),
    ],
)
def test_a_graph_break_names_the_variable_and_points_at_the_caller(
    read: Callable[[Any], Any], shown: str
) -> None:
    with pytest.warns(cg.GraphBreakWarning) as caught:
        read(cg.variable(2.0, name="a"))
    assert shown in str(caught[0].message)
    assert caught[0].filename == __file__
    assert caught[0].lineno == inspect.getsourcelines(read)[1]


def test_rounding_gives_what_python_would_give() -> None:
    with pytest.warns(cg.GraphBreakWarning):
        assert round(cg.variable(2.468), 1) == 2.5
    with pytest.warns(cg.GraphBreakWarning):
        assert round(cg.variable(2.6)) == 3


def test_a_constant_breaks_no_graph() -> None:
    assert float(cg.constant(2.0)) == 2.0


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda a: a / 0, "a / 0 is inf at a = -1"),
        (lambda a: cg.log(a), "log(a) is nan at a = -1"),
        (lambda a: cg.exp(a * -1000), "exp(a * -1000) is inf at a * -1000 = 1000"),
        (lambda a: a**0.5, "a ** 0.5 is nan at a = -1"),
    ],
)
def test_a_domain_warning_names_the_node_and_its_operands(
    compute: Callable[[Any], Any], message: str
) -> None:
    with pytest.warns(cg.DomainWarning) as caught:
        compute(cg.variable(-1.0, name="a"))
    assert str(caught[0].message).replace("-inf", "inf") == message
    assert caught[0].filename == __file__


def test_what_follows_from_a_nan_is_not_warned_of_again() -> None:
    a = cg.variable(0.0, name="a")
    with pytest.warns(cg.DomainWarning) as caught:
        assert (1 / a * 2 + 1).value == float("inf")
    assert len(caught) == 1
