"""The gradient by every way, side by side; frameworks are stood in for by functions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.ops import row
from cgraph_edu.core.tensor import recorded
from cgraph_edu.graphs.check import Check, NoGradientError, Witness
from cgraph_edu.graphs.graph import Graph, Node


def five() -> Graph:
    return cg.trace(lambda a, b: (a + b) * (b + 1), a=2.0, b=1.0)


def check(graph: Graph, *witnesses: Witness, target: str | None = None) -> Check:
    end = graph.output if target is None else graph.node(target)
    return Check(graph, end, graph.inputs, witnesses)


def witness(*slopes: Any) -> Witness:
    def gradient(graph: Graph, target: Node, sources: Sequence[Node]) -> Sequence[Any]:
        return slopes

    return Witness("Other", gradient)


def refuse(graph: Graph, target: Node, sources: Sequence[Node]) -> Sequence[Any]:
    raise NoGradientError("it has no such function")


def by_way(report: Check, source: str) -> dict[str, Any]:
    return {finding.way: finding for finding in report.findings if finding.source == source}


def test_all_ways_to_a_number() -> None:
    report = check(five(), witness(2.0, 5.0))
    assert report
    found = by_way(report, "b")
    assert [finding.value for finding in found.values()] == [5.0] * 5
    assert [finding.agrees for finding in found.values()] == [True, None, True, True, True]
    assert found["Other"].difference == 0.0


def test_a_witness_that_differs_is_seen() -> None:
    report = check(five(), witness(2.0, 5.001))
    assert not report
    found = by_way(report, "b")["Other"]
    assert found.agrees is False
    assert found.difference == pytest.approx(0.001)
    lines = str(report).splitlines()
    assert lines[-1] == "✗ not equal to reverse mode: Other (by b)"
    assert [line for line in lines if line.endswith("✗")] == [
        "        Other               5.001       0.001  ✗"
    ]


def test_nan_and_inf_agree_with_themselves_alone() -> None:
    with pytest.warns(cg.DomainWarning):
        graph = cg.trace(lambda a: a * float("inf"), a=2.0)
    found = by_way(check(graph, witness(float("inf"))), "a")
    assert found["Other"].agrees
    assert found["Other"].difference is None
    assert found["finite differences"].remark == "not finite here"
    assert by_way(check(graph, witness(1.0)), "a")["Other"].agrees is False


def test_a_witness_that_is_missing_or_refuses_is_no_error() -> None:
    report = check(five(), Witness("Absent", None), Witness("Other", refuse))
    assert report
    found = by_way(report, "a")
    assert found["Absent"].remark == "not installed"
    assert found["Other"].remark == "it has no such function"
    assert found["Other"].agrees is None


def test_finite_differences_know_no_partial() -> None:
    wrong = recorded(row("cube", "x ** 3", ["2 * x ** 2"], "{x}^3"))
    report = check(cg.trace(lambda a: wrong(a), a=1.5))
    found = by_way(report, "a")
    assert found["path sum"].agrees
    assert found["forward mode"].agrees
    assert found["finite differences"].agrees is False
    assert not report


def test_arrays() -> None:
    x = np.array([[0.5, -1.0, 2.0], [0.1, 0.2, 0.3]])
    graph = cg.trace(lambda x, y: cg.sum(cg.tanh(x) * y), x=x, y=np.ones(3))
    report = check(graph, witness(1 - np.tanh(x) ** 2, np.tanh(x).sum(axis=0)))
    assert report
    for finding in report.findings:
        np.testing.assert_allclose(finding.value, by_way(report, finding.source)["Other"].value)
    assert not check(graph, witness(1 - np.tanh(x), np.tanh(x).sum(axis=0)))


def test_of_a_large_array_some_entries_are_tried() -> None:
    graph = cg.trace(lambda x: cg.sum(x**2), x=np.arange(1000.0))
    found = by_way(check(graph), "x")
    assert found["forward mode"].remark == "24 of 1,000 entries"
    assert found["forward mode"].agrees
    assert found["finite differences"].agrees
    assert found["path sum"].value.shape == (1000,)
    assert "array of shape 1000" in str(check(graph))


def test_single_precision_is_less_exact() -> None:
    x = np.linspace(0.1, 1.0, 5, dtype=np.float32)
    graph = cg.trace(lambda x: cg.sum(cg.exp(x) / (1 + x)), x=x)
    slope = np.exp(x.astype(float)) * x / (1 + x.astype(float)) ** 2
    assert check(graph, witness(slope.astype(np.float32)))
    assert not check(graph, witness(slope * 1.001))


def test_too_many_paths_through_arrays_are_not_summed() -> None:
    def f(x: Any) -> Any:
        for _ in range(13):
            x = x * x
        return cg.sum(x)

    found = by_way(check(cg.trace(f, x=np.array([1.0, 0.9]))), "x")
    assert found["path sum"].remark == "8,192 paths through arrays: too many"
    assert found["forward mode"].agrees


def test_another_target() -> None:
    report = check(five(), target="v2")
    assert [by_way(report, name)["path sum"].value for name in "ab"] == [0.0, 1.0]
    assert report


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda g: Check(g, g.output, [g.node("v1")], ()), "v1 is computed"),
        (
            lambda g: check(cg.trace(lambda x: x * 2, x=np.ones(2))),
            "v1 is several numbers: a gradient needs one",
        ),
    ],
)
def test_what_cannot_be_checked(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(five())


def test_it_shows_itself_as_a_table() -> None:
    report = check(five(), Witness("Absent", None))
    bundle = report._repr_mimebundle_()
    assert bundle.keys() == {"text/plain", "text/html", "text/latex"}
    for form in ("text/plain", "text/html"):
        assert "finite differences" in bundle[form]
        assert "not installed" in bundle[form]
    assert r"\checkmark" in bundle["text/latex"]


def test_tangents_of_all_nodes() -> None:
    graph = five()
    assert graph.tangents({"b": 1.0}) == {"b": 1.0, "v1": 1.0, "v2": 1.0, "v3": 5.0}
    assert graph.tangents({"a": 2.0}) == {"a": 2.0, "v1": 2.0, "v3": 4.0}


def test_the_packages_own_ways_alone() -> None:
    report = five().check(wrt="b", frameworks=False)
    assert str(report).splitlines() == [
        "        way                 value  difference  verdict",
        "──────────────────────────────────────────────────────",
        "∂v3/∂b  path sum                5           0  ✓",
        "        reverse mode            5",
        "        forward mode            5           0  ✓",
        "        finite differences      5           0  ✓",
    ]
    assert list(by_way(five().check(), "b"))[:4] == list(by_way(report, "b"))
