"""Tasks with names that people know, which are let go of together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self
from uuid import uuid4

import cloudpickle
import dask
from distributed import Client, Future, get_worker

from ..bridges.dask import sendable
from .waiting import Name, TaskError


class Packed:
    """Something as it is now, on its way to a worker: it may be written into afterwards.

    As a task it gives what it holds. Dask can do it again where a worker dies.
    """

    def __init__(self, name: str, data: Any) -> None:
        """Raises TypeError, which says what it is, where it can't be sent."""
        self.name = name
        try:
            self.pickled = cloudpickle.dumps(data)
        except Exception as error:
            raise TypeError(f"{name} can't be sent to another process: {error}") from error

    def __call__(self) -> Any:
        """On a worker: a new copy."""
        return attempt(self.name, cloudpickle.loads, self.pickled)


class Tasks:
    """Tasks that are let go of together, so that after an error none goes on in vain.

    An error keeps what is in its frames, and Dask does what somebody keeps.
    """

    def __init__(self, client: Client) -> None:
        self.names: dict[str, Name] = {}
        """The names of all that were started, by their keys."""
        self._client = client
        self._token = uuid4().hex
        self._started: dict[str, Future[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self,
        task: Callable[..., Any],
        *arguments: Any,
        name: str,
        doing: str = "",
        worker: str | None = None,
    ) -> Future[Any]:
        """Start a task that errors call by this name; at an address on that worker, while it lives.

        What was given by a user and is among its arguments is `Packed`.
        """
        key = f"{name.replace(' ', '-')}-{len(self.names)}-{self._token}"
        # Shards of data are meant to be parts of their tasks, large as they may be.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PiB"}):
            future = self._client.submit(
                task,
                *arguments,
                key=key,
                workers=None if worker is None else [worker],
                allow_other_workers=worker is not None,
            )
        self.names[key] = Name(name, doing)
        self._started[key] = future
        return future

    def drop(self, future: Future[Any]) -> None:
        """Let go of a task whose result is here."""
        key = str(future.key)
        del self._started[key], self.names[key]
        future.release()

    def close(self) -> None:
        """Let go of them."""
        while self._started:
            self._started.popitem()[1].release()


def address() -> str:
    """The address of the worker on which this task runs."""
    return str(get_worker().address)


def attempt(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives; what it raises becomes a TaskError with this name."""
    try:
        return function(*arguments)
    except BaseException as error:
        failed = failure(name, error)
    # Raised here it has no context: that would be sent, too.
    raise failed


def failure(name: str, error: BaseException) -> TaskError:
    """The TaskError for what a task with this name raised."""
    return TaskError(name, name, address(), sendable(error))
