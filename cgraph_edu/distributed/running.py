"""Running a graph on the workers of a cluster, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import dask
from distributed import Client, Future, get_task_stream

from ..bridges.dask import DaskGraph, NodeError, check_placement, placed, to_dask
from ..core.describe import describe
from ..core.numbers import agree, format_number
from ..core.tensor import is_array
from ..graphs.graph import Graph
from ..graphs.placement import Placement
from .timeline import Span
from .waiting import Crew, Name, Numbers, TaskError, results_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a run of a graph gave, and where and when it was computed.

    Attributes:
        value: the output's.
        gradient: ∂output/∂x by the input's name, as `Graph.gradient` has it.
        placement: on which workers the blocks really were.
        timeline: what each worker did, in the order of time.
    """

    value: Any
    gradient: dict[str, Any]
    placement: Placement
    timeline: tuple[Span, ...]

    @cached_property
    def agrees(self) -> bool:
        """Whether value and gradient are those of the local engine, but for rounding."""
        graph = self.placement.graph
        here = graph.gradient()
        return agree(self.value, graph.output.value, 1.0, graph.tolerance) and all(
            agree(slope, here[name], 1.0, graph.tolerance) for name, slope in self.gradient.items()
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The timeline with matplotlib, onto `ax` or a new figure; gives the Axes."""
        from ..render.timeline import plot_timeline

        return plot_timeline(self.timeline, ax, self.placement.workers)

    def __str__(self) -> str:
        output = self.placement.graph.output.name
        verdict = "✓ equal to" if self.agrees else "✗ not equal to"
        return "\n".join(
            [
                f"{output} = {_shown(self.value)}",
                *(f"∂{output}/∂{x} = {_shown(slope)}" for x, slope in self.gradient.items()),
                f"{verdict} what the local engine gives",
                str(self.placement),
            ]
        )

    __repr__ = __str__


def run(
    graph: Graph,
    client: Any = None,
    placement: Mapping[str, int] | None = None,
    *,
    by: str = "scope",
    timeout: float = 60.0,
) -> Result:
    """Compute a graph's value and gradient on the workers of a cluster.

        cg.distributed.run(graph)
        cg.distributed.run(graph, client, placement={"layer 1": 0, "layer 2": 1})

    `client` is a `Client` of Dask, the address of a scheduler, or None for two processes on this
    computer, which the session keeps. `placement` says which worker computes what, by number; the
    blocks that it leaves out are placed automatically. A block is a node or a scope, as `by` says.
    Should a worker die, others do its tasks. On one worker the results are those of the local
    engine, bit for bit; on several, to rounding.

    Raises DistributedError within `timeout` seconds of computing, naming node and worker where it
    can: for an op that raises an error, a worker or an op that does not answer, a scheduler that is
    gone; and, before anything is sent, for a machine that is not this one and was not allowed
    (`connect`), and for other versions of cgraph_edu or Python. Raises ValueError for an array as
    output, for an op that can't be sent, and for a worker that there is not; TypeError for what is
    no graph, or no placement.
    """
    if not isinstance(graph, Graph):
        raise TypeError(
            f"run takes a graph, not {describe(graph)} ({type(graph).__name__}). cg.graph(e) "
            "makes the graph of e"
        )
    check_placement(placement)
    crew = Crew(client, timeout)
    workers = crew.numbers.addresses
    there = placed(graph, placement or {}, len(workers), by)
    if there.workers > len(workers):
        raise ValueError(
            f"the placement is for {there.workers} workers, and there are {len(workers)}"
        )
    running = _Running(crew.client, to_dask(graph, there, workers=workers))
    found, stream = crew.wait(running.computed, running.names, running.release)
    return Result(
        found["value"],
        found["gradient"],
        _where(running.work, stream, crew.numbers),
        _timeline(stream, crew.numbers),
    )


class _Running:
    """The tasks of a graph under way."""

    def __init__(self, client: Client, work: DaskGraph) -> None:
        self.client = client
        self.work = work
        self.names = {key: Name(*_told(key).rsplit(", ", 1)) for key in work.tasks}
        self.futures: list[Future[Any]] = []

    async def computed(self) -> tuple[dict[str, Any], list[Any]]:
        """Value and gradient, and Dask's stream of what ran where and when."""
        stream = get_task_stream(self.client)
        await stream.__aenter__()
        try:
            results = await self.results()
        except NodeError as error:
            await stream.__aexit__(None, None, None)
            raise self.failed(error, stream.data) from None
        await stream.__aexit__(None, None, None)
        finish, arguments = self.work.__dask_postcompute__()
        spans = [told for told in stream.data if told["key"] in self.work.tasks]
        return finish(results, *arguments), spans

    async def results(self) -> list[Any]:
        """What the tasks give that are the graph's results."""
        keys = self.work.__dask_keys__()
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            self.futures = self.client.get(self.work.__dask_graph__(), keys, sync=False)
        return await results_of(self.client, self.futures)

    def failed(self, failure: NodeError, stream: list[Any]) -> TaskError:
        """The error for an op that raised one, with the worker on which it did."""
        graph = self.work.placement.graph
        formula = f"{failure.node} = {graph.describe(graph.node(failure.node))}"
        what = "the derivative of " * failure.is_reverse + formula
        where = [
            told["worker"]
            for told in stream
            if told["key"] in self.work.tasks and told["status"] != "OK"
        ]
        return TaskError(what, failure.node, where[-1] if where else None, failure.error)

    def release(self) -> None:
        """Let the scheduler forget the tasks."""
        for future in self.futures:
            future.release()


def _told(key: str) -> str:
    """What a task does, without its token."""
    return key.rpartition("-")[0]


def _where(work: DaskGraph, stream: list[Any], numbers: Numbers) -> Placement:
    """The placement as it really was: where each block's forward task was done last."""
    there = work.placement
    of = dict(there)
    for told in stream:
        block = work.blocks.get(told["key"])
        if block is not None and told["status"] == "OK":
            of[block.name] = numbers[told["worker"]]
    workers = max([there.workers - 1, *of.values()]) + 1
    return there if of == dict(there) else Placement(there.graph, of, workers, there.by)


def _timeline(stream: list[Any], numbers: Numbers) -> tuple[Span, ...]:
    kinds = ("compute", "transfer")
    spans = [
        (part["start"], part["stop"], part["action"], told)
        for told in stream
        for part in told["startstops"]
        if part["action"] in kinds
    ]
    begin = min((span[0] for span in spans), default=0.0)
    found = [
        Span(
            _told(told["key"]),
            numbers[told["worker"]],
            start - begin,
            stop - begin,
            action,
        )
        for start, stop, action, told in spans
    ]
    return tuple(sorted(found, key=lambda span: (span.start, span.worker, span.stop)))


def _shown(value: Any) -> str:
    return f"array{value.shape}" if is_array(value) else format_number(value)
