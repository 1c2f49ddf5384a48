"""A function at thousands of points, or of thousands of graphs, by all workers.

Points go to the workers in batches, and few batches at a time: the points may be more than memory
holds, as long as their results are not.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import length_hint
from time import perf_counter
from typing import Any, overload

from distributed import Client, Future

from ..core.numbers import counted
from ..core.parameters import check_callable
from ..core.progress import progress_bar
from .tasks import Packed, Tasks, failure
from .waiting import Crew, first_of, results_of

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

    `points` may be a generator, that gives a new object for each point: it is read as the results
    come, two batches ahead of them for each thread of a worker, or up to eight that take no time.
    `batch` is how many points make a task; unless it is given, batches grow until they take about
    0.1 s. `client` is Dask's, an address, or None for the session's own cluster of 2 workers.
    `progress` shows a bar where it takes over a second.

    Raises:
        DistributedError: where f raises, naming the first such point of its batch, by its number
            from 0 and its value, and the worker; and where no batch ends within `timeout` seconds.
        ValueError: for a batch of less than one point.
        TypeError: for a function that is none, and for points that can't be gone through.
    """
    check_callable(f, "sweep takes")
    if batch is not None and not (isinstance(batch, int) and batch >= 1):
        raise ValueError(f"batch={batch!r}: a batch has one point or more, a whole number")
    try:
        read = iter(points)
    except TypeError as error:
        raise TypeError(
            f"sweep takes points that it can go through, such as [0.0, 0.5], not {points!r:.100}"
        ) from error
    total = length_hint(points) or None
    crew = Crew(client, timeout)
    with (
        Tasks(crew.client) as tasks,
        progress_bar(total, "point", progress) as bar,
    ):
        return _Sweeping(f, read, crew, tasks, batch).run(bar.update)


class _Sweeping:
    """A sweep under way."""

    def __init__(
        self,
        f: Callable[[Any], Any],
        points: Iterator[Any],
        crew: Crew,
        tasks: Tasks,
        batch: int | None,
    ) -> None:
        self.points = points
        self.crew = crew
        self.tasks = tasks
        self.batch = batch
        self.f = tasks.submit(Packed("the function", f), name="the function")
        self.flying: dict[Future[Any], tuple[int, str | None]] = {}
        """The batches that are not back yet, with their numbers and whom they were given to."""
        self.results: dict[int, list[Any]] = {}
        self.read = 0
        self.finished = 0
        self.work = 0.0

    def run(self, tell: Callable[[int], Any]) -> Sweep:
        """All of it; how many points have ended is told as they end."""
        start = perf_counter()
        threads = sum(self.crew.threads().values())
        while self.launch():
            tell(self.take())
        results = [each for i in range(len(self.results)) for each in self.results[i]]
        seconds = perf_counter() - start
        return Sweep(results, len(self.results), self.work, seconds, threads)

    def launch(self) -> bool:
        """Start batches until enough are under way; whether there is anything to wait for.

        Each is given to the worker that has least to do: Dask would give the first ones all to the
        worker that has the function.
        """
        wanted = int(IDLE * len(self.results) / max(self.work, 1e-9))
        threads = self.crew.threads()
        busy = Counter(worker for _, worker in self.flying.values())
        while len(self.flying) < max(sum(threads.values()), 1) * min(max(LEAST, wanted), MOST):
            first = self.read
            points = list(itertools.islice(self.points, self.size()))
            if not points:
                break
            self.read += len(points)
            number = len(self.results) + len(self.flying)
            last = self.read - 1
            name = f"point {last}" if first == last else f"points {first} to {last}"
            worker = min(threads, key=lambda each: busy[each] / threads[each], default=None)
            busy[worker] += 1
            batch = Packed(name, points)
            future = self.tasks.submit(_batch, self.f, first, batch, name=name, worker=worker)
            self.flying[future] = number, worker
        return bool(self.flying)

    def size(self) -> int:
        """How many points to read for the next batch."""
        if self.batch is not None:
            return self.batch
        if not self.finished:
            return 1
        # The first points may be quick ones: grow as more of them are known.
        wanted = WORK * self.finished / max(self.work, 1e-9)
        return max(1, min(int(wanted), self.finished, LONGEST))

    def take(self) -> int:
        """Take the results of the batches that are ready; how many they are."""
        found = self.crew.wait(self.ready, self.tasks.names, self.tasks.close)
        for future, (results, seconds) in found.items():
            number, _ = self.flying.pop(future)
            self.results[number] = results
            self.tasks.drop(future)
            self.work += seconds
        taken = sum(len(results) for results, _ in found.values())
        self.finished += taken
        return taken

    async def ready(self) -> dict[Future[Any], tuple[list[Any], float]]:
        """The batches that are ready, as soon as there is one, with what they gave."""
        client = self.crew.client
        ended = await first_of(client, self.flying)
        return dict(zip(ended, await results_of(client, ended), strict=True))


def _batch(f: Callable[[Any], Any], first: int, packed: Packed) -> tuple[list[Any], float]:
    """On a worker: the results, and the seconds that they took; the points count from `first`."""
    points = packed()
    start = perf_counter()
    results: list[Any] = []
    try:
        for point in points:
            results.append(f(point))
        return results, perf_counter() - start
    except BaseException as error:
        number, point = first + len(results), points[len(results)]
        failed = failure(f"point {number}, {point!r:.100}", error)
    raise failed
