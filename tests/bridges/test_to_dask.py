"""A graph as a Dask collection, with Dask's schedulers in this process: no cluster needed."""

import pickle
import threading
from collections.abc import Callable
from typing import Any

import cloudpickle
import numpy as np
import pytest
from dask.base import compute
from dask.dot import to_graphviz
from hypothesis import given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.bridges.dask import DaskGraph, NodeError
from cgraph_edu.core.ops import OPS
from cgraph_edu.graphs.placement import UNITS, Placement, blocks
from cgraph_edu.graphs.schedule import automatic
from tests.bridges.ours import network
from tests.properties.array_programs import ArrayProgram, array_programs
from tests.properties.programs import Program, programs


def traced(program: ArrayProgram) -> cg.Graph:
    named = {f"x{i}": x for i, x in enumerate(program.inputs)}
    return cg.trace(lambda **tensors: program(*tensors.values()), **named)


GRAPHS = st.one_of(programs().map(Program.graph), array_programs().map(traced))


def answer(graph: cg.Graph) -> dict[str, Any]:
    """What the local engine says."""
    return {"value": graph.output.value, "gradient": graph.gradient()}


def same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Bit for bit, nan included, with the same types, names and order."""
    return pickle.dumps(_bits(found)) == pickle.dumps(_bits(wanted))


def _bits(found: dict[str, Any]) -> Any:
    def bits(x: Any) -> Any:
        return type(x).__name__, np.shape(x), np.asarray(x).dtype.str, np.asarray(x).tobytes()

    return bits(found["value"]), [(name, bits(x)) for name, x in found["gradient"].items()]


def sync(work: DaskGraph) -> dict[str, Any]:
    """What the tasks give, each of them pickled and read first as on the way to a worker."""
    tasks = cloudpickle.loads(cloudpickle.dumps(work.tasks))
    copy = DaskGraph(work.placement, tasks, work.keys, work.blocks, work.workers_of)
    return compute(copy, scheduler="sync")[0]  # type: ignore[no-any-return]


@settings(max_examples=150)
@given(GRAPHS, st.sampled_from(UNITS))
def test_on_one_worker_it_is_bit_for_bit_what_the_engine_gives(graph: cg.Graph, by: str) -> None:
    assert same(sync(graph.to_dask(by=by)), answer(graph))


@settings(max_examples=150)
@given(GRAPHS, st.data())
def test_on_several_workers_it_is_the_same_to_rounding(graph: cg.Graph, data: Any) -> None:
    by = data.draw(st.sampled_from(UNITS))
    names = [block.name for block in blocks(graph, by)]
    chosen = {name: data.draw(st.integers(0, 2)) for name in names}
    work = graph.to_dask(chosen, by)
    found, wanted = sync(work), answer(graph)
    assert same({**found, "gradient": {}}, {**wanted, "gradient": {}})
    for name, slope in wanted["gradient"].items():
        terms = graph.cost().paths if graph.is_live else 100
        np.testing.assert_allclose(
            found["gradient"][name], slope, rtol=1e-9, atol=1e-12 * max(1, min(terms, 10**6))
        )
    assert moved(work) == sent(work.placement)


def moved(work: DaskGraph) -> set[tuple[str, int, int]]:
    """What tasks need from tasks of other workers: (node and way, sender, receiver)."""
    place = {key: workers[0] for key, workers in work.workers_of.items()}
    return {
        (needed.rpartition("-")[0], place[needed], place[key])
        for key, task in work.tasks.items()
        for needed in task.dependencies
        if place[key] != place[needed]
    }


def sent(placement: Placement) -> set[tuple[str, int, int]]:
    """The placement's messages, in the same form."""
    return {
        (
            f"{placement.graph.tape[m.node].name}, sent"
            + f" back by worker {m.sender}" * m.is_reverse,
            m.sender,
            m.receiver,
        )
        for m in placement.messages
    }


def test_threads_compute_it() -> None:
    def f(a: Any, b: Any) -> Any:
        return cg.tanh(a * a + b) * b

    graph = cg.trace(f, a=0.5, b=-2.0)
    assert compute(graph.to_dask(), scheduler="threads") == (answer(graph),)
    # By hand: u = tanh(a² + b), ∂/∂a = (1 - u²)·2a·b.
    u = float(np.tanh(0.25 - 2.0))
    assert graph.to_dask().compute()["gradient"]["a"] == pytest.approx((1 - u * u) * -2.0)


def test_several_graphs_are_computed_together_and_persist() -> None:
    graphs = [cg.trace(lambda a: a * 3.0 + a, a=float(i)) for i in range(3)]
    works = [graph.to_dask(by="node") for graph in graphs]
    assert compute(*works) == tuple(map(answer, graphs))
    assert compute(*works, works[0])[3] == answer(graphs[0])
    assert works[1].persist(scheduler="sync").compute(scheduler="sync") == answer(graphs[1])


def branching(a: Any, b: Any, unused: Any, decides: Any) -> Any:
    return (a * a if decides > 0 else a) * b + 2.0


def test_guards_twins_constants_and_unused_inputs() -> None:
    graph = cg.trace(branching, a=3.0, b=2.0, unused=1.0, decides=5.0)
    work = graph.to_dask({"b": 1}, by="node")
    assert work.compute(scheduler="sync") == {
        "value": 20.0,
        "gradient": {"a": 12.0, "b": 9.0, "decides": 0.0},
    }
    assert sync(work) == answer(graph)


def test_a_scope_that_holds_inputs_of_its_own() -> None:
    def f(x: Any) -> Any:
        with cg.scope("layer"):
            w, b = cg.variables(w=0.5, b=0.25)
            h = cg.tanh(w * x + b)
        with cg.scope("loss"):
            return (h - 1.0) * (h - 1.0) + 0.0 * w

    graph = cg.trace(f, x=2.0)
    assert set(answer(graph)["gradient"]) == {"x", "w", "b"}
    work = graph.to_dask({"layer": 0, "loss": 1, "x": 1})
    assert sync(work)["gradient"] == pytest.approx(answer(graph)["gradient"], rel=1e-15)
    assert same(sync(graph.to_dask()), answer(graph))
    assert moved(work) == sent(work.placement)


def test_float32_stays_float32() -> None:
    x = np.arange(6, dtype="float32").reshape(2, 3)
    graph = cg.trace(lambda x, w: cg.sum(cg.tanh(x @ w)), x=x, w=np.ones((3, 1), "float32"))
    found = sync(graph.to_dask({"w": 1}, by="node"))
    assert found["gradient"]["w"].dtype == "float32"
    assert same(found, answer(graph))


def test_an_output_that_is_an_array_is_refused_as_by_the_engine() -> None:
    graph = cg.trace(lambda x: x * 2.0, x=np.ones(3))
    with pytest.raises(ValueError, match="a gradient needs one number") as ours:
        graph.to_dask()
    with pytest.raises(ValueError, match="a gradient needs one number") as local:
        graph.gradient()
    assert str(ours.value) == str(local.value)


def test_an_array_output_of_one_entry() -> None:
    graph = cg.trace(lambda x: cg.sum(x * x, axis=0, keepdims=True), x=np.array([1.0, 2.0]))
    assert graph.output.value.shape == (1,)
    assert same(sync(graph.to_dask(by="node")), answer(graph))


def test_a_deep_graph() -> None:
    def f(x: Any) -> Any:
        for _ in range(20_000):
            x = x * 1.0001
        return x

    graph = cg.trace(f, x=1.0)
    work = graph.to_dask()
    assert len(work.tasks) < 500
    assert same(sync(work), answer(graph))


# --- Placements -----------------------------------------------------------------------------------


def test_a_placement_completes_itself_and_pins_its_tasks() -> None:
    graph = cg.trace(lambda a, b: (a + b) * (b + 1.0), a=2.0, b=1.0)
    work = graph.to_dask({"v2": 1}, by="node", workers=["tcp://127.0.0.1:1", "tcp://127.0.0.1:2"])
    there = automatic(graph, 2, by="node", fixed={"v2": 1})
    assert dict(work.placement) == dict(there)
    (layer,) = work.__dask_graph__().layers.values()
    assert layer.annotations["allow_other_workers"] is True
    for key, block in work.blocks.items():
        assert layer.annotations["workers"](key) == [f"tcp://127.0.0.1:{there[block.name] + 1}"]


def test_a_placement_of_the_same_graph_at_other_inputs() -> None:
    graph = cg.trace(lambda a, b: (a + b) * (b + 1.0), a=2.0, b=1.0)
    placement = Placement(graph, {"a": 0, "b": 1, "v1": 0, "v2": 1, "v3": 1}, 2, "node")
    work = graph.at(a=5.0).to_dask(placement)
    assert dict(work.placement) == dict(placement)
    assert work.compute() == {"value": 12.0, "gradient": {"a": 2.0, "b": 8.0}}


def test_a_placement_with_a_wrong_name_says_so() -> None:
    graph = cg.trace(lambda a, b: a * b, a=2.0, b=1.0)
    with pytest.raises(KeyError, match="'z'"):
        graph.to_dask({"z": 0})


def test_keys_can_be_read_and_differ_from_run_to_run() -> None:
    graph = cg.trace(lambda a, b: a * b, a=2.0, b=1.0)
    first, second = (graph.to_dask({"b": 1, "v1": 0}, by="node") for _ in range(2))
    assert not set(first.tasks) & set(second.tasks)
    named = sorted(key.rpartition("-")[0] for key in first.tasks)
    assert named == [
        "a, forward", "a, reverse", "b, forward", "b, reverse", "b, sent",
        "b, sent back by worker 0", "v1, forward", "v1, reverse", "v1, sent",
    ]  # fmt: skip


def test_dask_draws_it() -> None:
    drawn = to_graphviz(cg.trace(lambda a, b: a * b, a=2.0, b=1.0).to_dask().__dask_graph__())
    assert "v1, forward" in drawn.source


# --- Ops on their way -----------------------------------------------------------------------------


def test_a_row_of_the_table_travels_by_its_name() -> None:
    for op in OPS.values():
        written = pickle.dumps(op)
        assert len(written) < 80
        assert pickle.loads(written) is op


def test_a_learners_row_travels_as_its_formulas() -> None:
    cube = cg.op("cube_sent", "x * x * x", ["3 * x ** 2"])
    graph = cg.trace(lambda x: cube(x) * 2.0, x=1.5)
    (op,) = {node.op for node in graph.nodes if node.op and node.op.name == "cube_sent"}
    copy = pickle.loads(pickle.dumps(op))
    assert copy is not op
    assert copy.evaluate(1.5) == 3.375
    assert copy.partial(0, 3.375, 1.5) == 6.75
    assert copy.latex == op.latex
    assert same(sync(graph.to_dask()), {"value": 6.75, "gradient": {"x": 13.5}})


def custom(function: Callable[..., Any], rule: Callable[..., Any]) -> Any:
    return cg.custom_op(function, rule)


def test_a_learners_function_travels_itself() -> None:
    factor = 3.0

    @cg.custom_op
    def scaled(x: Any, y: Any) -> Any:
        return factor * x * y

    @scaled.vjp
    def scaled_vjp(out_bar: Any, out: Any, x: Any, y: Any) -> Any:
        return out_bar * factor * y, out_bar * factor * x

    graph = cg.trace(lambda a, b: scaled(a, b) + scaled(b, b), a=2.0, b=5.0)
    assert sync(graph.to_dask({"b": 1}, by="node")) == answer(graph)
    assert answer(graph)["gradient"] == {"a": 15.0, "b": 36.0}


def test_a_function_that_cannot_be_sent_is_named() -> None:
    lock = threading.Lock()

    def guarded(x: Any) -> Any:
        with lock:
            return 2.0 * x

    op = custom(guarded, lambda out_bar, out, x: 2.0 * out_bar)
    graph = cg.trace(lambda a: op(a) + 1.0, a=2.0)
    with pytest.raises(ValueError, match=r"v1 = guarded\(a\) can't be sent to another process"):
        graph.to_dask()


def test_a_frameworks_op_cannot_be_sent() -> None:
    with pytest.raises(
        ValueError, match=r"^h = .* is computed by Ours itself, which can't be sent"
    ):
        network().to_dask()


def test_an_op_that_raises_is_named() -> None:
    calls: list[float] = []

    def fragile(x: float) -> float:
        calls.append(x)
        if len(calls) > 1:
            raise ZeroDivisionError("the second time")
        return x

    op = custom(fragile, lambda out_bar, out, x: out_bar)
    work = cg.trace(lambda a: op(a) * 2.0, a=2.0).to_dask()
    with pytest.raises(NodeError, match="at v1: ZeroDivisionError: the second time") as raised:
        work.compute(scheduler="sync")
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (copy.node, copy.is_reverse, repr(copy.error)) == (
        "v1", False, "ZeroDivisionError('the second time')",
    )  # fmt: skip


def test_an_interrupt_stays_one_and_an_exit_in_a_thread_is_the_ops() -> None:
    """Ctrl-C comes to the main thread, in which `sync` computes."""
    calls: list[float] = []

    def stopping(x: float) -> float:
        calls.append(x)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return x

    work = cg.trace(lambda a: custom(stopping, stopping)(a) * 2.0, a=2.0).to_dask()
    with pytest.raises(KeyboardInterrupt):
        work.compute(scheduler="sync")
    with pytest.raises(NodeError, match="^at v1: KeyboardInterrupt$"):
        work.compute()


def test_an_error_that_cannot_be_sent_is_told_in_words() -> None:
    class Held(Exception):
        def __init__(self, lock: Any) -> None:
            super().__init__(lock)

    def rule(out_bar: Any, out: Any, x: Any) -> Any:
        raise Held(threading.Lock())

    work = cg.trace(lambda a: custom(lambda x: x, rule)(a) * 2.0, a=2.0).to_dask()
    with pytest.raises(NodeError, match="at v1: RuntimeError: Held: <unlocked") as raised:
        work.compute(scheduler="sync")
    assert raised.value.is_reverse
