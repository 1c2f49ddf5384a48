"""A function at thousands of points, or of thousands of graphs, by all workers.

Points go to the workers in batches, and few batches at a time: the points may be more than memory
holds, as long as their results are not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from operator import length_hint
from time import perf_counter
from typing import Any, overload
from uuid import uuid4

from distributed import Client, Future, wait

from ..core.numbers import counted
from ..core.parameters import check_callable
from ..core.progress import progress_bar
from .clusters import client_for
from .tasks import Crew, Given, failure, start

LEAST, MOST = 2, 8
"""Batches in flight for each thread of a worker: one at work and one that waits for it; more where
they are so short that a thread would be idle until the next one comes,"""

IDLE = 0.02
"""which is about so many seconds."""

WORK = 0.1
"""Seconds that a batch should take, where nobody says how long it is."""

LONGEST = 1000
"""The points of such a batch at most."""


@dataclass(frozen=True)
class Sweep(Sequence[Any]):
    """The results, in the order of the points, and what they cost."""

    results: list[Any] = field(repr=False)
    tasks: int = field(repr=False)
    """How many tasks the points were given out in."""
    work: float = field(repr=False)
    """Seconds spent in the function, on all workers together."""
    seconds: float = field(repr=False)
    """From start to end, here."""
    threads: int = field(repr=False)
    """How many tasks were done at a time."""

    @property
    def seconds_per_task(self) -> float:
        """Seconds that a task spends in the function."""
        return self.work / self.tasks if self.tasks else 0.0

    @property
    def overhead(self) -> float:
        """Seconds of a thread's time that a task costs besides: (threads · seconds - work) / tasks.

        All that is no work counts: sending, scheduling, and threads that wait at the end.
        """
        return (self.threads * self.seconds - self.work) / self.tasks if self.tasks else 0.0

    def __len__(self) -> int:
        return len(self.results)

    @overload
    def __getitem__(self, place: int) -> Any: ...

    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...

    def __getitem__(self, place: int | slice) -> Any:
        return self.results[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.results)

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'result')} of a sweep>"


def sweep(
    f: Callable[[Any], Any],
    points: Iterable[Any],
    client: Client | str | None = None,
    *,
    batch: int | None = None,
    progress: bool = True,
    timeout: float = 60.0,
) -> Sweep:
    """f(point) for each point, by several workers: [f(point) for point in points].

        def slope(x):
            return cg.graph(f(*cg.variables(x=x))).path_sum("x").total

        slopes = cg.distributed.sweep(slope, np.linspace(0.0, 1.0, 2000), client)
        slopes[0], slopes.seconds_per_task, slopes.overhead

    `points` may be a generator: it is read as the results come, two batches ahead of them for
    each thread of a worker, or up to eight that take no time. `batch` is how many points make a
    task; unless it is given, batches grow until they take about 0.1 s. `client` is Dask's, an
    address, or None for the session's own cluster of 2 workers. `progress` shows a bar where it
    takes over a second.

    Raises:
        DistributedError: where f raises, naming the first such point of its batch, by its number
            from 0 and its value, and the worker; and where no batch ends within `timeout` seconds.
        ValueError: for a batch of less than one point.
    """
    check_callable(f, "sweep takes")
    if batch is not None and batch < 1:
        raise ValueError(f"batch={batch}: a batch has one point or more")
    total = length_hint(points) or None
    run = _Sweeping(f, iter(points), client_for(client), batch, timeout)
    with progress_bar(total, "point", progress) as bar:
        return run.run(bar.update)


class _Sweeping:
    """A sweep under way."""

    def __init__(
        self,
        f: Callable[[Any], Any],
        points: Iterator[Any],
        client: Client,
        batch: int | None,
        timeout: float,
    ) -> None:
        self.points = points
        self.client = client
        self.batch = batch
        self.crew = Crew(client, timeout)
        self.token = uuid4().hex
        self.f = start(client, "the function", f"function-{self.token}", Given(f))
        self.flying: dict[Future[Any], tuple[int, str]] = {}
        """The batches that are not back yet, each with its number and how errors name it."""
        self.results: dict[int, list[Any]] = {}
        self.read = 0
        self.finished = 0
        self.work = 0.0

    def run(self, tell: Callable[[int], Any]) -> Sweep:
        """All of it; how many points have ended is told as they end."""
        start = perf_counter()
        threads = self.crew.threads()
        try:
            while self.launch(threads):
                tell(self.take(self.ended()))
        finally:
            self.release()
        results = [each for i in range(len(self.results)) for each in self.results[i]]
        seconds = perf_counter() - start
        return Sweep(results, len(self.results), self.work, seconds, threads)

    def launch(self, threads: int) -> bool:
        """Start batches until enough are under way; whether there is anything to wait for."""
        wanted = int(IDLE * len(self.results) / max(self.work, 1e-9))
        while len(self.flying) < threads * min(max(LEAST, wanted), MOST):
            first = self.read
            points = list(itertools.islice(self.points, self.size()))
            if not points:
                break
            self.read += len(points)
            number = len(self.results) + len(self.flying)
            last = self.read - 1
            name = f"point {last}" if first == last else f"points {first} to {last}"
            key = f"batch-{number}-{self.token}"
            batch = _Points(first, points)
            future = start(self.client, name, key, _batch, self.f, batch)
            self.flying[future] = number, name
        return bool(self.flying)

    def release(self) -> None:
        """Let go of what is not back yet."""
        for future in (self.f, *self.flying):
            future.release()

    def size(self) -> int:
        """How many points to read for the next batch."""
        if self.batch is not None:
            return self.batch
        if not self.finished:
            return 1
        # The first points may be quick ones: grow as more of them are known.
        wanted = WORK * self.finished / max(self.work, 1e-9)
        return max(1, min(int(wanted), self.finished, LONGEST))

    def ended(self) -> list[Future[Any]]:
        """The batches that are ready."""
        try:
            with self.client.as_current():
                ready = wait([*self.flying], self.crew.patience, "FIRST_COMPLETED")
                return list(ready.done)
        except (CancelledError, TimeoutError):
            raise self.crew.late(self.parts(), self.release) from None

    def parts(self) -> list[tuple[str, Future[Any]]]:
        """The batches that are not back, by their names."""
        return [(name, future) for future, (_, name) in self.flying.items()]

    def take(self, ready: list[Future[Any]]) -> int:
        """Take the results of these batches; how many they are."""
        found = self.crew.results(ready, self.parts(), self.release)
        for future, (results, seconds) in zip(ready, found, strict=True):
            number, _ = self.flying.pop(future)
            self.results[number] = results
            self.work += seconds
        taken = sum(len(results) for results, _ in found)
        self.finished += taken
        return taken


@dataclass(frozen=True)
class _Points:
    """Some of the points, with the number of the first; Dask does not look into it."""

    first: int
    points: list[Any]


def _batch(f: Callable[[Any], Any], batch: _Points) -> tuple[list[Any], float]:
    """On a worker: the results, and the seconds that they took."""
    start = perf_counter()
    results: list[Any] = []
    try:
        for point in batch.points:
            results.append(f(point))
        return results, perf_counter() - start
    except Exception as error:
        number, point = batch.first + len(results), batch.points[len(results)]
        failed = failure(f"point {number}, {point!r:.100}", error)
    raise failed
