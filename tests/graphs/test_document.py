"""The JSON form of a graph."""

import json
import math
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.ops import OPS
from cgraph_edu.core.tensor import apply
from cgraph_edu.graphs.document import to_document


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
