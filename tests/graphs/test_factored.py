"""The factored form of a path sum."""

import sys
from types import FrameType
from typing import Any

import networkx as nx
import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.ops import row
from cgraph_edu.core.tensor import apply
from cgraph_edu.graphs.factored import Operations
from cgraph_edu.graphs.graph import Graph


def weighted(name: str, source: Any, factors: list[float]) -> Any:
    """Parallel edges from `source` with these partials: one op that uses it several times."""
    operands = [f"{name}{i}" for i in range(len(factors))]
    op = row(
        f"weighted_{name}",
        " + ".join(f"{k} * {x}" for k, x in zip(factors, operands, strict=True)),
        [str(k) for k in factors],
        latex="",
        operands=operands,
    )
    return apply(op, *[source] * len(factors))


@pytest.fixture
def three_by_three() -> Graph:
    """Three edges from x to y, and three from y to z: nine paths."""
    (x,) = cg.variables(x=1.0)
    y = weighted("a", x, [1.0, 2.0, 3.0])
    z = weighted("b", y, [4.0, 5.0, 6.0])
    return cg.graph(z, names={"y": y, "z": z})


def test_where_all_paths_meet_the_sum_factors(three_by_three: Graph) -> None:
    factored = three_by_three.path_sum("x").factored
    assert factored.meeting == ("x", "y", "z")
    assert str(factored).splitlines()[:3] == [
        "∂z/∂x = (α + β + γ) · (δ + ε + ζ)",
        "      = (1 + 2 + 3) · (4 + 5 + 6)",
        "      = 90",
    ]
    assert r"\left(\alpha + \beta + \gamma\right) \cdot" in factored.latex
    assert factored.value == 90.0


def test_the_counts_by_hand(three_by_three: Graph) -> None:
    # Nine products of two factors and their sum; one product of two sums of three; in forward mode
    # three products at z (those at y are by the seed 1), in reverse mode three at y.
    assert three_by_three.path_sum("x").factored.operations == {
        "paths": Operations(9, 8),
        "factored": Operations(1, 4),
        "forward": Operations(3, 4),
        "reverse": Operations(3, 4),
    }


def test_five_nodes_do_not_factor() -> None:
    g = cg.trace(lambda a, b: (a + b) * (b + 1), a=2.0, b=1.0)
    factored = g.path_sum("b").factored
    assert factored.meeting == ("b", "v3")
    assert str(factored).startswith("∂v3/∂b = α · β + γ · δ\n       = 1 · 2 + 1 · 3\n")


def test_common_factors_are_taken_out_at_the_end_where_there_are_more() -> None:
    (s,) = cg.variables(s=1.0)
    x = s * 3.0 * 7.0 + s * 5.0 * 11.0
    late = cg.graph(s * 2.0 * 13.0 + x * 17.0).path_sum("s").factored
    assert "(δ · ε · ζ + η · θ · κ) · λ · μ" in str(late)
    x = s * 17.0
    early = cg.graph(s * 2.0 * 13.0 + (x * 3.0 * 7.0 + x * 5.0 * 11.0)).path_sum("s").factored
    assert " · (" in str(early).splitlines()[0]
    assert (late.value, early.value) == (26.0 + 17.0 * 76.0,) * 2


def test_a_single_path_and_no_path_and_the_empty_path() -> None:
    g = cg.trace(lambda a, b: a * 3.0 * 5.0 + b, a=1.0, b=1.0)
    assert str(g.path_sum("a", "v2").factored).splitlines()[:3] == [
        "∂v2/∂a = α · β",
        "       = 3 · 5",
        "       = 15",
    ]
    none = g.path_sum("b", "v2").factored
    assert (none.value, none.meeting) == (0.0, ())
    assert str(none).splitlines()[0].split() == ["∂v2/∂b", "=", "0"]
    empty = g.path_sum("v2", "v2").factored
    assert (empty.value, empty.meeting) == (1.0, ("v2",))


def test_any_size() -> None:
    (x,) = cg.variables(x=0.0)
    y = x
    for _ in range(3000):
        y = y + y
    factored = cg.graph(y).path_sum("x").factored
    assert factored.value == float("inf")
    assert factored.operations["factored"] == Operations(2999, 3000)
    assert factored.operations["paths"].additions == 2**3000 - 1
    assert "about 10^903" in str(factored)
    assert factored.product is None  # too long to be written


@pytest.mark.parametrize("seed", range(20))
def test_the_meeting_places_against_networkx(seed: int) -> None:
    chance = np.random.default_rng(seed)
    made: list[Any] = list(cg.variables(x=1.0))
    for _ in range(12):
        first, second = chance.integers(max(0, len(made) - 3), len(made), 2)
        made.append(made[first] * 1.5 + made[second] * 0.5)
    g = cg.graph(made[-1])
    paths = g.path_sum("x")
    directed = nx.DiGraph([(edge.source, edge.target) for edge in paths.edges])
    dominators = nx.immediate_dominators(directed, paths.source.index)
    node, met = paths.target.index, [paths.target.name]
    while node != paths.source.index:
        node = dominators[node]
        met.append(g.tape[node].name)
    assert list(paths.factored.meeting) == met[::-1]


def test_arrays_are_refused_with_a_way_out() -> None:
    g = cg.trace(lambda x: (x * x).sum(), x=np.ones(2))
    with pytest.raises(ValueError, match="chain of vjps along each path"):
        _ = g.path_sum("x").factored


def test_letters_of_parallel_edges_tell_which_operand_they_mean() -> None:
    text = str(cg.trace(lambda x: x**x * 3.0, x=2.0).path_sum("x").factored)
    lines = [line.split() for line in text.splitlines()]
    assert ["α", "=", "(∂v1/∂x)₁"] in lines
    assert ["β", "=", "(∂v1/∂x)₂"] in lines
    assert ["γ", "=", "∂v2/∂v1"] in lines
    assert "(∂y/∂x)₁, (∂y/∂x)₂: with respect to the first, the second operand" in text
    # A single edge beside other ways: ∂e/∂x alone would be the sum of all.
    text = str(cg.trace(lambda x: x * 3.0 + x, x=2.0).path_sum("x").factored)
    assert "(∂v2/∂x)₂" in text


def test_the_form_takes_about_linear_work() -> None:
    # w is an operand of every step: the way on from each of its uses is as long as the rest.
    def lines_run(steps: int) -> int:
        (w,) = cg.variables(w=1.0)
        h = w * 0.5
        for _ in range(steps):
            h = w * h + 0.0
        paths = cg.graph(h).path_sum("w")
        assert paths.count == steps + 1
        count = 0

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal count
            count += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            value = paths.factored.value
        finally:
            sys.settrace(before)
        assert value == pytest.approx(0.5 * (steps + 1))
        return count

    # 8 if it is linear, 64 if it is quadratic
    assert lines_run(1600) / lines_run(200) < 16
