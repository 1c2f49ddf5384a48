"""What must hold for every graph: all routes to a derivative lead to the same number."""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.expressions import parse
from cgraph_edu.core.numbers import close
from cgraph_edu.core.ops import OPS
from cgraph_edu.core.tensor import apply
from cgraph_edu.graphs.document import to_document
from tests.witnesses import WITNESSES

from . import tolerances
from .programs import APART, ENGINE, NUMBERS, Program, programs
from .tolerances import ROUNDING, terms

FEW = 300
"""How many graphs `make check` looks at; `make test` looks at 20,000."""


def every_route_agrees(program: Program, counts: Counter[str]) -> None:
    """Value and gradient by every route; counts points too ill-conditioned for differences."""
    everything = range(len(program.inputs))
    value, gradient = cg.value_and_grad(program, everything)(*program.inputs)
    assert close(value, program.plain(*program.inputs), 1.0, ROUNDING)

    static = cg.function(program)
    compiled = cg.value_and_grad(static, everything)
    assert static(*program.inputs) == value
    assert compiled(*program.inputs)[0] == value
    by_code = compiled(*program.inputs)[1]
    assert static.traces == 1
    assert compiled.compile(*program.inputs)(*program.inputs) == (value, by_code)

    graph = program.graph()
    assert graph.output.value == value
    known = {node.name for node in graph.inputs}
    found = [tolerances.slope(along(program, i), x) for i, x in enumerate(program.inputs)]
    counts["tried"] += 1
    for i, name in enumerate(program.named):
        tangents = [float(i == j) for j in everything]
        scale = terms(graph, name)
        paths = graph.path_sum(name).total if name in known else 0.0
        assert close(cg.jvp(program, program.inputs, tangents)[1], gradient[i], scale, ROUNDING)
        assert close(by_code[i], gradient[i], scale, ROUNDING)
        assert close(paths, gradient[i], scale, ROUNDING)
        if tolerances.is_trusted(*found[i]):
            assert tolerances.agrees(gradient[i], found[i][0])
    counts["rejected"] += not all(tolerances.is_trusted(*slope) for slope in found)
    counts.update({name for name, _ in program.steps})


def along(program: Program, i: int) -> Callable[[float], float]:
    """The program as a function of one input, without the engine."""
    before, after = program.inputs[:i], program.inputs[i + 1 :]
    return lambda x: program.plain(*before, x, *after)


@pytest.mark.parametrize("count", [FEW, pytest.param(20_000, marks=pytest.mark.slow)])
def test_reverse_is_forward_is_static_is_path_sum_is_finite_differences(count: int) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=count)
    @given(programs())
    def all_agree(program: Program) -> None:
        assume(program.margin() > APART / 2)
        every_route_agrees(program, counts)

    all_agree()
    assert counts["rejected"] < 0.1 * counts["tried"], "finite differences were rarely refused"
    if count > FEW:
        assert counts.keys() > OPS.keys(), "every row of the op table took part"


@pytest.mark.parametrize(
    ("name", "port", "wrong"),
    [
        ("mul", 1, "x + 1e-6"),
        ("atan", 0, "1 / (1 + x)"),
        ("pow", 1, "log(x)"),
        ("clip", 2, "0"),
    ],
)
def test_a_planted_wrong_row_is_seen_by_finite_differences_alone(
    name: str, port: int, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = OPS[name]
    partials = list(row.partials)
    partials[port] = parse(wrong, (*row.operands, "out"))
    planted = replace(row, partials=tuple(partials))
    monkeypatch.setitem(ENGINE, name, lambda *operands: apply(planted, *operands))

    @settings(max_examples=2_000, database=None, phases=[Phase.generate], print_blob=False)
    @given(programs())
    def all_agree(program: Program) -> None:
        assume(program.margin() > APART / 2)
        every_route_agrees(program, Counter())

    with pytest.raises(AssertionError, match="tolerances.agrees"):
        all_agree()


@given(programs())
def test_any_node_is_as_good_a_target(program: Program) -> None:
    g = program.graph()
    target = g.nodes[len(g.nodes) // 2].name
    for name, slope in g.gradient(target).items():
        paths = g.path_sum(name, target)
        scale = terms(g, name, target)
        assert paths.agrees
        assert close(paths.total, slope, scale, ROUNDING)
        assert (paths.count == 0) <= (slope == 0.0)
        if paths.count < 500:
            products = [path.product for path in paths.paths]
            assert len(products) == paths.count
            assert close(paths.total, math.fsum(products), scale, ROUNDING)


@given(programs(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_moving_the_inputs_is_building_again_there(program: Program, others: list[float]) -> None:
    g = program.graph()
    known = {node.name for node in g.inputs}
    places = {name: x for name, x in zip(program.named, others, strict=False) if name in known}
    moved = g.at(**places)
    rebuilt = program.graph([*(program.named | places).values()])
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
    unused = dict.fromkeys(program.named, 0.0)
    assert dict(zip(program.named, slopes, strict=True)) == unused | g.gradient()


@given(programs())
def test_a_document_is_strict_json_that_tells_the_same(program: Program) -> None:
    g = program.graph()
    document = json.loads(json.dumps(to_document(g), allow_nan=False))
    assert [entry["name"] for entry in document["nodes"]] == [node.name for node in g.tape]
    assert replayed(document) == [node.value for node in g.tape]


FUNCTIONS: Mapping[str, Callable[..., float]] = {
    **WITNESSES,
    # To the last bit, and without the assumptions of a witness.
    "abs": abs,
    "maximum": max,
    "minimum": min,
}
"""The functions of the expression language, in Python's own arithmetic."""


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
    """An op's expression, as the browser evaluates it."""
    if isinstance(tree, str):
        return variables[tree]
    if not isinstance(tree, list):
        return float(tree)
    arguments = [evaluated(argument, variables) for argument in tree[1:]]
    return FUNCTIONS[tree[0]](*arguments)
