"""A graph as plain text."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.graphs.graph import Graph
from cgraph_edu.render.text import equation, number, plain, trail
from tests.examples import FIVE_NODES, five_nodes


def doubled(times: int) -> cg.Graph:
    def f(x: Any) -> Any:
        for _ in range(times):
            x = x + x
        return x

    return cg.trace(f, x=1.0)


def test_the_five_node_example() -> None:
    assert plain(five_nodes()) == FIVE_NODES
    assert str(five_nodes()) == FIVE_NODES


def test_wrt_chooses_the_inputs_and_their_order() -> None:
    assert plain(five_nodes(), wrt=["b"]) == "\n".join(
        line for line in FIVE_NODES.replace(" a ✓", "").splitlines() if "a" not in line[:10]
    )


def test_arrows_that_run_side_by_side_are_numbered() -> None:
    assert (
        plain(cg.trace(lambda a, b: a * a * b, a=3.0, b=1.0))
        == """\
v2 = v1 * b = 9
  ∂v2/∂a = 6   2 paths   (→₁ →₂: as first, as second operand)
    a →₁ v1 → v2   3 · 1 = 3
    a →₂ v1 → v2   3 · 1 = 3
  ∂v2/∂b = 9   1 path
    b → v2   9
  sum over paths = reverse mode: a ✓ b ✓"""
    )


def test_a_negative_factor_stands_in_brackets_but_for_the_first() -> None:
    lines = plain(cg.trace(lambda a: 3 - cg.sin(-a), a=0.0)).splitlines()
    assert lines[2] == "    a → v1 → v2 → v3   -1 · 1 · (-1) = 1"


def test_an_input_that_is_the_output() -> None:
    assert (
        plain(cg.trace(lambda a: a, a=2.0))
        == """\
a = 2
  ∂a/∂a = 1   1 path
    a   1
  sum over paths = reverse mode: a ✓"""
    )


def test_all_paths_are_listed_in_writing_order_where_they_fit() -> None:
    text = plain(doubled(2), limit=4)
    assert [line.split("  ")[2] for line in text.splitlines()[2:6]] == [
        "x →₁ v1 →₁ v2",
        "x →₁ v1 →₂ v2",
        "x →₂ v1 →₁ v2",
        "x →₂ v1 →₂ v2",
    ]
    assert "more" not in text


def test_past_the_limit_the_largest_are_listed_and_the_rest_summed() -> None:
    g = cg.trace(lambda a: a * 2 + a * -7 + a * 0 + a * 5, a=1.0)
    assert plain(g, limit=2).splitlines()[1:5] == [
        "  ∂v7/∂a = 0   4 paths",
        "    a → v2 → v3 → v5 → v7   -7 · 1 · 1 · 1 = -7",
        "    a → v6 → v7             5 · 1 = 5",
        "    and 2 more, sum 2",
    ]


def test_a_count_of_any_length_is_told_exactly() -> None:
    text = plain(doubled(100), limit=3)
    assert "∂v100/∂x = 1.26765e+30   1,267,650,600,228,229,401,496,703,205,376 paths" in text
    assert "and 1,267,650,600,228,229,401,496,703,205,373 more, sum 1.26765e+30" in text
    assert max(map(len, text.splitlines())) < 200


def test_where_the_routes_differ_both_figures_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Graph, "_by_reverse", lambda self, target, sources: [2.0] * len(sources))
    assert plain(five_nodes()).endswith("sum over paths = reverse mode: a ✓ b ✗ (5 ≠ 2)")


@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
def test_infinity_and_nan_are_written_as_such() -> None:
    text = plain(cg.trace(lambda a: cg.log(a) * 0, a=0.0))
    assert (
        text
        == """\
v2 = v1 * 0 = nan
  ∂v2/∂a = nan   1 path
    a → v1 → v2   inf · 0 = nan
  sum over paths = reverse mode: a ✓"""
    )


def test_arrays() -> None:
    w, x = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert (
        plain(cg.trace(lambda w, x: (w * x).sum(), w=w, x=x))
        == """\
v2 = sum(v1) = 11
  ∂v2/∂w = [3, 4]   1 path
    w (2) → v1 (2) → v2   [3, 4]
  ∂v2/∂x = [1, 2]   1 path
    x (2) → v1 (2) → v2   [1, 2]
  sum over paths = reverse mode: w ✓ x ✓"""
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333333"),
        (True, "True"),
        (np.array([[1.0, 2.5], [0.0, -1.0]]), "[[1, 2.5], [0, -1]]"),
        (np.ones((10, 3)), "array of shape 10×3"),
    ],
)
def test_values(value: Any, text: str) -> None:
    assert number(value) == text


def test_equations() -> None:
    g = five_nodes()
    assert [equation(g, node) for node in g.nodes] == [
        "a = 2",
        "b = 1",
        "c = a + b = 3",
        "d = b + 1 = 2",
        "e = c * d = 6",
    ]


def test_a_long_path_is_shown_with_a_gap() -> None:
    (path,) = cg.trace(lambda x: x + 1 + 1 + 1, x=1.0).path_sum("x").paths
    assert trail(path) == "x → v1 → v2 → v3"

    def chain(x: Any) -> Any:
        for _ in range(50):
            x = x + 1
        return x

    (path,) = cg.trace(chain, x=1.0).path_sum("x").paths
    assert trail(path) == "x → v1 → v2 → v3 → v4 → v5 → v6 → v7 → v8 → v9 → … → v49 → v50"


PROGRAM = """
import cgraph_edu as cg
g = cg.trace(lambda b, a, z: cg.sin(z * a) * a + cg.exp(b) * z - a * a, b=0.5, a=1.5, z=2.5)
print(g)
print(g.gradient())
"""


def test_the_text_is_the_same_in_every_process() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(printed) == 1
