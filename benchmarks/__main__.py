"""All workloads, in one table: python -m benchmarks."""

from collections.abc import Iterator

from . import chain, drawing, five_nodes, mlp, moons, paths, static_chain
from .measure import Row, show


def measured() -> Iterator[Row]:
    """The rows of all of them."""
    for workload in (five_nodes, chain, static_chain, moons, mlp, paths, drawing):
        yield from workload.measured()


if __name__ == "__main__":
    show(measured())
