"""Tasks with names that people know, whose errors come back with that name and a worker's number.

What a task raises is caught on its worker and sent as a `TaskError`. The waits here have time-outs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import dask
from distributed import Client, Future, get_worker
from distributed.protocol.pickle import dumps, loads
from distributed.scheduler import KilledWorker

from .clusters import check, workers_of
from .errors import DistributedError

SEARCH = 2.0
"""Seconds that the scheduler has to tell who is late."""


class TaskError(Exception):
    """What a task raised. Its args are the task's name, its worker's address, and the error."""


@dataclass(frozen=True)
class Given:
    """A task that gives what it holds: Dask can do it again where a worker dies."""

    data: Any

    def __call__(self) -> Any:
        """The data."""
        return self.data


class Tasks:
    """Tasks that are let go of together, so that after an error none goes on in vain.

    An error keeps what is in its frames, and Dask does what somebody keeps.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._token = uuid4().hex
        self._started: list[Future[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self, task: Callable[..., Any], *arguments: Any, name: str, worker: str | None = None
    ) -> Future[Any]:
        """Start a task; where an address is given on that worker, while it lives."""
        # Shards of data are meant to be parts of their tasks, large as they may be.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PiB"}):
            future = self._client.submit(
                task,
                *arguments,
                key=f"{name}-{len(self._started)}-{self._token}",
                workers=None if worker is None else [worker],
                allow_other_workers=worker is not None,
            )
        self._started.append(future)
        return future

    def close(self) -> None:
        """Let go of them."""
        while self._started:
            self._started.pop().release()


def address() -> str:
    """The address of the worker on which this task runs."""
    return str(get_worker().address)


def attempt(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives; what it raises becomes a TaskError with this name."""
    try:
        return function(*arguments)
    except Exception as error:
        failed = failure(name, error)
    # Raised here it has no context: that would be sent, too.
    raise failed


def failure(name: str, error: Exception) -> TaskError:
    """The TaskError for what a task with this name raised; an error that can't be sent as text."""
    try:
        loads(dumps(error))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    return TaskError(name, address(), error)


class Crew:
    """A client's workers by their numbers; those that are gone are known still.

    Workers that join are looked at as `client_for` looks at the first ones.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._numbers: dict[str, int] = {}
        self._latest: tuple[str, ...] = ()

    def addresses(self) -> tuple[str, ...]:
        """The workers there are now, in the order of their numbers."""
        try:
            found = workers_of(self.client)
        except DistributedError:
            if self.client.status != "running" or not self._latest:
                raise
            # All died, and are being started again. Where it is the scheduler that is ill, the
            # wait for the result will say so.
            return self._latest
        new = [(i, each) for i, each in enumerate(found) if each not in self._numbers]
        if new:
            check(self.client)
        for i, each in new:
            taken = {self._numbers.get(other) for other in found}
            self._numbers[each] = i if i not in taken else max(self._numbers.values()) + 1
        self._latest = found
        return found

    def number(self, address: str) -> int:
        """The number of a worker that did a task."""
        if address not in self._numbers:
            self.addresses()
        # One that came and went between two looks gets the next number.
        return self._numbers.setdefault(address, len(self._numbers))

    def result(
        self, future: Future[Any], parts: Iterable[tuple[str, Future[Any]]], timeout: float
    ) -> Any:
        """The result of a task, which waits for others: its parts.

        Raises DistributedError for what went wrong, naming the part.
        """
        try:
            return future.result(timeout)
        except TaskError as failure:
            raise self.failed(failure) from failure.args[2]
        except KilledWorker as error:
            raise self._killed(error, parts) from None
        except (CancelledError, TimeoutError):
            raise self.late(parts, timeout) from None

    def failed(self, failure: TaskError) -> DistributedError:
        """The error for what a task raised."""
        name, address, error = failure.args
        worker = self.number(address)
        return DistributedError(
            f"{name}, on worker {worker}: {type(error).__name__}: {error}", node=name, worker=worker
        )

    def _killed(
        self, error: KilledWorker, parts: Iterable[tuple[str, Future[Any]]]
    ) -> DistributedError:
        name = next((name for name, part in parts if part.key == error.task), str(error.task))
        worker = self.number(error.last_worker.address)
        return DistributedError(
            f"{name}: each worker that computed it died, the last one worker {worker}. "
            "Does it need more memory than they have?",
            node=name,
            worker=worker,
        )

    def late(self, parts: Iterable[tuple[str, Future[Any]]], timeout: float) -> DistributedError:
        """The error for what is not there in time, naming a part that a worker has begun."""
        waiting = [(name, part) for name, part in parts if part.status != "finished"]

        scheduler: Any = self.client.scheduler

        async def ask() -> Any:
            return await asyncio.wait_for(scheduler.processing(workers=None), SEARCH)

        try:
            busy = self.client.sync(ask)
        except Exception:
            return DistributedError(
                f"the scheduler is gone: there was no result, nor an answer, within {timeout:g} s"
            )
        for name, part in waiting:
            for place, keys in busy.items():
                if part.key in keys:
                    worker = self.number(place)
                    return DistributedError(
                        f"{name}, on worker {worker}: not finished within {timeout:g} s",
                        node=name,
                        worker=worker,
                    )
        late = waiting[0][0] if waiting else None
        return DistributedError(
            f"{late or 'the result'}: not there within {timeout:g} s", node=late
        )
