"""What a gradient costs by each method: counted by hand, and against enumeration."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import cgraph_edu as cg
from cgraph_edu.graphs.cost import Cost

from ..examples import five_nodes
from ..properties.programs import Program, programs


def doubling(x: Any, times: int) -> Any:
    for _ in range(times):
        x = x + x
    return x


def diamonds(x: Any) -> Any:
    """Two diamonds in a row: seven nodes, eight edges, four paths of four edges."""
    for _ in range(2):
        x = x * 2 + x * 3
    return x


def perceptron(x1: float = 0.5, x2: float = -1.0, **p: Any) -> Any:
    """Two numbers in, two hidden units, one out, and its squared error."""
    h1 = cg.tanh(p["w11"] * x1 + p["w12"] * x2 + p["b1"])
    h2 = cg.tanh(p["w21"] * x1 + p["w22"] * x2 + p["b2"])
    return (h1 * p["v1"] + h2 * p["v2"] + p["c"] - 1.0) ** 2


def both(cost: Cost) -> dict[str, tuple[int, int]]:
    """Multiplications and additions."""
    return {name: (cost.multiplications[name], cost.additions[name]) for name in cost.operations}


# --- By hand --------------------------------------------------------------------------------------


def test_the_five_nodes() -> None:
    cost = five_nodes().cost()
    assert (cost.nodes, cost.edges, cost.paths) == (5, 5, 3)
    # a → c → e, b → c → e and b → d → e: a product each; the two of b are added.
    assert both(cost) == dict.fromkeys(("paths", "factored", "forward", "reverse"), (3, 1))


def test_doubling_ten_times() -> None:
    cost = cg.trace(lambda x: doubling(x, 10), x=1.0).cost()
    assert (cost.nodes, cost.edges, cost.paths) == (11, 20, 1024)
    assert both(cost) == {
        "paths": (1024 * 9, 1023),
        "factored": (9, 10),  # (1 + 1)(1 + 1)...(1 + 1)
        "forward": (18, 10),
        "reverse": (18, 10),
    }


def test_two_diamonds() -> None:
    cost = cg.trace(diamonds, x=1.0).cost()
    assert (cost.nodes, cost.edges, cost.paths) == (7, 8, 4)
    assert both(cost) == {
        "paths": (4 * 3, 3),
        "factored": (2 + 1 + 2, 2),  # (2 · 1 + 3 · 1)(2 · 1 + 3 · 1)
        "forward": (6, 2),
        "reverse": (6, 2),
    }


def test_a_small_network() -> None:
    g = cg.trace(perceptron, **dict.fromkeys("w11 w12 b1 w21 w22 b2 v1 v2 c".split(), 0.3))
    cost = g.cost()
    assert (cost.nodes, cost.edges, cost.paths) == (25, 24, 9)
    # One path from each weight: of 9 edges from the first layer's, 7 from its biases, 5, 5, 3.
    alone = 4 * 8 + 2 * 6 + 2 * 4 + 2
    assert both(cost) == {
        "paths": (alone, 0),
        "factored": (alone, 0),
        "forward": (alone, 0),
        "reverse": (23, 0),
    }
    assert cost.passes() == {"forward": 9, "reverse": 1}


def test_a_single_edge_and_none() -> None:
    assert set(both(cg.trace(lambda x: x * 3, x=1.0).cost()).values()) == {(0, 0)}
    (x,) = cg.variables(x=1.0)
    cost = cg.graph(x).cost()
    assert (cost.nodes, cost.edges, cost.paths) == (1, 0, 1)
    assert set(both(cost).values()) == {(0, 0)}


def test_an_input_that_only_a_branch_reads() -> None:
    cost = cg.trace(lambda a, b: a * a if b > 0 else a, a=2.0, b=1.0).cost()
    assert (cost.nodes, cost.edges, cost.paths) == (3, 2, 2)
    assert set(both(cost).values()) == {(0, 1)}


# --- Against enumeration --------------------------------------------------------------------------


@settings(max_examples=80)
@given(programs())
def test_counts_against_every_path(program: Program) -> None:
    g = program.graph()
    assume(all(g.path_sum(node.name).count < 300 for node in g.inputs))
    every = [list(g.path_sum(node.name).paths) for node in g.inputs]
    cost = g.cost()
    assert cost.paths == sum(map(len, every))
    factors = [len(path.edges) for paths in every for path in paths]
    assert cost.multiplications["paths"] == sum(max(0, n - 1) for n in factors)
    assert cost.additions["paths"] == sum(len(paths) - 1 for paths in every if paths)
    multiplications = additions = 0
    for node, paths in zip(g.inputs, every, strict=True):
        reached = {edge for path in paths for edge in path.edges}
        multiplications += sum(edge.source != node.index for edge in reached)
        additions += len(reached) - len({edge.target for edge in reached})
    assert both(cost)["forward"] == (multiplications, additions)
    everywhere = {edge for paths in every for path in paths for edge in path.edges}
    assert both(cost)["reverse"] == (
        sum(edge.target != g.output.index for edge in everywhere),
        len(everywhere) - len({edge.source for edge in everywhere}),
    )
    for method in ("factored", "forward", "reverse"):
        assert cost.multiplications[method] <= cost.multiplications["paths"]


# --- At any size ----------------------------------------------------------------------------------


def test_counts_are_exact_however_large() -> None:
    cost = cg.trace(lambda x: doubling(x, 2000), x=0.0).cost()
    assert cost.paths == 2**2000
    assert both(cost)["paths"] == (2**2000 * 1999, 2**2000 - 1)
    assert both(cost)["reverse"] == (2 * 2000 - 2, 2000)


def test_with_very_many_inputs_there_is_no_form_for_each() -> None:
    names = [f"x{i}" for i in range(1500)]
    cost = cg.trace(lambda **x: sum(x.values()), **dict.fromkeys(names, 1.0)).cost()
    assert "factored" not in cost.operations
    assert cost.passes() == {"forward": 1500, "reverse": 1}
    assert cost.multiplications["forward"] == cost.multiplications["paths"]


# --- Passes ---------------------------------------------------------------------------------------


def test_passes_for_any_number_of_inputs_and_outputs() -> None:
    cost = five_nodes().cost()
    assert cost.passes() == {"forward": 2, "reverse": 1}
    assert cost.passes(inputs=10**6) == {"forward": 10**6, "reverse": 1}
    assert cost.passes(inputs=1, outputs=3) == {"forward": 1, "reverse": 3}


def test_every_entry_of_an_array_is_an_input() -> None:
    g = cg.trace(lambda w, x: cg.tanh(w @ x).sum(), w=np.ones((3, 4)), x=np.ones(4))
    cost = g.cost()
    assert (cost.nodes, cost.edges, cost.paths) == (5, 4, 2)
    assert cost.passes() == {"forward": 16, "reverse": 1}
    # w or x → w @ x → tanh → sum, by 16 forward passes or one reverse pass.
    assert both(cost) == {"paths": (4, 0), "forward": (32, 0), "reverse": (3, 0)}


def test_every_entry_of_an_array_is_an_output() -> None:
    cost = cg.trace(lambda x: cg.tanh(np.ones(3) * x) * 2, x=1.0).cost()
    assert cost.passes() == {"forward": 1, "reverse": 3}
    assert both(cost) == {"paths": (6, 0), "forward": (2, 0), "reverse": (6, 0)}


# --- What it says ---------------------------------------------------------------------------------


def test_as_text() -> None:
    cost = cg.trace(lambda x: doubling(x, 10), x=1.0).cost()
    assert (
        str(cost)
        == """\
The gradient of v10: 11 nodes, 20 edges, 1,024 paths
method        passes  multiplications  additions
────────────────────────────────────────────────
path by path                    9,216      1,023
factored                            9         10
forward mode       1               18         10
reverse mode       1               18         10
Forward mode takes one pass for each input (here 1), reverse mode one for each output (here 1)."""
    )
    assert repr(cost) == "Cost(11 nodes, 20 edges, 1,024 paths)"


def test_one_is_said_in_the_singular() -> None:
    assert repr(cg.trace(lambda x: x * 3, x=1.0).cost()) == "Cost(2 nodes, 1 edge, 1 path)"


@pytest.mark.parametrize("form", ["text/html", "text/latex"])
def test_in_a_notebook(form: str) -> None:
    bundle = five_nodes().cost()._repr_mimebundle_()
    assert all(word in bundle[form] for word in ("path by path", "multiplications", "reverse mode"))


def test_long_counts_in_latex() -> None:
    cost = cg.trace(lambda x: doubling(x, 2000), x=0.0).cost()
    assert r"& \approx 10^{605} & \approx 10^{602} \\" in cost.latex
    assert "3{,}998 & 2{,}000" in cost.latex
