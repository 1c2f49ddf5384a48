"""A gradient summed over shards on worker processes: equal to that of one machine, or an error."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import cgraph_edu as cg
from cgraph_edu.distributed import DataParallel, DistributedError, connect, data_parallel
from cgraph_edu.distributed.clusters import start
from cgraph_edu.distributed.workers import workers_of
from cgraph_edu.nn import tree_map
from tests.waiting import until

from .conftest import Cluster, within


@pytest.fixture
def client(pair: Client) -> Client:
    return pair


@pytest.fixture
def own_client() -> Iterator[Client]:
    """For tests that kill its workers, or leave them busy."""
    with start(2) as client:
        yield client


NET = cg.nn.MLP([3, 5, 1])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = np.sin(X[:, 0]) * X[:, 1]
# Shards need not be of one size.
CUTS = [(0, 7), (7, 20), (20, 21), (21, 50), (50, 60)]
SHARDS = [(X[a:b], Y[a:b]) for a, b in CUTS]


def loss(params: Any, x: Any, y: Any) -> Any:
    return ((NET(params, x)[:, 0] - y) ** 2).sum()


def assert_close(tree: Any, expected: Any) -> None:
    tree_map(partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-12), tree, expected)


# --- Right ---------------------------------------------------------------------------------------


def test_the_sum_over_shards_is_that_of_one_machine(client: Client) -> None:
    params = NET.init(seed=1)
    value, gradient = cg.value_and_grad(loss)(params, X, Y)
    result = data_parallel(loss, params, SHARDS, client)
    assert result.value == pytest.approx(value, rel=1e-13)
    assert_close(result.gradient, gradient)
    assert sorted(set(result.placement)) == [0, 1]
    assert len(result.placement) == 5


@pytest.mark.parametrize("count", [1, 2, 7])
def test_any_number_of_shards(client: Client, count: int) -> None:
    shards = [(X[i::count], Y[i::count]) for i in range(count)]
    result = data_parallel(loss, NET.init(), shards, client)
    assert_close(result.gradient, cg.grad(loss)(NET.init(), X, Y))


def test_a_shard_is_a_tuple_or_an_array_or_a_function_that_gives_one(client: Client) -> None:
    # d/dw of w · x summed over [1, 2], [3, 4] and [5].
    shards = [np.array([1.0, 2.0]), (np.array([3.0, 4.0]),), lambda: np.array([5.0])]
    result = data_parallel(lambda w, x: (w * x).sum(), 2.0, shards, client)
    assert (result.value, result.gradient) == (30.0, 15.0)


def test_a_function_loads_its_shard_on_a_worker(client: Client) -> None:
    here = os.getpid()
    shards = [lambda: np.array([float(os.getpid())])] * 2
    result = data_parallel(lambda w, x: (w * (x - here) ** 2).sum(), 1.0, shards, client)
    assert result.value > 0


def test_the_sum_is_a_binary_tree_in_the_order_of_the_shards(client: Client) -> None:
    # 1e16 + 1 = 1e16 in floats. From left to right the sum is 1; two by two it is 0.
    shards = [np.array([each]) for each in (1e16, 1.0, -1e16, 1.0)]
    for late in range(4):

        def slow(w: Any, x: Any, late: float = shards[late][0]) -> Any:
            if np.asarray(x.value if isinstance(x, cg.Tensor) else x)[0] == late:
                time.sleep(0.2)
            return (w * x).sum()

        assert data_parallel(slow, 1.0, shards, client).gradient == 0.0


@pytest.mark.slow
def test_the_same_digits_on_one_worker_and_on_three(client: Client) -> None:
    params = NET.init(seed=2)
    results = [data_parallel(loss, params, SHARDS, client)]
    for workers in (1, 3):
        with start(workers) as other:
            results.append(data_parallel(loss, params, SHARDS, other))
    for result in results[1:]:
        assert result.value == results[0].value
        tree_map(np.testing.assert_array_equal, result.gradient, results[0].gradient)


def test_params_of_whole_numbers_are_floats(client: Client) -> None:
    params = {"w": [1, np.array([2, 3])], "b": (True,)}

    def line(params: Any, x: Any) -> Any:
        w, v = params["w"]
        return (w * x + v[0] * x + v[1] + params["b"][0]).sum()

    result = data_parallel(line, params, [np.array([10.0]), np.array([20.0])], client)
    assert result.value == 1 * 30 + 2 * 30 + 2 * 3 + 2 * 1
    assert result.gradient["w"][0] == 30.0
    np.testing.assert_array_equal(result.gradient["w"][1], [30.0, 2.0])
    assert result.gradient["b"] == (2.0,)


def test_labels_may_be_whole_numbers(client: Client) -> None:
    net = cg.nn.MLP([3, 4])
    labels = np.arange(60, dtype=np.uint8) % 4

    def classes(params: Any, x: Any, y: Any) -> Any:
        return cg.cross_entropy(net(params, x), y) * (len(y) / 60)

    shards = [(X[i::3], labels[i::3]) for i in range(3)]
    result = data_parallel(classes, net.init(), shards, client)
    value, gradient = cg.value_and_grad(classes)(net.init(), X, labels)
    assert result.value == pytest.approx(value, rel=1e-13)
    assert_close(result.gradient, gradient)


def test_a_static_graph_as_the_loss(client: Client) -> None:
    static = cg.function(loss)
    static(NET.init(), X, Y)
    result = data_parallel(static, NET.init(), SHARDS, client)
    assert_close(result.gradient, cg.grad(loss)(NET.init(), X, Y))


def test_single_precision_stays_single(client: Client) -> None:
    params = NET.init(dtype=np.float32)
    shards = [(x.astype(np.float32), y.astype(np.float32)) for x, y in SHARDS]
    gradient = data_parallel(loss, params, shards, client).gradient
    assert gradient[0]["weight"].dtype == np.float32


def test_its_repr_tells_no_address_and_no_time(client: Client) -> None:
    result = data_parallel(lambda w, x: (w * x).sum(), 2.0, [np.ones(2)] * 2, client)
    assert repr(result) == "value 8 and its gradient, summed over 2 shards"


def test_the_timeline_has_each_shard_and_each_sum(client: Client) -> None:
    result = data_parallel(loss, NET.init(), SHARDS, client)
    tasks = sorted(span.task for span in result.timeline)
    assert tasks == [*(f"shard {i}" for i in range(5)), *["sum"] * 4]
    for span in result.timeline:
        assert 0 <= span.start <= span.stop <= result.seconds
        assert span.worker in (0, 1)


# --- Steps ---------------------------------------------------------------------------------------


def test_steps_give_the_gradient_at_each_point(client: Client) -> None:
    parallel = DataParallel(loss, SHARDS, client)
    for seed in range(3):
        params = NET.init(seed)
        assert_close(parallel.step(params).gradient, cg.grad(loss)(params, X, Y))


def test_shards_are_what_they_were_when_they_were_given(client: Client) -> None:
    shards = [np.ones(1_000_000), np.ones(1_000_000)]
    parallel = DataParallel(lambda w, x: (w * x).sum(), shards, client)
    for shard in shards:
        shard[:] = 7.0
    assert parallel.step(1.0).value == 2_000_000.0


def test_the_loss_is_traced_once_on_each_worker(client: Client, tmp_path: Path) -> None:
    notes = tmp_path / "traces"

    def noting(w: Any, x: Any) -> Any:
        with notes.open("a") as file:
            file.write(f"{os.getpid()}\n")
        return (w * x).sum()

    parallel = DataParallel(noting, [np.ones(3)] * 6, client)
    assert [parallel.step(float(i)).gradient for i in range(4)] == [18.0] * 4
    traced = notes.read_text().split()
    assert len(traced) == len(set(traced)) == 2


def test_shards_go_to_the_workers_once_and_params_once_a_step(client: Client) -> None:
    class Counted:
        """An argument that tells how often it was sent."""

        sent = 0

        def __reduce__(self) -> Any:
            Counted.sent += 1
            return float, (2.0,)

    counted: Any = Counted()
    shards = [lambda c=counted: np.ones(1) * c for _ in range(4)]
    parallel = DataParallel(lambda w, x: (w["w"] * x).sum(), shards, client)
    assert [parallel.step({"w": 1.0}).value for _ in range(3)] == [8.0] * 3
    assert Counted.sent == 4

    def received(dask_worker: Any) -> list[str]:
        return [key for log in dask_worker.transfer_incoming_log for key in log["keys"]]

    def parameters_received() -> int:
        return sum(str(keys).count("params") for keys in client.run(received).values())

    before = parameters_received()
    parallel.step({"w": 1.0})
    assert parameters_received() - before == 1  # from the worker that had them to the other


def test_nothing_is_left_on_the_workers(client: Client) -> None:
    def kept() -> list[str]:
        return [key for keys in client.has_what().values() for key in keys]

    data_parallel(loss, NET.init(), SHARDS, client)
    until(lambda: not kept())


# --- Faults --------------------------------------------------------------------------------------


def kill_one(client: Client, worker: int = 0) -> None:
    """Kill a worker's process by its id, as a crash would."""
    address = workers_of(client)[worker]
    os.kill(client.run(os.getpid)[address], signal.SIGKILL)


class Held:
    """The loss, in each process held up where it is traced until it may go on."""

    def __init__(self, folder: Path) -> None:
        self.begun = folder / "begun"
        self.go = folder / "go"
        self.begun.mkdir()

    def __call__(self, params: Any, x: Any, y: Any) -> Any:
        (self.begun / str(os.getpid())).touch()
        until(self.go.exists)
        return loss(params, x, y)

    def pids(self) -> set[int]:
        """The processes that have begun."""
        return {int(path.name) for path in self.begun.iterdir()}

    def then(self, end: Callable[[], Any], workers: int) -> threading.Thread:
        """When so many have begun do this, and let the others go on."""

        def do() -> None:
            until(lambda: len(self.pids()) == workers)
            end()
            self.go.touch()

        thread = threading.Thread(target=do)
        thread.start()
        return thread


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_step(own_client: Client, tmp_path: Path) -> None:
    params = NET.init()
    expected = data_parallel(loss, params, SHARDS, own_client)
    held = Held(tmp_path)
    killer = held.then(lambda: kill_one(own_client), 2)
    result = data_parallel(held, params, SHARDS, own_client)
    killer.join()
    assert result.value == expected.value
    tree_map(np.testing.assert_array_equal, result.gradient, expected.gradient)


@pytest.mark.slow
def test_the_only_worker_is_killed_again_and_again(tmp_path: Path) -> None:
    held = Held(tmp_path)

    with start(1) as own:

        def kill_again() -> None:
            kill_one(own)
            until(lambda: len(held.pids()) == 2)
            kill_one(own)

        parallel = DataParallel(held, SHARDS, own)
        killer = held.then(kill_again, 1)
        assert_close(parallel.step(NET.init()).gradient, cg.grad(loss)(NET.init(), X, Y))
        killer.join()
    assert len(held.pids()) == 3


@pytest.mark.slow
@pytest.mark.parametrize("worker", [0, 1])
def test_a_worker_killed_between_steps_takes_no_shard_along(
    own_client: Client, worker: int
) -> None:
    parallel = DataParallel(loss, SHARDS, own_client)
    params = NET.init()
    before = parallel.step(params)
    kill_one(own_client, worker)
    for _ in range(3):
        after = parallel.step(params)
        assert after.value == before.value
        tree_map(np.testing.assert_array_equal, after.gradient, before.gradient)


@pytest.mark.slow
def test_a_shard_that_kills_every_worker_is_named(own_client: Client) -> None:
    def crash() -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(DistributedError, match="shard 1: each worker that .* died") as raised:
        data_parallel(lambda w, x: w * x, 1.0, [2.0, crash], own_client)
    assert raised.value.node == "shard 1"


@pytest.mark.slow
def test_a_shard_that_takes_too_long_is_named(own_client: Client) -> None:
    def stuck(w: Any, x: Any) -> Any:
        if len(x) == 3:
            time.sleep(100)
        return (w * x).sum()

    shards = [np.ones(length) for length in (2, 2, 3, 2)]
    expected = "worker 1 has not finished it within 4 s. It was started again"
    with within(6.0), pytest.raises(DistributedError, match=expected) as raised:
        data_parallel(stuck, 1.0, shards, own_client, timeout=4)
    assert raised.value.node == "shard 2"
    assert raised.value.worker == 1


def test_a_shard_whose_loss_raises_is_named(client: Client) -> None:
    def picky(w: Any, x: Any) -> Any:
        if len(x) == 3:
            raise ZeroDivisionError("three rows")
        return (w * x).sum()

    shards = [np.ones(2), np.ones(2), np.ones(3)]
    with pytest.raises(
        DistributedError, match="shard 2 failed on worker 1: ZeroDivisionError: three rows"
    ) as raised:
        data_parallel(picky, 1.0, shards, client)
    assert (raised.value.node, raised.value.worker) == ("shard 2", 1)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_a_shard_that_cannot_be_loaded_is_named(client: Client) -> None:
    def missing() -> Any:
        return np.load("/nowhere/shard.npy")

    with pytest.raises(DistributedError, match="shard 1 failed on worker 1: FileNotFoundError"):
        data_parallel(lambda w, x: w * x, 1.0, [1.0, missing], client)


def test_an_error_that_cannot_be_sent_comes_as_its_text(client: Client) -> None:
    def local(w: Any, x: Any) -> Any:
        error = ValueError("with a lock")
        error.lock = threading.Lock()  # type: ignore[attr-defined]
        raise error

    with pytest.raises(DistributedError, match="ValueError: with a lock"):
        data_parallel(local, 1.0, [1.0], client)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda w, x: w * x, "shape"),
        (lambda w, x: (w * x)[:1], r"the loss has shape \(1,\) where one number belongs"),
        (lambda w, x: None, "None"),
        (lambda w, x: (w, x), "tuple"),
        (lambda w: w, "argument"),
    ],
)
def test_a_loss_that_is_not_one_number(
    client: Client, wrong: Callable[..., Any], message: str
) -> None:
    with pytest.raises(DistributedError, match=f"shard 0 failed on worker 0: .*{message}"):
        data_parallel(wrong, 1.0, [np.ones(2)], client)


def test_no_shards(client: Client) -> None:
    with pytest.raises(ValueError, match="there are no shards"):
        data_parallel(loss, NET.init(), [], client)


def test_shards_that_are_none(client: Client) -> None:
    shards: Any = 5
    with pytest.raises(TypeError, match=r"the shards are a list, such as .*, not 5"):
        data_parallel(loss, NET.init(), shards, client)


def test_shards_of_different_numbers_of_arrays(client: Client) -> None:
    with pytest.raises(ValueError, match="shard 0 holds 2 arrays, but shard 2 1"):
        data_parallel(loss, NET.init(), [(X, Y), (X, Y), X], client)


def test_params_that_are_no_numbers(client: Client) -> None:
    with pytest.raises(TypeError, match="'one'"):
        data_parallel(lambda w, x: w * x, {"w": "one"}, [1.0], client)


def test_a_loss_that_is_no_function(client: Client) -> None:
    value: Any = 3.0
    with pytest.raises(TypeError, match="data_parallel takes a function"):
        data_parallel(value, 1.0, [1.0], client)


def test_what_cannot_be_sent_is_named(client: Client) -> None:
    lock = threading.Lock()

    def locked(w: Any, x: Any) -> Any:
        with lock:
            return w * x

    with pytest.raises(TypeError, match="the loss can't be sent to another process: .*lock"):
        data_parallel(locked, 1.0, [1.0], client)
    with pytest.raises(TypeError, match="shard 1 can't be sent to another process: .*lock"):
        data_parallel(lambda w, x: w * x, 1.0, [1.0, lock], client)


@pytest.mark.slow
def test_after_a_time_out_the_workers_are_free_again(own_client: Client) -> None:
    def stuck() -> Any:
        time.sleep(60)

    parallel = DataParallel(lambda w, x: w * x, [1.0, stuck], own_client, timeout=4)
    with pytest.raises(DistributedError, match="shard 1: worker 1 has not finished it"):
        parallel.step(1.0)
    with pytest.raises(ValueError, match="closed: make another"):
        parallel.step(1.0)
    shards = [1.0, 2.0, 3.0, 4.0]
    assert data_parallel(lambda w, x: w * x, 1.0, shards, own_client, timeout=20).value == 10.0


@pytest.mark.slow
def test_all_workers_that_are_stuck_are_named_and_ended(own_client: Client) -> None:
    def stuck(w: Any, x: Any) -> Any:
        time.sleep(100)

    before = set(own_client.run(os.getpid).values())
    with pytest.raises(DistributedError) as raised:
        data_parallel(stuck, 1.0, [1.0, 2.0], own_client, timeout=4)
    assert str(raised.value) == (
        "shard 0: worker 0 has not finished it; shard 1: worker 1 has not finished it within 4 s. "
        "They were started again"
    )
    assert (raised.value.node, raised.value.worker) == ("shard 0", 0)
    result = data_parallel(lambda w, x: w * x, 1.0, [1.0, 2.0], own_client, timeout=30)
    assert result.value == 3.0
    assert before.isdisjoint(own_client.run(os.getpid).values())


@pytest.mark.slow
def test_a_worker_that_does_not_answer_is_named(own_client: Client) -> None:
    data_parallel(loss, NET.init(), SHARDS, own_client)  # which takes its time in a new process
    pids = own_client.run(os.getpid)
    parallel = DataParallel(loss, SHARDS, own_client, timeout=4)
    parallel.step(NET.init())
    os.kill(pids[workers_of(own_client)[1]], signal.SIGSTOP)
    expected = "worker 1 does not answer within 4 s"
    with within(6.0), pytest.raises(DistributedError, match=expected) as raised:
        parallel.step(NET.init())
    assert raised.value.worker == 1


@pytest.mark.slow
def test_the_scheduler_is_gone(cluster: Cluster, tmp_path: Path) -> None:
    scheduler = cluster.scheduler()
    cluster.worker("0")
    client = connect(cluster.address)
    held = Held(tmp_path)
    parallel = DataParallel(held, SHARDS, client, timeout=20)
    killer = held.then(scheduler.kill, 1)
    with within(15.0), pytest.raises(DistributedError, match="scheduler"):
        parallel.step(NET.init())
    killer.join()
    client.close(timeout=1)


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan"), None, "4"])
def test_a_time_out_of_nothing(client: Client, timeout: Any) -> None:
    with pytest.raises(ValueError, match="above 0"):
        data_parallel(loss, NET.init(), SHARDS, client, timeout=timeout)
