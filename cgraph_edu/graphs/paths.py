"""The derivative as a sum over paths.

    ∂target/∂source  =  Σ over paths  Π over edges of a path  ∂(edge's target)/∂(edge's source)

The number of paths can double with every node, so the count and the sum are found by dynamic
programming, edge by edge from the source on; single paths are made only when asked for.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from ..core import floats
from ..core.derivatives import ones_like, zeros_like
from ..core.numbers import close, counted, format_count
from ..core.tensor import is_array
from . import largest
from .graph import Edge, Graph, Node

if TYPE_CHECKING:
    from .factored import Factored

MOST_ARRAY_PATHS = 4096
"""Array graphs are summed path by path; with more paths than this the sum is refused."""

PART = 4096
"""After so many edges, counts that no later edge needs are forgotten."""

MOST_ENDS = 32
"""So many ways on are kept for a node near the target, each of so many edges at most."""


class TooManyPathsError(ValueError):
    """More paths through arrays than are summed one by one."""


Crossing: TypeAlias = tuple[str, str] | tuple[str, str, int] | Edge
"""An edge: by its ends, by its ends and its port, or itself."""

Waypoint: TypeAlias = str | Crossing
"""A node by name, or an edge."""

Use: TypeAlias = tuple[int, int, Any]
"""An edge as its source, its target and its local partial."""

End: TypeAlias = tuple[tuple[Edge, ...], float]
"""The last edges of a path, and their product."""

Leg: TypeAlias = tuple[int, int]
"""A stretch of the way, from one node to another."""


@dataclass(slots=True)
class Path:
    """One way from the source to the target."""

    sum: PathSum
    """The sum that it is a term of."""
    edges: tuple[Edge, ...]
    product: Any
    """The product of the local partials along it, multiplied from the target back; for arrays the
    chain of vjps along its edges."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of its nodes, source first."""
        tape = self.sum.graph.tape
        return (self.sum.source.name, *[tape[edge.target].name for edge in self.edges])

    @property
    def factors(self) -> tuple[Any, ...]:
        """The local partial of each edge, in order."""
        return tuple(edge.partial for edge in self.edges)

    def __repr__(self) -> str:
        return f"Path({' → '.join(self.nodes)}, product={self.product!r})"


class PathSum:
    """All paths from `source` to `target`, with their products and their sum.

    Args:
        graph: the graph.
        source, target: two of its nodes.
        between: a node or an edge: only the paths through it then.

    Raises:
        UnknownNameError, ValueError: for a waypoint that the graph does not have.
        TypeError: for what is no waypoint.
    """

    def __init__(
        self, graph: Graph, source: Node, target: Node, between: Waypoint | None = None
    ) -> None:
        self.graph = graph
        self.source = source
        self.target = target
        self.between = between
        ends = source.index, target.index
        self._crossings: tuple[Edge, ...] = ()
        self._legs: tuple[Leg, ...] = (ends,)
        self._largest: list[Path] = []
        if isinstance(between, str):
            middle = graph.node(between).index
            self._legs = ((ends[0], middle), (middle, ends[1]))
        elif between is not None:
            self._crossings = _edges_at(graph, between)
            first = self._crossings[0]
            self._legs = ((ends[0], first.source), (first.target, ends[1]))

    def __repr__(self) -> str:
        paths = counted(self.count, "path")
        return f"PathSum(∂{self.target.name}/∂{self.source.name}, {paths})"

    # --- Counting and summing, without making a path ---------------------------------------------

    @cached_property
    def count(self) -> int:
        """How many paths there are, exactly."""
        return self._sum[0]

    @cached_property
    def total(self) -> Any:
        """The sum of all path products, without enumerating the paths."""
        if self.graph.has_arrays:
            return self._array_sum(self._by_size)
        return self._sum[1]

    @cached_property
    def _sum(self) -> tuple[int, float]:
        """The number of paths, and the sum of their products.

        Of ways that go on from one another the numbers multiply, and so do the sums.
        """
        count, total = max(1, len(self._crossings)), 1.0
        is_number = not self.graph.has_arrays
        if self._crossings and is_number:
            total = sum((edge.partial for edge in self._crossings), 0.0)
        for start, end in self._legs:
            ways, flow = _flow(self.graph, start, end)
            count *= ways
            total = total * flow if is_number else 0.0
        return (count, total) if count else (0, 0.0)

    @cached_property
    def scale(self) -> float:
        """The sum of the products' sizes: how large the terms are that may cancel in the total."""
        if self.graph.has_arrays:
            return max((_size(p.product) for p in self._by_size), default=0.0)
        size = {self.source.index: 1.0}
        for edge in self.edges:
            size[edge.target] = size.get(edge.target, 0.0) + size[edge.source] * abs(edge.partial)
        return size.get(self.target.index, 0.0)

    @property
    def is_summed(self) -> bool:
        """Whether there is a total: not for too many paths through arrays."""
        return not self.graph.has_arrays or self.count <= MOST_ARRAY_PATHS

    @cached_property
    def _by_size(self) -> list[Path]:
        """All paths through arrays, the largest first."""
        if not self.is_summed:
            raise TooManyPathsError(
                f"{format_count(self.count)} paths through arrays from {self.source.name} to "
                f"{self.target.name}: at most {format_count(MOST_ARRAY_PATHS)} are summed one by "
                "one. Take a source nearer to the target"
            )
        return sorted(self.paths, key=lambda path: -_size(path.product))

    def _array_sum(self, paths: Iterable[Path]) -> Any:
        return sum((path.product for path in paths), zeros_like(self.source.value))

    def share(self, through: Waypoint) -> float:
        """How much of the derivative passes through a node or an edge.

        That is the sum over the paths through it, divided by the sum over all: 1 where every path
        meets it, 0 where none does. Where products cancel it can be negative or above 1; where the
        sum is 0 it is inf or nan. Raises ValueError for arrays.
        """
        if self.graph.has_arrays:
            raise ValueError("the share of a derivative that is an array is no single number")
        part = PathSum(self.graph, self.source, self.target, through)
        return floats.div(part.total, self.total)

    # --- The edges on the way --------------------------------------------------------------------

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges that lie on a path, in the graph's order."""
        if not self.count:
            return ()
        first, *others = (_between(self.graph, start, end) for start, end in self._legs)
        return (*first, *self._crossings, *(edge for part in others for edge in part))

    @property
    def length(self) -> int:
        """The number of edges of all paths together, exactly."""
        ways, node, onward = {self.target.index: (1, 0)}, -1, (0, 0)
        for edge in reversed(self.edges):
            if edge.target != node:
                node = edge.target
                onward = ways.pop(node)  # counts can be long: none is kept in vain
            count, length = ways.get(edge.source, (0, 0))
            ways[edge.source] = count + onward[0], length + onward[0] + onward[1]
        return ways[self.source.index][1] if self.count else 0

    @cached_property
    def _steps(self) -> dict[int, list[Edge]]:
        """For each node on a path, the edges on which a path can leave it, in writing order."""
        steps: dict[int, list[Edge]] = {self.source.index: []} if self.count else {}
        for edge in self.edges:
            steps[edge.source].append(edge)
            steps.setdefault(edge.target, [])
        return steps

    # --- One path after the other ----------------------------------------------------------------

    @property
    def paths(self) -> Iterator[Path]:
        """The paths one by one, in writing order, made as they are asked for."""
        if self.count and self.source.index == self.target.index:
            yield Path(self, (), 1.0)
        elif self.count:
            yield from self._walk([iter(self._steps[self.source.index])], [])

    def paths_after(self, path: Path) -> Iterator[Path]:
        """The paths that follow `path` in writing order: to go on where one stopped."""
        trail = list(path.edges)
        rest = []
        for edge in trail:
            later = iter(self._steps[edge.source])
            next(each for each in later if each == edge)
            rest.append(later)
        yield from self._walk(rest, trail[:-1])

    def _walk(self, rest: list[Iterator[Edge]], trail: list[Edge]) -> Iterator[Path]:
        """Depth first: `trail` is where we are, `rest` what is to be tried at each node of it."""
        steps, ends, is_array_sum = self._steps, self._ends, self.graph.has_arrays
        factors = deque(edge.partial for edge in reversed(trail))  # the last one first
        while rest:
            for edge in rest[-1]:
                if edge.target not in ends:
                    trail.append(edge)
                    factors.appendleft(edge.partial)
                    rest.append(iter(steps[edge.target]))
                    break
                way = (*trail, edge)
                for end, product in ends[edge.target]:
                    edges = way + end
                    if is_array_sum:
                        product = self._chain(edges)
                    else:
                        product = math.prod(factors, start=edge.partial * product)
                    yield Path(self, edges, product)
            else:
                rest.pop()
                if trail:
                    trail.pop()
                    factors.popleft()

    @cached_property
    def _ends(self) -> dict[int, list[End]]:
        """For nodes near the target all ways on, with their products, which many paths share."""
        ends: dict[int, list[End]] = {self.target.index: [((), 1.0)]}
        for node, edges in sorted(self._steps.items(), reverse=True):
            if self.graph.has_arrays or not all(edge.target in ends for edge in edges):
                continue
            found = [
                ((edge, *end), edge.partial * product)
                for edge in edges
                for end, product in ends[edge.target]
            ]
            if 0 < len(found) <= MOST_ENDS and max(len(end) for end, _ in found) <= MOST_ENDS:
                ends[node] = found
        return ends

    def _chain(self, edges: Sequence[Edge]) -> Any:
        x_bar = ones_like(self.target.value)
        for edge in reversed(edges):
            x_bar = self.graph.vjp(edge, x_bar)
        return x_bar

    # --- The largest, and the rest ---------------------------------------------------------------

    def top(self, k: int) -> list[Path]:
        """The k paths with the largest products by size, without enumerating the others.

        What is not a number counts as larger than all, to be seen. Equal ones stand in writing
        order; but if unequal products only become equal further towards the source, by a factor of
        0 or inf or by rounding, the larger stands first. The first of them do not depend on k. An
        array's size is its largest entry's: there the paths have to be enumerated.

        Raises TypeError where k is no whole number.
        """
        k = max(_whole(k), 0)
        if self.graph.has_arrays:
            return self._by_size[:k]
        missing = k - len(self._largest)
        for edges in islice(self._descending, max(missing, 0)):
            product = math.prod((edge.partial for edge in reversed(edges)), start=1.0)
            self._largest.append(Path(self, edges, product))
        return self._largest[:k]

    @cached_property
    def _descending(self) -> Iterator[tuple[Edge, ...]]:
        """The paths of numbers, the largest first."""
        if not self.count:
            return iter(())
        return largest.by_size(self._steps, self.source.index, self.target.index)

    def remainder(self, k: int) -> Any:
        """The sum of all products but the k largest.

        It is summed on its own, not as a difference: so it is exact to rounding even where it is
        tiny beside them. Raises TypeError where k is no whole number.
        """
        if self.graph.has_arrays:
            return self._array_sum(self._by_size[max(_whole(k), 0) :])
        best = [path.edges for path in self.top(k)]
        if not best:
            return self.total
        return largest.rest(self._steps, self.source.index, self.target.index, best)

    # --- The engine's figure, and the factored form ----------------------------------------------

    @cached_property
    def engine(self) -> Any:
        """What reverse mode found on its own for the same derivative.

        It knows of no `between`: then it is None.
        """
        if self.between is not None:
            return None
        return self.graph.gradient(self.target.name, wrt=self.source.name)[self.source.name]

    @property
    def agrees(self) -> bool:
        """Whether the path sum and the engine's figure are equal up to rounding.

        Raises ValueError for a sum over some of the paths only.
        """
        if self.between is not None:
            raise ValueError("the engine's figure is for all paths: leave `between` out to compare")
        if is_array(self.total) and is_array(self.engine):
            return _all_close(self.total, self.engine, self.scale, self.graph.tolerance)
        ours, theirs = entries(self.total), entries(self.engine)
        return len(ours) == len(theirs) and all(
            close(x, y, self.scale, self.graph.tolerance) for x, y in zip(ours, theirs, strict=True)
        )

    @cached_property
    def factored(self) -> Factored:
        """The sum in factored form, wherever all paths meet again: (α + β)(γ + δ)."""
        from .factored import Factored

        return Factored(self)


def _edges_at(graph: Graph, waypoint: Crossing) -> tuple[Edge, ...]:
    """The edges that a waypoint means: one, or all between two nodes."""
    if isinstance(waypoint, Edge):
        found = [edge for edge in graph.edges if edge is waypoint]
        text = f"{waypoint}"
    else:
        match waypoint:
            case (str() as source, str() as target, *port) if len(port) < 2:
                pass
            case _:
                raise TypeError(
                    f"between={waypoint!r} is neither a node nor an edge: give a name, as 'c', two "
                    "names, as ('c', 'e'), or two and an operand's place, as ('c', 'e', 0)"
                )
        ends = graph.node(source).index, graph.node(target).index
        found = [edge for edge in graph.edges if (edge.source, edge.target) == ends]
        found = [edge for edge in found if not port or edge.port == port[0]]
        text = f"from {source} to {target}" + (f" at port {port[0]}" if port else "")
    if not found:
        raise ValueError(f"there is no edge {text}")
    return tuple(found)


def _flow(graph: Graph, start: int, end: int) -> tuple[int, float]:
    """The number of paths between two nodes of the tape, and the sum of their products."""
    if start >= end:
        return (1, 1.0) if start == end else (0, 0.0)
    ways, flow = [0] * (end + 1), [0.0] * (end + 1)
    ways[start], flow[start] = 1, 1.0
    window = _window(graph, start, end)
    if graph.has_arrays:
        window = [(source, target, 0.0) for source, target, _ in window]
    for first in range(0, len(window), PART):
        part = window[first : first + PART]
        for source, target, partial in part:
            known = ways[source]
            if known:
                ways[target] += known
                flow[target] += flow[source] * partial
        if len(part) < len(window):  # a big graph's counts are long: none is kept in vain
            if not first:
                last = {source: place for place, (source, _, _) in enumerate(window)}
            for source, _, _ in part:
                if last[source] < first + PART:
                    ways[source] = 0
    return ways[end], flow[end]


def _window(graph: Graph, start: int, end: int) -> Sequence[Use]:
    """The edges whose targets lie after `start` and not after `end` on the tape."""
    target = itemgetter(1)
    first = bisect_right(graph.uses, start, key=target)
    return graph.uses[first : bisect_right(graph.uses, end, key=target)]


def _between(graph: Graph, start: int, end: int) -> list[Edge]:
    """The edges on the paths from one node of the tape to another, in the graph's order."""
    first = bisect_right(graph.uses, start, key=itemgetter(1))
    window = graph.edges[first : first + len(_window(graph, start, end))]
    leads = {end}
    for edge in reversed(window):
        if edge.target in leads:
            leads.add(edge.source)
    reached = {start}
    found = []
    for edge in window:
        if edge.source in reached and edge.target in leads:
            reached.add(edge.target)
            found.append(edge)
    return found


def _whole(k: int) -> int:
    if not isinstance(k, int):
        raise TypeError(f"k, how many paths, must be a whole number, not {k!r}")
    return k


def _size(value: Any) -> float:
    """The largest entry's size; what is not a number counts as larger than all."""
    if not is_array(value):
        return math.inf if value != value else abs(value)
    import numpy as np

    largest = float(np.abs(value).max(initial=0.0))
    return math.inf if largest != largest else largest


def _all_close(ours: Any, theirs: Any, scale: float, tolerance: float) -> bool:
    """`close` for each entry of two arrays: there may be millions."""
    import numpy as np

    if ours.size != theirs.size:
        return False
    x, y = ours.ravel(), theirs.ravel()
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    if same.all():
        return True
    x, y = x[~same], y[~same]
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return False
    allowed = np.maximum(np.abs(x), np.abs(y))
    allowed = tolerance * np.maximum(allowed, scale if math.isfinite(scale) else 0.0)
    with np.errstate(over="ignore"):
        return bool((np.abs(x - y) <= allowed).all())


def entries(value: Any) -> list[float]:
    """The numbers in an array; a number alone."""
    return list(value.flat) if is_array(value) else [value]
