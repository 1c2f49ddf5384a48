"""Small networks: layers, optimisers with steps worked by hand, training, and its progress bar."""

import json
import math
import os
import re
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.cell import Cell
from cgraph_edu.core.derivatives import finite_difference
from cgraph_edu.nn import MLP, SGD, Adam, DivergedError, Linear, fit, glorot, he, tree_map
from scripts.execute_notebooks import execute

# --- Layers --------------------------------------------------------------------------------------


def test_a_layer_is_x_times_weight_plus_bias() -> None:
    parameters = {"weight": np.array([[1.0, 2.0], [3.0, 4.0]]), "bias": np.array([10.0, 20.0])}
    layer = Linear(2, 2)
    np.testing.assert_array_equal(layer(parameters, np.array([1.0, -1.0])), [8.0, 18.0])
    x = np.array([[1.0, -1.0], [0.0, 2.0], [0.0, 0.0]])
    np.testing.assert_array_equal(layer(parameters, x), [[8.0, 18.0], [16.0, 28.0], [10.0, 20.0]])


def test_a_network_has_an_activation_after_each_layer_but_the_last() -> None:
    parameters = [
        {"weight": np.array([[1.0, -1.0]]), "bias": np.array([0.0, 1.0])},
        {"weight": np.array([[2.0], [3.0]]), "bias": np.array([-5.0])},
    ]
    x = np.array([[2.0], [-3.0]])
    # Hidden: relu([2, -1]) = [2, 0] and relu([-3, 4]) = [0, 4].
    np.testing.assert_array_equal(MLP([1, 2, 1])(parameters, x), [[-1.0], [7.0]])
    squares = MLP([1, 2, 1], activation=lambda v: v * v)
    np.testing.assert_array_equal(squares(parameters, x), [[6.0], [61.0]])


def test_parameters_start_with_the_shapes_of_the_layers() -> None:
    shapes = tree_map(np.shape, MLP([2, 16, 3]).init())
    assert shapes == [
        {"weight": (2, 16), "bias": (16,)},
        {"weight": (16, 3), "bias": (3,)},
    ]
    assert all(not own["bias"].any() for own in MLP([2, 16, 3]).init())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_that_of_the_parameters(dtype: type) -> None:
    net = MLP([2, 3, 1])

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        return cg.mse_loss(net(parameters, x)[:, 0], y)

    for optimiser in (SGD(0.1, momentum=0.5), Adam(0.1)):
        parameters, _ = fit(
            loss,
            net.init(dtype=dtype),
            np.ones((4, 2), dtype),
            np.zeros(4, dtype),
            optimiser=optimiser,
            epochs=2,
        )
        assert all(w.dtype == dtype for own in parameters for w in own.values())


def test_a_seed_fixes_the_start() -> None:
    net = MLP([3, 4, 2])
    first, again, other = (
        [w.tolist() for own in net.init(seed) for w in own.values()] for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other
    generator = np.random.default_rng(7)
    assert [w.tolist() for own in net.init(generator) for w in own.values()] == first
    assert [w.tolist() for own in net.init(generator) for w in own.values()] != first


def test_weights_have_the_spread_of_their_source() -> None:
    generator = np.random.default_rng(0)
    weights = glorot(200, 400, generator)
    assert np.abs(weights).max() <= 0.1
    assert np.var(weights) == pytest.approx(2 / 600, rel=0.02)
    assert np.var(he(200, 400, generator)) == pytest.approx(2 / 200, rel=0.02)


def test_signals_keep_their_size_through_many_layers() -> None:
    x = np.random.default_rng(1).normal(size=(50, 100))
    for activation in (cg.relu, lambda v: v):
        net = MLP([100] * 12, activation=activation)
        assert 0.2 < np.std(net(net.init(), x)) < 5


@pytest.mark.parametrize(
    ("layer", "parameters", "x", "message"),
    [
        (
            Linear(2, 3),
            Linear(2, 3).init(),
            np.ones((5, 4)),
            "Linear(inputs=2, outputs=3) takes x of shape (rows, 2); this x has (5, 4)",
        ),
        (Linear(2, 3), Linear(2, 3).init(), 1.0, "this x has ()"),
        (
            Linear(2, 3),
            Linear(3, 2).init(),
            np.ones((5, 2)),
            "Linear(inputs=2, outputs=3) needs a weight of shape (2, 3), not (3, 2)",
        ),
        (
            Linear(2, 3),
            {"weight": np.ones((2, 3)), "bias": 0.0},
            np.ones((5, 2)),
            "needs a bias of shape (3,), not ()",
        ),
        (
            MLP([2, 4, 1]),
            MLP([2, 4, 4, 1]).init(),
            np.ones((5, 2)),
            "MLP(sizes=[2, 4, 1]) has 2 layers; these parameters have 3",
        ),
        (MLP([2, 4, 1]), MLP([2, 5, 1]).init(), np.ones((5, 2)), "weight of shape (2, 4)"),
        (MLP([2, 4, 1]), MLP([2, 4, 1]).init(), np.ones((5, 3)), "Linear(inputs=2, outputs=4)"),
    ],
)
def test_a_shape_that_does_not_fit(layer: Any, parameters: Any, x: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        layer(parameters, x)
    with pytest.raises(ValueError, match=re.escape(message)):
        cg.function(layer)(parameters, x)


def test_networks_that_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"MLP\(sizes=\[2\]\) needs two sizes"):
        MLP([2])
    with pytest.raises(TypeError, match=r"sizes=2: they come in one list, such as MLP\(\["):
        MLP(2, 1)  # type: ignore[arg-type]  # what a learner may write
    with pytest.raises(ValueError, match=r"outputs=0\): a layer has at least one input"):
        MLP([2, 3, 0])


# --- Layers on numbers and Tensors ---------------------------------------------------------------


def test_a_neuron_in_a_cell_is_its_formula() -> None:
    cell = """%%cgraph
w1 = 0.5
w2 = -1.5
b = 0.25
x1 = 2.0
x2 = 1.0
y = cg.tanh(neuron({"weight": [[w1], [w2]], "bias": [b]}, [x1, x2]))[0]
"""
    graph = Cell(cell).run({"cg": cg, "neuron": Linear(2, 1)}).graph()
    y = math.tanh(0.5 * 2.0 - 1.5 * 1.0 + 0.25)
    assert graph.value("y") == pytest.approx(y, rel=1e-15)
    slope = 1 - y * y
    expected = {"w1": 2 * slope, "w2": slope, "b": slope, "x1": 0.5 * slope, "x2": -1.5 * slope}
    assert graph.gradient() == pytest.approx(expected, rel=1e-14)
    assert graph.gradient(engine="paths") == pytest.approx(expected, rel=1e-14)
    assert "<svg" in str(graph.draw())


def test_parameters_may_be_variables() -> None:
    neuron = Linear(2, 1)
    parameters = tree_map(cg.variable, neuron.init(3))
    x = np.array([[1.0, 2.0], [3.0, -1.0]])
    loss = cg.mse_loss(neuron(parameters, x)[:, 0], np.array([1.0, 0.0]))
    graph = cg.graph(loss, names=parameters)
    assert [node.name for node in graph.inputs] == ["weight", "bias"]
    assert "<svg" in str(graph.draw())

    def at(b: float) -> float:
        scores = x @ parameters["weight"].value[:, 0] + b
        return float(np.mean((scores - [1.0, 0.0]) ** 2))

    assert graph.gradient()["bias"][0] == pytest.approx(finite_difference(at, 0.0), rel=1e-6)


def test_parameters_may_be_numbers() -> None:
    def loss(parameters: Any, x: Any, y: Any) -> Any:
        return cg.mse_loss(Linear(1, 1)(parameters, x)[:, 0], y)

    parameters, losses = fit(
        loss,
        {"weight": [[0]], "bias": [0.0]},
        [[-1], [0], [1]],
        [-1, 1, 3],
        optimiser=SGD(0.3),
        epochs=100,
    )
    assert parameters["weight"][0][0] == pytest.approx(2.0, abs=1e-6)
    assert parameters["bias"][0] == pytest.approx(1.0, abs=1e-6)
    assert losses[0] == pytest.approx(11 / 3)


# --- Optimisers ----------------------------------------------------------------------------------


def steps(optimiser: Any, w: float, gradients: list[float]) -> list[float]:
    """Where a single number goes."""
    state = optimiser.init(w)
    places = []
    for gradient in gradients:
        w, state = optimiser.step(w, gradient, state)
        places.append(w)
    return places


def test_gradient_descent_by_hand() -> None:
    assert steps(SGD(0.25), 1.0, [2.0, -4.0]) == [0.5, 1.5]


def test_momentum_by_hand() -> None:
    # The velocity: 1, then 0.5 · 1 + 1 = 1.5, then 0.5 · 1.5 - 1 = -0.25.
    assert steps(SGD(0.5, momentum=0.5), 1.0, [1.0, 1.0, -1.0]) == [0.5, -0.25, -0.125]


def test_adam_by_hand() -> None:
    # t = 1: m = 1, v = 1; m̂ = 1 / 0.5 = 2, v̂ = 1 / 0.25 = 4.
    # t = 2: m = 0.5 + 2 = 2.5, v = 0.75 + 4 = 4.75; m̂ = 2.5 / 0.75, v̂ = 4.75 / 0.4375.
    adam = Adam(0.5, beta1=0.5, beta2=0.75, epsilon=2.0)
    first = 1.0 - 0.5 * 2.0 / (2.0 + 2.0)
    second = first - 0.5 * (10 / 3) / (math.sqrt(76 / 7) + 2.0)
    assert steps(adam, 1.0, [2.0, 4.0]) == pytest.approx([first, second], rel=1e-15)


def test_adams_first_step_does_not_know_how_large_the_gradient_is() -> None:
    for gradient in (1e-3, 1.0, 1e6):
        assert steps(Adam(0.1), 1.0, [gradient]) == pytest.approx([0.9], abs=1e-5)
    assert steps(Adam(0.1), 1.0, [0.0]) == [1.0]


@pytest.mark.parametrize("optimiser", [SGD(0.1, momentum=0.9), Adam(0.1)])
def test_a_step_leaves_its_arguments_alone(optimiser: Any) -> None:
    parameters = [np.ones(2), (3.0, {"b": np.ones((1, 2))})]
    gradient = tree_map(lambda w: w + 1.0, parameters)
    state = optimiser.init(parameters)
    before = repr((parameters, gradient, state))
    moved, _ = optimiser.step(parameters, gradient, state)
    assert repr((parameters, gradient, state)) == before
    assert tree_map(np.shape, moved) == tree_map(np.shape, parameters)
    assert type(moved[1]) is tuple


def test_trees_are_joined_leaf_by_leaf() -> None:
    tree = {"a": (1.0, [2.0]), "b": 3.0}
    other = {"b": 30.0, "a": (10.0, [20.0])}
    assert tree_map(lambda x, y: x + y, tree, other) == {"a": (11.0, [22.0]), "b": 33.0}
    assert tree_map(abs, []) == []


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"a": 1.0}, "dict of 'a', 'b' and dict of 'a'"),
        ([1.0, 2.0], "dict of 'a', 'b' and list of 2"),
        (1.0, "dict of 'a', 'b' and float"),
        ({"a": 1.0, "b": [1.0]}, "list of 2 and list of 1"),
    ],
)
def test_trees_of_different_forms(other: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"trees of different forms: {message}"):
        tree_map(max, {"a": 1.0, "b": [1.0, 2.0]}, other)


# --- Training ------------------------------------------------------------------------------------


def test_training_by_hand() -> None:
    # w - 0.25 · 2 (w - 3) goes half of the way to 3.
    w, losses = fit(lambda w: (w - 3) ** 2, 0.0, optimiser=SGD(0.25), epochs=3)
    assert w == 2.625
    assert losses == [9.0, 2.25, 0.5625]


def test_a_straight_line_is_that_of_least_squares() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(40, 3))
    y = x @ [1.0, -2.0, 3.0] + 0.5 + generator.normal(size=40)
    line = Linear(3, 1)

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        return cg.mse_loss(line(parameters, x)[:, 0], y)

    exact = np.linalg.lstsq(np.column_stack([x, np.ones(40)]), y, rcond=None)[0]
    for optimiser in (SGD(0.1), SGD(0.05, momentum=0.8), Adam(0.1)):
        found, losses = fit(loss, line.init(), x, y, optimiser=optimiser, epochs=500)
        np.testing.assert_allclose([*found["weight"][:, 0], *found["bias"]], exact, atol=1e-5)
        assert losses[-1] < losses[0] / 5
        assert {type(value) for value in losses} == {float}


class Watcher:
    """An optimiser that stays where it is, and keeps the gradients."""

    def __init__(self) -> None:
        self.gradients: list[float] = []

    def init(self, parameters: Any) -> None:
        """Nothing to remember."""

    def step(self, parameters: Any, gradient: Any, state: None) -> tuple[Any, None]:
        self.gradients.append(gradient)
        return parameters, None


def batches(rows: int, batch_size: int | None, epochs: int, seed: int = 0) -> list[list[int]]:
    """The rows of each mini-batch, read off the gradient: row i counts 2ⁱ."""
    watcher = Watcher()
    fit(
        lambda w, x: (w * x).sum(),
        0.0,
        2.0 ** np.arange(rows),
        optimiser=watcher,
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
    )
    return [[i for i in range(rows) if int(total) >> i & 1] for total in watcher.gradients]


def test_each_epoch_meets_each_row_once() -> None:
    found = batches(10, 4, 3)
    assert [len(batch) for batch in found] == [4, 4, 2] * 3
    epochs = [[*chain(*found[i : i + 3])] for i in (0, 3, 6)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 3
    assert len(set(map(tuple, epochs))) == 3, "each time in another order"


def test_without_a_batch_size_all_rows_come_at_once() -> None:
    assert batches(10, None, 2) == batches(10, 10, 2) == batches(10, 99, 2) == [[*range(10)]] * 2


def test_a_seed_fixes_the_order() -> None:
    assert batches(10, 3, 2, seed=1) == batches(10, 3, 2, seed=1) != batches(10, 3, 2, seed=2)


def test_rows_and_labels_stay_together() -> None:
    watcher = Watcher()
    x = np.arange(7.0)
    # The slope of Σ w (y - 3x)² is 0 only if each y is that of its x.
    fit(
        lambda w, x, y: (w * (y - 3 * x) ** 2).sum(),
        1.0,
        x,
        3 * x,
        optimiser=watcher,
        epochs=2,
        batch_size=2,
    )
    assert watcher.gradients == [0.0] * 8


def test_the_mean_loss_of_an_epoch_counts_each_row_alike() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 10.0])
    _, losses = fit(
        lambda w, x: (x - w).mean(), 0.0, x, optimiser=Watcher(), epochs=2, batch_size=2
    )
    assert losses == pytest.approx([4.0, 4.0])


def test_training_gives_the_same_twice() -> None:
    net = MLP([2, 4, 1], activation=cg.tanh)
    x = np.random.default_rng(0).normal(size=(30, 2))

    def train(seed: int) -> Any:
        return fit(
            lambda parameters, x: (net(parameters, x) ** 2).mean(),
            net.init(seed=1),
            x,
            optimiser=Adam(0.01),
            epochs=5,
            batch_size=8,
            seed=seed,
        )

    assert repr(train(0)) == repr(train(0))
    assert train(0)[1] != train(1)[1]


def test_training_leaves_parameters_and_data_alone() -> None:
    start = {"w": np.array([1.0, 2.0])}
    x = np.array([[3.0, 4.0], [5.0, 6.0]])
    found, _ = fit(lambda p, x: ((x @ p["w"]) ** 2).mean(), start, x, optimiser=SGD(0.01), epochs=3)
    assert start["w"].tolist() == [1.0, 2.0]
    assert x.tolist() == [[3.0, 4.0], [5.0, 6.0]]
    assert found["w"].tolist() != [1.0, 2.0]


def test_the_gradient_is_compiled_once_for_each_size_of_a_batch() -> None:
    net = MLP([2, 3])

    @cg.function
    def loss(parameters: Any, x: Any, labels: Any) -> Any:
        return cg.cross_entropy(net(parameters, x), labels)

    x = np.random.default_rng(0).normal(size=(10, 2))
    labels = np.arange(10) % 3  # whole numbers, which a static graph would take by value
    _, losses = fit(loss, net.init(), x, labels, optimiser=SGD(0.5), epochs=20, batch_size=4)
    assert losses[-1] < losses[0]
    assert loss.traces == 2
    assert "parameters_0_weight_bar" in loss.source
    assert "parameters_0_weight" in [node.name for node in loss.graph.inputs]


def test_variables_are_taken_by_value() -> None:
    start = tree_map(cg.variable, {"w": 4.0})
    found, losses = fit(lambda p: p["w"] ** 2, start, optimiser=SGD(0.25), epochs=2)
    assert found == {"w": 1.0}
    assert losses == [16.0, 4.0]


# --- What goes wrong -----------------------------------------------------------------------------


def test_a_loss_that_runs_away_says_what_to_do_and_keeps_what_was_seen() -> None:
    # |1 - 2 · rate| = 1e30 times as far each time: 1, 1e60, ..., 1e300, inf.
    with pytest.raises(DivergedError) as caught:
        fit(lambda w: w * w, 1.0, optimiser=SGD(0.5e30), epochs=100)
    assert str(caught.value) == (
        "the loss is inf in epoch 7: the steps overshoot. Try a smaller rate, a tenth of it say"
    )
    assert caught.value.losses == pytest.approx([1.0, 1e60, 1e120, 1e180, 1e240, 1e300])


def test_a_loss_that_runs_away_within_an_epoch() -> None:
    x = np.ones((8, 1))
    with pytest.raises(DivergedError, match="in epoch 1: the steps overshoot") as caught:
        fit(
            lambda w, x: ((w * x) ** 2).mean(),
            1.0,
            x,
            optimiser=SGD(1e200),
            epochs=2,
            batch_size=2,
        )
    assert caught.value.losses == []


def test_a_loss_that_is_nan_from_the_start_is_not_blamed_on_the_rate() -> None:
    x = np.array([1.0, np.nan])
    with pytest.raises(DivergedError) as caught:
        fit(lambda w, x: (w * x).sum(), 1.0, x, optimiser=SGD(0.1), epochs=5)
    assert "nan in epoch 1: before any step was made. Look for inf and nan in the data" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("loss", "kind", "message"),
    [
        (lambda w, x, y: w * x, ValueError, "w * x has shape (3,): a gradient needs one number"),
        (
            lambda w, x, y: (w * x).sum(keepdims=True),
            ValueError,
            "the loss has shape (1,) where one number belongs: take its mean",
        ),
        (lambda w, x, y: None, TypeError, "is a `return` missing?"),
        (lambda w, x, y: (w, x), TypeError, "gives a tuple: a gradient needs one number"),
        (lambda w: w, TypeError, "too many positional arguments"),
    ],
)
def test_a_loss_that_is_not_one_number(loss: Any, kind: type, message: str) -> None:
    with pytest.raises(kind) as caught:
        fit(loss, 1.0, np.ones(3), np.ones(3), optimiser=SGD(0.1), epochs=1)
    assert message in str(caught.value)


def squares(w: Any, x: Any, labels: Any) -> Any:
    return cg.mse_loss(w * x, labels)


@pytest.mark.parametrize(
    ("x", "labels", "kind", "message"),
    [
        (np.ones(3), np.ones(2), ValueError, "x has 3 rows, but labels has 2: each row needs"),
        ([], [], ValueError, "x has no rows: nothing to learn from"),
        (["cat", "dog"], [0, 1], TypeError, "fit needs numbers in rows; x is ['cat', 'dog']"),
        (np.ones(3), 1.0, TypeError, "fit needs numbers in rows; labels is 1.0"),
    ],
)
def test_data_that_cannot_be_learnt_from(x: Any, labels: Any, kind: type, message: str) -> None:
    with pytest.raises(kind) as caught:
        fit(squares, 1.0, x, labels, optimiser=SGD(0.1), epochs=1)
    assert message in str(caught.value)


def test_a_batch_of_nothing() -> None:
    with pytest.raises(ValueError, match="batch_size=0: a mini-batch has one row or more"):
        fit(squares, 1.0, [1.0], [1.0], optimiser=SGD(0.1), epochs=1, batch_size=0)


def test_parameters_that_are_no_numbers() -> None:
    with pytest.raises(TypeError, match=r"'one' \(str\) where a number belongs"):
        fit(squares, "one", [1.0], [1.0], optimiser=SGD(0.1), epochs=1)


# --- The progress bar ----------------------------------------------------------------------------


class Slow(SGD):
    """Gradient descent with a rest after each step."""

    def step(self, parameters: Any, gradient: Any, state: Any) -> tuple[Any, Any]:
        time.sleep(0.1)
        return super().step(parameters, gradient, state)


def train(optimiser: Any) -> list[float]:
    return fit(lambda w: (w - 3) ** 2, 0.0, optimiser=optimiser, epochs=15)[1]


def test_a_bar_for_what_takes_longer_than_a_second(capfd: pytest.CaptureFixture[str]) -> None:
    train(SGD(0.25))
    assert capfd.readouterr() == ("", "")
    train(Slow(0.25))
    out, err = capfd.readouterr()
    assert out == ""
    assert "15/15" in err
    assert "epoch=15, loss=" in err


def test_a_bar_can_be_turned_off_as_tqdm_says() -> None:
    code = (
        "import time, cgraph_edu as cg\n"
        "class Slow(cg.nn.SGD):\n"
        "    def step(self, *args): time.sleep(0.6); return super().step(*args)\n"
        "print(cg.nn.fit(lambda w: w * w, 1.0, optimiser=Slow(0.25), epochs=3)[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TQDM_DISABLE": "1"},
    )
    assert (done.stdout, done.stderr) == ("[1.0, 0.25, 0.0625]\n", "")


LESSON = """
import os, time
import cgraph_edu as cg

class Paced(cg.nn.SGD):
    def step(self, *args):
        time.sleep(float(os.environ["PAUSE"]))
        return super().step(*args)

w, losses = cg.nn.fit(lambda w: (w - 3) ** 2, 0.0, optimiser=Paced(0.25), epochs=15)
losses[:3]
"""

QUICK, SLOW = "0", "0.1"


def lesson() -> Any:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LESSON)])


def run_under_nbval(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "run"), [(QUICK, SLOW), (SLOW, QUICK)])
def test_a_lesson_gives_the_same_with_and_without_a_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str, run: str
) -> None:
    path = tmp_path / "lesson.ipynb"
    nbformat.write(lesson(), path)
    monkeypatch.setenv("PAUSE", stored)
    execute(path)
    cell = json.loads(path.read_text())["cells"][0]
    assert [output["data"] for output in cell["outputs"]] == [
        {"text/plain": ["[9.0, 2.25, 0.5625]"]}
    ]
    monkeypatch.setenv("PAUSE", run)
    done = run_under_nbval(path)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_nbval_compares_what_a_lesson_says_of_its_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lesson.ipynb"
    nbformat.write(lesson(), path)
    monkeypatch.setenv("PAUSE", QUICK)
    execute(path)
    path.write_text(path.read_text().replace("0.5625", "0.5626"))
    done = run_under_nbval(path)
    assert done.returncode == 1
    assert "0.5626" in done.stdout


def test_in_a_notebook_the_bar_is_a_widget_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    notebook = lesson()
    monkeypatch.setenv("PAUSE", SLOW)
    NotebookClient(notebook, kernel_name="python3").execute()
    bar, result = notebook.cells[0].outputs
    view = "application/vnd.jupyter.widget-view+json"
    assert list(bar.data) == [view]
    assert result.data["text/plain"] == "[9.0, 2.25, 0.5625]"
    # What the browser draws: three parts in a row, of which the middle one is full.
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    parts = state[bar.data[view]["model_id"]]["state"]["children"]
    left, middle, right = (state[part.removeprefix("IPY_MODEL_")]["state"] for part in parts)
    assert "100%" in left["value"]
    assert (middle["value"], middle["max"], middle["bar_style"]) == (15, 15, "success")
    assert "15/15" in right["value"]
    assert "loss=" in right["value"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimiser": cg.nn.SGD}, r"optimiser=SGD: make one, SGD\(rate=0.1\)"),
        ({"batch_size": 2.5}, "batch_size=2.5: a mini-batch has one row or more"),
        ({"epochs": -1}, "epochs=-1: 0 is the least"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"optimiser": cg.nn.SGD(0.1), "epochs": 1} | settings
    with pytest.raises((TypeError, ValueError), match=message):
        cg.nn.fit(lambda w, x: (w * x).sum(), 1.0, np.ones(4), **given)


def test_rows_of_different_lengths() -> None:
    with pytest.raises(TypeError, match="fit needs rows of one length; x is"):
        cg.nn.fit(lambda w, x: w, 1.0, [[1.0], [1.0, 2.0]], optimiser=cg.nn.SGD(0.1), epochs=1)
