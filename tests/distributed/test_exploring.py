"""cg.distributed.explore: the placement view, with real processes behind its button."""

from typing import Any

import pytest

import cgraph_edu as cg
from tests.examples import five_nodes
from tests.waiting import until


def run(view: Any) -> dict[str, Any]:
    """As its button does; what came of it."""
    number = view.order.get("number", 0) + 1
    order = {"number": number, "placement": view.answer["placement"], "workers": view.workers}
    view.set_state({"order": order})
    until(lambda: view.outcome["state"] != "running")
    outcome: dict[str, Any] = view.outcome
    return outcome


def at(**workers: int) -> dict[str, int]:
    return {**dict.fromkeys("abcde", 0), **workers}


def test_processes_are_started_when_they_are_needed() -> None:
    view = cg.distributed.explore(five_nodes(), placement=at(c=1))
    assert view.workers == 2
    outcome = run(view)
    assert outcome["state"] == "done", outcome
    assert all(line["agrees"] for line in outcome["lines"])
    assert view.result.gradient == {"a": 2.0, "b": 5.0}
    assert dict(view.result.placement) == at(c=1)
    # More than the session has: others are started.
    view.workers = 3
    view.placement = {"d": 2}
    outcome = run(view)
    assert outcome["state"] == "done", outcome
    assert outcome["ran"] == [0, 0, 1, 2, 0]


def test_with_a_client_there_are_as_many_workers_as_it_has() -> None:
    with cg.distributed.connect(workers=3) as client:
        view = cg.distributed.explore(five_nodes(), client)
        assert view.workers == 3
        view.workers = 4
        view.placement = {"c": 3}
        outcome = run(view)
        assert outcome["state"] == "failed"
        assert "4 workers, and there are 3" in outcome["error"]
    with pytest.raises(cg.distributed.DistributedError, match="the client is closed"):
        cg.distributed.explore(five_nodes(), client)


def test_a_placement_brings_its_workers_and_its_blocks() -> None:
    def f(a: cg.Tensor) -> cg.Tensor:
        with cg.scope("both"):
            b: cg.Tensor = cg.sin(cg.cos(a))
        return b

    graph = cg.trace(f, a=1.0)
    names = [node.name for node in graph.nodes]
    placement = cg.distributed.Placement(
        graph, dict(zip(names, (0, 3, 1), strict=True)), workers=4, by="node"
    )
    view = cg.distributed.explore(graph, placement=placement)
    assert (view.workers, view.placement) == (4, dict(placement))
    assert cg.distributed.explore(graph, workers=5, placement=placement).workers == 5


def test_an_op_that_raises_on_a_worker_is_told() -> None:
    def forward(x: float) -> float:
        if where == "there":
            raise ArithmeticError("no more numbers")
        return 2.0 * x

    where = "here"
    a = cg.variable(2.0, "a")
    double = cg.custom_op(forward, lambda out_bar, out, x: 2.0 * out_bar)
    graph = cg.graph(double(a) * 3.0, names={})
    where = "there"
    view = cg.distributed.explore(graph)
    outcome = run(view)
    assert outcome["state"] == "failed"
    assert "no more numbers" in outcome["error"]
    assert not outcome["error"].startswith("DistributedError")
