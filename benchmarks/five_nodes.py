"""Five nodes: a = 2 and b = 1, c = a + b, d = b + 1, e = c · d, and the gradient of e.

python -m benchmarks.five_nodes
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from .measure import Peer, Row, Run, compare, show

ANSWER = 6.0, 2.0, 5.0
"""By hand: e = 3 · 2, ∂e/∂a = d = 2, ∂e/∂b = c + d = 5."""


def e(a: Any, b: Any) -> Any:
    """The output."""
    c = a + b
    d = b + 1
    return c * d


def ours() -> Run:
    """A new graph each time."""
    from cgraph_edu import gradient, variable

    def run() -> Any:
        a = variable(2.0)
        b = variable(1.0)
        c = a + b
        d = b + 1
        e = c * d
        return e.value, gradient(e, [a, b])

    return run


def static() -> Run:
    """A graph recorded once, and looked up for the arguments."""
    import cgraph_edu as cg

    value_and_grad = cg.value_and_grad(cg.function(e), argnums=(0, 1))
    return partial(value_and_grad, 2.0, 1.0)


def bare() -> Run:
    """What was compiled for two numbers, called directly."""
    import cgraph_edu as cg

    value_and_grad = cg.value_and_grad(e, argnums=(0, 1)).compile(2.0, 1.0)
    return partial(value_and_grad, 2.0, 1.0)


def micrograd() -> Run:
    """The same with micrograd's Values."""
    from micrograd.engine import Value

    def run() -> Any:
        a = Value(2.0)
        b = Value(1.0)
        c = a + b
        d = b + 1
        e = c * d
        e.backward()
        return e.data, a.grad, b.grad

    return run


def pytorch() -> Run:
    """The same with PyTorch's tensors."""
    from torch import float64, tensor

    def run() -> Any:
        a = tensor(2.0, dtype=float64, requires_grad=True)
        b = tensor(1.0, dtype=float64, requires_grad=True)
        c = a + b
        d = b + 1
        e = c * d
        e.backward()
        return e.detach(), a.grad, b.grad

    return run


def measured() -> Iterator[Row]:
    """The rows of the table."""
    peer = partial(Peer, answers=[ANSWER])
    times = compare(
        [
            peer("dynamic", ours),
            peer("@cg.function", static),
            peer(".compile", bare),
            peer("micrograd", micrograd),
            peer("micrograd, collector off", micrograd, collector=False),
            peer("PyTorch", pytorch),
        ],
        rounds=31,
    )
    workload = "five nodes"
    yield from times.row(workload, "dynamic", "micrograd", 0.33)
    yield from times.row(workload, "dynamic", "micrograd, collector off")
    yield from times.row(workload, "dynamic", "PyTorch", 0.07)
    yield from times.row(workload, "@cg.function", "micrograd", 0.10)
    yield from times.row(workload, ".compile", "micrograd", 0.02)


if __name__ == "__main__":
    show(measured())
