"""What must hold for every graph: all routes to a derivative lead to the same number."""

import json
import math
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.numbers import close
from cgraph_edu.graphs.document import to_document
from cgraph_edu.graphs.paths import PathSum

from .programs import NUMBERS, Program, programs

ROUNDING = 1e-10
"""Routes that only add and multiply in another order, relative to the sum of the terms' sizes."""

TRUNCATION = 1e-6
"""Finite differences, relative to the same."""


def scale(paths: PathSum) -> float:
    """How large the path products are, added up without their signs."""
    return math.fsum(abs(path.product) for path in paths.paths)


def tame(graph: cg.Graph) -> bool:
    """Whether finite differences can be trusted: no huge values, no huge number of paths."""
    small = all(abs(node.value) < 1e3 for node in graph.nodes)
    return small and all(graph.path_sum(node.name).count < 500 for node in graph.inputs)


@settings(max_examples=300)
@given(programs())
def test_path_sum_is_reverse_mode_is_forward_mode_is_finite_differences(program: Program) -> None:
    g = program.graph()
    assume(tame(g))
    reverse = g.gradient()
    forward = g.gradient(engine="forward")
    differences = g.gradient(engine="finite_difference")
    assert reverse.keys() == program.named.keys()
    for name in reverse:
        paths = g.path_sum(name)
        terms = scale(paths)
        assert paths.agrees
        assert close(paths.total, sum(path.product for path in paths.paths), terms, ROUNDING)
        assert close(paths.total, reverse[name], terms, ROUNDING)
        assert close(forward[name], reverse[name], terms, ROUNDING)
        assert close(differences[name], reverse[name], max(1.0, terms), TRUNCATION)


@given(programs())
def test_any_node_is_as_good_a_target(program: Program) -> None:
    g = program.graph()
    target = g.nodes[len(g.nodes) // 2].name
    for name, slope in g.gradient(target).items():
        paths = g.path_sum(name, target)
        assert close(paths.total, slope, scale(paths), ROUNDING)
        assert (paths.count == 0) <= (slope == 0.0)


@given(programs(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_moving_the_inputs_is_building_again_there(program: Program, others: list[float]) -> None:
    others = others[: len(program.inputs)]
    moved = program.graph().at(**dict(zip(program.named, others, strict=True)))
    rebuilt = program.graph(others)
    assert [node.value for node in moved.tape] == [node.value for node in rebuilt.tape]
    assert moved.gradient() == rebuilt.gradient()
    assert moved.edges == rebuilt.edges
    assert str(moved) == str(rebuilt)


@given(programs())
def test_a_graph_computes_what_plain_python_computes(program: Program) -> None:
    assert program.graph().output.value == program(*program.inputs)


@given(programs(), st.integers(1, 8))
def test_the_largest_paths_are_the_largest(program: Program, k: int) -> None:
    g = program.graph()
    for node in g.inputs:
        paths = g.path_sum(node.name)
        assume(paths.count < 500)
        best = [abs(path.product) for path in paths.top(k)]
        every = sorted((abs(path.product) for path in paths.paths), reverse=True)
        assert len(best) == min(k, paths.count)
        assert all(close(x, y, 0.0, 1e-12) for x, y in zip(best, every, strict=False))


@given(programs())
def test_functions_of_functions_agree_with_the_graph(program: Program) -> None:
    everything = range(len(program.inputs))
    value, slopes = cg.value_and_grad(program, argnums=everything)(*program.inputs)
    g = program.graph()
    assert value == g.output.value
    assert list(slopes) == list(g.gradient().values())


@given(programs())
def test_a_document_is_strict_json_that_tells_the_same(program: Program) -> None:
    g = program.graph()
    document = json.loads(json.dumps(to_document(g), allow_nan=False))
    assert [entry["name"] for entry in document["nodes"]] == [node.name for node in g.tape]
    assert replayed(document) == [node.value for node in g.tape]


def replayed(document: Any) -> list[float]:
    """The nodes' values, computed from the document alone with Python's own arithmetic."""
    values: list[float] = []
    for entry in document["nodes"]:
        if "op" not in entry:
            values.append(entry["value"])
            continue
        row = document["ops"][entry["op"]]
        operands = [values[x] if isinstance(x, int) else x["value"] for x in entry["operands"]]
        values.append(evaluated(row["forward"], dict(zip(row["operands"], operands, strict=True))))
    return values


def evaluated(tree: Any, variables: dict[str, float]) -> float:
    """One op's expression, as the browser evaluates it."""
    if isinstance(tree, str):
        return variables[tree]
    if not isinstance(tree, list):
        return float(tree)
    x, *rest = (evaluated(argument, variables) for argument in tree[1:])
    match tree[0]:
        case "add":
            return x + rest[0]
        case "sub":
            return x - rest[0]
        case "mul":
            return x * rest[0]
        case "div":
            return x / rest[0]
        case "pow":
            return math.pow(x, rest[0])
        case "neg":
            return -x
        case name:
            result: float = getattr(math, name)(x)
            return result
