"""Tasks with names that people know, whose errors come back with that name and a worker's number.

What a task raises is caught on its worker and sent as a `TaskError`. The waits here have time-outs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeAlias
from uuid import uuid4

import dask
from distributed import Client, Future, get_worker
from distributed.protocol.pickle import dumps, loads
from distributed.scheduler import KilledWorker

from .clusters import ANSWER, LOOK, answers_of, bounded, check, kill, workers_of
from .errors import DistributedError
from .waiting import KEPT, SEARCH, Numbers

Parts: TypeAlias = Iterable[tuple[str, Future[Any]]]
"""Tasks, each after its name."""


class TaskError(Exception):
    """What a task raised. Its args are the task's name, its worker's address, and the error."""


@dataclass(frozen=True)
class Given:
    """A task that gives what it holds: Dask can do it again where a worker dies."""

    data: Any

    def __call__(self) -> Any:
        """The data."""
        return self.data


def start(
    client: Client,
    what: str,
    key: str,
    task: Callable[..., Any],
    *arguments: Any,
    worker: str | None = None,
) -> Future[Any]:
    """Start a task; where an address is given on that worker, while it lives.

    Raises TypeError, which says what it is, where it can't be sent.
    """
    # Shards of data are meant to be parts of their tasks, large as they may be.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PiB"}):
        try:
            return client.submit(
                task,
                *arguments,
                key=key,
                workers=None if worker is None else [worker],
                allow_other_workers=worker is not None,
            )
        except TypeError as error:
            reason = error.__cause__ or error
            raise TypeError(f"{what} can't be sent to another process: {reason}") from error


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
        """Start a task, as `start` does; errors say that it is the `name`."""
        key = f"{name.replace(' ', '-')}-{len(self._started)}-{self._token}"
        future = start(self._client, name, key, task, *arguments, worker=worker)
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
    """The workers of a client, waits for what they do, and words for what goes wrong.

    Workers that join are looked at as `client_for` looks at the first ones.
    """

    def __init__(self, client: Client, timeout: float) -> None:
        if not timeout > 0:
            raise ValueError(f"timeout={timeout!r}: it is a number of seconds, above 0")
        self.client = client
        self.timeout = timeout
        self.search = min(SEARCH, timeout / 8)
        """Seconds for each question on who is late, out of the time-out."""
        self.patience = timeout - KEPT * self.search
        """Seconds to wait before they are asked."""
        self.numbers = Numbers(client)
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
        if found != self.latest:
            check(self.client)
            self.latest = found
        return found

    def threads(self) -> int:
        """How many tasks the workers can do at a time."""
        scheduler: Any = self.client.scheduler
        return sum(bounded(self.client, lambda: scheduler.ncores(workers=None), ANSWER).values())

    def results(
        self, futures: Sequence[Future[Any]], parts: Parts, release: Callable[[], None]
    ) -> list[Any]:
        """The results of tasks; what they wait for, and they themselves, are `parts` with names.

        Raises DistributedError for what went wrong, naming the part, within the time-out. Then
        `release` is called: it lets go of the parts.
        """
        # Of several that failed the first is looked at alone: Dask has unread errors of the rest.
        wanted = [each for each in futures if each.status == "error"][:1] or list(futures)

        async def gathered() -> Any:
            if len(wanted) == 1:
                return [await wanted[0].result()]
            return await self.client.gather(wanted)

        try:
            return list(self.client.sync(gathered, callback_timeout=self.patience))
        except TaskError as failure:
            raise self._failed(failure) from failure.args[2]
        except KilledWorker as error:
            raise self._killed(error, parts) from None
        except (CancelledError, TimeoutError):
            raise self.late(parts, release) from None
        except Exception as error:
            # It could not be sent or read: Dask tells all that in many lines, the reason last.
            reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            raise DistributedError(f"a result could not be sent: {reason[0]}") from error

    def _failed(self, failure: TaskError) -> DistributedError:
        """The error for what a task raised."""
        name, address, error = failure.args
        worker = self.numbers[address]
        return DistributedError(
            f"{name}, on worker {worker}: {type(error).__name__}: {error}", node=name, worker=worker
        )

    def _killed(self, error: KilledWorker, parts: Parts) -> DistributedError:
        """The error for a task of which each worker died that was given it."""
        name = next((name for name, part in parts if part.key == error.task), str(error.task))
        worker = self.numbers.named(str(error.last_worker.name))
        return DistributedError(
            f"{name}: each worker that computed it died, the last one worker {worker}. "
            "Does it end its process, or need more memory than there is?",
            node=name,
            worker=worker,
        )

    def late(self, parts: Parts, release: Callable[[], None]) -> DistributedError:
        """The error for what is not there in time; a worker that is stuck is ended."""
        names = {str(part.key): name for name, part in parts if part.status != "finished"}
        try:
            given = self._given(names)
        except DistributedError as error:
            release()
            return DistributedError(f"no result: {error}")
        answers = answers_of(self.client, given, _running, timeout=self.search)
        for address in sorted(answers, key=lambda each: not given[each]):
            running = answers[address]
            if isinstance(running, BaseException):
                return self._stuck(address, given[address], names, release, "does not answer")
            keys = [key for key in running if key in names]
            if keys:
                return self._stuck(address, keys, names, release, "has not finished it")
        release()
        name = next(iter(names.values()), None)
        return DistributedError(
            f"{name or 'the sum'}: no result within {self.timeout:g} s", node=name
        )

    def _given(self, names: Collection[str]) -> dict[str, list[str]]:
        """Which of these tasks each worker has been given."""
        scheduler: Any = self.client.scheduler
        asked = bounded(self.client, lambda: scheduler.processing(workers=None), self.search)
        return {address: [key for key in keys if key in names] for address, keys in asked.items()}

    def _stuck(
        self,
        address: str,
        keys: Sequence[str],
        names: Mapping[str, str],
        release: Callable[[], None],
        what: str,
    ) -> DistributedError:
        """The error for a worker that is stuck with these tasks, whose process is ended."""
        worker = self.numbers[address]
        release()
        end = time.monotonic() + self.search
        with suppress(DistributedError):  # lest another worker be given the task that is stuck
            while any(self._given(names).values()) and time.monotonic() < end:
                time.sleep(LOOK)
        again = (
            "It was started again"
            if kill(self.client, [address])
            else "What runs can't be stopped from here: start that worker again"
        )
        name = names[keys[0]] if keys else None
        return DistributedError(
            f"{name or 'its tasks'}: worker {worker} {what} within {self.timeout:g} s. {again}",
            node=name,
            worker=worker,
        )


def _running(dask_worker: Any) -> list[str]:
    """Asked of a worker: the tasks whose functions run now."""
    return [task.key for task in dask_worker.state.executing]
