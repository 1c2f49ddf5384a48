"""Clusters: a scheduler that gives out tasks, and the worker processes that do them.

Without a word from the user everything stays on this computer: whoever reaches a scheduler or a
worker of Dask can make it run what they like, so another computer's is an explicit choice.
"""

from __future__ import annotations

import asyncio
import atexit
import ipaddress
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from ..core.numbers import counted
from .errors import DistributedError

if sys.platform == "emscripten":
    raise DistributedError(
        "A browser has no processes, so there are no workers here. Open this lesson on Binder, or "
        "in JupyterLab on a computer."
    )
try:
    import dask
    from distributed import Client
    from distributed.comm.addressing import get_address_host
except ModuleNotFoundError as error:
    if error.name not in ("dask", "distributed"):
        raise
    raise ModuleNotFoundError(
        "Dask is not installed: pip install 'cgraph-edu[dask]'", name=error.name
    ) from None

ANSWER = 10.0
"""Seconds in which a scheduler or a worker must answer a question."""

OWN_PORT = "127.0.0.1:0"
"""Where Dask's web pages are served: at any free port, and to this computer alone."""

AS_PLACED = {
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
}
"""In a cluster of our own, Dask leaves tasks on the worker that they were given to, and what was
sent to a worker stays there until it is not needed any more."""

UNINTERRUPTED = {
    "distributed.worker.preload": ["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"],
}
"""Its workers live on when somebody interrupts this process: Ctrl-C, and Jupyter, which interrupts
every process of the notebook, mean the tasks."""

PATIENT = {"distributed.deploy.lost-worker-timeout": "1 hour"}
"""Dask reads it when a worker dies. So long after that, it gives the worker up for good should it
not be there: also one that is back since, died again, and is just starting."""

KEPT = 2
"""The workers of the cluster for what is run without a word of who should do it."""

START = 30.0
"""Seconds in which a cluster starts."""

# Evaluated there, so that it tells of a worker without cgraph_edu, too.
VERSIONS = """(
    "%d.%d" % __import__("sys").version_info[:2],
    __import__("cgraph_edu").__version__
    if __import__("importlib.util").util.find_spec("cgraph_edu")
    else None,
)"""

LOOK = 0.02
"""Seconds from one look at what is waited for to the next."""

_own: WeakSet[Any] = WeakSet()
"""The clients with a cluster that was started here; all are closed when Python ends."""
_remote: WeakSet[Any] = WeakSet()
"""The clients that the user allowed to leave this computer."""
_alike: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""For each client the workers whose versions were found to be ours."""
_ended: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""For each client the workers that were ended here, which the scheduler may not have noticed."""
_kept: dict[str | int, Client] = {}
"""The clients that the session keeps: by address, or by the number of workers started here."""
_keeping = threading.RLock()
"""Held while a client is looked up in `_kept`, lest two threads start the same cluster."""


def connect(
    address: Any = None, *, workers: int = KEPT, remote: bool = False, timeout: float = START
) -> Client:
    """A client of a cluster: of one at `address`, or of the session's own on this computer.

        client = cg.distributed.connect(workers=3)
        client = cg.distributed.connect("tcp://127.0.0.1:8786")
        client = cg.distributed.connect("tcp://10.0.0.7:8786", remote=True)

    Without an address it starts `workers` processes of one thread each. They are the session's:
    asked for as many again, it gives the same client, until `client.close()` or the end of Python
    ends them. A scheduler or workers on other computers need `remote=True`. Tasks and results are
    pickled: connect only to a scheduler that you trust, over a network that you trust. `address`
    may also be a client, to allow it the same.

    Raises DistributedError where there is no answer within `timeout` seconds, where another
    computer was not allowed, and where a worker has another version of cgraph_edu or of Python.
    """
    if address is None:
        return _session(_checked_number(workers), lambda: start(workers, timeout), timeout)
    client = address if isinstance(address, Client) else _at(address, remote, timeout)
    if remote:
        _remote.add(client)
    try:
        check(client, timeout)
    except BaseException:
        if client is not address:
            _close(client)
        raise
    return client


def start(workers: int, timeout: float = START) -> Client:
    """A client of a new cluster of so many processes on this computer, which end with it."""
    _checked_number(workers)
    # Not by `silence_logs` alone, which ends with the first of several clusters to be closed.
    for handler in logging.getLogger("distributed").handlers:
        handler.setLevel(logging.CRITICAL)
    dask.config.set(PATIENT)
    # In a thread of its own, which no interrupt reaches: half a cluster could not be closed.
    pool = ThreadPoolExecutor(1)
    starting = pool.submit(_started, workers, timeout)
    pool.shutdown(wait=False)
    try:
        client = starting.result()
    except KeyboardInterrupt:
        starting.add_done_callback(lambda started: _close(started.result()))
        raise
    except (OSError, RuntimeError) as error:
        raise DistributedError(f"no workers could be started on this computer: {error}") from error
    _own.add(client)
    try:
        check(client, timeout)
    except BaseException:
        _close(client)
        raise
    return client


def _started(workers: int, timeout: float) -> Client:
    with dask.config.set(AS_PLACED | UNINTERRUPTED):
        return Client(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=OWN_PORT,
            worker_dashboard_address=OWN_PORT,
            silence_logs=logging.CRITICAL,
            config=deepcopy(dask.config.config),  # of workers that are started later, too
            set_as_default=False,
            timeout=timeout,
        )


def _checked_number(workers: int) -> int:
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers={workers!r}: at least one is needed")
    return workers


def _at(address: str, remote: bool, timeout: float) -> Client:
    if not isinstance(address, str):
        raise TypeError(
            f"the address of a scheduler is text, such as 'tcp://127.0.0.1:8786', not {address!r}"
        )
    if not remote:
        _refuse(f"the scheduler at {address}", address)
    try:
        return Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError
        raise DistributedError(
            f"no scheduler answers at {address} within {timeout:g} s: is it running, and is this "
            "the address that it printed?"
        ) from error


def client_for(client: Any = None, timeout: float = ANSWER) -> Client:
    """The client for what a user gave: itself, one for its address, or the session's own.

    The session's own has a cluster of 2 workers. It and those for addresses are kept, and closed
    when Python ends. Errors are those of `connect`.
    """
    if client is None:
        return connect(workers=KEPT)
    if isinstance(client, Client):
        check(client, timeout)
        return client
    return _session(client, lambda: connect(client, timeout=timeout), timeout)


def _session(name: str | int, begin: Callable[[], Client], timeout: float) -> Client:
    """The client that the session keeps under this name; where none lives it begins one."""
    with _keeping:
        kept = _kept.get(name)
        if kept is None or kept.status != "running":
            if kept is not None:
                _close(_kept.pop(name))
            _kept[name] = begin()
            return _kept[name]
    check(kept, timeout)
    return kept


def close_kept() -> None:
    """Close the clients that the session keeps."""
    while _kept:
        _close(_kept.popitem()[1])


@atexit.register
def _close_all() -> None:
    close_kept()
    for client in [*_own]:
        _close(client)


def _close(client: Client) -> None:
    if client.status not in ("closing", "closed"):
        with suppress(OSError, TimeoutError):
            client.close(ANSWER)


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
    cluster: Any = client.cluster if client in _own else None
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
        raise DistributedError(f"the scheduler at {_address(client)} has no workers: start some")
    names = {address: str(worker["name"]) for address, worker in found.items()}
    return {address: names[address] for address in sorted(names, key=place)}


def kill(client: Client, addresses: Collection[str]) -> bool:
    """End the processes of these workers, if the cluster is our own: others take their places.

    A process that is stopped, or whose task never returns, ends in no other way.
    """
    cluster: Any = client.cluster
    nannies = list(cluster.workers.values()) if client in _own else []
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
            f"the scheduler at {_address(client)} does not answer within {timeout:g} s"
        ) from error


def _address(client: Client) -> str:
    return str(client.scheduler.address if client.scheduler else "no address")


def check(client: Client, timeout: float = ANSWER) -> None:
    """Raise DistributedError unless the client's machines are allowed, and of our versions."""
    addresses = workers_of(client, timeout)
    if client not in _remote:
        _refuse(f"the scheduler at {_address(client)}", _address(client))
        for i, address in enumerate(addresses):
            _refuse(f"worker {i} at {address}", address, i)
    known = _alike.setdefault(client, set())
    known.intersection_update(addresses)
    new = [address for address in addresses if address not in known]
    if new:
        # The scheduler, too, unpickles what it is sent.
        told_here = bounded(client, lambda: client.run_on_scheduler(eval, VERSIONS), timeout)
        _compare(f"the scheduler at {_address(client)}", told_here)
        told = ask(client, new, eval, VERSIONS, timeout=timeout)
        for address in new:
            number = addresses.index(address)
            _compare(f"worker {number}", told[address], number)
        known.update(new)


def _compare(who: str, told: Any, worker: int | None = None) -> None:
    """Raise DistributedError unless a worker, or the scheduler, has the versions that are here."""
    for what, there, here in zip(("Python", "cgraph_edu"), told, eval(VERSIONS), strict=True):
        if there is None:
            raise DistributedError(
                f"{who} has no {what}: install version {here} there", worker=worker
            )
        if there != here:
            raise DistributedError(
                f"{who} has {what} {there}, and here it is {what} {here}: they must be the same",
                worker=worker,
            )


def ask(
    client: Client, addresses: Collection[str], function: Any, *arguments: Any, timeout: float
) -> dict[str, Any]:
    """What a function gives on each of these workers, even where a task keeps a worker busy.

    Raises DistributedError, which names the workers, where there is no answer within `timeout`
    seconds.
    """
    answers = answers_of(client, addresses, function, *arguments, timeout=timeout)
    silent = [a for a in addresses if isinstance(answers[a], (OSError, TimeoutError))]
    if silent:
        order = workers_of(client, timeout)
        numbers = [order.index(address) for address in silent if address in order]
        who = ", ".join(f"worker {i}" for i in numbers) or counted(len(silent), "worker")
        raise DistributedError(
            f"{who} does not answer within {timeout:g} s",
            worker=numbers[0] if numbers else None,
        ) from answers[silent[0]]
    for answer in answers.values():
        if isinstance(answer, BaseException):
            raise answer
    return answers


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


def _refuse(what: str, address: str, worker: int | None = None) -> None:
    """Raise DistributedError for an address that is not on this computer."""
    if not is_here(address):
        raise DistributedError(
            f"{what} is not on this computer. Whoever controls it can read what you send and run "
            "code here. To use it all the same: cg.distributed.connect(address, remote=True)",
            worker=worker,
        )


def is_here(address: str) -> bool:
    """Whether an address of Dask's is on the loopback, or in this very process."""
    if address.startswith("inproc://"):
        return True
    try:
        host = get_address_host(address)
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
