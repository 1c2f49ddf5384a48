"""When each worker does what: seconds by hand, bounds on random graphs, and automatic placement."""

import re
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.arrays import conv2d
from cgraph_edu.graphs.placement import Placement, blocks
from cgraph_edu.graphs.schedule import Machine, Schedule, automatic, operations, simulate
from tests.examples import five_nodes

from .test_placement import SPLIT, chain, placements, two_layers

SLOW = Machine(rate=1, overhead=1, latency=1, bandwidth=8)
"""One second for an operation and one for a task; a number takes two seconds to another worker."""


def told(schedule: Schedule) -> dict[tuple[str, bool], tuple[float, float]]:
    """When each task runs, by its block's name and whether it is in the reverse pass."""
    names = [block.name for block in schedule.placement.blocks]
    return {(names[t.block], t.is_reverse): (t.start, t.stop) for t in schedule.tasks}


def test_five_nodes_on_two_workers_by_hand() -> None:
    """A sum or product takes 2 s forward, and in reverse 1 s and 1 s for each operand.

    Worker 0: b comes at 2, c until 4; d comes at 2 + 2, e until 6; in reverse e until 9, c until
    12, a until 14. Worker 1: d until 2; the adjoint of d comes at 9 + 2, d until 13; that of b
    from c comes at 12 + 2, b until 16.
    """
    schedule = simulate(Placement(five_nodes(), SPLIT, 2, by="node"), SLOW)
    assert told(schedule) == {
        ("a", False): (0, 0),
        ("b", False): (0, 0),
        ("c", False): (2, 4),
        ("d", False): (0, 2),
        ("e", False): (4, 6),
        ("e", True): (6, 9),
        ("d", True): (11, 13),
        ("c", True): (9, 12),
        ("b", True): (14, 16),
        ("a", True): (12, 14),
    }
    assert schedule.makespan == 16
    assert (schedule.busy(0), schedule.busy(1)) == (12 / 16, 6 / 16)
    path = [("abcde"[task.block], task.is_reverse) for task in schedule.critical]
    assert path == [*((name, False) for name in "bce"), *((name, True) for name in "ecb")]
    sent = [task.message for task in schedule.critical if task.message]
    assert [(m.node, m.sender, m.receiver, m.is_reverse) for m in sent] == [
        (1, 1, 0, False),
        (1, 0, 1, True),
    ]
    on_the_way = [(t.message.node, t.start, t.stop) for t in schedule.transfers]
    assert on_the_way == [(1, 0, 2), (3, 2, 4), (3, 9, 11), (1, 12, 14)]


def test_a_machine_counts_overhead_latency_and_bytes() -> None:
    machine = Machine(rate=100, overhead=0.5, latency=0.25, bandwidth=1000)
    assert machine.seconds(50) == 1.0
    assert machine.carry(500) == 0.75
    assert Machine().carry(8) > Machine().seconds(1)  # as on any real network


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", 0),
        ("rate", float("inf")),
        ("bandwidth", -1.0),
        ("bandwidth", 1e-320),
        ("latency", -1e-3),
        ("latency", float("nan")),
        ("latency", 1e300),
        ("overhead", "1"),
        ("overhead", None),
        ("overhead", True),
    ],
)
def test_a_machine_that_there_can_not_be(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{name}={re.escape(repr(value))}: "):
        Machine(**{name: value})  # type: ignore[arg-type]


def test_times_are_finite_on_the_slowest_machine() -> None:
    slowest = Machine(rate=1e-12, overhead=1e18, latency=1e18, bandwidth=1e-12)
    schedule = simulate(Placement(five_nodes(), SPLIT, 2, by="node"), slowest)
    assert np.isfinite(schedule.makespan)
    assert Machine(overhead=0, latency=np.int64(0)).carry(8) > 0  # type: ignore[arg-type]


def test_an_adjoint_leaves_when_all_of_its_worker_has_been_added() -> None:
    """The input b is used by c and by d, both on worker 1: its adjoint waits for both."""
    placement = Placement(five_nodes(), {"a": 1, "b": 0, "c": 1, "d": 1, "e": 1}, 2, by="node")
    schedule = simulate(placement, SLOW)
    times = told(schedule)
    (back,) = [t for t in schedule.transfers if t.message.is_reverse]
    assert back.start == max(times["c", True][1], times["d", True][1])
    assert times["b", True][0] == back.stop


def test_operations_of_sums_of_products() -> None:
    def work(graph: cg.Graph, name: str, is_reverse: bool = False) -> float:
        block = next(block for block in blocks(graph, "node") if block.name == name)
        return operations(graph, block, is_reverse)

    def f(x: cg.Tensor, w: cg.Tensor) -> cg.Tensor:
        total: cg.Tensor = cg.sum(x @ w)
        return total

    graph = cg.trace(f, x=np.ones((4, 3)), w=np.ones((3, 2)))
    product, total = (node.name for node in graph.nodes[2:])
    assert work(graph, product) == 2 * 4 * 3 * 2
    assert work(graph, product, is_reverse=True) == 2 * (2 * 4 * 3 * 2)
    assert work(graph, total) == 8
    assert (work(graph, "x"), work(graph, "x", is_reverse=True)) == (0, 12)
    # The same product as an einsum; and a convolution: 2·3·3 numbers from 2·2·2 products each.
    graph = cg.trace(
        lambda x, w: cg.einsum("ij,jk->ik", x, w), x=np.ones((4, 3)), w=np.ones((3, 2))
    )
    assert work(graph, graph.output.name) == 2 * 4 * 3 * 2
    images, filters = np.ones((1, 2, 4, 4)), np.ones((2, 2, 2, 2))
    graph = cg.trace(conv2d, x=images, weight=filters)
    assert work(graph, graph.output.name) == 2 * (2 * 3 * 3) * (2 * 2 * 2)


@given(placements(), st.sampled_from([SLOW, Machine(), Machine(1e3, 0.0, 0.0, 1.0)]))
def test_no_schedule_beats_what_must_be_done(placement: Placement, machine: Machine) -> None:
    schedule = simulate(placement, machine)
    tasks = schedule.tasks
    lasts = [task.stop - task.start for task in tasks]
    assert len(tasks) == 2 * len(placement.blocks)
    for worker in range(placement.workers):
        mine = sorted((t.start, t.stop) for t in tasks if t.worker == worker)
        assert all(stop <= start + 1e-12 for (_, stop), (start, _) in pairwise(mine))
        spent = sum(stop - start for start, stop in mine)
        assert schedule.makespan >= spent - 1e-9
        assert schedule.busy(worker) * schedule.makespan == pytest.approx(spent)
    if placement.workers == 1:
        assert schedule.makespan == pytest.approx(sum(lasts))
    # The critical path has no gap in it but for its messages.
    path = schedule.critical
    waited = sum(machine.carry(task.message.size) for task in path if task.message)
    assert schedule.makespan == pytest.approx(sum(t.stop - t.start for t in path) + waited)
    # A value can't be used before it is made and has come.
    found = {(task.block, task.is_reverse): task for task in tasks}
    for source, target, _ in placement.graph.uses:
        giver, taker = placement.home[source].index, placement.home[target].index
        if giver != taker:
            wait = machine.carry(8) if placement.of[giver] != placement.of[taker] else 0.0
            assert found[taker, False].start >= found[giver, False].stop + wait - 1e-12
            assert found[giver, True].start >= found[taker, True].stop + wait - 1e-12
    assert [transfer.message for transfer in schedule.transfers] == list(placement.messages)
    assert all(t.stop <= schedule.makespan + 1e-9 for t in schedule.transfers)


def test_an_input_that_a_guard_alone_reads_gets_no_adjoint() -> None:
    graph = cg.trace(lambda a, b: a * a if b > 0 else a, a=2.0, b=1.0)
    schedule = simulate(Placement(graph, {node.name: 0 for node in graph.nodes}, 1))
    assert ("b", True) not in told(schedule)
    assert ("b", False) in told(schedule)
    assert dict(automatic(graph, 2)) == {node.name: 0 for node in graph.nodes}


def towers(size: int) -> cg.Graph:
    """Two towers of three layers on one input, which meet at the end."""

    def f(x: cg.Tensor, **weights: cg.Tensor) -> cg.Tensor:
        tops = []
        for side in "ab":
            h = x
            for i in (1, 2, 3):
                with cg.scope(f"{side}{i}"):
                    h = cg.tanh(h @ weights[f"w_{side}{i}"])
            tops.append(h)
        with cg.scope("meet"):
            met: cg.Tensor = cg.sum(tops[0] * tops[1])
        return met

    weights = {f"w_{side}{i}": np.full((size, size), 1 / size) for side in "ab" for i in (1, 2, 3)}
    return cg.trace(f, x=np.ones((size, size)), **weights)


def test_automatic_gives_each_of_two_towers_a_worker() -> None:
    graph = towers(512)
    placement = automatic(graph, 2)
    a, b = ({placement[f"{side}{i}"] for i in (1, 2, 3)} for side in "ab")
    assert len(a) == len(b) == 1
    assert a != b
    assert {placement[f"w_a{i}"] for i in (1, 2, 3)} == a  # weights are where they are used
    alone = simulate(automatic(graph, 1)).makespan
    assert simulate(placement).makespan < 0.55 * alone
    assert simulate(automatic(graph, 4)).makespan == simulate(placement).makespan


def test_of_five_numbers_one_worker_is_best() -> None:
    """A message takes longer than all of the arithmetic."""
    placement = automatic(five_nodes(), 2, by="node")
    assert set(placement.values()) == {0}
    assert placement.messages == ()
    split = simulate(Placement(five_nodes(), SPLIT, 2, by="node"))
    assert split.makespan > simulate(placement).makespan
    # Each alone could start at once on a worker of its own; only the whole shows that it is slower.
    a, b = cg.variables(a=2.0, b=1.0)
    assert set(automatic(cg.graph(cg.sin(a) * cg.sin(b)), 2).values()) == {0}


def test_where_messages_cost_nothing_five_numbers_too_are_spread() -> None:
    free = Machine(rate=1, overhead=1, latency=0, bandwidth=1e18)
    placement = automatic(five_nodes(), 2, free, by="node")
    assert placement["c"] != placement["d"]
    assert (
        simulate(placement, free).makespan
        < simulate(automatic(five_nodes(), 1, free), free).makespan
    )


@given(placements(), st.data())
def test_automatic_keeps_what_is_fixed_and_is_never_worse_than_one_worker(
    placement: Placement, data: st.DataObject
) -> None:
    graph, by, workers = placement.graph, placement.by, placement.workers
    chosen = data.draw(st.sets(st.sampled_from(list(placement)), max_size=3))
    fixed = {name: placement[name] for name in chosen}
    found = automatic(graph, workers, SLOW, by, fixed)
    assert fixed.items() <= dict(found).items()
    assert (found.workers, found.by) == (workers, by)
    for worker in set(fixed.values()) or {0}:
        rest = Placement(graph, {**dict.fromkeys(found, worker), **fixed}, workers, by)
        assert simulate(found, SLOW).makespan <= simulate(rest, SLOW).makespan


def test_a_lone_input_is_placed_too() -> None:
    (x,) = cg.variables(x=1.0)
    assert dict(automatic(cg.graph(x), 3)) == {"x": 0}
    assert dict(automatic(cg.graph(x), 3, fixed={"x": 2})) == {"x": 2}
    assert simulate(automatic(cg.graph(x), 3)).makespan > 0


def test_what_automatic_refuses() -> None:
    with pytest.raises(ValueError, match="at least one is needed"):
        automatic(five_nodes(), 0)
    with pytest.raises(ValueError, match="'c' is given to worker 2"):
        automatic(five_nodes(), 2, by="node", fixed={"c": 2})
    with pytest.raises(KeyError, match="no block is named 'q'"):
        automatic(two_layers(), 2, fixed={"q": 0})


def test_a_large_graph_is_quick() -> None:
    graph = chain(20_000)
    begin = time.perf_counter()
    assert simulate(automatic(graph, 64)).makespan > 0
    assert simulate(automatic(graph, 8, by="node")).makespan > 0
    # A star: one value that everything uses.
    (x,) = cg.variables(x=0.5)
    star = cg.graph(sum((cg.sin(x) for _ in range(5_000)), x))
    places = {block.name: i % 8 for i, block in enumerate(blocks(star, "node"))}
    assert len(simulate(Placement(star, places, 8, "node")).transfers) > 5_000
    assert time.perf_counter() - begin < 10
