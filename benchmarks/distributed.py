"""Graphs and gradients on worker processes: what a task costs, and what more workers bring.

    python -m benchmarks.distributed

Three things. The time of `run`, `data_parallel` and `sweep` beside that of Dask alone, with as many
tasks, of plain functions, that wait for one another in the same way. One step of training by one
worker and by two. And the same step calculated for 1 to 64 workers, from figures of this machine.

Unlike the other benchmarks this one is given all cores, as workers need one each. The answers are
checked first. Peers take turns, and the ratio is taken within a round.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from textwrap import fill
from time import perf_counter
from typing import Any
from uuid import uuid4

import numpy as np
from dask._task_spec import Task, TaskRef
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from distributed import Client

import cgraph_edu as cg
from cgraph_edu.bridges.dask import DaskGraph, placed, to_dask
from cgraph_edu.distributed import DataParallel, Machine, Placement, connect, simulate, sweep
from cgraph_edu.distributed.workers import workers_of
from cgraph_edu.graphs import folding
from cgraph_edu.graphs.placement import blocks
from cgraph_edu.graphs.schedule import operations
from cgraph_edu.nn import tree_map

from .measure import Row, seconds, show

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # .measure leaves a single one

folding.MOST_ITEMS = 200  # each scope of a step's graph stays a block, however many there are

NET = cg.nn.MLP([64, 512, 512, 10])
SHARDS, ROWS = 8, 4000
"""What is measured, and the rows of each shard."""
ROUNDS = 25
MANY, FEWER = 64, 1000
"""Shards, and workers at most, in what is calculated, and the rows of each."""
NETWORK = 1.25e9
"""Bytes in a second, assumed between machines: 10 Gbit/s."""


# --- What a task costs ---------------------------------------------------------------------------


def turns(rounds: int, *peers: Callable[[], Any]) -> list[list[float]]:
    """The seconds of each peer in each round; they take turns, A B, then B A."""
    times: list[list[float]] = [[] for _ in peers]
    order = list(range(len(peers)))
    for _ in range(rounds):
        for i in order:
            start = perf_counter()
            peers[i]()
            times[i].append(perf_counter() - start)
        order.reverse()
    return times


def ratio_row(
    workload: str,
    names: tuple[str, str],
    times: Sequence[Sequence[float]],
    tasks: int,
    goal: float | None,
) -> Row:
    """The median of the rounds' ratios, and what a task takes."""
    ratio = median(a / b for a, b in zip(*times, strict=True))
    ours, theirs = (
        f"{name} {seconds(median(each) / tasks)}" for name, each in zip(names, times, strict=True)
    )
    return Row(workload, ours, theirs, ratio, goal)


def tangle() -> Any:
    """A graph of some 200 nodes, of which each is used once or twice."""
    width, depth = 8, 12
    nodes = list(cg.variables(**{f"x{i}": 1.0 + i / 10 for i in range(width)}))
    for _ in range(depth):
        nodes = [cg.sin(nodes[i]) * nodes[(i + 1) % width] for i in range(width)]
    total = nodes[0]
    for node in nodes[1:]:
        total = total + node
    return cg.graph(total)


def plain(*given: float) -> float:
    """What a task of Dask's alone does."""
    return 1.0 + 0.5 * sum(given)


def alone(work: DaskGraph) -> tuple[HighLevelGraph, list[str]]:
    """As many tasks, with the same waits and the same wishes for workers, of plain functions."""
    token = uuid4().hex[:12]
    tasks = {
        key + token: Task(
            key + token, plain, *[TaskRef(f"{other}{token}") for other in sorted(task.dependencies)]
        )
        for key, task in work.tasks.items()
    }
    wishes = {key + token: workers for key, workers in work.workers_of.items()}
    layer = MaterializedLayer(
        tasks, annotations={"workers": wishes.get, "allow_other_workers": True}
    )
    return HighLevelGraph({token: layer}, {token: set()}), [key + token for key in work.keys]


def by_hand(work: DaskGraph) -> list[float]:
    """What these plain functions give."""
    found: dict[str, float] = {}

    def value(key: str) -> float:
        if key not in found:
            found[key] = plain(*[value(str(k)) for k in sorted(work.tasks[key].dependencies)])
        return found[key]

    return [value(key) for key in work.keys]


def running(client: Client) -> Iterator[Row]:
    """`run`, each node a block, beside the same tasks."""
    graph = tangle()
    workers = workers_of(client)
    work = to_dask(graph, placed(graph, {}, len(workers), "node"), workers=workers)

    def ours() -> Any:
        return cg.distributed.run(graph, client, by="node")

    def theirs() -> Any:
        layers, keys = alone(work)
        return client.gather(client.get(layers, keys, sync=False))

    if not ours().agrees:
        raise ValueError("run is wrong")
    np.testing.assert_allclose(theirs(), by_hand(work), rtol=1e-12)
    times = turns(11, ours, theirs)
    count = len(work.tasks)
    yield ratio_row(f"run: {count} tasks, one", ("run", "Dask alone"), times, count, 1.3)


def line(params: Any, x: Any, y: Any) -> Any:
    """A loss that costs nothing."""
    return ((params["w"] * x + params["b"] - y) ** 2).sum()


def slopes(params: Any, shard: Any) -> Any:
    """The same with its gradient, by hand."""
    x, y = shard
    off = params["w"] * x + params["b"] - y
    return (off * off).sum(), {"w": 2 * (off * x).sum(), "b": 2 * off.sum()}


def added(one: Any, other: Any) -> Any:
    """The sum of two of them."""
    return one[0] + other[0], {key: one[1][key] + other[1][key] for key in one[1]}


def same(value: Any) -> Any:
    """Data as a task."""
    return value


def stepping(client: Client) -> Iterator[Row]:
    """`DataParallel.step` beside the same tasks."""
    count, rows = 16, np.linspace(-1.0, 1.0, 320)
    shards = [(rows[i::count], np.sin(rows[i::count])) for i in range(count)]
    params = {"w": 0.5, "b": 0.1}
    workers = workers_of(client)
    homes = [workers[i * len(workers) // count] for i in range(count)]
    held = [
        client.submit(same, shard, workers=[home], allow_other_workers=True)
        for shard, home in zip(shards, homes, strict=True)
    ]
    parallel = DataParallel(line, shards, client)

    def theirs() -> Any:
        sent = client.submit(same, params, pure=False)
        parts = [
            client.submit(slopes, sent, s, pure=False, workers=[home], allow_other_workers=True)
            for s, home in zip(held, homes, strict=True)
        ]
        while len(parts) > 1:
            parts = [
                client.submit(added, a, b, pure=False)
                for a, b in zip(parts[::2], parts[1::2], strict=True)
            ]
        return parts[0].result()

    result = parallel.step(params)
    value, gradient = slopes(params, (rows, np.sin(rows)))
    for found, slope in ((result.value, result.gradient), theirs()):
        np.testing.assert_allclose(found, value, rtol=1e-12)
        tree_map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), slope, gradient)
    tasks = 1 + count + count - 1
    times = turns(31, lambda: parallel.step(params), theirs)
    yield ratio_row(f"step: {tasks} tasks, one", ("step", "Dask alone"), times, tasks, 1.3)
    parallel.close()


def square(x: float) -> float:
    """A point's work: none to speak of."""
    return x * x


def sweeping(client: Client) -> Iterator[Row]:
    """`sweep` beside `client.map`, which starts all tasks at once."""
    points = [float(i) for i in range(400)]
    answer = [x * x for x in points]

    def ours() -> Any:
        return list(sweep(square, points, client, batch=1, progress=False))

    def theirs() -> Any:
        return client.gather(client.map(square, points, pure=False))

    if ours() != answer or theirs() != answer:
        raise ValueError("a sweep is wrong")
    times = turns(7, ours, theirs)
    yield ratio_row("sweep: 400 tasks, one", ("sweep", "client.map"), times, 400, None)
    times = turns(7, lambda: sweep(square, points, client, progress=False), theirs)
    yield ratio_row("sweep in batches, a point", ("sweep", "client.map"), times, 400, None)


# --- More workers --------------------------------------------------------------------------------


def classes(params: Any, x: Any, y: Any) -> Any:
    """The loss of a network, on a shard."""
    return cg.cross_entropy(NET(params, x), y)


def images(seed: int, rows: int) -> Any:
    """A shard: points (rows, 64) in float32, and their labels."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(rows, 64)).astype(np.float32), np.arange(rows) % 10


def scaling() -> tuple[list[Row], float]:
    """A step by one worker and by two; and the seconds that a worker takes for a row."""
    params = NET.init(dtype=np.float32)
    shards = [images(seed, ROWS) for seed in range(SHARDS)]
    with connect(workers=1) as one, connect(workers=2) as two:
        by_one, by_two = (DataParallel(classes, shards, client) for client in (one, two))
        gradient = cg.value_and_grad(classes)
        parts = [gradient(params, *shard) for shard in shards]
        for result in (by_one.step(params), by_two.step(params)):
            np.testing.assert_allclose(result.value, sum(value for value, _ in parts), rtol=1e-5)
            tree_map(
                lambda found, *each: np.testing.assert_allclose(found, sum(each), atol=1e-5),
                result.gradient,
                *(slope for _, slope in parts),
            )
        times = turns(ROUNDS, lambda: by_one.step(params), lambda: by_two.step(params))
        spans = [span for _ in range(5) for span in by_one.step(params).timeline]
    shard = min(span.stop - span.start for span in spans if span.task.startswith("shard"))
    names = f"2 workers {seconds(median(times[1]))}", f"1 worker {seconds(median(times[0]))}"
    ratio = median(b / a for a, b in zip(*times, strict=True))
    quickest = min(times[1]) / min(times[0])
    best = f"2 workers {seconds(min(times[1]))}", f"1 worker {seconds(min(times[0]))}"
    rows = [
        Row("a step on 2 cores", *names, ratio, 1 / 1.6),
        Row(f"the quickest of {ROUNDS}", *best, quickest, 1 / 1.6),
    ]
    return rows, shard / ROWS


# --- Calculated ----------------------------------------------------------------------------------


def large(count: int) -> Any:
    """A value of so many bytes."""
    return np.ones(count, np.uint8)


def machine(client: Client, rate: float) -> tuple[Machine, float]:
    """A worker of this computer in figures, and the seconds that the scheduler takes for a task.

    The best of several: others may be at work here.
    """
    workers = workers_of(client)
    links, wide, size = 50, 400, 100_000_000

    def chain(places: Sequence[str]) -> None:
        future = client.submit(large, 8, pure=False, workers=[places[0]])
        for i in range(links):
            future = client.submit(same, future, pure=False, workers=[places[i % len(places)]])
        future.result()

    def looked_at(place: str) -> None:
        value = client.submit(large, size, pure=False, workers=[workers[0]])
        client.submit(len, value, pure=False, workers=[place]).result()

    stay, move = turns(15, lambda: chain(workers[:1]), lambda: chain(workers))
    here, there = turns(9, lambda: looked_at(workers[0]), lambda: looked_at(workers[1]))
    many = turns(9, lambda: client.gather(client.map(square, range(wide), pure=False)))
    overhead = min(stay) / links
    figures = Machine(
        rate=rate,
        overhead=overhead,
        latency=max(min(move) / links - overhead, 1e-4),
        bandwidth=min(size / max(min(there) - min(here), 1e-6), NETWORK),
    )
    return figures, min(many[0]) / wide


def step_graph(shards: int) -> Any:
    """A step as a graph: params copied along a binary tree, a loss for each shard, their sum.

    In its reverse pass the gradients come back along that tree, two by two.
    """
    params = [
        cg.variables(**{f"p{i}": array})[0]
        for i, array in enumerate(a for layer in NET.init(dtype=np.float32) for a in layer.values())
    ]
    at: dict[int, list[Any]] = {}

    def hand_on(given: list[Any], first: int, stop: int) -> None:
        if stop - first == 1:
            at[first] = given
            return
        middle = (first + stop) // 2
        for start, end in ((first, middle), (middle, stop)):
            with cg.scope(f"params {start} to {end - 1}"):
                copied = [x * 1.0 for x in given]
            hand_on(copied, start, end)

    hand_on(params, 0, shards)
    x, y = images(0, FEWER)
    losses = []
    for i in range(shards):
        with cg.scope(f"shard {i}"):
            pairs = zip(at[i][::2], at[i][1::2], strict=True)
            tree = [{"weight": weight, "bias": bias} for weight, bias in pairs]
            losses.append(classes(tree, x, y))
    with cg.scope("sum"):
        total = losses[0]
        for loss in losses[1:]:
            total = total + loss
    return cg.graph(total)


def spread(graph: Any, shards: int, workers: int) -> Placement:
    """Shards in turn on each worker, and each copy of params where its first shard is."""

    def worker(name: str) -> int:
        words = name.split()
        return int(words[1]) * workers // shards if len(words) > 1 else 0

    names = {block.name: worker(block.name) for block in blocks(graph)}
    return Placement(graph, names, workers)


def calculated(here: Machine, each: float, graph: Any) -> Iterator[str]:
    """A table for 1 to 64 workers; `each` is the scheduler's time for a task."""
    tasks = 1 + MANY + MANY - 1
    yield fill(
        f"A step with {MANY} shards of {FEWER:,} rows, calculated by `simulate`. Measured here, "
        f"the best of several: {here.rate / 1e9:.3g} · 10⁹ operations in a second, "
        f"{seconds(here.overhead)} from one task to the next that waits for it, "
        f"{seconds(here.latency)} more to another worker. Assumed: {here.bandwidth / 1e9:.3g} GB/s "
        "between machines (10 Gbit/s, or what was measured here if that is less); all machines "
        "alike; messages that do not hinder one another; params that go along a binary tree, and "
        "gradients that come back along it. Tasks that do nothing take "
        f"{seconds(each)} each, with scheduler and workers on the same cores: by that the {tasks} "
        f"tasks of a step take {seconds(tasks * each)} at least, as the last columns have it.",
        100,
    )
    yield "\n| workers | a step | times as quick | busy | with the scheduler | times as quick |"
    yield "|---|---|---|---|---|---|"
    alone, workers = 0.0, 1
    while workers <= MANY:
        schedule = simulate(spread(graph, MANY, workers), here)
        took = schedule.makespan
        alone = alone or took
        busy = sum(map(schedule.busy, range(workers))) / workers
        least = max(took, tasks * each)
        yield (
            f"| {workers} | {seconds(took)} | {alone / took:.3g} | {busy:.0%} "
            f"| {seconds(least)} | {alone / least:.3g} |"
        )
        workers *= 2


def main() -> None:
    """Measure, and print."""
    load = os.getloadavg()[0]
    with connect(workers=2) as client:
        show([*running(client), *stepping(client), *sweeping(client)])
    rows, for_row = scaling()
    for row in rows:
        print(row)
    print(f"\nLoad of the machine: {load:.2g} at the start, {os.getloadavg()[0]:.2g} at the end,")
    print(f"of which this run made up to 2. {os.cpu_count()} cores.\n")
    graph = step_graph(MANY)
    one = next(block for block in blocks(graph) if block.name == "shard 0")
    work = operations(graph, one, False) + operations(graph, one, True)
    with connect(workers=2) as client:
        here, each = machine(client, work / (for_row * FEWER))
    for text in calculated(here, each, graph):
        print(text)


if __name__ == "__main__":
    main()
