"""A chain of N operations on three numbers: in turn v · k and v + y, and every tenth tanh(v).

    python -m benchmarks.chain

Building it, the gradient, and letting go; times are for each operation. micrograd's own backward
pass is recursive and fails from some hundred nodes on: here it gets one that is not, and a tanh.
Its nodes are in reference cycles, so with the collector off nothing lets go of them: there it is
timed with a `gc.collect()` after each chain, and, with its garbage left lying, without.
"""

import gc
import math
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .measure import Peer, Row, Run, Times, alone, compare, show

X, Y, K = 1.0, 0.5, 0.97
OFF = ", collector off"
COLLECTED = f"{OFF}, and gc.collect()"


def chain(length: int, x: Any, y: Any, k: Any, tanh: Callable[[Any], Any]) -> Any:
    """The last value of the chain."""
    v = x
    for i in range(length):
        if i % 10 == 9:
            v = tanh(v)
        elif i % 2:
            v = v + y
        else:
            v = v * k
    return v


def by_hand(length: int) -> tuple[float, ...]:
    """The value and the three derivatives, carried along with the chain."""
    v, x_dot, y_dot, k_dot = X, 1.0, 0.0, 0.0
    for i in range(length):
        if i % 10 == 9:
            v = math.tanh(v)
            slope = 1.0 - v * v
            x_dot, y_dot, k_dot = slope * x_dot, slope * y_dot, slope * k_dot
        elif i % 2:
            v += Y
            y_dot += 1.0
        else:
            x_dot, y_dot, k_dot = K * x_dot, K * y_dot, K * k_dot + v
            v *= K
    return v, x_dot, y_dot, k_dot


def ours(length: int) -> Run:
    """A new graph each time."""
    import cgraph_edu as cg

    def run() -> Any:
        x, y, k = cg.variables(x=X, y=Y, k=K)
        v = chain(length, x, y, k, cg.tanh)
        return v.value, cg.gradient(v, [x, y, k])

    return run


def micrograd(length: int, is_collected: bool = False) -> Run:
    """The same with micrograd's Values; with a collection afterwards if so wanted."""
    from micrograd.engine import Value

    def tanh(v: Value) -> Value:
        out = Value(math.tanh(v.data), (v,), "tanh")

        def backward() -> None:
            v.grad += (1.0 - out.data * out.data) * out.grad

        out._backward = backward
        return out

    def run() -> Any:
        x, y, k = Value(X), Value(Y), Value(K)
        v = chain(length, x, y, k, tanh)
        backward(v)
        answer = v.data, x.grad, y.grad, k.grad
        if is_collected:
            del v, x, y, k
            gc.collect()
        return answer

    return run


def backward(last: Any) -> None:
    """The backward pass of micrograd, with a stack of its own instead of Python's."""
    order = []
    seen = {last}
    stack = [(last, iter(last._prev))]
    while stack:
        value, operands = stack[-1]
        for operand in operands:
            if operand not in seen:
                seen.add(operand)
                stack.append((operand, iter(operand._prev)))
                break
        else:
            order.append(value)
            stack.pop()
    last.grad = 1
    for value in reversed(order):
        value._backward()


def pytorch(length: int) -> Run:
    """The same with PyTorch's tensors."""
    import torch

    def run() -> Any:
        x, y, k = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (X, Y, K))
        v = chain(length, x, y, k, torch.tanh)
        v.backward()
        return v.detach(), x.grad, y.grad, k.grad

    return run


def bytes_a_node(length: int) -> float:
    """What one of our chains keeps in memory, as Python's own tracemalloc counts it."""
    import cgraph_edu as cg

    x, y, k = cg.variables(x=X, y=Y, k=K)
    cg.tanh(x)
    tracemalloc.start()
    kept = chain(length, x, y, k, cg.tanh)
    size, _ = tracemalloc.get_traced_memory()
    del kept
    return size / length


def beside_peers(length: int, rounds: int) -> Times:
    """A chain of one length, everywhere."""
    peer = partial(Peer, answers=[by_hand(length)], operations=length)
    return compare(
        [
            peer("cgraph_edu", partial(ours, length)),
            peer("micrograd", partial(micrograd, length)),
            peer("PyTorch", partial(pytorch, length)),
            peer("cgraph_edu" + OFF, partial(ours, length), collector=False),
            peer("micrograd" + OFF, partial(micrograd, length), collector=False),
            peer("micrograd" + COLLECTED, partial(micrograd, length, True), collector=False),
        ],
        rounds,
    )


def measured() -> Iterator[Row]:
    """The rows of the table."""
    times = beside_peers(1_000, rounds=21)
    workload = "chain of 10³, an operation"
    yield from times.row(workload, "cgraph_edu", "micrograd", 0.27)
    yield from times.row(workload, "cgraph_edu" + OFF, "micrograd" + OFF)
    yield from times.row(workload, "cgraph_edu", "PyTorch", 0.15)

    times = beside_peers(100_000, rounds=7)
    workload = "chain of 10⁵, an operation"
    yield from times.row(workload, "cgraph_edu", "micrograd", 0.20)
    yield from times.row(workload, "cgraph_edu" + OFF, "micrograd" + COLLECTED, 0.40)
    yield from times.row(workload, "cgraph_edu" + OFF, "micrograd" + OFF)
    yield from times.row(workload, "cgraph_edu", "PyTorch", 0.15)

    lengths = {"10⁶": 1_000_000, "10³": 1_000}
    peers = [Peer(s, partial(ours, n), [by_hand(n)], operations=n) for s, n in lengths.items()]
    yield from compare(peers, rounds=5).row("chain of 10⁶, an operation", "10⁶", "10³", 2.5)

    size = alone(bytes_a_node, 100_000)
    yield Row("chain of 10⁵, bytes a node", f"{size:.0f}", "", size, 300, unit="")


if __name__ == "__main__":
    show(measured())
