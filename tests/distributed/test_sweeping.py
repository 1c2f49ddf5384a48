"""A function at thousands of points on worker processes: in order, bounded, and its cost told."""

import itertools
import math
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import cgraph_edu as cg
from cgraph_edu.distributed import DistributedError, sweep
from cgraph_edu.distributed.clusters import start
from cgraph_edu.nn import SGD
from tests.waiting import until

from .conftest import within


@pytest.fixture
def client(pair: Client) -> Client:
    return pair


# --- Thousands of graphs -------------------------------------------------------------------------


def test_path_sums_are_gradients_at_two_thousand_points(client: Client) -> None:
    def slopes(x: float) -> tuple[float, float, int]:
        a, b = cg.variables(a=x, b=2.0)
        c = cg.sin(a * b)
        graph = cg.graph(c * (a + c))
        paths = graph.path_sum("a")
        return paths.total, graph.gradient()["a"], paths.count

    points = np.linspace(-3.0, 3.0, 2000)
    found = sweep(slopes, points, client)
    assert len(found) == 2000
    for x, (total, slope, count) in zip(points, found, strict=True):
        # d/dx (x sin 2x + sin² 2x)
        by_hand = math.sin(2 * x) + 2 * x * math.cos(2 * x) + 2 * math.sin(4 * x)
        assert total == pytest.approx(by_hand, abs=1e-12)
        assert slope == pytest.approx(by_hand, abs=1e-12)
        assert count == 3


def random_function(seed: int) -> Any:
    """A smooth function of three numbers, of ten operations drawn at random."""

    def f(*inputs: Any) -> Any:
        draw = random.Random(seed)
        values = list(inputs)
        for _ in range(10):
            one, other = draw.choice(values), draw.choice(values)
            kind = draw.choice(["+", "-", "*", "sin", "tanh", "/"])
            values.append(
                {
                    "+": lambda a, b: a + b,
                    "-": lambda a, b: a - 2 * b,
                    "*": lambda a, b: cg.tanh(a) * b,
                    "sin": lambda a, b: cg.sin(a + b),
                    "tanh": lambda a, b: cg.tanh(a * b),
                    "/": lambda a, b: a / (2 + cg.cos(b)),
                }[kind](one, other)
            )
        return values[-1] + values[-2]

    return f


def test_random_graphs_agree_with_finite_differences(client: Client) -> None:
    def check(seed: int) -> bool:
        return bool(cg.gradcheck(random_function(seed), 0.3, -0.7, 1.1))

    assert list(sweep(check, range(500), client)) == [True] * 500


def test_a_sweep_of_learning_rates(client: Client) -> None:
    x = np.linspace(-1.0, 1.0, 20)[:, None]
    y = x[:, 0] ** 2
    net = cg.nn.MLP([1, 8, 1])

    def last_loss(rate: float) -> float:
        def loss(params: Any, x: Any, y: Any) -> Any:
            return cg.mse_loss(net(params, x)[:, 0], y)

        return cg.nn.fit(loss, net.init(), x, y, optimiser=SGD(rate), epochs=30)[1][-1]

    rates = [1e-6, 0.01, 0.1]
    found = sweep(last_loss, rates, client, batch=1)
    assert list(found) == [last_loss(rate) for rate in rates]
    assert found[0] > found[1] > found[2]


# --- Order, and how much is under way ------------------------------------------------------------


def test_results_are_in_the_order_of_the_points(client: Client) -> None:
    def late(i: int) -> int:
        time.sleep(0.05 if i % 7 == 0 else 0.0)
        return i * i

    found = sweep(late, iter(range(60)), client, batch=3)
    assert list(found) == found[:] == [i * i for i in range(60)]
    assert (found[0], found[-1], len(found)) == (0, 59 * 59, 60)


def test_a_generator_is_never_read_further_ahead_than_the_window(
    client: Client, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    done.touch()
    ahead = []

    def points() -> Iterator[int]:
        for i in range(200):
            ahead.append(i + 1 - len(done.read_bytes()))
            yield i

    def slow(i: int) -> int:
        time.sleep(0.01 * (i % 3))
        with done.open("ab") as file:
            file.write(b".")
        return i

    assert list(sweep(slow, points(), client, batch=5)) == list(range(200))
    # Two batches of five for each of two workers.
    assert max(ahead) == 20


def test_few_long_points_are_shared_out(client: Client, tmp_path: Path) -> None:
    """Each waits until another worker has begun."""

    def meet(i: int) -> bool:
        (tmp_path / str(os.getpid())).touch()
        return until(lambda: len(list(tmp_path.iterdir())) == 2)

    assert list(sweep(meet, range(2), client, batch=1)) == [True, True]


def test_points_are_what_they_were_when_they_were_read(client: Client) -> None:
    point = np.zeros(100_000)

    def points() -> Iterator[Any]:
        for i in range(6):
            point[:] = i
            yield point

    assert list(sweep(np.max, points(), client, batch=1)) == [0, 1, 2, 3, 4, 5]


def test_points_without_end_are_read_until_one_fails(client: Client) -> None:
    with pytest.raises(DistributedError, match="point 1000, 1000 failed on worker"):
        sweep(lambda i: 1 / (i - 1000), itertools.count(), client, batch=30)


def test_batches_grow_until_they_take_a_tenth_of_a_second(client: Client) -> None:
    assert sweep(lambda i: i, range(20_000), client).tasks < 200
    slow = sweep(lambda i: time.sleep(0.02), range(100), client)
    assert slow.tasks >= 20


def test_no_points(client: Client) -> None:
    found = sweep(math.sin, [], client)
    assert (list(found), found.tasks, found.seconds_per_task, found.overhead) == ([], 0, 0.0, 0.0)


def test_a_static_graph_is_swept(client: Client) -> None:
    square = cg.function(lambda x: x * x)
    square(1.0)
    assert list(sweep(square, [1.0, 2.0, 3.0], client)) == [1.0, 4.0, 9.0]


# --- Cost ----------------------------------------------------------------------------------------


def test_what_a_task_costs(client: Client) -> None:
    found = sweep(lambda i: time.sleep(0.02), range(42), client, batch=5)
    assert found.tasks == 9
    assert found.work >= 42 * 0.02
    assert found.seconds_per_task == pytest.approx(found.work / 9)
    assert found.seconds > found.work / 2
    # Of two workers' time, what is not work is overhead.
    assert found.overhead * 9 + found.work == pytest.approx(2 * found.seconds)
    assert repr(found) == "<42 results of a sweep>"


@pytest.mark.slow
def test_a_bar_unless_it_is_turned_off(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    for progress in (True, False):
        sweep(lambda i: time.sleep(0.1), range(30), client, progress=progress)
        out, err = capfd.readouterr()
        assert out == ""
        assert ("30/30" in err) is progress


# --- Faults --------------------------------------------------------------------------------------


def test_a_point_that_fails_is_named(client: Client) -> None:
    with pytest.raises(
        DistributedError, match="point 3, -1.0 failed on worker [01]: ValueError: math domain error"
    ) as raised:
        sweep(math.sqrt, [4.0, 1.0, 0.0, -1.0, 9.0], client, batch=2)
    assert raised.value.node == "point 3, -1.0"
    assert raised.value.worker in (0, 1)
    assert isinstance(raised.value.__cause__, ValueError)


@pytest.mark.slow
def test_a_batch_that_takes_too_long_is_named() -> None:
    expected = "points 2 to 3: worker 0 has not finished it within 4 s. It was"
    with start(1) as client, within(6.0), pytest.raises(DistributedError, match=expected):
        sweep(lambda i: time.sleep(100 * (i == 3)), range(6), client, batch=2, timeout=4)


@pytest.mark.slow
def test_a_worker_killed_in_the_middle(tmp_path: Path) -> None:
    killed = tmp_path / "killed"

    def fatal(i: int) -> int:
        """Its process dies at point 41, the first time."""
        if i == 41 and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return i

    with start(2) as client:
        assert list(sweep(fatal, range(100), client, batch=4)) == list(range(100))
    assert killed.exists()


@pytest.mark.slow
def test_a_point_that_kills_every_worker_is_named() -> None:
    def crash(i: int) -> int:
        if i == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return i

    told = r"\bpoint 3(, point \d)*: each worker that (computed it|was given them) died"
    with start(2) as client:
        with pytest.raises(DistributedError, match=told) as raised:
            sweep(crash, range(6), client, batch=1)
        assert raised.value.node in ("point 3", None)
        assert list(sweep(abs, [-1, 2], client)) == [1, 2]


def test_a_generator_that_fails_says_so_itself(client: Client) -> None:
    def points() -> Iterator[int]:
        yield 1
        raise LookupError("the file ended")

    with pytest.raises(LookupError, match="the file ended"):
        sweep(math.sin, points(), client)


def test_what_cannot_be_sent_is_named(client: Client) -> None:
    lock = threading.Lock()
    with pytest.raises(TypeError, match="the function can't be sent to another process: .*lock"):
        sweep(lambda x: (lock, x), [1.0], client)
    with pytest.raises(TypeError, match="points 2 to 3 can't be sent to another process: .*lock"):
        sweep(math.sqrt, [0.0, 1.0, 2.0, lock], client, batch=2)
    with pytest.raises(DistributedError, match="a result could not be sent: .*lock"):
        sweep(lambda x: threading.Lock(), [1.0], client, timeout=10)


def test_points_that_are_none(client: Client) -> None:
    points: Any = 5
    with pytest.raises(TypeError, match=r"points that it can go through, such as .*, not 5"):
        sweep(math.sin, points, client)


@pytest.mark.parametrize("batch", [0, -3, 1.5])
def test_a_batch_without_points(client: Client, batch: Any) -> None:
    with pytest.raises(ValueError, match=f"batch={batch}"):
        sweep(math.sin, [1.0], client, batch=batch)


def test_nothing_is_left_on_the_workers(client: Client) -> None:
    with pytest.raises(DistributedError):
        sweep(lambda i: 1 / (i - 5), range(1000), client, batch=2)

    def kept() -> list[str]:
        return [key for keys in client.has_what().values() for key in keys]

    until(lambda: not kept())
