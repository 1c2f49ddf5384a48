"""Who is asked to compute: addresses, versions, numbers; and that closing ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from distributed import Client

import cgraph_edu as cg
from cgraph_edu.distributed import DistributedError, clusters, connect, trust
from cgraph_edu.distributed.clusters import client_for, close_kept, start
from cgraph_edu.distributed.trust import is_here
from cgraph_edu.distributed.workers import names_of, workers_of
from tests.waiting import until

from .conftest import Cluster, within

GRAPH = cg.trace(lambda a, b: a * b + a, a=2.0, b=3.0)


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("tcp://127.0.0.1:8786", True),
        ("127.0.0.1:8786", True),
        ("localhost:8786", True),
        ("tcp://127.3.2.1:8786", True),
        ("tls://[::1]:8786", True),
        ("inproc://10.0.0.7/123/4", True),
        ("tcp://10.0.0.7:8786", False),
        ("tcp://0.0.0.0:8786", False),
        ("tls://scheduler.example.org:8786", False),
        ("localhost.example.org:8786", False),
        ("tcp://[fe80::1]:8786", False),
        ("", False),
    ],
)
def test_what_is_on_this_computer(address: str, here: bool) -> None:
    assert is_here(address) is here


def elsewhere() -> str:
    """An address of this computer's that is not the loopback's, as another computer would have."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it asks for the way
        address = str(probe.getsockname()[0])
    if is_here(f"tcp://{address}:1"):
        pytest.skip("this computer has no address but the loopback's")
    return address


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "scheduler.example.org:8786"])
def test_another_computers_scheduler_is_refused_and_not_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    class Called(Client):
        def __init__(self, *_: Any, **__: Any) -> None:
            raise AssertionError("it was called")

    monkeypatch.setattr(clusters, "Client", Called)
    for attempt in (connect, client_for, lambda at: cg.distributed.run(GRAPH, at)):
        with pytest.raises(DistributedError, match=r"not on this computer.*remote=True"):
            attempt(address)
    with pytest.raises(AssertionError, match="it was called"):
        connect(address, remote=True)


@pytest.mark.slow
def test_one_worker_elsewhere_is_refused(cluster: Cluster) -> None:
    cluster.scheduler()
    cluster.worker("0")
    address = elsewhere()
    cluster.worker("1", "--host", address)
    expected = rf"^worker 1 at tcp://{address}:\d+ is not on this computer"
    with pytest.raises(DistributedError, match=expected) as raised:
        connect(cluster.address)
    assert raised.value.worker == 1
    with Client(cluster.address, set_as_default=False) as client:
        for attempt in (connect, client_for, lambda given: cg.distributed.run(GRAPH, given)):
            with pytest.raises(DistributedError, match="worker 1 at"):
                attempt(client)


@pytest.mark.slow
def test_remote_is_an_explicit_choice(cluster: Cluster) -> None:
    address = elsewhere()
    cluster.scheduler("--host", address)
    cluster.worker("0")
    with pytest.raises(DistributedError, match="not on this computer"):
        connect(cluster.address)
    with connect(cluster.address, remote=True) as client:
        assert cg.distributed.run(GRAPH, client).value == 8.0
    with Client(cluster.address, set_as_default=False) as client:
        with pytest.raises(DistributedError, match="not on this computer"):
            cg.distributed.run(GRAPH, client)
        assert connect(client, remote=True) is client
        assert cg.distributed.run(GRAPH, client).value == 8.0


@pytest.mark.slow
def test_a_worker_of_another_version_is_named(cluster: Cluster, tmp_path: Path) -> None:
    package = Path(cg.__file__).parent
    shutil.copytree(
        package, tmp_path / "other" / "cgraph_edu", ignore=shutil.ignore_patterns("src")
    )
    init = tmp_path / "other" / "cgraph_edu" / "__init__.py"
    init.write_text(init.read_text().replace(f'"{cg.__version__}"', '"0.0.7"'))
    cluster.scheduler()
    cluster.worker("0")
    cluster.worker("1", PYTHONPATH=str(tmp_path / "other"))
    expected = f"^worker 1 has cgraph_edu 0.0.7, and here it is cgraph_edu {cg.__version__}: "
    with pytest.raises(DistributedError, match=expected) as raised:
        connect(cluster.address)
    assert raised.value.worker == 1
    with (
        Client(cluster.address, set_as_default=False) as client,
        pytest.raises(DistributedError, match=expected),
    ):
        cg.distributed.run(GRAPH, client)


NOWHERE = """
import os, sys
sys.path[:] = [p for p in sys.path if not os.path.isdir(os.path.join(p, "cgraph_edu"))]
"""


@pytest.mark.slow
def test_a_worker_without_cgraph_edu_is_named(cluster: Cluster) -> None:
    cluster.scheduler()
    cluster.worker("0", code=NOWHERE, PYTHONPATH="")
    with pytest.raises(DistributedError, match="^worker 0 has no cgraph_edu: install version"):
        connect(cluster.address)


@pytest.mark.slow
def test_a_worker_that_joins_is_looked_at(cluster: Cluster) -> None:
    cluster.scheduler()
    cluster.worker("0")
    with connect(cluster.address) as client:
        assert cg.distributed.run(GRAPH, client).value == 8.0
        cluster.worker("1", code=NOWHERE, PYTHONPATH="")
        with pytest.raises(DistributedError, match="^worker 1 has no cgraph_edu"):
            cg.distributed.run(GRAPH, client)


@pytest.mark.slow
def test_no_scheduler_and_no_workers(cluster: Cluster) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    attempts: list[Callable[[], Any]] = [
        lambda: connect(address, timeout=1.0),
        lambda: cg.distributed.run(GRAPH, address, timeout=1.0),
        lambda: cg.distributed.sweep(abs, [1.0], address, timeout=1.0),
    ]
    for attempt in attempts:
        with (
            within(3.0),
            pytest.raises(DistributedError, match=f"no scheduler answers at {address} within 1 s"),
        ):
            attempt()
    cluster.scheduler()
    with pytest.raises(DistributedError, match="has no workers: start some"):
        connect(cluster.address)


@pytest.mark.slow
def test_a_scheduler_that_is_stopped_does_not_answer(cluster: Cluster) -> None:
    scheduler = cluster.scheduler()
    cluster.worker("0")
    scheduler.send_signal(signal.SIGSTOP)
    attempts: list[Callable[[], Any]] = [
        lambda: connect(cluster.address, timeout=1.0),
        lambda: cg.distributed.run(GRAPH, cluster.address, timeout=1.0),
    ]
    for attempt in attempts:
        with within(3.0), pytest.raises(DistributedError, match="no scheduler answers at .* 1 s"):
            attempt()
    scheduler.send_signal(signal.SIGCONT)
    with connect(cluster.address) as client:
        assert cg.distributed.run(GRAPH, client).agrees


@pytest.mark.slow
def test_workers_are_numbered_by_their_names(cluster: Cluster) -> None:
    cluster.scheduler()
    for name in ("10", "beta", "9", "alpha"):
        cluster.worker(name)
    with connect(cluster.address) as client:
        assert list(names_of(client).values()) == ["9", "10", "alpha", "beta"]


def test_own_workers_are_numbered_as_they_are_named(client: Client) -> None:
    assert list(names_of(client).values()) == ["0", "1", "2"]
    assert all(is_here(address) for address in workers_of(client))


def test_an_address_is_connected_once(client: Client) -> None:
    try:
        first = client_for(client.scheduler_info()["address"])
        assert client_for(client.scheduler_info()["address"]) is first
        first.close()
        again = client_for(client.scheduler_info()["address"])
        assert again is not first
        assert again.status == "running"
    finally:
        close_kept()
    assert again.status == "closed"


def test_the_same_number_of_workers_is_the_same_cluster() -> None:
    """A cell that asks for workers and is run again starts no more processes."""
    try:
        own = connect(workers=1)
        assert connect(workers=1) is own
        own.close()
        again = connect(workers=1)
        assert again is not own
        assert again.status == "running"
    finally:
        close_kept()
    assert again.status == "closed"


@pytest.mark.slow
def test_the_sessions_own_cluster() -> None:
    try:
        own = connect()
        alone = connect(workers=1)
        assert len(workers_of(own)) == 2
        assert connect(workers=2) is client_for() is own is not alone
        before = set(own.run(os.getpid).values())
        result = cg.distributed.run(GRAPH)
        assert (result.value, result.placement.workers) == (8.0, 2)
        assert cg.distributed.sweep(lambda i: os.getpid(), range(2))[0] in before
    finally:
        close_kept()
    assert own.status == alone.status == "closed"


@pytest.mark.slow
def test_two_threads_get_one_cluster() -> None:
    try:
        with ThreadPoolExecutor(4) as pool:
            clients = list(pool.map(lambda _: connect(workers=1), range(4)))
        assert len(set(map(id, clients))) == 1
    finally:
        close_kept()


ENDS = """
import os
import cgraph_edu as cg
from cgraph_edu.distributed.clusters import start
if __name__ == "__main__":
    for client in (cg.distributed.connect(workers=1), start(1)):
        print(*client.run(os.getpid).values())
"""


@pytest.mark.slow
def test_all_are_closed_when_python_ends(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(ENDS)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    for pid in done.stdout.split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2"])
def test_a_number_of_workers_that_is_none(workers: object) -> None:
    with pytest.raises(ValueError, match="at least one is needed"):
        connect(workers=workers)  # type: ignore[arg-type]


def test_an_address_that_is_none() -> None:
    with pytest.raises(TypeError, match="is text, such as"):
        connect(8786)
    for address, why in (
        ("", "missing port"),
        ("127.0.0.1", "missing port"),
        ("http://127.0.0.1:80", "unknown address scheme"),
        ("tcp://::1:8786", "ipv6 needs brackets"),
    ):
        with pytest.raises(ValueError, match=rf"^'{address}' is no address of .*8786': .*{why}"):
            connect(address)


def test_encryption_without_certificates() -> None:
    expected = r"at tls://localhost:8786 needs certificates: .*Client\(address, security="
    with pytest.raises(DistributedError, match=expected):
        connect("tls://localhost:8786")


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan"), None, "4"])
def test_a_time_out_of_nothing(timeout: Any) -> None:
    for address in (None, "tcp://127.0.0.1:8786"):
        with pytest.raises(ValueError, match="a number of seconds, above 0"):
            connect(address, timeout=timeout)


@pytest.mark.slow
def test_a_worker_that_dies_as_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another takes its place, and is asked in its stead."""
    with start(2) as client:
        pids = client.run(os.getpid)
        joined = {*pids}

        def listed(client: Client, timeout: float) -> tuple[str, ...]:
            found = workers_of(client, timeout)
            if found[1] in pids:
                os.kill(pids[found[1]], signal.SIGKILL)
                until(lambda: found[1] not in client.scheduler_info()["workers"])
            joined.update(found)
            return found

        with monkeypatch.context() as patched:
            patched.setattr(trust, "workers_of", listed)
            trust._alike.clear()
            trust.check(client)
        assert len(joined) == 3
        assert cg.distributed.run(GRAPH, client).agrees


WITHOUT = """
import sys
sys.modules["dask"] = sys.modules["distributed"] = None
import cgraph_edu as cg
for name in cg.distributed.__all__:
    try:
        print(name, getattr(cg.distributed, name).__name__)
    except (ImportError, RuntimeError) as error:
        print(name, error, error.__suppress_context__ or error.__context__)
"""


@pytest.mark.parametrize(
    ("platform", "told"),
    [
        (sys.platform, "Dask is not installed: pip install 'cgraph-edu[dask]' True"),
        ("emscripten", "A browser has no processes, so there are no workers here."),
    ],
)
def test_without_dask_the_first_name_that_needs_it_says_so(platform: str, told: str) -> None:
    code = f"import sys; sys.platform = {platform!r}\n{WITHOUT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    needless = {"DistributedError", "Machine", "Placement", "Span", "automatic", "simulate"}
    assert {name for name in lines if lines[name] == name} == needless
    assert len(lines) == len(dir(cg.distributed))
    for name in lines.keys() - needless:
        assert lines[name].startswith(told)


@pytest.mark.slow
@pytest.mark.parametrize("work", ["run", "data_parallel", "sweep"])
def test_the_client_is_closed_in_the_middle(tmp_path: Path, work: str) -> None:
    notebook, begun = os.getpid(), tmp_path / "begun"

    def forward(x: float) -> float:
        if os.getpid() != notebook:
            begun.touch()
            time.sleep(100)
        return x

    op = cg.custom_op(forward, lambda out_bar, out, x: out_bar)
    graph = cg.trace(lambda a: op(a), a=1.0)
    client = start(2)
    closing = Thread(target=lambda: (until(begun.exists), client.close()))
    closing.start()
    begin: dict[str, Callable[[], Any]] = {
        "run": lambda: cg.distributed.run(graph, client),
        "sweep": lambda: cg.distributed.sweep(forward, range(5), client),
        "data_parallel": lambda: cg.distributed.data_parallel(
            lambda w, x: forward(w) * x, 1.0, [1.0, 2.0], client
        ),
    }
    with pytest.raises(DistributedError, match="the client is closed: connect again"):
        begin[work]()
    closing.join()


@pytest.mark.slow
def test_closing_ends_where_a_worker_is_stopped() -> None:
    client: Any = start(2)
    pids = [nanny.pid for nanny in client.cluster.workers.values()]
    os.kill(pids[1], signal.SIGSTOP)
    with within(15.0):
        client.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
