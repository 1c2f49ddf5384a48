"""A step of micrograd's demo: 100 points, a 2-16-16-1 network, hinge loss + 10⁻⁴ · Σp².

    python -m benchmarks.moons

A step is the loss, its gradient, and an update of the parameters by gradient descent. Scalar by
scalar each neuron is a sum of products of numbers, as in micrograd; with arrays each layer is a
matrix product. What they must agree with are finite differences of the loss in plain NumPy.

micrograd's Values are in reference cycles, so with the collector off nothing lets go of them: there
it is timed with a `gc.collect()` after each step, and, with its garbage left lying, without.
"""

import gc
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from .measure import Peer, Row, Run, compare, show

SIZES = 2, 16, 16, 1
RATE = 0.1
DECAY = 1e-4
OFF = ", collector off"
COLLECTED = f"{OFF}, and gc.collect()"


def data() -> Any:
    """The points (100, 2), their labels, -1 or 1, and the weights and biases in turn."""
    import numpy as np
    from sklearn.datasets import make_moons

    points, moons = make_moons(n_samples=100, noise=0.1, random_state=0)
    draw = np.random.default_rng(0).uniform
    parameters = []
    for before, after in pairwise(SIZES):
        parameters += [draw(-1.0, 1.0, (before, after)), draw(-0.1, 0.1, after)]
    return points, moons * 2.0 - 1.0, parameters


def two_steps() -> list[tuple[float, list[Any]]]:
    """The loss, and the parameters after the step, twice; by central differences."""
    import numpy as np

    points, labels, parameters = data()

    def loss() -> float:
        x = points
        for i in range(0, len(parameters) - 2, 2):
            x = np.maximum(x @ parameters[i] + parameters[i + 1], 0.0)
        scores = (x @ parameters[-2] + parameters[-1])[:, 0]
        decay = sum(np.square(p).sum() for p in parameters)
        return float(np.maximum(1.0 - labels * scores, 0.0).mean() + DECAY * decay)

    def slope(entries: Any, i: int) -> float:
        here, step = entries[i], 1e-6
        entries[i] = here + step
        above = loss()
        entries[i] = here - step
        below = loss()
        entries[i] = here
        return (above - below) / (2.0 * step)

    steps = []
    for _ in range(2):
        slopes = [np.array([slope(p.ravel(), i) for i in range(p.size)]) for p in parameters]
        before = loss()
        for p, slopes_of_p in zip(parameters, slopes, strict=True):
            p -= RATE * slopes_of_p.reshape(p.shape)
        steps.append((before, [p.copy() for p in parameters]))
    return steps


def by_neuron(parameters: Any) -> list[list[list[float]]]:
    """For each layer and neuron its weights and its bias, as plain numbers."""
    import numpy as np

    pairs = zip(parameters[::2], parameters[1::2], strict=True)
    return [np.vstack([weights, biases]).T.tolist() for weights, biases in pairs]


# --- Scalar by scalar -----------------------------------------------------------------------------


def scalars() -> Run:
    """A Tensor for each number."""
    import cgraph_edu as cg

    points, labels, parameters = data()
    points, labels, network = points.tolist(), labels.tolist(), by_neuron(parameters)

    def neuron(parameters: Any, inputs: Any) -> Any:
        *weights, bias = parameters
        return sum((w * x for w, x in zip(weights, inputs, strict=True)), bias)

    def loss(network: Any) -> Any:
        losses = []
        for x, label in zip(points, labels, strict=True):
            for layer in network[:-1]:
                x = [cg.relu(neuron(n, x)) for n in layer]
            losses.append(cg.relu(1.0 - label * neuron(network[-1][0], x)))
        decay = sum(p * p for layer in network for n in layer for p in n)
        return sum(losses) / len(losses) + DECAY * decay

    step = cg.value_and_grad(loss)

    def run() -> Any:
        nonlocal network
        value, slopes = step(network)
        network = [
            [
                [p - RATE * g for p, g in zip(*pair, strict=True)]
                for pair in zip(layer, slopes_of_layer, strict=True)
            ]
            for layer, slopes_of_layer in zip(network, slopes, strict=True)
        ]
        return value, network

    return run


def micrograd(is_collected: bool = False) -> Run:
    """The demo as it is, without its count of right answers."""
    from micrograd.engine import Value
    from micrograd.nn import MLP

    points, labels, parameters = data()
    points, labels = points.tolist(), labels.tolist()
    model = MLP(SIZES[0], list(SIZES[1:]))
    for layer, given in zip(model.layers, by_neuron(parameters), strict=True):
        for neuron, numbers in zip(layer.neurons, given, strict=True):
            for p, number in zip(neuron.parameters(), numbers, strict=True):
                p.data = number

    def run() -> Any:
        inputs = [list(map(Value, row)) for row in points]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * si).relu() for yi, si in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        loss = data_loss + DECAY * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= RATE * p.grad
        answer = loss.data, [p.data for p in model.parameters()]
        if is_collected:
            del inputs, scores, losses, data_loss, loss
            gc.collect()
        return answer

    return run


# --- With arrays ----------------------------------------------------------------------------------


def arrays(is_compiled: bool = False) -> Run:
    """A Tensor for each array."""
    import cgraph_edu as cg

    points, labels, parameters = data()

    def loss(parameters: Any, points: Any, labels: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        x = cg.relu(points @ w1 + b1)
        x = cg.relu(x @ w2 + b2)
        scores = (x @ w3 + b3)[:, 0]
        decay = sum((p * p).sum() for p in parameters)
        return cg.hinge_loss(scores, labels) + DECAY * decay

    step: Any = cg.value_and_grad(loss)
    if is_compiled:
        step = step.compile(parameters, points, labels)
    else:  # made once, as PyTorch's tensors are, they need no copy in each step
        points, labels = cg.constant(points), cg.constant(labels)

    def run() -> Any:
        value, slopes = step(parameters, points, labels)
        for p, slope in zip(parameters, slopes, strict=True):
            p -= RATE * slope
        return value, parameters

    return run


def numpy() -> Run:
    """The gradient derived by hand."""
    import numpy as np

    points, labels, parameters = data()
    w1, b1, w2, b2, w3, b3 = parameters

    def run() -> Any:
        h1 = np.maximum(points @ w1 + b1, 0.0)
        h2 = np.maximum(h1 @ w2 + b2, 0.0)
        scores = (h2 @ w3 + b3)[:, 0]
        margins = np.maximum(1.0 - labels * scores, 0.0)
        value = margins.mean() + DECAY * sum([(p * p).sum() for p in parameters])
        bar = (-labels / len(labels) * (margins > 0.0))[:, None]
        h2_bar = (bar @ w3.T) * (h2 > 0.0)
        h1_bar = (h2_bar @ w2.T) * (h1 > 0.0)
        slopes = (
            points.T @ h1_bar,
            h1_bar.sum(axis=0),
            h1.T @ h2_bar,
            h2_bar.sum(axis=0),
            h2.T @ bar,
            bar.sum(axis=0),
        )
        for p, slope in zip(parameters, slopes, strict=True):
            p -= RATE * (slope + 2.0 * DECAY * p)
        return value, parameters

    return run


def pytorch() -> Run:
    """PyTorch's tensors, without its nn and optim, which take longer."""
    import torch

    points, labels, parameters = data()
    points, labels = torch.tensor(points), torch.tensor(labels)
    parameters = [torch.tensor(p, requires_grad=True) for p in parameters]
    w1, b1, w2, b2, w3, b3 = parameters

    def run() -> Any:
        x = torch.relu(torch.addmm(b1, points, w1))
        x = torch.relu(torch.addmm(b2, x, w2))
        scores = torch.addmm(b3, x, w3)[:, 0]
        decay = sum((p * p).sum() for p in parameters)
        loss = torch.relu(1.0 - labels * scores).mean() + DECAY * decay
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, slope in zip(parameters, slopes, strict=True):
                p.sub_(slope, alpha=RATE)
        return loss.detach(), parameters

    return run


def measured() -> Iterator[Row]:
    """The rows of the table."""
    answers = two_steps()
    scalar = partial(Peer, answers=[(loss, by_neuron(arrays)) for loss, arrays in answers])
    times = compare(
        [
            scalar("cgraph_edu", scalars),
            scalar("micrograd", micrograd),
            scalar("cgraph_edu" + OFF, scalars, collector=False),
            scalar("micrograd" + OFF, micrograd, collector=False),
            scalar("micrograd" + COLLECTED, partial(micrograd, True), collector=False),
        ],
        rounds=7,
        tolerance=1e-6,
    )
    workload = "two moons, scalar by scalar"
    yield from times.row(workload, "cgraph_edu", "micrograd", 0.12)
    yield from times.row(workload, "cgraph_edu", "micrograd" + COLLECTED, 0.5)
    yield from times.row(workload, "cgraph_edu" + OFF, "micrograd" + OFF)

    array = partial(Peer, answers=answers)
    times = compare(
        [
            array("cgraph_edu", arrays),
            array(".compile", partial(arrays, is_compiled=True)),
            array("PyTorch", pytorch),
            array("NumPy by hand", numpy),
        ],
        rounds=31,
        tolerance=1e-8,
    )
    workload = "two moons, with arrays"
    yield from times.row(workload, "cgraph_edu", "PyTorch", 0.6)
    yield from times.row(workload, "cgraph_edu", "NumPy by hand", 2.5)
    yield from times.row(workload, ".compile", "NumPy by hand")


if __name__ == "__main__":
    show(measured())
