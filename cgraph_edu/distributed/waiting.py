"""Waiting for what workers compute: never longer than was said, and with words for what failed.

What a wait can end in, besides a result, is here: a task raises an error, or kills the worker that
it runs on, a worker or a task does not answer, the scheduler is gone, or somebody interrupts it.
Then none of its tasks goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from distributed import Client, Future, KilledWorker, as_completed

from ..bridges.dask import told
from .clusters import client_for
from .errors import DistributedError
from .trust import check
from .workers import ANSWER, LOOK, answers_of, bounded, check_timeout, kill, names_of, workers_of

T = TypeVar("T")

SEARCH = 1.0
"""At most so many seconds are spent on each question on who is late,"""

QUICKEST = 0.5
"""and at least so many, however short the time-out: a worker that is well answers in less, on a
busy machine, too."""

KEPT = 3
"""So many times that are kept of a time-out for them."""

WATCH = 0.5
"""Seconds from one look for tasks that Dask has lost sight of to the next."""

MOST_TOLD = 5
"""So many tasks are named in an error."""


class Name(NamedTuple):
    """What errors call a task: the node, or the shard, or the points, and what is done with it."""

    node: str
    doing: str = ""

    def __str__(self) -> str:
        return f"{self.node}, {self.doing}" if self.doing else self.node


class TaskError(Exception):
    """What a task raised.

    Attributes:
        what: what failed, in words.
        node: the node, or the shard, or the point that it failed at.
        address: the worker's, or None where it is not known.
        error: what was raised.
    """

    def __init__(
        self, what: str, node: str | None, address: str | None, error: BaseException
    ) -> None:
        super().__init__(what, node, address, error)
        self.what = what
        self.node = node
        self.address = address
        self.error = error

    def __str__(self) -> str:
        return f"{self.what} failed: {told(self.error)}"


class Numbers:
    """The numbers of a client's workers, also of those that died and of those that came later."""

    def __init__(self, client: Client, timeout: float = ANSWER) -> None:
        self.client = client
        self.names = names_of(client, timeout)
        self.addresses = tuple(self.names)
        self.of = {address: i for i, address in enumerate(self.addresses)}

    def __getitem__(self, address: str) -> int:
        """A worker's number: that of the one whose place it took, or the next one."""
        if address not in self.of:
            with suppress(DistributedError):
                self.names = names_of(self.client, SEARCH) | self.names
            self.of[address] = self.named(self.names.get(address, address))
        return self.of[address]

    def named(self, name: str) -> int:
        """The number of the worker of that name, or the next one."""
        before = [self.of[a] for a in self.of if self.names.get(a) == name]
        return before[0] if before else max(self.of.values()) + 1


class Crew:
    """The workers for what a user gave as a client, and waits for what they do.

    Workers that join are looked at as `client_for` looks at the first ones.
    """

    def __init__(self, client: Any, timeout: float) -> None:
        check_timeout(timeout)
        answer = min(ANSWER, timeout)
        self.client = client_for(client, answer)
        self.timeout = timeout
        self.search = min(SEARCH, max(timeout / 8, QUICKEST))
        """Seconds for each question on who is late, out of the time-out."""
        self.patience = max(timeout - KEPT * self.search, timeout / 8)
        """Seconds to wait before they are asked."""
        self.numbers = Numbers(self.client, answer)
        self.latest = self.numbers.addresses

    def addresses(self) -> tuple[str, ...]:
        """The workers there are now, in the order of their numbers."""
        try:
            found = workers_of(self.client)
        except DistributedError:
            if self.client.status != "running":
                raise
            # All died, and are being started again. Where it is the scheduler that is ill, the
            # wait for the result will say so.
            return self.latest
        self._look_at(found)
        return found

    def threads(self) -> dict[str, int]:
        """How many tasks at a time each worker can do that is there now; waits for none."""
        scheduler: Any = self.client.scheduler
        found = bounded(self.client, lambda: scheduler.ncores(workers=None), ANSWER)
        self._look_at(found)
        return dict(found)

    def _look_at(self, addresses: Collection[str]) -> None:
        """Raise DistributedError for a worker that came, and may not be used."""
        if not set(addresses) <= set(self.latest):
            check(self.client)
            self.latest = tuple(addresses)

    def wait(
        self,
        answer: Callable[[], Awaitable[T]],
        tasks: Mapping[str, Name],
        release: Callable[[], None],
    ) -> T:
        """What `answer` gives, which waits for these tasks: their names by their keys.

        Raises DistributedError for what went wrong, naming the task, within the time-out. Then, and
        where it is interrupted, `release` lets go of the tasks, and workers of ours that still do
        one are ended.
        """
        try:
            return self.client.sync(self._watched, answer, tasks)  # type: ignore[no-any-return]
        except TaskError as failure:
            self._stop(tasks, release)
            raise self._failed(failure) from failure.error
        except KilledWorker as error:
            killed = self._killed(error, tasks)
            self._stop(tasks, release)
            raise killed from None
        except (CancelledError, OSError, TimeoutError):
            raise self._late(tasks, release) from None
        except Exception as error:
            self._stop(tasks, release)
            # It could not be sent or read: Dask tells all that in many lines, the reason last.
            reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            raise DistributedError(f"a result could not be sent: {reason[0]}") from error
        except BaseException:
            self._stop(tasks, release)
            raise

    async def _watched(self, answer: Callable[[], Awaitable[T]], tasks: Mapping[str, Name]) -> T:
        """The answer, in time; meanwhile no task is lost sight of."""
        watch = asyncio.ensure_future(self._watch(tuple({key.rpartition("-")[2] for key in tasks})))
        try:
            return await asyncio.wait_for(answer(), self.patience)
        finally:
            watch.cancel()

    async def _watch(self, tokens: tuple[str, ...]) -> None:
        while True:
            await asyncio.sleep(WATCH)
            with suppress(OSError):
                await self.client.run_on_scheduler(_let_go, tokens)

    def _failed(self, failure: TaskError) -> DistributedError:
        """The error for what a task raised."""
        worker = None if failure.address is None else self.numbers[failure.address]
        where = "" if worker is None else f" on worker {worker}"
        message = f"{failure.what} failed{where}: {told(failure.error)}"
        return DistributedError(message, node=failure.node, worker=worker)

    def _killed(self, error: KilledWorker, tasks: Mapping[str, Name]) -> DistributedError:
        """The error for a task of which each worker died that was given it.

        Where those workers had others to do next, Dask can't tell which one it was.
        """
        errors = [error, *(future.exception for future in [*self.client.futures.values()])]
        found = {str(each.task) for each in errors if isinstance(each, KilledWorker)}
        names = [tasks[key] for key in sorted(found & tasks.keys())]
        worker = self.numbers.named(str(error.last_worker.name))
        what, it = ("computed it", "it") if len(names) == 1 else ("was given them", "one")
        return DistributedError(
            f"{_listed(names)}: each worker that {what} died, the last one worker {worker}. "
            f"Does {it} end its process, or need more memory than there is?",
            node=names[0].node if len(names) == 1 else None,
            worker=worker,
        )

    def _late(self, tasks: Mapping[str, Name], release: Callable[[], None]) -> DistributedError:
        """The error for what is not there in time; workers that are stuck are ended."""
        try:
            given = self._given(tasks)
            stuck = self._stuck(given, tasks)
        except DistributedError as error:
            release()
            return DistributedError(f"no result: {error}")
        left, are_ours = self._stop(tasks, release)
        if not stuck:
            waiting = [tasks[key] for keys in given.values() for key in keys]
            also = f"; not finished: {_listed(waiting)}" if waiting else ""
            if not given:
                also = ": there are no workers"
            node = waiting[0].node if waiting else None
            return DistributedError(f"no result within {self.timeout:g} s{also}", node=node)
        numbers = {address: self.numbers[address] for address in stuck}
        told = "; ".join(
            f"{_listed(names) + ': ' if names else ''}worker {numbers[address]} {what}"
            for address, (what, names) in stuck.items()
        )
        again = ""
        if are_ours:
            again = ". It was started again" if len(left) == 1 else ". They were started again"
        elif left:
            again = ". What runs can't be stopped from here: start that worker again"
        named = [name for _, names in stuck.values() for name in names]
        return DistributedError(
            f"{told} within {self.timeout:g} s{again}",
            node=named[0].node if named else None,
            worker=next(iter(numbers.values())),
        )

    def _given(self, tasks: Collection[str]) -> dict[str, list[str]]:
        """Which of these tasks each worker has been given, by what the scheduler says."""
        scheduler: Any = self.client.scheduler
        asked = bounded(self.client, lambda: scheduler.processing(workers=None), self.search)
        return {address: [key for key in keys if key in tasks] for address, keys in asked.items()}

    def _stuck(
        self, given: Mapping[str, Sequence[str]], tasks: Mapping[str, Name]
    ) -> dict[str, tuple[str, list[Name]]]:
        """The workers that do one of these tasks or don't answer: what is wrong, and with what.

        Those that don't answer come last where they have been given nothing.
        """
        answers = answers_of(self.client, given, _running, timeout=self.search)
        found: dict[str, tuple[str, list[Name]]] = {}
        for address in sorted(answers, key=lambda each: (not given[each], self.numbers[each])):
            running = answers[address]
            is_silent = isinstance(running, BaseException)
            keys = given[address] if is_silent else [key for key in running if key in tasks]
            if is_silent or keys:
                what = "does not answer" if is_silent else "has not finished it"
                found[address] = what, [tasks[key] for key in keys]
        return found

    def _stop(
        self, tasks: Mapping[str, Name], release: Callable[[], None]
    ) -> tuple[Collection[str], bool]:
        """Let go of the tasks, and end the workers that then don't end what they do.

        Gives those workers, and whether they could be ended.
        """
        release()
        end = time.monotonic() + self.search
        with suppress(DistributedError):  # the scheduler is gone, or the client closed
            while stuck := self._stuck(self._given(tasks), tasks):
                if time.monotonic() > end:
                    return stuck, self._end(stuck, tasks)
                time.sleep(LOOK)
        return (), False

    def _end(self, addresses: Collection[str], tasks: Collection[str]) -> bool:
        """End these workers, if they are our own, when no other would be given what is stuck."""
        end = time.monotonic() + self.search
        with suppress(DistributedError):
            while any(self._given(tasks).values()) and time.monotonic() < end:
                time.sleep(LOOK)
        return kill(self.client, addresses)


async def first_of(client: Client, futures: Collection[Future[Any]]) -> list[Future[Any]]:
    """Those of some tasks that are ready, as soon as there is one."""
    async for _ in as_completed(futures, loop=client.loop):
        break
    return [future for future in futures if future.status != "pending"]


async def results_of(client: Client, futures: Sequence[Future[Any]]) -> list[Any]:
    """The results of tasks; raises what the first one raises that fails."""
    # To gather is what raises the error of a task; to wait for all with it would leave exceptions
    # behind that nobody reads, where the time is over.
    async for future in as_completed(futures, loop=client.loop):
        if future.status != "finished":
            return [await future.result()]
    return list(await client.gather(futures))


def _let_go(tokens: tuple[str, ...], *, dask_scheduler: Any) -> None:
    """Asked of the scheduler: free the tasks that wait for a worker that is gone.

    They may be done anywhere, and Dask sees to that unless all workers were gone at once.
    """
    waiting = [task for task in dask_scheduler.unrunnable if str(task.key).endswith(tokens)]
    for task in waiting:
        task.worker_restrictions = None
    if waiting and dask_scheduler.running:
        dask_scheduler.transitions({task.key: "processing" for task in waiting}, "cgraph-edu")


def _running(dask_worker: Any) -> list[str]:
    """Asked of a worker: the tasks whose functions run now."""
    return [task.key for task in dask_worker.state.executing]


def _listed(names: Sequence[Name]) -> str:
    rest = len(names) - MOST_TOLD
    return ", ".join(map(str, names[:MOST_TOLD])) + (f" and {rest:,} more" if rest > 0 else "")
