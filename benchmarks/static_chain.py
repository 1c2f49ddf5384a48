"""The chain of 1,000 operations as a static graph: its value and gradient, compiled and replayed.

    python -m benchmarks.static_chain

The first call records, compiles and runs; each library was imported, and JAX's inputs made, before.
torch.compile takes half a minute, with its cache on the disk empty.
"""

import math
import os
from collections.abc import Iterator
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

from .chain import K, X, Y, by_hand, chain
from .measure import Peer, Row, Run, compare, show

LENGTH = 1_000


def ours() -> Run:
    """A static graph of ours; its signature is looked up in every call."""
    import cgraph_edu as cg

    @cg.function
    def f(x: Any, y: Any, k: Any) -> Any:
        return chain(LENGTH, x, y, k, cg.tanh)

    value_and_grad = cg.value_and_grad(f, argnums=(0, 1, 2))
    return partial(value_and_grad, X, Y, K)


def bare() -> Run:
    """What was compiled for three numbers, called directly."""
    import cgraph_edu as cg

    def f(x: Any, y: Any, k: Any) -> Any:
        return chain(LENGTH, x, y, k, cg.tanh)

    return partial(cg.value_and_grad(f, argnums=(0, 1, 2)).compile(X, Y, K), X, Y, K)


def by_loop() -> Run:
    """No graph: a loop for the value and one back for the gradient, written by hand."""

    def run() -> Any:
        before = []
        v = X
        for i in range(LENGTH):
            before.append(v)
            v = math.tanh(v) if i % 10 == 9 else v + Y if i % 2 else v * K
        out = v
        bar, y_bar, k_bar = 1.0, 0.0, 0.0
        for i in reversed(range(LENGTH)):
            if i % 10 == 9:
                bar *= 1.0 - v * v
            elif i % 2:
                y_bar += bar
            else:
                k_bar += bar * before[i]
                bar *= K
            v = before[i]
        return out, bar, y_bar, k_bar

    return run


def jax_jit() -> Run:
    """The same by jax.jit."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def f(x: Any, y: Any, k: Any) -> Any:
        return chain(LENGTH, x, y, k, jnp.tanh)

    value_and_grad = jax.jit(jax.value_and_grad(f, argnums=(0, 1, 2)))
    x, y, k = jax.block_until_ready([jnp.float64(v) for v in (X, Y, K)])
    return lambda: jax.block_until_ready(value_and_grad(x, y, k))


def torch_compile() -> Run:
    """The same by torch.compile, which compiles the gradient with it."""
    import torch

    def f(x: Any, y: Any, k: Any) -> Any:
        return chain(LENGTH, x, y, k, torch.tanh)

    compiled = torch.compile(f)
    inputs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (X, Y, K)]

    def run() -> Any:
        out = compiled(*inputs)
        return out.detach(), torch.autograd.grad(out, inputs)

    return run


def measured() -> Iterator[Row]:
    """The rows of the table."""
    peer = partial(Peer, answers=[by_hand(LENGTH)])
    peers = [
        peer("@cg.function", ours),
        peer(".compile", bare),
        peer("a loop by hand", by_loop),
        peer("jax.jit", jax_jit),
        peer("torch.compile", torch_compile),
    ]
    with TemporaryDirectory() as empty:
        # Else torch.compile finds on the disk what it compiled the last time.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = empty
        times = compare(peers, rounds=21)
    workload = "static chain of 10³"
    yield from times.row(workload, "@cg.function", "jax.jit", 1.3)
    yield from times.row(workload, "@cg.function", "torch.compile", 0.25)
    yield from times.row(workload, "@cg.function", "a loop by hand")
    yield from times.row(workload, ".compile", "jax.jit")
    yield from times.first_row(f"{workload}, first call", "@cg.function", "jax.jit", 0.03)
    yield from times.first_row(f"{workload}, first call", "@cg.function", "torch.compile")


if __name__ == "__main__":
    show(measured())
