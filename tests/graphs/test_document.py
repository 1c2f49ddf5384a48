"""The JSON form of a graph."""

import copy
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.ops import OPS
from cgraph_edu.core.tensor import apply
from cgraph_edu.graphs.document import to_document
from tests.properties.programs import Program, programs


def as_json(graph: cg.Graph) -> Any:
    """The document, after a trip through strict JSON."""
    return json.loads(json.dumps(to_document(graph), allow_nan=False))


def test_the_five_node_example() -> None:
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    document = as_json(cg.graph(e, names=locals()))
    assert (document["format"], document["version"]) == ("cgraph_edu", 1)
    assert document["nodes"] == [
        {"name": "a", "value": 2.0},
        {"name": "b", "value": 1.0},
        {"name": "c", "op": "add", "operands": [0, 1], "value": 3.0},
        {"name": "d", "op": "add", "operands": [1, {"value": 1.0}], "value": 2.0},
        {"name": "e", "op": "mul", "operands": [2, 3], "value": 6.0},
    ]
    assert document["output"] == 4
    assert document["guards"] == []
    assert document["ops"]["mul"] == {
        "operands": ["x", "y"],
        "forward": ["mul", "x", "y"],
        "partials": ["y", "x"],
        "latex": r"{x} \cdot {y}",
    }


def test_only_the_ops_in_use_are_sent() -> None:
    assert as_json(cg.trace(lambda a: cg.sin(a) * a, a=1.0))["ops"].keys() == {"sin", "mul"}


def test_a_guard_says_what_it_stands_for() -> None:
    document = as_json(cg.trace(lambda a: a * 2 if a > 0 else a, a=-3.0))
    (guard,) = document["guards"]
    assert (guard["expected"], guard["text"]) == (False, "a <= 0")
    assert document["nodes"][guard["node"]] == {
        "name": "guard1",
        "op": "gt",
        "operands": [0, {"value": 0.0}],
        "value": False,
        "drawn": False,
    }


@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
@pytest.mark.parametrize(
    ("value", "text"), [(math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan")]
)
def test_numbers_that_json_lacks(value: float, text: str) -> None:
    document = as_json(cg.trace(lambda a: a + value, a=1.0))
    assert document["nodes"][1]["operands"] == [0, {"value": text}]
    assert document["nodes"][1]["value"] == text


def test_arrays_are_told_by_their_shape() -> None:
    document = as_json(cg.trace(lambda x: (x * np.ones((2, 3))).sum(), x=np.ones(3)))
    assert document["nodes"][0]["value"] == {"shape": [3]}
    assert document["nodes"][1]["operands"] == [0, {"value": {"shape": [2, 3]}}]
    assert document["nodes"][2]["op"] == "sum"


def test_every_row_of_the_op_table_can_be_sent() -> None:
    def everything(a: Any, b: Any) -> Any:
        results = [apply(row, *(a, b, a)[: len(row.operands)]) for row in OPS.values()]
        return sum(results[1:], results[0])

    assert as_json(cg.trace(everything, a=0.5, b=0.25))["ops"].keys() >= OPS.keys()


def test_a_name_that_is_html_is_data_like_any_other() -> None:
    x = cg.variable(1.0, name="<script>alert(1)</script>")
    assert as_json(cg.graph(x * 2))["nodes"][0]["name"] == "<script>alert(1)</script>"


# --- There and back ------------------------------------------------------------------------------


def again(graph: cg.Graph) -> cg.Graph:
    """What is left of a graph after a trip through text."""
    return cg.Graph.from_json(graph.to_json())


def branch(a: Any, b: Any) -> Any:
    return a * b if a > 0 else a - b


def test_a_graph_comes_back_with_all_that_it_knows() -> None:
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    graph = cg.graph(e, names=locals())
    back = again(graph)
    assert str(back) == str(graph)
    assert back.draw() == graph.draw()
    assert back.gradient() == {"a": 2.0, "b": 5.0}
    assert back.at(a=-1.0, b=4.0).value("e") == 15.0
    assert back.to_json() == graph.to_json()


def test_every_row_of_the_op_table_comes_back() -> None:
    def everything(a: Any, b: Any) -> Any:
        results = [apply(row, *(a, b, a)[: len(row.operands)]) for row in OPS.values()]
        return sum(results[1:], results[0])

    graph = cg.trace(everything, a=0.5, b=0.25)
    back = again(graph)
    assert [(n.name, n.op, n.value, n.drawn) for n in back.tape] == [
        (n.name, n.op, n.value, n.drawn) for n in graph.tape
    ]
    assert back.gradient() == graph.gradient()


def test_ones_own_op_comes_back_with_its_formulas() -> None:
    swish = cg.op("swish", "x / (1 + exp(-x))", ["(1 + out * exp(-x)) / (1 + exp(-x))"])
    back = again(cg.trace(lambda a: swish(a) * 2, a=0.7)).at(a=-1.3)
    by_hand = -1.3 / (1 + math.exp(1.3))
    assert back.output.value == pytest.approx(2 * by_hand, rel=1e-15)
    assert back.gradient()["a"] == pytest.approx(back.gradient(engine="finite_difference")["a"])
    assert "swish(a)" in str(back.describe(back.nodes[1]))


def test_guards_come_back_and_refuse_the_other_branch() -> None:
    back = again(cg.trace(branch, a=2.0, b=3.0))
    assert back.at(a=1.0).output.value == 3.0
    with pytest.raises(cg.GuardError, match=r"recorded for a > 0; at a = -1\.0, b = 3\.0"):
        back.at(a=-1.0)


@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
def test_numbers_that_json_lacks_come_back() -> None:
    graph = cg.trace(lambda a: (a + math.inf) * (a - math.inf) + math.nan, a=1.0)
    values = [node.value for node in again(graph).nodes]
    assert values[:4] == [1.0, math.inf, -math.inf, -math.inf]
    assert math.isnan(values[4])


def test_what_json_loads_gives_and_bytes_are_read_too() -> None:
    text = cg.trace(branch, a=2.0, b=3.0).to_json()
    for document in (json.loads(text), text.encode()):
        assert cg.Graph.from_json(document).output.value == 6.0


def test_what_a_later_version_may_add_is_passed_over() -> None:
    document = as_json(cg.trace(branch, a=2.0, b=3.0))
    document["author"] = document["nodes"][0]["label"] = ["a", "b"]
    assert cg.Graph.from_json(document).output.value == 6.0


def test_any_name_comes_back_as_it_was() -> None:
    for name in ("</script>", "a b\n", "λ\u2028", "\ud800", "import os"):
        x = cg.variable(1.0, name=name)
        assert again(cg.graph(x * 2)).inputs[0].name == name


def test_graphs_that_no_document_can_hold_are_refused_before_anything_is_lost() -> None:
    with pytest.raises(ValueError, match="holds graphs of numbers only; x is an array"):
        cg.trace(lambda x: x.sum(), x=np.ones(3)).to_json()

    @cg.custom_op
    def cube(x: float) -> float:
        return x**3

    with pytest.raises(ValueError, match=r"formulas only; v1 = cube\(x\) runs Python code"):
        cg.trace(lambda x: cube(x), x=2.0).to_json()


# --- Documents from elsewhere --------------------------------------------------------------------


def sound() -> dict[str, Any]:
    """A document to be spoilt: c = a * b under the guard a > 0, with an op of its own."""
    return {
        "format": "cgraph_edu",
        "version": 1,
        "ops": {
            "gt": {
                "operands": ["x", "y"],
                "forward": ["gt", "x", "y"],
                "partials": [0, 0],
                "latex": "{x} > {y}",
            },
            "twice": {
                "operands": ["x", "y"],
                "forward": ["mul", 2, ["mul", "x", "y"]],
                "partials": [["mul", 2, "y"], ["mul", 2, "x"]],
                "latex": r"2 \cdot {x} \cdot {y}",
            },
        },
        "nodes": [
            {"name": "a", "value": 3},
            {"name": "b", "value": 2.0},
            {
                "name": "gt1",
                "op": "gt",
                "operands": [0, {"value": 0.0}],
                "value": True,
                "drawn": False,
            },
            {"name": "c", "op": "twice", "operands": [0, 1], "value": 12.0},
        ],
        "output": 3,
        "guards": [{"node": 2, "expected": True, "text": "a > 0"}],
    }


def deep(levels: int) -> Any:
    return "x" if not levels else ["neg", deep(levels - 1)]


MISSING = object()
NODE = "node 3, c: "
TWICE = "op 'twice'"


def test_the_sound_document_is_read() -> None:
    graph = cg.Graph.from_json(sound())
    assert graph.gradient() == {"a": 4.0, "b": 6.0}
    assert [edge.partial for edge in graph.edges] == [4.0, 6.0]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("format", "graphml", "its format is not 'cgraph_edu'"),
        ("version", 2, "of version 2; this cgraph_edu reads version 1"),
        ("version", MISSING, "of version None"),
        ("ops", MISSING, "ops: an object is expected, not missing"),
        ("ops", [], "ops: an object is expected"),
        ("ops/twice", 3, f"{TWICE}: an object is expected, not 3"),
        ("ops/twice/operands", "xy", f'{TWICE}: operands: a list is expected, not "xy"'),
        ("ops/twice/operands", ["x", "x"], f"'x' is several operands of {TWICE}"),
        ("ops/twice/operands/1", 5, f"{TWICE}: an operand is 5, and it must be a name"),
        ("ops/twice/operands/1", "y: print(1)", "'y: print(1)': that can't be a name"),
        ("ops/twice/operands/1", "lambda", "'lambda': that can't be a name"),
        ("ops/twice/operands/1", "__debug__", "'__debug__': that can't be a name"),
        ("ops/twice/operands/1", "\ufb01", "that can't be a name"),
        ("ops/twice/operands/1", "mul", "'mul' has the name of something else"),
        ("ops/twice/operands/1", "out", "'out' has the name of something else"),
        ("ops/twice/partials", [1], f"{TWICE} has 2 operands but 1 partial"),
        ("ops/twice/forward", MISSING, "forward: missing is no number, variable or"),
        ("ops/twice/forward", "z", f"{TWICE}: forward: there is no 'z'; it has x, y"),
        ("ops/twice/forward", "out", "forward: there is no 'out'"),
        ("ops/twice/forward", ["eval", "x"], "no function is named 'eval'; there are: add sub"),
        ("ops/twice/forward", ["sin", "x", "y"], "'sin' takes 1 argument, not 2"),
        ("ops/twice/forward", [], "[] is no number, variable or"),
        ("ops/twice/forward", True, "true is no number"),
        ("ops/twice/forward", {"a": "x" * 99}, "... is no number"),
        ("ops/twice/forward", 10**400, "and it must be a number"),
        ("ops/twice/forward", deep(70), "nested more than 60 deep"),
        ("ops/twice/partials/1", ["mul", "q", 2], f"{TWICE}: partial 1: there is no 'q'"),
        ("ops/twice/latex", MISSING, f"{TWICE}: latex must be a template"),
        ("ops/twice/latex", "{x", "latex must be a template"),
        ("ops/twice/latex", "{}", "latex may hold {x}, {y}, not {}"),
        ("ops/twice/latex", "{x.__class__}", "latex may hold {x}, {y}, not {x.__class__}"),
        ("ops/twice/latex", "{x:>99999999999}", "latex may hold {x}, {y}"),
        ("ops/twice/latex", r"\href{{javascript:alert(1)}}{{{x}}}", r"may not hold \href"),
        ("ops/gt/forward", ["lt", "x", "y"], "not what cgraph_edu means by 'gt'"),
        ("nodes", {}, "nodes: a list is expected"),
        ("nodes", [], "output is 3, and it must be the place of an earlier node"),
        ("nodes/3", None, "node 3: an object is expected, not missing"),
        ("nodes/3/name", MISSING, "node 3: its name is missing"),
        ("nodes/3/name", "", 'node 3: its name is ""'),
        ("nodes/3/name", "a", "'a' is the name of several nodes"),
        ("nodes/3/op", "sum", f'{NODE}its op is "sum", which is not in ops'),
        ("nodes/3/op", ["gt"], f'{NODE}its op is ["gt"], which is not in ops'),
        ("nodes/3/operands", [0], f"{NODE}twice takes 2 operands"),
        ("nodes/3/operands/1", 3, "operand 1 is 3, and it must be the place of an earlier"),
        ("nodes/3/operands/1", -1, "operand 1 is -1"),
        ("nodes/3/operands/1", True, "operand 1 is true"),
        ("nodes/3/operands/1", {}, "operand 1: its value is missing"),
        ("nodes/3/operands/1", 2, "it is drawn, and its operand gt1 is not"),
        ("nodes/3/operands", [{"value": 3}, {"value": 2}], "one of its operands at least must be"),
        ("nodes/3/value", 12.5, f"{NODE}its value is 12.5, and twice gives 12.0"),
        ("nodes/3/value", "nan", "and twice gives 12.0"),
        ("nodes/3/drawn", "no", 'drawn is "no", and it must be true or false'),
        ("nodes/0/value", "two", 'node 0, a: its value is "two", and it must be a number'),
        ("nodes/0/value", True, "node 0, a: its value is true, and it must be a number"),
        ("nodes/0/value", {"shape": [3]}, "its value is an array, of which a document holds only"),
        ("nodes/0/value", 10**400, "and it must be a number"),
        ("output", 4, "output is 4"),
        ("output", 2, "output: gt1 is not drawn"),
        ("guards", MISSING, "guards: a list is expected, not missing"),
        ("guards/0/node", 3, "guard 0: c is not a comparison"),
        ("guards/0/expected", 1, "guard 0: expected is 1, and it must be true or false"),
        ("guards/0/expected", False, "guard 0: it does not hold at the document's own inputs"),
    ],
)
def test_a_spoilt_document_is_refused_by_name(place: str, value: Any, message: str) -> None:
    document = sound()
    *way, last = place.split("/")
    part: Any = document
    for key in way:
        part = part[int(key) if isinstance(part, list) else key]
    if value is MISSING:
        del part[last]
    else:
        part[int(last) if isinstance(part, list) else last] = value
    with pytest.raises(ValueError, match=re.escape(message)):
        cg.Graph.from_json(document)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not JSON: Expecting value"),
        ("{", "this is not JSON: "),
        (b"\xff\xfe\xfa", "this is not JSON: "),
        ("[1, 2]", "a graph document: an object is expected, not [1, 2]"),
        ("null", "a graph document: an object is expected, not missing"),
        ('{"format": "cgraph_edu", "version": NaN}', "this is not JSON: NaN is no JSON number"),
        ("[" * 100_000, "this is no graph document: it is nested too deeply"),
        ("1" * 5000, "this is not JSON: "),
    ],
)
def test_text_that_is_no_document_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        cg.Graph.from_json(text)


def test_nothing_in_a_document_is_run(tmp_path: Any) -> None:
    trap = tmp_path / "trap"
    attempts = [
        f"__import__('pathlib').Path({str(trap)!r}).touch()",
        f"x=__import__('pathlib').Path({str(trap)!r}).touch()",
        f"x, y: __import__('pathlib').Path({str(trap)!r}).touch()) or (lambda x",
    ]
    for code in attempts:
        for place in ("operands", "forward", "partials"):
            document = sound()
            row = document["ops"]["twice"]
            row[place] = [code, code] if isinstance(row[place], list) else code
            with pytest.raises(ValueError, match="op 'twice'"):
                cg.Graph.from_json(document)
        document = sound()
        document["ops"] = {code: document["ops"]["twice"], "gt": document["ops"]["gt"]}
        with pytest.raises(ValueError, match="can't be a name in a formula"):
            cg.Graph.from_json(document)
        # Names and LaTeX may be any text: it is shown.
        document = sound()
        document["nodes"][0]["name"] = document["ops"]["twice"]["latex"] = code
        graph = cg.Graph.from_json(document)
        assert graph.at(b=1.0).gradient() == {code: 2.0, "b": 6.0}
        graph._repr_mimebundle_()
    assert not trap.exists()


# --- Files ---------------------------------------------------------------------------------------


def test_save_writes_what_the_ending_says(tmp_path: Any) -> None:
    graph = cg.trace(branch, a=2.0, b=3.0)
    for ending in ("json", "svg", "SVG", "html"):
        graph.save(str(tmp_path / f"x.{ending}"))
    graph.save(tmp_path / "path.svg")
    text = (tmp_path / "x.json").read_bytes()
    assert cg.Graph.from_json(text).output.value == 6.0
    svg = (tmp_path / "x.svg").read_text("utf-8")
    assert svg == (tmp_path / "x.SVG").read_text("utf-8") == graph.draw()
    assert svg == (tmp_path / "path.svg").read_text("utf-8")
    assert (tmp_path / "x.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("name", ["x.jpg", "x.htm", "x", ".html", "x.html.gz"])
def test_other_endings_are_refused_and_write_nothing(tmp_path: Any, name: str) -> None:
    with pytest.raises(ValueError, match=r"a graph is saved as \.html, \.svg, \.png"):
        cg.trace(branch, a=2.0, b=3.0).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_cannot_be_saved_leaves_an_old_file_as_it_was(tmp_path: Any) -> None:
    path = tmp_path / "x.json"
    path.write_text("old")
    with pytest.raises(ValueError, match="x is an array"):
        cg.trace(lambda x: x.sum(), x=np.ones(3)).save(path)
    assert path.read_text() == "old"


# --- By chance -----------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts),
    max_leaves=4,
)


def places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a document, with each of its keys."""
    if isinstance(part, dict | list):
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
            yield part, key
            yield from places(inner)


@given(programs())
def test_random_graphs_come_back(program: Program) -> None:
    graph = program.graph()
    back = again(graph)
    assert back.to_json() == graph.to_json()
    assert str(back) == str(graph)


@pytest.mark.filterwarnings("ignore::cgraph_edu.DomainWarning")
@given(st.data())
def test_a_part_replaced_by_anything_is_refused_or_sound(data: st.DataObject) -> None:
    document = sound()
    there = list(places(document))
    # A value of any kind, or one that stands elsewhere in the document.
    known = [copy.deepcopy(part[key]) for part, key in there]
    for _ in range(data.draw(st.integers(1, 2))):
        part, key = data.draw(st.sampled_from(there))
        part[key] = data.draw(JSON | st.sampled_from(known))
    try:
        graph = cg.Graph.from_json(document)
    except ValueError:
        return
    assert again(graph).draw() == graph.draw()
    assert str(again(graph)) == str(graph)
