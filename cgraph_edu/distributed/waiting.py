"""Waiting for what workers compute: never longer than was said, and with words for what failed.

What a computation of tasks can end in, besides its result, is here: an op raises an error, a task
kills the worker that it runs on, a worker or an op does not answer, or the scheduler is gone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

import dask
from distributed import Client, KilledWorker, as_completed, get_task_stream

from ..bridges.dask import DaskGraph, NodeError
from .clusters import ANSWER, LOOK, answers_of, bounded, kill, names_of
from .errors import DistributedError

SEARCH = 1.0
"""At most so many seconds are spent on each question on who is late."""

KEPT = 3
"""So many times that are kept of a time-out for them."""

WATCH = 0.5
"""Seconds from one look for tasks that Dask has lost sight of to the next."""

MOST_TOLD = 5
"""So many tasks are named in an error."""


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
                self.names = names_of(self.client) | self.names
            self.of[address] = self.named(self.names.get(address, address))
        return self.of[address]

    def named(self, name: str) -> int:
        """The number of the worker of that name, or the next one."""
        before = [self.of[a] for a in self.of if self.names.get(a) == name]
        return before[0] if before else max(self.of.values()) + 1


def computed(
    client: Client, work: DaskGraph, numbers: Numbers, timeout: float
) -> tuple[Any, list[Any]]:
    """What the tasks behind a DaskGraph's keys gave, and Dask's stream of what ran where and when.

    Raises DistributedError for all that can go wrong, within `timeout` seconds.
    """
    return _Computation(client, work, numbers, timeout).run()


class _Computation:
    def __init__(self, client: Client, work: DaskGraph, numbers: Numbers, timeout: float) -> None:
        self.client = client
        self.work = work
        self.numbers = numbers
        self.timeout = timeout
        self.search = min(SEARCH, timeout / 8)
        self.futures: list[Any] = []
        self.stream: list[Any] = []

    def run(self) -> tuple[Any, list[Any]]:
        try:
            results = self.client.sync(self.compute)
        except NodeError as error:
            raise self.failed(error) from error.error
        except KilledWorker as error:
            raise self.killed(error) from error
        except (CancelledError, OSError, TimeoutError) as error:
            raise self.late() from error
        except Exception as error:
            raise self.broken(error) from error
        finally:
            self.release()
        return results, self.stream

    async def compute(self) -> Any:
        """Submit the tasks and wait for their results; get the stream even where they fail."""
        stream = get_task_stream(self.client)
        await asyncio.wait_for(stream.__aenter__(), self.timeout - KEPT * self.search)
        try:
            return await asyncio.wait_for(self.results(), self.timeout - KEPT * self.search)
        finally:
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(stream.__aexit__(None, None, None), self.search)
            self.stream = stream.data

    async def results(self) -> Any:
        keys = self.work.__dask_keys__()
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            self.futures = self.client.get(self.work.__dask_graph__(), keys, sync=False)
        watch = asyncio.ensure_future(self.watch())
        try:
            # To gather is what raises the error of a task; to wait for all with it would leave
            # exceptions behind that nobody reads, where the time is over.
            async for future in as_completed(self.futures, loop=self.client.loop):
                if future.status != "finished":
                    break
            return await self.client.gather(self.futures)
        finally:
            watch.cancel()

    async def watch(self) -> None:
        token = self.work.keys[0].rpartition("-")[2]
        while True:
            await asyncio.sleep(WATCH)
            with suppress(OSError):
                await self.client.run_on_scheduler(_let_go, token)

    def release(self) -> None:
        """Let the scheduler forget the tasks."""
        for future in self.futures:
            future.release()

    def name(self, key: str) -> str:
        """What a task does, without its token."""
        return key.rpartition("-")[0]

    def node(self, key: str) -> str:
        """The node or the block that a task is for."""
        return key.rpartition(", ")[0]

    def failed(self, failure: NodeError) -> DistributedError:
        """An op raised an error."""
        graph = self.work.placement.graph
        formula = f"{failure.node} = {graph.describe(graph.node(failure.node))}"
        what = "the derivative of " * failure.is_reverse + formula
        where, worker = self.culprit()
        message = f"{what} failed{where}: {type(failure.error).__name__}: {failure.error}"
        return DistributedError(message, node=failure.node, worker=worker)

    def broken(self, error: Exception) -> DistributedError:
        """A task raised an error outside of any op: it could not be sent, or read."""
        where, worker = self.culprit()
        return DistributedError(f"a task failed{where}: {error}", worker=worker)

    def culprit(self) -> tuple[str, int | None]:
        """The worker on which a task failed, in words and by its number."""
        for told in reversed(self.stream):
            if told["key"] in self.work.tasks and told["status"] != "OK":
                worker = self.numbers[told["worker"]]
                return f" on worker {worker}", worker
        return "", None

    def killed(self, error: KilledWorker) -> DistributedError:
        """Each worker that was given a task died of it, or at it."""
        key, worker = str(error.task), self.numbers.named(str(error.last_worker.name))
        message = (
            f"{self.name(key)}: each worker that computed it died, the last one worker {worker}. "
            "Does an op end its process, or need more memory than there is?"
        )
        return DistributedError(message, node=self.node(key), worker=worker)

    def late(self) -> DistributedError:
        """There is no result: the scheduler is gone, or a worker or an op does not answer."""
        try:
            processing = self.processing()
        except DistributedError as error:
            return DistributedError(f"no result: {error}")
        answers = answers_of(self.client, processing, _running, timeout=self.search / 2)
        for address in processing:
            if isinstance(answers[address], BaseException):
                keys = processing[address] or [k for keys in processing.values() for k in keys]
                return self.stuck(address, keys, "does not answer")
        for address, running in answers.items():
            keys = [key for key in running if key in self.work.tasks]
            if keys:
                return self.stuck(address, keys, "has not finished it")
        waiting = [self.name(key) for keys in processing.values() for key in keys]
        also = f"; not finished: {_listed(waiting)}" if waiting else ""
        return DistributedError(f"no result within {self.timeout:g} s{also}")

    def processing(self) -> dict[str, list[str]]:
        """For each worker the tasks that it has been given, by what the scheduler says."""
        scheduler: Any = self.client.scheduler
        asked = bounded(self.client, lambda: scheduler.processing(workers=None), self.search / 2)
        return {
            address: [key for key in keys if key in self.work.tasks]
            for address, keys in asked.items()
        }

    def stuck(self, address: str, keys: Sequence[str], what: str) -> DistributedError:
        """The error for a worker that is stuck with these tasks, whose process is ended."""
        worker = self.numbers[address]
        self.release()
        end = time.monotonic() + self.search / 2
        with suppress(DistributedError):  # lest another worker be given the task that is stuck
            while any(self.processing().values()) and time.monotonic() < end:
                time.sleep(LOOK)
        again = (
            "It was started again"
            if kill(self.client, [address])
            else "An op that runs can't be stopped from here: start that worker again"
        )
        tasks = _listed([self.name(key) for key in keys]) or "its tasks"
        return DistributedError(
            f"{tasks}: worker {worker} {what} within {self.timeout:g} s. {again}",
            node=self.node(keys[0]) if keys else None,
            worker=worker,
        )


def _let_go(token: str, *, dask_scheduler: Any) -> None:
    """Asked of the scheduler: free the tasks that wait for a worker that is gone.

    They may be done anywhere, and Dask sees to that unless all workers were gone at once.
    """
    waiting = [task for task in dask_scheduler.unrunnable if str(task.key).endswith(token)]
    for task in waiting:
        task.worker_restrictions = None
    if waiting and dask_scheduler.running:
        dask_scheduler.transitions({task.key: "processing" for task in waiting}, "cgraph-edu")


def _running(dask_worker: Any) -> list[str]:
    """Asked of a worker: the tasks whose functions run now."""
    return [task.key for task in dask_worker.state.executing]


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MOST_TOLD
    return ", ".join(names[:MOST_TOLD]) + (f" and {rest:,} more" if rest > 0 else "")
