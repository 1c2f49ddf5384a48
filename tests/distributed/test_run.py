"""A graph on real workers: the numbers of the local engine, where and when they were computed."""

import os
import re
from collections import Counter
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from distributed import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.distributed import DistributedError, Placement, run
from cgraph_edu.distributed.clusters import close_kept
from cgraph_edu.distributed.workers import workers_of
from cgraph_edu.graphs.placement import UNITS, blocks
from tests.properties.programs import Program, programs


def scopes(x: Any, w: Any, b: Any) -> Any:
    """Two scopes that share inputs, and a node outside of them."""
    with cg.scope("one"):
        h = cg.tanh(w * x + b * x)
    with cg.scope("two"):
        k = cg.sin(h) * w + h * h
    return k + x


SCOPES = cg.trace(scopes, x=2.0, w=0.5, b=-1.0)


def is_equal(result: Any, graph: cg.Graph) -> bool:
    """Bit for bit."""
    return bool(result.value == graph.output.value and result.gradient == graph.gradient())


@settings(
    max_examples=10, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(programs(8).map(Program.graph), st.data())
def test_random_graphs_anyhow_placed(client: Client, graph: cg.Graph, data: Any) -> None:
    by = data.draw(st.sampled_from(UNITS))
    names = [block.name for block in blocks(graph, by)]
    workers = st.lists(st.integers(0, 2), min_size=len(names), max_size=len(names))
    chosen = dict(zip(names, data.draw(workers), strict=True))
    result = run(graph, client, chosen, by=by)
    assert dict(result.placement) == chosen
    assert result.value == pytest.approx(graph.output.value, nan_ok=True, rel=0, abs=0)
    here = graph.gradient()
    assert list(result.gradient) == list(here)
    assert result.gradient == pytest.approx(here, nan_ok=True, rel=1e-9, abs=1e-9)
    assert result.agrees


@pytest.mark.parametrize("by", UNITS)
def test_on_one_of_the_workers_it_is_bit_for_bit_the_same(client: Client, by: str) -> None:
    names = [block.name for block in blocks(SCOPES, by)]
    result = run(SCOPES, client, dict.fromkeys(names, 2), by=by)
    assert is_equal(result, SCOPES)
    assert set(result.placement.values()) == {2}
    assert result.placement.messages == ()


def test_an_automatic_placement(client: Client) -> None:
    result = run(SCOPES, client)
    assert dict(result.placement) == dict(cg.distributed.automatic(SCOPES, 3))
    assert result.agrees


def test_workers_by_the_address_of_their_scheduler(client: Client) -> None:
    try:
        result = run(SCOPES, client.scheduler_info()["address"], {"one": 0, "two": 1})
    finally:
        close_kept()
    assert result.agrees
    assert (result.placement["one"], result.placement["two"]) == (0, 1)


def test_layers_of_a_network_with_arrays(client: Client) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 4)), rng.integers(0, 3, size=20)

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        with cg.scope("hidden"):
            h = cg.tanh(x @ w1 + b1)
        with cg.scope("output"):
            scores = h @ w2 + b2
        with cg.scope("loss"):
            return cg.cross_entropy(scores, y) + 0.01 * cg.sum(w2 * w2)

    weights = {"w1": rng.normal(size=(4, 5)), "b1": np.zeros(5), "w2": rng.normal(size=(5, 3))}
    weights["b2"] = np.ones(3)
    graph = cg.trace(loss, **weights)
    result = run(graph, client, {"hidden": 0, "output": 1, "loss": 2, "w2": 1, "b2": 1})
    assert result.value == pytest.approx(graph.output.value, rel=1e-12)
    for name, slope in graph.gradient().items():
        np.testing.assert_allclose(result.gradient[name], slope, rtol=1e-10, atol=1e-12)
    assert result.agrees
    # h goes to worker 1, the scores and w2 to worker 2; and all of them back.
    assert result.placement.moved(False) == 8 * (20 * 5 + 20 * 3 + 5 * 3)
    assert result.placement.moved() == 2 * result.placement.moved(False)
    assert "∂" in str(result)
    assert "array(4, 5)" in str(result)


def test_another_placement_counts_as_it_stands(client: Client) -> None:
    placement = Placement(SCOPES, {"x": 2, "w": 2, "b": 2, "one": 2, "two": 0, "v9": 0}, 3)
    result = run(SCOPES.at(x=1.0), client, placement)
    assert dict(result.placement) == dict(placement)
    assert result.value == SCOPES.at(x=1.0).output.value


def test_no_block_for_a_worker_that_is_not_there(client: Client) -> None:
    with pytest.raises(ValueError, match="the workers are 0 to 2"):
        run(SCOPES, client, {"one": 3})
    of = {**dict(cg.distributed.automatic(SCOPES, 3)), "one": 4}
    with pytest.raises(ValueError, match="the placement is for 5 workers, and there are 3"):
        run(SCOPES, client, Placement(SCOPES, of, 5))


def test_what_is_no_graph(client: Client) -> None:
    e = cg.variable(2.0, "a") * 3.0
    for wrong, kind in ((3, "int"), (e, "Tensor")):
        with pytest.raises(TypeError, match=rf"run takes a graph, .*{kind}.*cg\.graph\(e\)"):
            run(wrong, client)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [3, "c", [0, 1]])
def test_what_is_no_placement(client: Client, wrong: Any) -> None:
    with pytest.raises(TypeError, match=r'number of a worker for each name, .* \{"c": 0'):
        run(SCOPES, client, wrong)


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan")])
def test_a_time_out_that_is_none(client: Client, timeout: float) -> None:
    with pytest.raises(ValueError, match="a number of seconds, above 0"):
        run(SCOPES, client, timeout=timeout)


def test_a_short_time_out_ends_no_worker_that_is_well(client: Client) -> None:
    before = client.run(os.getpid)
    for _ in range(3):
        with suppress(DistributedError):
            run(SCOPES, client, timeout=0.01)
    assert client.run(os.getpid) == before
    assert run(SCOPES, client).agrees


def test_large_arrays(client: Client) -> None:
    """Dask would warn of the graph's size."""
    x = np.linspace(0.0, 1.0, 1_500_000)
    graph = cg.trace(lambda w: cg.sum(w * x), w=x)
    result = run(graph, client, {"w": 0, "v1": 1, "v2": 1}, by="node")
    np.testing.assert_array_equal(result.gradient["w"], x)


# --- What is sent ---------------------------------------------------------------------------------


def received(dask_worker: Any) -> list[str]:
    """Asked of a worker: the keys of all that other workers have sent to it."""
    return [key for log in dask_worker.transfer_incoming_log for key in log["keys"]]


@pytest.mark.parametrize("by", UNITS)
def test_dask_sends_what_the_placement_says_and_nothing_else(client: Client, by: str) -> None:
    names = [block.name for block in blocks(SCOPES, by)]
    before = client.run(received)
    result = run(SCOPES, client, {name: i % 3 for i, name in enumerate(names)}, by=by)
    after = client.run(received)
    sent = Counter(
        (key.rpartition("-")[0], receiver)
        for receiver, address in enumerate(workers_of(client))
        for key in after[address][len(before[address]) :]
    )
    tape = SCOPES.tape
    assert sent == Counter(
        (
            f"{tape[m.node].name}, sent" + f" back by worker {m.sender}" * m.is_reverse,
            m.receiver,
        )
        for m in result.placement.messages
    )
    assert len(sent) > 4
    receivers = {span.worker for span in result.timeline if span.kind == "transfer"}
    assert receivers == {m.receiver for m in result.placement.messages}


# --- What is told ---------------------------------------------------------------------------------


def test_the_timeline_has_every_task_once_in_the_order_of_time(client: Client) -> None:
    result = run(SCOPES, client, {"one": 0, "two": 1, "x": 0, "w": 0, "b": 0, "v9": 2})
    computed = Counter(span.task for span in result.timeline if span.kind == "compute")
    wanted = {f"{name}, {way}" for name in result.placement for way in ("forward", "reverse")}
    assert wanted <= set(computed)
    assert set(computed.values()) == {1}
    starts = [span.start for span in result.timeline]
    assert starts == sorted(starts)
    assert starts[0] == 0.0
    assert all(span.stop >= span.start for span in result.timeline)
    where = {span.task: span.worker for span in result.timeline}
    for name, worker in result.placement.items():
        assert where[f"{name}, forward"] == where[f"{name}, reverse"] == worker
    by_task = {span.task: span for span in result.timeline if span.kind == "compute"}
    assert by_task["one, forward"].stop <= by_task["two, forward"].start
    assert by_task["two, reverse"].stop <= by_task["one, reverse"].start


TOLD = """\
v9 = 2.23499
∂v9/∂x = 1.24386
∂v9/∂w = -1.66553
∂v9/∂b = -0.975449
✓ equal to what the local engine gives
worker 0: x, w, b, one
worker 1: two, v9
1 worker without work
"""


def test_it_tells_the_same_each_time_without_addresses_and_times(client: Client) -> None:
    place = {"x": 0, "w": 0, "b": 0, "one": 0, "two": 1, "v9": 1}
    told = {repr(run(SCOPES, client, place)) for _ in range(3)}
    assert len(told) == 1
    (text,) = told
    assert text.startswith(TOLD)
    assert "3 messages, 24 B" in text
    assert not re.search(r"127\.0|tcp|[0-9a-f]{12}|\d s\b", text)


def test_numbers_that_are_not_the_engines_are_told(client: Client) -> None:
    result = run(SCOPES, client)
    wrong = type(result)(
        result.value, {**result.gradient, "w": 7.0}, result.placement, result.timeline
    )
    assert not wrong.agrees
    assert "✗ not equal to" in str(wrong)


def test_the_timeline_is_drawn(client: Client) -> None:
    import matplotlib.pyplot as plt

    axes = run(SCOPES, client).plot()
    assert axes.has_data()
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["worker 0", "worker 1", "worker 2"]  # those without work, too
    plt.close("all")
