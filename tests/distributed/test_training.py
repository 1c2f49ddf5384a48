"""Training with shards on 1, 2 and 4 worker processes: the losses of one machine."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import cgraph_edu as cg
from cgraph_edu.distributed import DistributedError, train
from cgraph_edu.distributed.clusters import start
from cgraph_edu.nn import SGD, Adam, DivergedError, tree_map

DIGITS = Path(__file__).parents[2] / "notebooks" / "digits.npz"


@pytest.fixture
def client(pair: Client) -> Client:
    return pair


@pytest.fixture(scope="module", params=[1, 2, 4])
def workers(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Clusters of several sizes."""
    with start(request.param) as client:
        yield client


def moons(count: int = 200) -> tuple[Any, Any]:
    """Two half circles that reach into one another, with noise; labels are -1 and 1."""
    generator = np.random.default_rng(0)
    angle = generator.uniform(0.0, np.pi, count)
    label = np.where(np.arange(count) % 2, 1.0, -1.0)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    points = np.where(label[:, None] > 0, upper, lower)
    return points + generator.normal(0.0, 0.1, points.shape), label


def cut(count: int, *arrays: Any) -> list[tuple[Any, ...]]:
    return [tuple(array[i::count] for array in arrays) for i in range(count)]


def trained_here(
    loss: Any, params: Any, data: tuple[Any, ...], optimiser: Any, steps: int
) -> tuple[Any, list[float]]:
    """The same on one machine, with all the data at once: a loop written by hand."""
    state, losses = optimiser.init(params), []
    for _ in range(steps):
        value, gradient = cg.value_and_grad(loss)(params, *data)
        losses.append(value)
        params, state = optimiser.step(params, gradient, state)
    return params, losses


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", [SGD(0.2, momentum=0.9), Adam(0.02)])
def test_two_moons(workers: Client, optimiser: Any) -> None:
    learn_two_moons(workers, optimiser)


def test_two_moons_in_a_few_steps(client: Client) -> None:
    learn_two_moons(client, Adam(0.1), steps=30)


def learn_two_moons(workers: Client, optimiser: Any, steps: int = 60) -> None:
    x, y = moons()
    net = cg.nn.MLP([2, 16, 16, 1])

    def loss(params: Any, x: Any, y: Any) -> Any:
        return cg.hinge_loss(net(params, x)[:, 0], y) * (len(y) / 200)

    training = train(
        loss, net.init(), cut(4, x, y), workers, optimiser=optimiser, steps=steps, progress=False
    )
    params, losses = trained_here(loss, net.init(), (x, y), optimiser, steps)
    np.testing.assert_allclose(training.losses, losses, rtol=0, atol=1e-9)
    tree_map(partial(np.testing.assert_allclose, rtol=0, atol=1e-9), training.params, params)
    right = np.sign(net(training.params, x)[:, 0]) == y
    assert right.mean() >= 0.95


@pytest.mark.slow
def test_the_digits(workers: Client) -> None:
    with np.load(DIGITS) as file:
        x, y = file["x"] / 16, file["y"]
    learn, rest = slice(0, 1400), slice(1400, None)
    net = cg.nn.MLP([64, 32, 10])

    def loss(params: Any, x: Any, y: Any) -> Any:
        return cg.cross_entropy(net(params, x), y) * (len(y) / 1400)

    shards = cut(8, x[learn], y[learn])
    training = train(
        loss, net.init(), shards, workers, optimiser=Adam(0.02), steps=50, progress=False
    )
    _, losses = trained_here(loss, net.init(), (x[learn], y[learn]), Adam(0.02), 50)
    np.testing.assert_allclose(training.losses, losses, rtol=0, atol=1e-9)
    guesses = net(training.params, x[rest]).argmax(axis=1)
    assert (guesses == y[rest]).mean() >= 0.9


def test_it_is_the_fit_of_one_machine(client: Client) -> None:
    x, y = moons(40)
    net = cg.nn.MLP([2, 4, 1])

    def loss(params: Any, x: Any, y: Any) -> Any:
        return cg.mse_loss(net(params, x)[:, 0], y)

    training = train(loss, net.init(), [(x, y)], client, optimiser=Adam(), steps=5)
    params, losses = cg.nn.fit(loss, net.init(), x, y, optimiser=Adam(), epochs=5)
    assert training.losses == losses
    tree_map(np.testing.assert_array_equal, training.params, params)


def square(w: Any, x: Any) -> Any:
    return ((w - x) ** 2).sum()


SHARDS = [np.array([1.0]), np.array([3.0])]


def test_a_step_worked_by_hand(client: Client) -> None:
    # (w - 1)² + (w - 3)² at 0 is 10, its slope -8; at 0.8 it is 0.04 + 4.84.
    training = train(square, 0, SHARDS, client, optimiser=SGD(0.1), steps=2)
    assert training.losses == pytest.approx([10.0, 4.88])
    assert training.params == pytest.approx(0.8 + 0.1 * 4.8)
    assert repr(training) == "2 steps, loss 10 to 4.88"


def test_what_it_tells_of_time(client: Client) -> None:
    start = time.perf_counter()
    training = train(square, 0.0, SHARDS, client, optimiser=SGD(0.1), steps=3)
    took = time.perf_counter() - start
    assert len(training.seconds) == 3
    assert 0 < sum(training.seconds) <= took
    assert len(training.timeline) == 3 * (2 + 1)
    starts = [span.start for span in training.timeline if span.task == "shard 0"]
    assert starts == sorted(starts)
    assert 0 < starts[0] < starts[-1] < took


def test_no_steps(client: Client) -> None:
    training = train(square, 2, SHARDS, client, optimiser=SGD(0.1), steps=0)
    assert (training.params, training.losses, repr(training)) == (2.0, [], "0 steps")


def test_steps_that_overshoot(client: Client) -> None:
    with pytest.raises(DivergedError, match="the loss is .* in step .* smaller rate") as raised:
        train(square, 0.0, SHARDS, client, optimiser=SGD(1e6), steps=100)
    assert raised.value.losses[0] == 10.0
    assert np.isfinite(raised.value.losses).all()


def test_a_loss_that_is_no_number_at_the_start(client: Client) -> None:
    shards = [*SHARDS, np.array([np.nan])]
    with pytest.raises(DivergedError, match="nan in step 1: before any step") as raised:
        train(square, 0.0, shards, client, optimiser=SGD(0.1), steps=3)
    assert raised.value.losses == []


def test_a_shard_that_fails_is_named(client: Client) -> None:
    with pytest.raises(DistributedError, match="shard 1 failed on worker 1"):
        train(square, 0.0, [1.0, "one"], client, optimiser=SGD(0.1), steps=3)


def test_a_class_in_place_of_an_optimiser(client: Client) -> None:
    kind: Any = SGD
    with pytest.raises(TypeError, match=r"make one, SGD\(rate=0.1\)"):
        train(square, 0.0, SHARDS, client, optimiser=kind, steps=3)


@pytest.mark.parametrize("steps", [-1, 2.5])
def test_a_number_of_steps_that_is_none(client: Client, steps: Any) -> None:
    with pytest.raises(ValueError, match=f"steps={steps}: a whole number"):
        train(square, 0.0, SHARDS, client, optimiser=SGD(0.1), steps=steps)


class Paced(SGD):
    """Gradient descent with a rest after each step."""

    def step(self, parameters: Any, gradient: Any, state: Any) -> tuple[Any, Any]:
        time.sleep(0.2)
        return super().step(parameters, gradient, state)


@pytest.mark.slow
def test_a_bar_unless_it_is_turned_off(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    for progress in (True, False):
        train(square, 0.0, SHARDS, client, optimiser=Paced(0.1), steps=7, progress=progress)
        out, err = capfd.readouterr()
        assert out == ""
        assert ("7/7" in err) is progress
        assert ("loss=" in err) is progress
