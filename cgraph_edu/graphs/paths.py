"""The derivative as a sum over paths.

    ∂target/∂source  =  Σ over paths  Π over edges of a path  ∂(edge's target)/∂(edge's source)

The number of paths can double with every node, so the count and the total are found by dynamic
programming, edge by edge from the source on; single paths are enumerated only when asked for.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from ..core.derivatives import zeros_like
from ..core.numbers import close, format_count
from ..core.tensor import is_array
from .graph import Edge, Graph, Node

MOST_ARRAY_PATHS = 4096
"""Array graphs are summed path by path; with more paths than this the sum is refused."""


@dataclass(frozen=True)
class Path:
    """One way from the source to the target."""

    nodes: tuple[str, ...]
    """The names of its nodes, source first."""
    edges: tuple[Edge, ...]
    product: Any
    """The product of the local partials along it; for arrays the chain of vjps along its edges."""

    @property
    def factors(self) -> tuple[Any, ...]:
        """The local partial of each edge, in order."""
        return tuple(edge.partial for edge in self.edges)


class PathSum:
    """All paths from `source` to `target`, with their products and their sum.

    Attributes:
        source, target: nodes of the graph.
    """

    def __init__(self, graph: Graph, source: Node, target: Node) -> None:
        self.graph = graph
        self.source = source
        self.target = target

    def __repr__(self) -> str:
        count = format_count(self.count)
        return f"PathSum(∂{self.target.name}/∂{self.source.name}, {count} paths)"

    @cached_property
    def _steps(self) -> dict[int, list[Edge]]:
        """For each node on a path, the edges on which a path can leave it, in writing order."""
        leads: set[int] = {self.target.index}
        for edge in reversed(self.graph.edges):
            if edge.target in leads:
                leads.add(edge.source)
        if self.source.index not in leads:
            return {}
        steps: dict[int, list[Edge]] = {self.source.index: []}
        for edge in self.graph.edges:
            if edge.source in steps and edge.target in leads and edge.source != self.target.index:
                steps[edge.source].append(edge)
                steps.setdefault(edge.target, [])
        return steps

    def _edges_forward(self) -> Iterator[Edge]:
        return (edge for index in sorted(self._steps) for edge in self._steps[index])

    @cached_property
    def count(self) -> int:
        """How many paths there are, exactly."""
        ways = dict.fromkeys(self._steps, 0)
        if ways:
            ways[self.source.index] = 1
        for edge in self._edges_forward():
            ways[edge.target] += ways[edge.source]
        return ways.get(self.target.index, 0)

    @cached_property
    def total(self) -> Any:
        """The sum of all path products, without enumerating the paths."""
        if self.graph.has_arrays:
            return self._array_total()
        return self._flow(lambda partial: partial)

    @cached_property
    def _scale(self) -> float:
        """The sum of the products' sizes: how large the terms are that may cancel in the total."""
        if not self.graph.has_arrays:
            return self._flow(abs)
        return max((abs(x) for path in self.paths for x in _entries(path.product)), default=0.0)

    def _flow(self, weight: Any) -> float:
        flow = dict.fromkeys(self._steps, 0.0)
        if flow:
            flow[self.source.index] = 1.0
        for edge in self._edges_forward():
            flow[edge.target] += flow[edge.source] * weight(edge.partial)
        return flow.get(self.target.index, 0.0)

    def _array_total(self) -> Any:
        if self.count > MOST_ARRAY_PATHS:
            raise ValueError(
                f"{self.count} paths through arrays from {self.source.name} to {self.target.name}: "
                f"at most {MOST_ARRAY_PATHS} are summed one by one"
            )
        return sum((path.product for path in self.paths), zeros_like(self.source.value))

    @property
    def paths(self) -> Iterator[Path]:
        """The paths one by one, in writing order, made as they are asked for."""
        if not self._steps:
            return
        trail: list[Edge] = []
        pending = [iter(self._steps[self.source.index])]
        if self.source.index == self.target.index:
            yield self._path(())
        while pending:
            edge = next(pending[-1], None)
            if edge is None:
                pending.pop()
                if trail:
                    trail.pop()
            elif edge.target == self.target.index:
                yield self._path((*trail, edge))
            else:
                trail.append(edge)
                pending.append(iter(self._steps[edge.target]))

    def _path(self, edges: tuple[Edge, ...]) -> Path:
        names = (self.source.name, *(self.graph.tape[edge.target].name for edge in edges))
        product = self._chain(edges) if self.graph.has_arrays else _product(edges)
        return Path(names, edges, product)

    def _chain(self, edges: tuple[Edge, ...]) -> Any:
        x_bar: Any = 1.0
        for edge in reversed(edges):
            x_bar = self.graph.vjp(edge, x_bar)
        return x_bar

    def top(self, k: int) -> list[Path]:
        """The k paths with the largest products by magnitude; equal ones in writing order.

        Each node keeps only its k best ways to the target, so nothing is enumerated.
        """
        if self.graph.has_arrays:
            return list(islice(self.paths, k))
        # A way is (-magnitude, its first edge, the rank of the way that follows).
        ways: dict[int, list[tuple[float, Edge | None, int]]] = {
            self.target.index: [(-1.0, None, 0)]
        }
        for index, edges in sorted(self._steps.items(), reverse=True):
            streams = [
                [
                    (-_size(way[0] * edge.partial), edge, rank)
                    for rank, way in enumerate(ways[edge.target])
                ]
                for edge in edges
            ]
            if streams:
                merged = heapq.merge(*streams, key=lambda way: way[0])
                ways[index] = list(islice(merged, k))
        found = ways.get(self.source.index, [])
        return [self._path(self._walk(ways, way)) for way in found[:k]]

    def _walk(
        self,
        ways: dict[int, list[tuple[float, Edge | None, int]]],
        way: tuple[float, Edge | None, int],
    ) -> tuple[Edge, ...]:
        edges = []
        _, edge, rank = way
        while edge is not None:
            edges.append(edge)
            _, edge, rank = ways[edge.target][rank]
        return tuple(edges)

    def remainder(self, k: int) -> Any:
        """The sum of all products but the k largest by magnitude."""
        return self.total - sum(path.product for path in self.top(k))

    @cached_property
    def engine(self) -> Any:
        """What reverse mode found on its own for the same derivative."""
        return self.graph.gradient(self.target.name, wrt=self.source.name)[self.source.name]

    @property
    def agrees(self) -> bool:
        """Whether the path sum and the engine's figure are equal up to rounding."""
        ours, theirs = _entries(self.total), _entries(self.engine)
        return len(ours) == len(theirs) and all(
            close(x, y, self._scale) for x, y in zip(ours, theirs, strict=True)
        )


def _product(edges: tuple[Edge, ...]) -> float:
    product = 1.0
    for edge in edges:
        product *= edge.partial
    return product


def _entries(value: Any) -> list[float]:
    return list(value.flat) if is_array(value) else [value]


def _size(product: float) -> float:
    """A magnitude to sort by; what is not a number comes first, to be seen."""
    return math.inf if product != product else abs(product)
