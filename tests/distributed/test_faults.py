"""What can go wrong between machines: the result is right, or the error says which node and where.

The ops of these graphs do something else once a file says so, and write into a file that they run:
no test waits for a time and hopes.
"""

import asyncio
import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from distributed import Client

import cgraph_edu as cg
from cgraph_edu.distributed import DistributedError, run
from cgraph_edu.distributed.clusters import client_for, close_kept, connect
from cgraph_edu.distributed.workers import kill, workers_of
from tests.waiting import until

from .conftest import Cluster, within

pytestmark = pytest.mark.slow


PLACE = {"a": 0, "b": 0, "v1": 0, "v2": 1, "v3": 0, "v4": 1}


class Risky:
    """d = 2·c by a learner's op that does something else once it is armed.

    Attributes:
        graph: v1 = a·b, v2 = risky(v1), v3 = v2·a, v4 = v3 + v1, at a = 2 and b = 3. It is 30, with
            ∂v4/∂a = 4ab + b = 27 and ∂v4/∂b = 2a² + a = 10.
    """

    def __init__(self, folder: Path, act: Callable[[], Any], is_reverse: bool = False) -> None:
        self.runs = folder / "runs"
        self.go = folder / "go"
        self.armed = armed = folder / "armed"
        runs = self.runs

        def announced() -> None:
            if armed.exists():
                with runs.open("a") as file:
                    file.write(f"{os.getpid()}\n")
                act()

        @cg.custom_op
        def risky(x: float) -> float:
            if not is_reverse:
                announced()
            return 2.0 * x

        @risky.vjp
        def risky_vjp(out_bar: Any, out: Any, x: Any) -> Any:
            if is_reverse:
                announced()
            return 2.0 * out_bar

        def f(a: Any, b: Any) -> Any:
            c = a * b
            return risky(c) * a + c

        self.graph = cg.trace(f, a=2.0, b=3.0)
        self.here = self.graph.gradient()
        assert self.graph.edges  # which asks for the op's partial, too
        self.armed.touch()

    def pids(self) -> list[int]:
        """The processes that the op has run in."""
        return [int(line) for line in self.runs.read_text().split()] if self.runs.exists() else []

    def is_right(self, result: cg.distributed.Result) -> bool:
        """Whether value and gradient are the engine's, bit for bit."""
        return bool(result.value == 30.0 and result.gradient == self.here == {"a": 27.0, "b": 10.0})


def waiting(go: Path) -> Callable[[], None]:
    """Wait for a file."""

    def act() -> None:

        while not go.exists():
            time.sleep(0.01)

    return act


@contextmanager
def meanwhile(do: Callable[[], Any]) -> Iterator[None]:
    """Something that another thread does while the block runs; its errors are the test's."""
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            do()
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        if failed:
            raise failed[0]


def is_usable(client: Client) -> bool:
    """Whether both workers compute again."""
    assert len(workers_of(client)) == 2
    graph = cg.trace(lambda a, b: a * b, a=2.0, b=3.0)
    result = run(graph, client, {"a": 0, "b": 1, "v1": 1}, by="node")
    return result.agrees and set(result.placement.values()) == {0, 1}


# --- Workers that die -----------------------------------------------------------------------------


@pytest.mark.parametrize("is_reverse", [False, True])
def test_a_worker_killed_at_an_op(pair: Client, tmp_path: Path, is_reverse: bool) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "go"), is_reverse)

    def kill() -> None:
        (pid,) = until(risky.pids)
        os.kill(pid, signal.SIGKILL)
        risky.go.touch()

    with meanwhile(kill):
        result = run(risky.graph, pair, PLACE, by="node")
    first, second = risky.pids()
    assert first != second
    assert risky.is_right(result)
    assert result.agrees
    if not is_reverse:
        assert result.placement["v2"] == 0
    assert is_usable(pair)


def test_a_worker_killed_that_had_done_its_part(pair: Client, tmp_path: Path) -> None:
    """What it held is computed again elsewhere, and counts once."""
    risky = Risky(tmp_path, waiting(tmp_path / "go"))
    cluster: Any = pair.cluster
    nannies = list(cluster.workers.values())

    def kill() -> None:
        (pid,) = until(risky.pids)
        (other,) = {nanny.pid for nanny in nannies} - {pid}
        os.kill(other, signal.SIGKILL)  # it holds a, b and v1
        until(lambda: other not in {nanny.pid for nanny in nannies})
        risky.go.touch()

    with meanwhile(kill):
        result = run(risky.graph, pair, PLACE, by="node")
    assert risky.is_right(result)
    assert len(risky.pids()) == 1
    computed = [span.task for span in result.timeline if span.kind == "compute"]
    assert computed.count("a, forward") == 2
    assert is_usable(pair)


def test_all_workers_killed_at_once(pair: Client, tmp_path: Path) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "go"))
    cluster: Any = pair.cluster
    nannies = list(cluster.workers.values())

    def kill() -> None:
        until(risky.pids)
        for nanny in nannies:
            os.kill(nanny.pid, signal.SIGKILL)
        risky.go.touch()

    with meanwhile(kill):
        result = run(risky.graph, pair, PLACE, by="node")
    assert risky.is_right(result)
    assert is_usable(pair)


def test_a_worker_that_dask_gives_up(pair: Client) -> None:
    """As it does some time after a worker died, should that be starting again just then."""
    cluster: Any = pair.cluster
    pair.sync(cluster.workers[1].close)
    del cluster.workers[1]
    assert is_usable(pair)


def test_an_op_that_ends_its_worker_each_time(pair: Client, tmp_path: Path) -> None:
    def end() -> None:
        os._exit(3)

    risky = Risky(tmp_path, end)
    with pytest.raises(DistributedError, match="^v2, forward: each worker .* died") as raised:
        run(risky.graph, pair, PLACE, by="node")
    assert raised.value.node == "v2"
    assert raised.value.worker in (0, 1)
    assert len(risky.pids()) == 4
    assert is_usable(pair)


# --- Workers and ops that do not answer -----------------------------------------------------------


def test_a_worker_that_is_stopped(pair: Client, tmp_path: Path) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "go"))

    def stop() -> None:
        (pid,) = until(risky.pids)
        os.kill(pid, signal.SIGSTOP)

    with (
        within(4.5),
        meanwhile(stop),
        pytest.raises(DistributedError, match="^v2, forward: worker 1 does not") as raised,
    ):
        run(risky.graph, pair, PLACE, by="node", timeout=4.0)
    assert (raised.value.node, raised.value.worker) == ("v2", 1)
    assert is_usable(pair)
    assert len(risky.pids()) == 1  # no other worker was given what was stuck


def test_a_stopped_worker_that_holds_what_others_need(pair: Client, tmp_path: Path) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "go"))
    cluster: Any = pair.cluster

    def stop() -> None:
        (pid,) = until(risky.pids)
        (other,) = {nanny.pid for nanny in cluster.workers.values()} - {pid}
        os.kill(other, signal.SIGSTOP)
        risky.go.touch()

    with (
        meanwhile(stop),
        pytest.raises(DistributedError, match="worker 0 does not answer") as raised,
    ):
        run(risky.graph, pair, PLACE, by="node", timeout=4.0)
    assert raised.value.worker == 0
    assert raised.value.node is not None
    assert is_usable(pair)


@pytest.mark.parametrize("is_reverse", [False, True])
def test_an_op_that_never_returns(pair: Client, tmp_path: Path, is_reverse: bool) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "never"), is_reverse)
    expected = f"^v2, {'reverse' if is_reverse else 'forward'}: worker 1 has not finished it within"
    with within(4.5), pytest.raises(DistributedError, match=expected) as raised:
        run(risky.graph, pair, PLACE, by="node", timeout=4.0)
    assert (raised.value.node, raised.value.worker) == ("v2", 1)
    assert "started again" in str(raised.value)
    assert is_usable(pair)
    assert len(risky.pids()) == 1


def test_an_op_that_never_returns_in_the_sessions_own_cluster(tmp_path: Path) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "never"))
    try:
        own = client_for()
        with pytest.raises(DistributedError, match="worker 1 has not finished it"):
            run(risky.graph, placement=PLACE, by="node", timeout=3.0)
        risky.armed.unlink()
        assert risky.is_right(run(risky.graph, placement=PLACE, by="node"))
        assert client_for() is own
    finally:
        close_kept()


def test_an_op_that_never_returns_on_somebody_elses_worker(
    cluster: Cluster, tmp_path: Path
) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "go"))
    cluster.scheduler()
    processes = [cluster.worker("0"), cluster.worker("1")]
    with connect(cluster.address) as client:
        with pytest.raises(DistributedError, match="worker 1 has not .* start that worker again"):
            run(risky.graph, client, PLACE, by="node", timeout=3.0)
        assert [process.poll() for process in processes] == [None, None]
        risky.go.touch()
        assert is_usable(client)


# --- Interrupted ----------------------------------------------------------------------------------


def train(act: Callable[[], Any], client: Client) -> Any:
    def loss(w: Any, x: Any) -> Any:
        act()
        return (w - x) ** 2

    sgd = cg.nn.SGD(0.1)
    return cg.distributed.train(loss, 0.0, [1.0, 2.0], client, optimiser=sgd, steps=3)


@pytest.mark.parametrize(
    "work",
    [
        lambda act, client: cg.distributed.sweep(lambda point: act(), range(100), client),
        train,
    ],
)
def test_an_interrupt_ends_what_runs(pair: Client, tmp_path: Path, work: Any) -> None:
    runs, wait = tmp_path / "runs", waiting(tmp_path / "never")

    def act() -> None:
        with runs.open("a") as file:
            file.write(f"{os.getpid()}\n")
        wait()

    def pids() -> list[int]:
        return [int(line) for line in runs.read_text().split()] if runs.exists() else []

    with pytest.raises(KeyboardInterrupt), meanwhile(lambda: interrupt(lambda: len(pids()) == 2)):
        work(act, pair)
    assert is_usable(pair)
    assert has_ended(pids())
    assert len(pids()) == 2


def test_an_interrupt_ends_an_op(pair: Client, tmp_path: Path) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "never"))
    with pytest.raises(KeyboardInterrupt), meanwhile(lambda: interrupt(risky.pids)):
        run(risky.graph, pair, PLACE, by="node")
    assert is_usable(pair)
    assert has_ended(risky.pids())


def test_an_error_ends_what_runs_besides(pair: Client, tmp_path: Path) -> None:
    runs, wait = tmp_path / "runs", waiting(tmp_path / "never")

    def loss(w: Any, x: Any) -> Any:
        if x == 2.0:
            until(runs.exists)
            raise Unlucky("as it happens")
        runs.write_text(str(os.getpid()))
        wait()

    with pytest.raises(DistributedError, match="shard 1 failed on worker 1: Unlucky"):
        cg.distributed.data_parallel(loss, 1.0, [1.0, 2.0], pair)
    assert is_usable(pair)
    assert has_ended([int(runs.read_text())])


def test_an_interrupt_leaves_workers_that_end_by_themselves(pair: Client, tmp_path: Path) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "go"))

    def end() -> None:
        interrupt(risky.pids)
        risky.go.touch()

    with pytest.raises(KeyboardInterrupt), meanwhile(end):
        run(risky.graph, pair, PLACE, by="node")
    assert set(risky.pids()) <= set(pair.run(os.getpid).values())
    assert is_usable(pair)


def test_workers_outlive_an_interrupt_of_all_processes(pair: Client) -> None:
    """Jupyter interrupts a whole notebook; a worker that took another's place is spared, too."""
    kill(pair, workers_of(pair)[:1])
    assert is_usable(pair)
    pids = pair.run(os.getpid)
    for pid in pids.values():
        os.kill(pid, signal.SIGINT)
    assert is_usable(pair)
    assert pair.run(os.getpid) == pids


def interrupt(when: Callable[[], Any]) -> None:
    """As Ctrl-C does."""
    until(when)
    os.kill(os.getpid(), signal.SIGINT)


def has_ended(pids: list[int]) -> bool:
    """Whether these processes are no more."""

    def is_gone(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    return bool(until(lambda: all(map(is_gone, pids))))


# --- The scheduler --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_scheduler_that_is_gone(cluster: Cluster, tmp_path: Path, how: signal.Signals) -> None:
    risky = Risky(tmp_path, waiting(tmp_path / "go"))
    scheduler = cluster.scheduler()
    cluster.worker("0")
    cluster.worker("1")
    client = connect(cluster.address)

    def end() -> None:
        until(risky.pids)
        scheduler.send_signal(how)

    try:
        with (
            within(3.0 if how == signal.SIGKILL else 6.5),
            meanwhile(end),
            pytest.raises(DistributedError, match="no result: the (scheduler|client)"),
        ):
            run(risky.graph, client, PLACE, by="node", timeout=6.0)
        with pytest.raises(DistributedError, match="the (scheduler|client)"):
            run(risky.graph, client, PLACE, by="node", timeout=1.0)
    finally:
        with within(10.0):
            client.close(5)


# --- Ops that raise -------------------------------------------------------------------------------


class Unlucky(Exception):
    """A learner's own error."""


@pytest.mark.parametrize("is_reverse", [False, True])
def test_an_op_that_raises(client: Client, tmp_path: Path, is_reverse: bool) -> None:
    def fail() -> None:
        raise Unlucky("as it happens")

    risky = Risky(tmp_path, fail, is_reverse)
    before = "the derivative of " * is_reverse
    expected = rf"^{before}v2 = risky\(v1\) failed on worker 1: Unlucky: as it happens$"
    with pytest.raises(DistributedError, match=expected) as raised:
        run(risky.graph, client, PLACE, by="node")
    assert (raised.value.node, raised.value.worker) == ("v2", 1)
    assert isinstance(raised.value.__cause__, Unlucky)
    assert raised.value.__cause__.args == ("as it happens",)
    assert len(risky.pids()) == 1


class Picky(Exception):
    """One that can't be made again from its message alone."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


class Held(Exception):
    """One that can't be pickled."""

    def __init__(self) -> None:
        super().__init__("held")
        self.lock = threading.Lock()


class Mute(Exception):
    """One that can't be told."""

    def __str__(self) -> str:
        raise ValueError("no words")


class Base(BaseException):
    """One that `except Exception` does not see."""


def chained() -> Exception:
    """An error that can be pickled, out of one that can't."""
    error = ArithmeticError("out of another")
    error.__context__ = Held()
    return error


ERRORS: dict[str, Callable[[], BaseException]] = {
    "Picky: 1 and 2": lambda: Picky(1, 2),
    "Held: held": Held,
    "Mute$": Mute,
    "ArithmeticError: out of another": chained,
    "ValueError: 77777": lambda: ValueError("7" * 100_000),
    "SystemExit: 3$": lambda: SystemExit(3),
    "KeyboardInterrupt$": KeyboardInterrupt,
    "CancelledError: mine": lambda: asyncio.CancelledError("mine"),
    "TimeoutError: mine": lambda: TimeoutError("mine"),
    "Base: below": lambda: Base("below"),
}


@pytest.mark.parametrize("told", ERRORS)
def test_whatever_is_raised_is_told_and_ends_no_worker(client: Client, told: str) -> None:
    here, before = os.getpid(), client.run(os.getpid)

    def fail(is_wanted: bool) -> None:
        if is_wanted and os.getpid() != here:
            raise ERRORS[told]()

    def doubling(is_reverse: bool) -> cg.Graph:
        def forward(x: float) -> float:
            fail(not is_reverse)
            return 2.0 * x

        def reverse(out_bar: Any, out: Any, x: Any) -> Any:
            fail(is_reverse)
            return 2.0 * out_bar

        return cg.trace(lambda a: cg.custom_op(forward, reverse)(a) + a, a=2.0)

    def work(*_: Any) -> None:
        fail(True)

    for is_reverse in (False, True, True):  # what Dask once pickled, it pickles in another way
        expected = rf"v1 = forward\(a\) failed on worker 1: (RuntimeError: )?{told}"
        with pytest.raises(DistributedError, match=expected) as raised:
            run(doubling(is_reverse), client, {"a": 0, "v1": 1, "v2": 2}, by="node")
        assert (raised.value.node, raised.value.worker) == ("v1", 1)
        assert len(str(raised.value)) < 5000
    with pytest.raises(DistributedError, match=rf"^shard 0 failed on worker 0: .*{told}"):
        cg.distributed.data_parallel(work, 1.0, [1.0], client)
    with pytest.raises(DistributedError, match=rf"^point 0, 1.0 failed on worker \d: .*{told}"):
        cg.distributed.sweep(work, [1.0], client)
    assert client.run(os.getpid) == before


def test_a_module_that_workers_lack(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("def same(x, *_):\n    return x\n")
    before = client.run(os.getpid)
    monkeypatch.syspath_prepend(tmp_path)
    same: Any = importlib.import_module("only_here").same
    graph = cg.trace(lambda a: cg.custom_op(same, same)(a), a=2.0)
    why = "ModuleNotFoundError: No module named 'only_here'"
    with pytest.raises(DistributedError, match=rf"^v1 = same\(a\) failed on worker 2: {why}"):
        run(graph, client, {"a": 0, "v1": 2}, by="node")
    with pytest.raises(DistributedError, match=rf"^the loss failed on worker \d: {why}"):
        cg.distributed.data_parallel(same, 1.0, [1.0], client)
    with pytest.raises(DistributedError, match=rf"^the function failed on worker \d: {why}"):
        cg.distributed.sweep(same, [1.0], client)
    assert client.run(os.getpid) == before


def test_an_op_of_a_scope_is_named_itself(client: Client, tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError("in a scope")

    risky = Risky(tmp_path, fail)
    graph = cg.trace(lambda a, b: _in_scope(risky, a, b), a=1.0, b=2.0)
    with pytest.raises(DistributedError, match="failed on worker 2: ZeroDivisionError") as raised:
        run(graph, client, {"part": 2})
    assert raised.value.node not in (None, "part")


def _in_scope(risky: Risky, a: Any, b: Any) -> Any:
    """The op again, which stays calm while it is recorded."""
    op = next(node.op for node in risky.graph.nodes if node.op and node.op.name == "risky")
    risky.armed.unlink()
    with cg.scope("part"):
        c = cg.core.tensor.apply(op, a * b) + 1.0
    risky.armed.touch()
    return c * a
