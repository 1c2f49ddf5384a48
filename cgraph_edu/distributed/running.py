"""Running a graph on the workers of a cluster, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..bridges.dask import DaskGraph, placed, to_dask
from ..core.numbers import format_number
from ..core.tensor import is_array
from ..graphs.graph import Graph
from ..graphs.placement import Placement
from .clusters import ANSWER, client_for
from .timeline import Span
from .waiting import Numbers, computed

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
        return _close(self.value, graph.output.value, graph.tolerance) and all(
            _close(slope, here[name], graph.tolerance) for name, slope in self.gradient.items()
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The timeline with matplotlib, onto `ax` or a new figure; gives the Axes."""
        from ..render.timeline import plot_timeline

        return plot_timeline(self.timeline, ax)

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
    output, for an op that can't be sent, and for a worker that there is not.
    """
    if not timeout > 0:
        raise ValueError(f"timeout={timeout!r}: it is a number of seconds, above 0")
    client = client_for(client, min(ANSWER, timeout))
    numbers = Numbers(client, min(ANSWER, timeout))
    there = placed(graph, placement or {}, len(numbers.addresses), by)
    if there.workers > len(numbers.addresses):
        raise ValueError(
            f"the placement is for {there.workers} workers, and there are {len(numbers.addresses)}"
        )
    work = to_dask(graph, there, workers=numbers.addresses)
    results, stream = computed(client, work, numbers, timeout)
    finish, arguments = work.__dask_postcompute__()
    found = finish(results, *arguments)
    stream = [told for told in stream if told["key"] in work.tasks]
    return Result(
        found["value"],
        found["gradient"],
        _where(work, stream, numbers),
        _timeline(stream, numbers),
    )


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
            told["key"].rpartition("-")[0],
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


def _close(x: Any, y: Any, tolerance: float) -> bool:
    if not is_array(x):
        scale = max(1.0, abs(x), abs(y))
        return bool(x == y or (x != x and y != y) or abs(x - y) <= tolerance * scale)
    import numpy as np

    scale = max(1.0, np.max(np.abs(y), initial=0.0))
    return bool(np.allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True))
