"""How long the engine takes on scalars, beside micrograd, in one process and one run.

    make bench

Five nodes: two inputs, c = a + b, d = b + 1, e = c · d, and the gradient. Chains: N operations on
three inputs, in turn v + y and v · k, every tenth relu(v); building, the gradient, and letting go.
micrograd's own backward pass is recursive and fails beyond some hundred nodes, so for the chains it
gets an equivalent pass without recursion. Rounds alternate between the two, each after a full
collection; the ratio is the median of the rounds' ratios.
Every answer is compared with the other's before anything is timed.
"""

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

from micrograd.engine import Value

import cgraph_edu as cg

Gradient = Sequence[float]


def five_nodes() -> Gradient:
    """Our five-node graph."""
    a = cg.variable(2.0)
    b = cg.variable(1.0)
    c = a + b
    d = b + 1
    e = c * d
    return cg.gradient(e, [a, b])


def five_values() -> Gradient:
    """The same in micrograd."""
    a = Value(2.0)
    b = Value(1.0)
    c = a + b
    d = b + 1
    e = c * d
    e.backward()
    return a.grad, b.grad


def chain(length: int, leaf: Callable[[float], Any], relu: Callable[[Any], Any]) -> Any:
    """The last of `length` operations, and the three inputs."""
    x, y, k = leaf(1.0), leaf(0.5), leaf(0.97)
    v = x
    for i in range(length):
        if i % 10 == 9:
            v = relu(v)
        elif i % 2:
            v = v * k
        else:
            v = v + y
    return v, (x, y, k)


def our_chain(length: int) -> Gradient:
    """The gradient of the chain."""
    v, inputs = chain(length, cg.variable, cg.relu)
    return cg.gradient(v, inputs)


def their_chain(length: int) -> Gradient:
    """The same in micrograd."""
    v, inputs = chain(length, Value, Value.relu)
    backward(v)
    return [x.grad for x in inputs]


def backward(last: Value) -> None:
    """The backward pass of micrograd, with a stack of its own instead of Python's."""
    order: list[Value] = []
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


def compare(
    name: str,
    ours: Callable[[], Gradient],
    theirs: Callable[[], Gradient],
    repeats: int,
    rounds: int,
    operations: int,
) -> None:
    """Check the answers, time both in alternating rounds, and print a row of the table."""
    for mine, other in zip(ours(), theirs(), strict=True):
        assert abs(mine - other) <= 1e-9 * abs(other), (name, mine, other)
    times: list[tuple[float, float]] = []
    for i in range(rounds):
        pair = [(0, ours), (1, theirs)]
        took = [0.0, 0.0]
        for which, run in pair if i % 2 else reversed(pair):
            gc.collect()  # neither pays for what the other left behind
            start = perf_counter()
            for _ in range(repeats):
                run()
            took[which] = (perf_counter() - start) / repeats
        times.append((took[0], took[1]))
    mine, other = (median(t) / operations * 1e9 for t in zip(*times, strict=True))
    ratio = median(a / b for a, b in times)
    print(f"| {name} | {mine:.0f} | {other:.0f} | {ratio:.2f} |")


def bytes_per_node(length: int) -> float:
    """What a chain of this length keeps in memory, for each of its operations."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = chain(length, cg.variable, cg.relu)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return (after - before) / length


def main() -> None:
    """Print the table."""
    print("| | cgraph_edu, ns/op | micrograd, ns/op | ratio |\n|---|---|---|---|")
    for collector in ("on", "off"):
        if collector == "off":
            gc.disable()
        compare(f"five nodes, collector {collector}", five_nodes, five_values, 2000, 21, 3)
        for length, repeats, rounds in ((1_000, 20, 11), (100_000, 1, 5)):
            compare(
                f"chain of {length:,}, collector {collector}",
                lambda length=length: our_chain(length),  # type: ignore[misc]
                lambda length=length: their_chain(length),  # type: ignore[misc]
                repeats,
                rounds,
                length,
            )
            gc.collect()
    gc.enable()
    start = perf_counter()
    our_chain(1_000_000)
    print(f"\nchain of 1,000,000: {(perf_counter() - start) * 1e3:.0f} ns/op")
    print(f"bytes a node, chain of 100,000: {bytes_per_node(100_000):.0f}")


if __name__ == "__main__":
    main()
