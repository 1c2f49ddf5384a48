"""The workers of a client: who they are, what they and their scheduler answer, how one is ended."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from distributed import Client

from .errors import DistributedError

ANSWER = 10.0
"""Seconds in which a scheduler or a worker must answer a question."""

LOOK = 0.02
"""Seconds from one look at what is waited for to the next."""

own: WeakSet[Any] = WeakSet()
"""The clients with a cluster that was started here; all are closed when Python ends."""
_ended: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""For each client the workers that were ended here, which the scheduler may not have noticed."""


def check_timeout(timeout: Any) -> None:
    """Raise ValueError for what is no time to wait."""
    if not (isinstance(timeout, (int, float)) and timeout > 0):
        raise ValueError(f"timeout={timeout!r}: it is a number of seconds, above 0")


def workers_of(client: Client, timeout: float = ANSWER) -> tuple[str, ...]:
    """The addresses of a client's workers, in the order of their numbers.

    That is the order of their names, as numbers where they are numbers, then of their addresses.
    Raises DistributedError where the scheduler does not answer, or has no workers.
    """
    return tuple(names_of(client, timeout))


def names_of(client: Client, timeout: float = ANSWER) -> dict[str, str]:
    """The name of each worker by its address, in the order of `workers_of`.

    In a cluster of our own a worker that died starts again; that is waited for.
    """

    def place(address: str) -> tuple[bool, int, str, str]:
        name = names[address]
        return not name.isdecimal(), int(name) if name.isdecimal() else 0, name, address

    end = time.monotonic() + timeout
    cluster: Any = client.cluster if client in own else None
    wanted = 0 if cluster is None else len(cluster.worker_spec)
    if cluster is not None and len(cluster.workers) < wanted:
        cluster.scale(wanted)  # Dask has given one up
    while True:
        found = _asked(client, timeout)["workers"]
        is_whole = len(found) >= wanted and not found.keys() & _ended.get(client, ())
        if is_whole or time.monotonic() > end:
            break
        time.sleep(LOOK)
    if not found:
        raise DistributedError(f"the scheduler at {address_of(client)} has no workers: start some")
    names = {address: str(worker["name"]) for address, worker in found.items()}
    return {address: names[address] for address in sorted(names, key=place)}


def kill(client: Client, addresses: Collection[str]) -> bool:
    """End the processes of these workers, if the cluster is our own: others take their places.

    A process that is stopped, or whose task never returns, ends in no other way.
    """
    cluster: Any = client.cluster
    nannies = list(cluster.workers.values()) if client in own else []
    found = [nanny for nanny in nannies if nanny.worker_address in addresses]
    for nanny in found:
        _ended.setdefault(client, set()).add(nanny.worker_address)
        with suppress(ProcessLookupError, TypeError):  # it has ended by itself, and has no id
            os.kill(nanny.pid, signal.SIGKILL)
    return bool(found)


def _asked(client: Client, timeout: float) -> Any:
    """What the scheduler says of itself and its workers."""
    if client.asynchronous:
        raise ValueError("the client is asynchronous; a plain one is needed: Client(address)")
    scheduler: Any = client.scheduler
    return bounded(client, lambda: scheduler.identity(), timeout)


def bounded(client: Client, question: Callable[[], Any], timeout: float) -> Any:
    """What the scheduler answers, within this time."""
    if client.status != "running":
        what = "client is closed" if client.status in ("closing", "closed") else "scheduler is gone"
        raise DistributedError(f"the {what}: connect again")

    async def answer() -> Any:
        return await asyncio.wait_for(question(), timeout)

    try:
        return client.sync(answer)
    except (OSError, TimeoutError) as error:
        raise DistributedError(
            f"the scheduler at {address_of(client)} does not answer within {timeout:g} s"
        ) from error


def address_of(client: Client) -> str:
    """The address of a client's scheduler."""
    return str(client.scheduler.address if client.scheduler else "no address")


def ask(
    client: Client, addresses: Collection[str], function: Any, *arguments: Any, timeout: float
) -> dict[str, Any]:
    """What a function gives on each of these workers, even where a task keeps a worker busy.

    One that died meanwhile is left out. Raises DistributedError, which names the workers, where
    there is no answer within `timeout` seconds.
    """
    answers = answers_of(client, addresses, function, *arguments, timeout=timeout)
    silent = [a for a in addresses if isinstance(answers[a], OSError)]  # also a TimeoutError
    order = workers_of(client, timeout) if silent else ()
    numbers = [order.index(address) for address in silent if address in order]
    if numbers:
        who = ", ".join(f"worker {i}" for i in numbers)
        raise DistributedError(
            f"{who} does not answer within {timeout:g} s", worker=numbers[0]
        ) from answers[silent[0]]
    told = {address: answers[address] for address in addresses if address not in silent}
    for answer in told.values():
        if isinstance(answer, BaseException):
            raise answer
    return told


def answers_of(
    client: Client, addresses: Collection[str], function: Any, *arguments: Any, timeout: float
) -> dict[str, Any]:
    """The same, with an exception as the answer of a worker that gives none."""

    async def one(address: str) -> Any:
        asked = client.run(function, *arguments, workers=[address])
        return (await asyncio.wait_for(asked, timeout))[address]

    async def every() -> Any:
        return await asyncio.gather(*map(one, addresses), return_exceptions=True)

    return dict(zip(addresses, client.sync(every), strict=True))
