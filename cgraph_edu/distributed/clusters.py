"""Clusters: a scheduler that gives out tasks, and the worker processes that do them.

Without a word from the user everything stays on this computer: see `trust`.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from typing import Any

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

from .trust import allow, check, refuse
from .workers import ANSWER, check_timeout, own

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
    computer was not allowed, and where a worker has another version of cgraph_edu or of Python;
    ValueError for what is no address, no number of workers and no time-out.
    """
    check_timeout(timeout)
    if address is None:
        return _session(_checked_number(workers), lambda: start(workers, timeout), timeout)
    client = address if isinstance(address, Client) else _at(address, remote, timeout)
    if remote:
        allow(client)
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
    own.add(client)
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
    try:
        get_address_host(address)
    except ValueError as error:
        raise ValueError(
            f"{address!r} is no address of a scheduler, such as 'tcp://127.0.0.1:8786': {error}"
        ) from error
    if not remote:
        refuse(f"the scheduler at {address}", address)
    try:
        return _opened(address, timeout)
    except TypeError as error:  # Dask's, of a tls address without certificates
        raise DistributedError(
            f"the scheduler at {address} needs certificates: give connect a "
            "Client(address, security=Security(...)) of Dask's"
        ) from error
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError
        raise DistributedError(
            f"no scheduler answers at {address} within {timeout:g} s: is it running, and is this "
            "the address that it printed?"
        ) from error


def _opened(address: str, timeout: float) -> Client:
    """A client of the scheduler there; a TimeoutError where that takes longer.

    In a thread, as Dask itself waits without end for a scheduler that is stopped.
    """
    opening: Future[Client] = Future()

    def attempt() -> None:
        try:
            opening.set_result(Client(address, timeout=timeout, set_as_default=False))
        except BaseException as error:
            opening.set_exception(error)

    threading.Thread(target=attempt, daemon=True).start()
    try:
        return opening.result(min(timeout, threading.TIMEOUT_MAX))
    except BaseException:
        opening.add_done_callback(_close_opened)
        raise


def _close_opened(opening: Future[Client]) -> None:
    if opening.exception() is None:
        _close(opening.result())


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
    for client in [*own]:
        _close(client)


def _close(client: Client) -> None:
    if client.status not in ("closing", "closed"):
        with suppress(OSError, TimeoutError):
            client.close(ANSWER)
