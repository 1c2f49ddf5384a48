"""A small network in float32: a batch of 64, 784-128-10, ReLU, softmax cross-entropy, one step.

    python -m benchmarks.mlp

A step is the loss, its gradient, and an update of the parameters by gradient descent. What all must
agree with is the gradient derived by hand in float64, which is compared with finite differences.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from .measure import Peer, Row, Run, compare, show

ROWS, SIZES = 64, (784, 128, 10)
RATE = 0.1


def data(precision: str = "float32") -> Any:
    """The inputs (64, 784), their labels, and the weights and biases in turn."""
    import numpy as np

    random = np.random.default_rng(0)
    parameters = []
    for before, after in pairwise(SIZES):
        parameters += [random.normal(0.0, before**-0.5, (before, after)), np.zeros(after)]
    inputs, labels = random.random((ROWS, SIZES[0])), random.integers(0, SIZES[-1], ROWS)
    inputs, *parameters = (x.astype("float32").astype(precision) for x in (inputs, *parameters))
    return inputs, labels, parameters


def by_hand(precision: str = "float32") -> Run:
    """The gradient derived by hand, in NumPy."""
    import numpy as np

    inputs, labels, parameters = data(precision)
    w1, b1, w2, b2 = parameters
    rows = np.arange(ROWS)

    def run() -> Any:
        hidden = inputs @ w1
        hidden += b1
        np.maximum(hidden, 0.0, out=hidden)
        logits = hidden @ w2
        logits += b2
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        sums = chances.sum(axis=1, keepdims=True)
        value = (np.log(sums[:, 0]) - logits[rows, labels]).mean()
        chances /= sums
        chances[rows, labels] -= 1.0
        chances /= ROWS
        hidden_bar = chances @ w2.T
        hidden_bar *= hidden > 0.0
        slopes = (
            inputs.T @ hidden_bar,
            hidden_bar.sum(axis=0),
            hidden.T @ chances,
            chances.sum(axis=0),
        )
        for p, slope in zip(parameters, slopes, strict=True):
            p -= RATE * slope
        return value, parameters

    return run


def two_steps() -> list[Any]:
    """The loss, and the parameters after the step, twice; by hand in float64, and checked.

    Differences along random directions would show a gradient that is wrong anywhere.
    """
    import numpy as np

    inputs, labels, parameters = data("float64")

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        chances = np.exp(np.maximum(inputs @ w1 + b1, 0.0) @ w2 + b2)
        return -np.log(chances[range(ROWS), labels] / chances.sum(axis=1)).mean()

    run = by_hand("float64")
    steps = []
    for seed in range(2):
        value, after = run()
        steps.append((float(value), [p.copy() for p in after]))
        slopes = [(p - q) / RATE for p, q in zip(parameters, after, strict=True)]
        assert abs(value - loss(*parameters)) < 1e-12
        for direction in range(10):
            normal = np.random.default_rng([seed, direction]).normal
            along = [normal(size=p.shape) for p in parameters]
            above, below = (
                loss(*[p + step * d for p, d in zip(parameters, along, strict=True)])
                for step in (1e-8, -1e-8)  # so short that hardly a ReLU switches
            )
            expected = sum((d * slope).sum() for d, slope in zip(along, slopes, strict=True))
            assert abs((above - below) / 2e-8 - expected) < 1e-5
        parameters = steps[-1][1]
    return steps


def ours(is_compiled: bool = False) -> Run:
    """A Tensor for each array."""
    import cgraph_edu as cg

    inputs, labels, parameters = data()

    def loss(parameters: Any, inputs: Any, labels: Any) -> Any:
        w1, b1, w2, b2 = parameters
        hidden = cg.relu(inputs @ w1 + b1)
        return cg.cross_entropy(hidden @ w2 + b2, labels)

    step: Any = cg.value_and_grad(loss)
    if is_compiled:
        # Whole numbers count by value in a static graph; as floats the labels are an input.
        labels = labels.astype("float32")
        step = step.compile(parameters, inputs, labels)
    else:  # made once, as PyTorch's tensors are, they need no copy in each step
        inputs, labels = cg.constant(inputs), cg.constant(labels)

    def run() -> Any:
        value, slopes = step(parameters, inputs, labels)
        for p, slope in zip(parameters, slopes, strict=True):
            p -= RATE * slope
        return value, parameters

    return run


def pytorch() -> Run:
    """PyTorch's tensors, without its nn and optim, which take longer."""
    import torch

    inputs, labels, parameters = data()
    inputs, labels = torch.tensor(inputs), torch.tensor(labels)
    parameters = [torch.tensor(p, requires_grad=True) for p in parameters]
    w1, b1, w2, b2 = parameters

    def run() -> Any:
        hidden = torch.relu(torch.addmm(b1, inputs, w1))
        loss = torch.nn.functional.cross_entropy(torch.addmm(b2, hidden, w2), labels)
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, slope in zip(parameters, slopes, strict=True):
                p.sub_(slope, alpha=RATE)
        return loss.detach(), parameters

    return run


def jax_jit() -> Run:
    """The whole step compiled by jax.jit, which may reuse the old parameters' memory."""
    import jax
    import jax.numpy as jnp

    inputs, labels, parameters = jax.tree.map(jnp.asarray, data())

    def loss(parameters: Any, inputs: Any, labels: Any) -> Any:
        w1, b1, w2, b2 = parameters
        hidden = jax.nn.relu(inputs @ w1 + b1)
        chances = jax.nn.log_softmax(hidden @ w2 + b2)
        return -chances[jnp.arange(ROWS), labels].mean()

    def step(parameters: Any, inputs: Any, labels: Any) -> Any:
        value, slopes = jax.value_and_grad(loss)(parameters, inputs, labels)
        return value, [p - RATE * slope for p, slope in zip(parameters, slopes, strict=True)]

    compiled = jax.jit(step, donate_argnums=0)

    def run() -> Any:
        nonlocal parameters
        value, parameters = jax.block_until_ready(compiled(parameters, inputs, labels))
        return value, parameters

    return run


def measured() -> Iterator[Row]:
    """The rows of the table."""
    peer = partial(Peer, answers=two_steps())
    times = compare(
        [
            peer("cgraph_edu", ours),
            peer(".compile", partial(ours, is_compiled=True)),
            peer("NumPy by hand", by_hand),
            peer("PyTorch", pytorch),
            peer("jax.jit", jax_jit),
        ],
        rounds=31,
        tolerance=3e-6,
    )
    for mine in ("cgraph_edu", ".compile"):
        yield from times.row("784-128-10, batch of 64", mine, "NumPy by hand", 1.1)
        yield from times.row("784-128-10, batch of 64", mine, "PyTorch", 1.0)
    yield from times.row("784-128-10, batch of 64", ".compile", "jax.jit")


if __name__ == "__main__":
    show(measured())
