"""Whom a client may use: machines that the user allowed, with our versions.

Without a word from the user that is this computer alone: whoever reaches a scheduler or a worker
of Dask can make it run what they like.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from distributed import Client
from distributed.comm.addressing import get_address_host

from .errors import DistributedError
from .workers import ANSWER, address_of, ask, bounded, workers_of

# Evaluated there, so that it tells of a worker without cgraph_edu, too.
VERSIONS = """(
    "%d.%d" % __import__("sys").version_info[:2],
    __import__("cgraph_edu").__version__
    if __import__("importlib.util").util.find_spec("cgraph_edu")
    else None,
)"""

_remote: WeakSet[Any] = WeakSet()
"""The clients that the user allowed to leave this computer."""
_alike: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""For each client the workers whose versions were found to be ours."""


def allow(client: Client) -> None:
    """Let a client use other computers."""
    _remote.add(client)


def check(client: Client, timeout: float = ANSWER) -> None:
    """Raise DistributedError unless the client's machines are allowed, and of our versions."""
    addresses = workers_of(client, timeout)
    if client not in _remote:
        refuse(f"the scheduler at {address_of(client)}", address_of(client))
        for i, address in enumerate(addresses):
            refuse(f"worker {i} at {address}", address, i)
    known = _alike.setdefault(client, set())
    known.intersection_update(addresses)
    new = [address for address in addresses if address not in known]
    if new:
        # The scheduler, too, unpickles what it is sent.
        told_here = bounded(client, lambda: client.run_on_scheduler(eval, VERSIONS), timeout)
        _compare(f"the scheduler at {address_of(client)}", told_here)
        told = ask(client, new, eval, VERSIONS, timeout=timeout)
        for address, versions in told.items():
            number = addresses.index(address)
            _compare(f"worker {number}", versions, number)
        known.update(told)
        if len(told) < len(new):
            check(client, timeout)  # others may have taken the places of those that died


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


def refuse(what: str, address: str, worker: int | None = None) -> None:
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
