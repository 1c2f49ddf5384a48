"""Answers to "what is the derivative?": the right ones pass, the usual mistakes are told apart."""

import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.graphs.answers import judge

from ..examples import five_nodes

Function = Callable[..., Any]

# Formulas with one path and with many, signs, kinks, repeated factors and nested functions.
GRAPHS: list[tuple[Function, dict[str, float], str]] = [
    (lambda a, b: (a + b) * (b + 1), {"a": 2.0, "b": 1.0}, "b"),
    (lambda a, b: (a + b) * (b + 1), {"a": 2.0, "b": 1.0}, "a"),
    (lambda a: (a + a) + (a + a), {"a": 1.7}, "a"),
    (lambda x: x * x, {"x": 3.0}, "x"),
    (lambda x: x * x * x, {"x": 1.3}, "x"),
    (lambda x, y: x * y + cg.sin(x), {"x": 0.7, "y": 2.5}, "x"),
    (lambda x, y: cg.log(x) + x * y - cg.sin(y), {"x": 2.0, "y": 5.0}, "y"),
    (lambda x, y: cg.log(x) + x * y - cg.sin(y), {"x": 2.0, "y": 5.0}, "x"),
    (lambda w, x, b: cg.tanh(w * x + b), {"w": 0.6, "x": 1.4, "b": -0.3}, "w"),
    (lambda w, x, b: (cg.sigmoid(w * x + b) - 1) ** 2, {"w": 0.6, "x": 1.4, "b": -0.3}, "b"),
    (lambda x, y: x / y, {"x": 3.0, "y": 2.5}, "y"),
    (lambda x, y: x / y - y, {"x": 3.0, "y": 2.5}, "y"),
    (lambda x: cg.exp(-x * x), {"x": 0.8}, "x"),
    (lambda x: cg.sqrt(1 + x * x), {"x": 1.9}, "x"),
    (lambda x, y: cg.sqrt(x * x + y * y), {"x": 3.0, "y": 4.2}, "x"),
    (lambda x, y: (x - y) * (x + y), {"x": 3.1, "y": 1.2}, "y"),
    (lambda x, y: (x - y) * (x + y), {"x": 3.1, "y": 1.2}, "x"),
    (lambda p, q, r: p * q + q * r + r * p, {"p": 1.5, "q": 2.25, "r": 3.5}, "q"),
    (lambda p, q, r: p * q * r, {"p": 1.5, "q": 2.25, "r": 3.5}, "r"),
    (lambda a, b: a**3 - 2 * a * b, {"a": 1.6, "b": 0.9}, "a"),
    (lambda a, b: a**3 - 2 * a * b, {"a": 1.6, "b": 0.9}, "b"),
    (lambda x: cg.sin(x) * cg.cos(x), {"x": 0.6}, "x"),
    (lambda x: cg.exp(x) / (1 + cg.exp(x)), {"x": 0.45}, "x"),
    (lambda x, y: cg.exp(x) * cg.log(y), {"x": 0.45, "y": 2.7}, "y"),
    (lambda u, v: 1 / (u + 2 * v), {"u": 0.8, "v": 0.7}, "v"),
    (lambda u, v: u * cg.tanh(v) - v * cg.tanh(u), {"u": 0.8, "v": 1.7}, "u"),
    (lambda x, y, z: (x + y * z) * (x - z), {"x": 2.2, "y": 0.6, "z": 1.3}, "z"),
    (lambda x, y, z: (x + y * z) * (x - z), {"x": 2.2, "y": 0.6, "z": 1.3}, "x"),
    (lambda k, m: k * m**2 / 2 + k, {"k": 1.8, "m": 2.6}, "m"),
    (lambda k, m: k * m**2 / 2 + k, {"k": 1.8, "m": 2.6}, "k"),
    (lambda x, y: cg.relu(x - 0.5 * y) * x, {"x": 2.4, "y": 0.7}, "x"),
    (lambda x, y: cg.maximum(2 * x, y) * y, {"x": 2.4, "y": 0.7}, "x"),
]


def paths(graph: cg.Graph, source: str) -> list[list[float]]:
    """The factors along every path to the output, walked one edge at a time."""
    found: list[list[float]] = []

    def walk(node: int, factors: list[float]) -> None:
        if node == graph.output.index:
            found.append(factors)
        for edge in graph.edges:
            if edge.source == node:
                walk(edge.target, [*factors, float(edge.partial)])

    walk(graph.node(source).index, [])
    return found


def by_difference(function: Function, at: dict[str, float], wrt: str) -> float:
    """∂/∂wrt by central differences, of the function in plain numbers."""
    step = 1e-5
    ends = [
        cg.trace(function, **{**at, wrt: at[wrt] + move}).output.value for move in (step, -step)
    ]
    return float(ends[0] - ends[1]) / (2 * step)


def wrong_answers(
    function: Function, at: dict[str, float], wrt: str
) -> Iterator[tuple[set[str], float]]:
    """Answers found by one mistake each, with the names that this mistake may go by."""
    graph = cg.trace(function, **at)
    ways = paths(graph, wrt)
    products = [math.prod(factors) for factors in ways]
    for size in range(1, len(ways)):
        for some in combinations(products, size):
            yield {"one path" if size == 1 else "a path missed"}, sum(some)
    if any(len(factors) > 1 for factors in ways):
        yield {"factors added"}, sum(sum(factors) for factors in ways)
    if len(ways) > 1:
        yield {"paths multiplied"}, math.prod(products)
    right = by_difference(function, at, wrt)
    yield {"a sign lost"}, -right
    yield {"a sign lost"}, sum(abs(product) for product in products)
    yield {"the value"}, graph.output.value
    for other in at:
        if other != wrt:
            yield {"another input"}, by_difference(function, at, other)
            yield {"another point"}, by_difference(function, {**at, wrt: at[other]}, wrt)
            swapped = {**at, wrt: at[other], other: at[wrt]}
            yield {"another point"}, by_difference(function, swapped, wrt)
    yield {"another point"}, by_difference(function, {**at, wrt: 1.0}, wrt)


@pytest.mark.parametrize(("function", "at", "wrt"), GRAPHS)
def test_every_usual_mistake_is_told(function: Function, at: dict[str, float], wrt: str) -> None:
    graph = cg.trace(function, **at)
    right = by_difference(function, at, wrt)
    checked = 0
    for names, answer in wrong_answers(function, at, wrt):
        if not math.isfinite(answer) or math.isclose(answer, right, rel_tol=0.011, abs_tol=1e-7):
            continue
        verdict = judge(graph, wrt, answer)
        assert not verdict
        assert names & set(verdict.mistakes), (names, answer, verdict)
        checked += 1
    assert checked >= 2


@pytest.mark.parametrize(("function", "at", "wrt"), GRAPHS)
def test_a_right_answer_passes_and_no_hint_holds_it(
    function: Function, at: dict[str, float], wrt: str
) -> None:
    graph = cg.trace(function, **at)
    right = by_difference(function, at, wrt)
    for off in (0.0, 0.009, -0.009):
        cg.check_answer(graph, wrt, right * (1 + off))
        cg.check_answer(graph, wrt, f"{right * (1 + off):.6g}")
    for _, answer in wrong_answers(function, at, wrt):
        verdict = judge(graph, wrt, answer)
        # The only figures in it belong to names, such as v1.
        assert not re.search(r"(?<!\w)\d", verdict.hint)


def test_formulas_are_read_in_the_names_of_the_graph() -> None:
    graph = five_nodes()
    for formula in ("c + d", "(b + 1) + (a + b)", "a+2*b + 1", "2·b + a + b^0", "10/2", "sqrt(25)"):
        cg.check_answer(graph, "b", formula)
    verdict = judge(graph, "b", "c * d")
    assert verdict.read == "c * d = 6"
    assert "the value" in verdict.mistakes
    assert judge(graph, "a", "2,0").read == "2,0, read as 2,"
    cg.check_answer(graph, "b", Fraction(10, 2))
    cg.check_answer(graph, "b", np.float32(5))
    cg.check_answer(graph, "b", cg.constant(5.0))
    assert judge(graph, "b", "1/3").read == "1/3 = 0.333333"


UNREADABLE: list[tuple[Any, str]] = [
    ("", "There is no answer yet. Write a number or a formula, such as -2.5, 1/3 or 2*a + 1."),
    ("   ", "There is no answer yet"),
    ("five", "There is no five in this graph. Its names are a, b, c, d, e."),
    ("2b", "'2b' could not be read"),
    ("a +", "'a +' could not be read"),
    ("nan", "nan is not a number"),
    (math.nan, "nan is not a number"),
    ("1,2,3", "'1,2,3' could not be read"),
    ("__import__('os')", "There is no __import__ in this graph"),
    ("a.real", "could not be read"),
    ("(" * 500, "could not be read"),
    ("9" * 2000, "longer than 1000 characters"),
    (None, "None is not a number"),
    ([5], "[5] is not a number"),
    (True, "True is not a number"),
]


@pytest.mark.parametrize(("answer", "said"), UNREADABLE)
def test_what_says_no_number_is_told_kindly(answer: Any, said: str) -> None:
    with pytest.raises(cg.AnswerError) as caught:
        cg.check_answer(five_nodes(), "b", answer)
    assert said in str(caught.value)


def test_a_wrong_answer_fails_as_an_assertion_with_a_hint() -> None:
    with pytest.raises(AssertionError) as caught:
        cg.check_answer(five_nodes(), "b", 2)
    assert str(caught.value) == (
        "2 is not ∂e/∂b. That is the path b → c → e alone. Is there another way for b to reach e? "
        "Or: That is the derivative with respect to a. The question asks for b."
    )


def test_the_likeliest_mistake_is_told_first() -> None:
    six = cg.trace(lambda x: x + 2 * x + 3 * x, x=1.0)
    # 4 is 1 + 3, and 6 with a minus at the path of 1, where there is none.
    assert judge(six, "x", 4).mistakes[0] == "a path missed"
    assert judge(five_nodes(), "b", 6).mistakes[0] == "paths multiplied"
    minus = cg.trace(lambda x, y: x * y - cg.sin(y) * x, x=2.0, y=0.5)
    assert judge(minus, "y", 2 + 2 * math.cos(0.5)).mistakes[0] == "a sign lost"


@pytest.mark.parametrize(("function", "at", "wrt"), GRAPHS)
def test_without_a_minus_on_the_way_signs_come_last(
    function: Function, at: dict[str, float], wrt: str
) -> None:
    graph = cg.trace(function, **at)
    has_minus = any(factor < 0 for factors in paths(graph, wrt) for factor in factors)
    right = graph.gradient()[wrt]
    products = [math.prod(factors) for factors in paths(graph, wrt)]
    for answer in (-right, *(right - 2 * product for product in products)):
        if not math.isclose(answer, right, rel_tol=0.011, abs_tol=1e-7):
            mistakes = judge(graph, wrt, answer).mistakes
            assert has_minus or mistakes[-1] == "a sign lost"


def test_a_zero_that_is_left_of_terms_that_cancel() -> None:
    graph = cg.trace(lambda t: cg.sin(t) ** 2 + cg.cos(t) ** 2, t=0.8)
    cg.check_answer(graph, "t", 0)
    assert not judge(graph, "t", 0.01)


def test_infinity_is_an_answer_where_it_is_right() -> None:
    graph = cg.trace(lambda x: cg.sqrt(x), x=0.0)
    cg.check_answer(graph, "x", "inf")
    assert not judge(graph, "x", 1e300)


def test_a_target_inside_and_a_tolerance() -> None:
    graph = five_nodes()
    cg.check_answer(graph, "b", 1, target="c")
    cg.check_answer(graph, "b", 5.4, tolerance=0.1)
    assert not judge(graph, "b", 5.4)


def test_graphs_with_very_many_paths() -> None:
    def doubled(x: Any) -> Any:
        for _ in range(200):
            x = x + x
        return x

    graph = cg.trace(doubled, x=1.0)
    cg.check_answer(graph, "x", 2.0**200)
    assert judge(graph, "x", -(2.0**200)).mistakes == ("a sign lost",)
    assert "one path" in judge(graph, "x", 1.0).mistakes


def test_arrays_are_refused() -> None:
    graph = cg.trace(lambda x: x.sum(), x=np.ones(3))
    with pytest.raises(ValueError, match="graphs of numbers"):
        cg.check_answer(graph, "x", 1)


def test_what_another_branch_would_do_is_left_alone() -> None:
    ran = []

    def f(a: Any, b: Any) -> Any:
        ran.append(1)
        if a > 0:
            return a * b + a
        raise SystemExit

    graph = cg.trace(f, a=2.0, b=3.0)
    assert judge(graph, "a", 3).mistakes
    assert not judge(graph, "a", 7)
    assert len(ran) == 1


@pytest.mark.parametrize("answer", [10**400, Fraction(10**400), "1_0", "a==2", "a < 3"])
def test_odd_numbers_are_told_kindly(answer: Any) -> None:
    with pytest.raises(cg.AnswerError):
        cg.check_answer(five_nodes(), "b", answer)


def test_raised_digits_are_powers() -> None:
    graph = cg.trace(lambda x: x**3, x=2.0)
    cg.check_answer(graph, "x", "3x²".replace("x", "*x"))


def test_factors_that_are_huge() -> None:
    graph = cg.trace(lambda b: b * 1e308 * 1.0 + b * 1e308 * 1.0 + b * -1.5e308 * 1.0, b=0.1)
    assert not judge(graph, "b", 3)


@pytest.mark.parametrize("tolerance", [0, 1, 2, -1, math.inf, math.nan])
def test_a_tolerance_is_a_part(tolerance: float) -> None:
    with pytest.raises(ValueError, match="a tolerance is a part"):
        cg.check_answer(five_nodes(), "b", 5, tolerance=tolerance)


def test_where_the_derivative_is_nan_there_is_nothing_to_judge() -> None:
    with pytest.warns(cg.DomainWarning):
        graph = cg.trace(lambda w: 1 / w - 1 / w, w=0.0)
    with pytest.raises(ValueError, match="no answer is right"):
        cg.check_answer(graph, "w", 3)


NO_ANSWER = "No answer yet. Write one in place of None and run the cell again."

TRIED: list[tuple[Any, str]] = [
    (None, NO_ANSWER),
    (5, "Right!"),
    ("(b + 1) + (a + b)", "Right!"),
    (2, "2 is not ∂e/∂b. That is the path b → c → e alone."),
    ("five", "There is no five in this graph. Its names are a, b, c, d, e."),
    ("sqrt(-1)", "nan is not a number"),
]


@pytest.mark.parametrize(("answer", "said"), TRIED)
def test_a_learner_is_told_in_one_line(
    answer: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cg.try_answer(five_nodes(), "b", answer)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_any_kind_of_number_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    from cgraph_edu.dialects import tensorflow, torch

    numbers = [np.array(5.0), np.float32(5.0), Fraction(5), torch.tensor(5.0)]
    for answer in [*numbers, tensorflow.constant(5.0), tensorflow.Variable(5.0), cg.constant(5.0)]:
        cg.try_answer(five_nodes(), "b", answer)
        assert capsys.readouterr().out == "Right!\n", answer


STRANGE = [np.eye(2), ..., print, np.timedelta64(5, "s"), np.True_, np.array([5.0]), {}, 5 + 0j]


@pytest.mark.parametrize("answer", [answer for answer, _ in UNREADABLE] + STRANGE)
def test_nothing_that_a_learner_writes_raises(
    answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    cg.try_answer(five_nodes(), wrt="b", answer=answer)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_learner_may_be_asked_of_a_node_inside(capsys: pytest.CaptureFixture[str]) -> None:
    cg.try_answer(five_nodes(), wrt="b", target="c", answer=1)
    cg.try_answer(five_nodes(), wrt="b", answer=5.4, tolerance=0.1)
    assert capsys.readouterr().out == "Right!\nRight!\n"


@pytest.mark.parametrize("answer", [None, 5, "five"])
def test_a_question_that_cannot_be_asked_is_the_lessons_mistake(answer: Any) -> None:
    with pytest.raises(KeyError, match="no node"):
        cg.try_answer(five_nodes(), wrt="z", answer=answer)
    with pytest.raises(ValueError, match="a tolerance is a part"):
        cg.try_answer(five_nodes(), wrt="b", answer=answer, tolerance=5)
