"""The placement view of a graph, whose button runs it on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..graphs.graph import Graph
from ..graphs.placement import Placement
from ..graphs.schedule import Machine
from ..widget.placement import MOST_WORKERS, PlacementExplorer
from .clusters import KEPT, client_for, start
from .running import Result, run
from .workers import workers_of

if TYPE_CHECKING:
    from distributed import Client


def explore(
    graph: Graph,
    client: Any = None,
    workers: int | None = None,
    placement: Mapping[str, int] | None = None,
    *,
    by: str = "scope",
    machine: Machine | None = None,
    timeout: float = 60.0,
) -> PlacementExplorer:
    """A graph's blocks to be placed on workers, compared with the automatic placement, and run.

        cg.distributed.explore(graph)
        view = cg.distributed.explore(graph, workers=3, placement={"layer 2": 1, "layer 3": 2})
        view.placement, view.result

    `client`, `placement`, `by` and `timeout` are those of `cg.distributed.run`, which the button
    calls. Without a client, processes on this computer are started when they are first needed.
    There are as many workers as the client has, or 2, or as a Placement has, unless `workers` says
    another number, up to 8; a Placement also knows its `by`. `machine` is what the simulation
    assumes of them.

    Raises what `PlacementExplorer` does; DistributedError for a client that does not answer.
    """
    if isinstance(placement, Placement):
        by, workers = placement.by, workers or placement.workers
    if workers is None:
        workers = KEPT if client is None else len(workers_of(client_for(client)))
        workers = min(workers, MOST_WORKERS)
    own = _Own()

    def computed(placement: Placement) -> Result:
        there = own.client(placement.workers) if client is None else client
        return run(graph, there, placement, by=by, timeout=timeout)

    return PlacementExplorer(graph, workers, placement, by, machine, computed)


class _Own:
    """Processes for a view without a client: the session's, or more where they are needed."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._workers = KEPT

    def client(self, workers: int) -> Client | None:
        """A client of at least so many workers; None stands for the session's own."""
        if workers <= KEPT:
            return None
        if self._client is None or self._workers < workers or self._client.status != "running":
            if self._client is not None:
                self._client.close()
            self._client = start(workers)
            self._workers = workers
        return self._client
