"""The paths with the largest products one after the other, and the sum of all others.

Of all ways from a node to the target the best starts with some edge, and goes on in the best way
from there: so the best way of every node is known by dynamic programming. What is the next best?
Either another edge and then its best way; or the same edge, and then the next best way from its
end. So each node keeps, for each of its edges, the best way over it that is not yet taken, and
takes the largest of them when it is asked for one more. For that it has to ask in turn the end of
the edge that it took last, and no other node (V. Jiménez and A. Marzal, "Computing the K shortest
paths", 1999). One more path takes no more steps than there are nodes, however many paths there are.

    b ──α── c ──γ── e        ways from b by size, if α > β, γ > δ:    αγ, then αδ or βγ, ...
      ╲     ╱ ╲     ╱
       ──β──   ──δ──

Multiplying two sizes by a third does not change which is larger. That holds for floats, too, if
what is not a number counts as infinite: 0 · inf is nan, and inf is the largest. So the order is
exactly that of the products as they come out, multiplied from the target back.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from .graph import Edge

Steps: TypeAlias = Mapping[int, Sequence[Edge]]
"""For each node on a path, the edges on which a path can leave it, in writing order."""

Leg: TypeAlias = tuple[Edge, ...]
"""Edges one after the other, between which no way leaves or arrives."""

Way: TypeAlias = tuple[float, int, int]
"""From a node to the target: minus its size, the place of its first leg among those that leave the
node, and the rank of the way after that. So ways sort with the largest first, equal ones by place.
"""


def by_size(steps: Steps, source: int, target: int) -> Iterator[tuple[Edge, ...]]:
    """All paths, the largest first, each as its edges."""
    ways = _Ways(_legs(steps, source), target)
    rank = 0
    while ways.has(source, rank):
        yield ways.path(source, rank)
        rank += 1


def _legs(steps: Steps, source: int) -> dict[int, list[Leg]]:
    """For each node where ways part or meet, the legs that leave it."""
    arrivals = Counter(edge.target for edges in steps.values() for edge in edges)
    stops = {node for node, edges in steps.items() if len(edges) != 1 or arrivals[node] != 1}
    legs: dict[int, list[Leg]] = {}
    for node in stops | {source}:
        legs[node] = []
        for edge in steps[node]:
            leg = [edge]
            while leg[-1].target not in stops:
                leg += steps[leg[-1].target]
            legs[node].append(tuple(leg))
    return legs


class _Ways:
    """The ways from each node to the target, by size, found as they are asked for."""

    def __init__(self, legs: Mapping[int, Sequence[Leg]], target: int) -> None:
        self._legs = legs
        self._target = target
        self._taken: dict[int, list[Way]] = {target: [(-1.0, 0, 0)]}
        self._waiting: dict[int, list[Way]] = {}
        self._done = {target}  # they have no more ways
        for node in sorted(legs.keys() - {target}, reverse=True):
            self._taken[node] = [min(self._over(leg, i, 0) for i, leg in enumerate(legs[node]))]

    def _over(self, leg: Leg, place: int, rank: int) -> Way:
        """The way over a leg, and then the one of that rank from its end."""
        size = self._taken[leg[-1].target][rank][0]
        for edge in reversed(leg):
            size *= abs(edge.partial)
        return (size if size == size else -math.inf), place, rank

    def has(self, node: int, rank: int) -> bool:
        """Whether a node has a way of that rank, where all before it are known."""
        asked, wanted = [], rank
        end = node
        while len(self._taken[end]) == wanted and end not in self._done:
            asked.append(end)
            _, place, wanted = self._taken[end][-1]
            end, wanted = self._legs[end][place][-1].target, wanted + 1
        for each in reversed(asked):
            self._take_one_more(each)
        return len(self._taken[node]) > rank

    def _take_one_more(self, node: int) -> None:
        """Take the largest way that waits, once the next over the last one's leg waits, too."""
        legs, taken = self._legs[node], self._taken[node]
        _, place, rank = taken[-1]
        if node not in self._waiting:
            others = [self._over(leg, i, 0) for i, leg in enumerate(legs) if i != place]
            heapify(others)
            self._waiting[node] = others
        waiting = self._waiting[node]
        if len(self._taken[legs[place][-1].target]) > rank + 1:
            heappush(waiting, self._over(legs[place], place, rank + 1))
        if waiting:
            taken.append(heappop(waiting))
        else:
            self._done.add(node)

    def path(self, node: int, rank: int) -> tuple[Edge, ...]:
        """The edges of a way that is known."""
        edges: list[Edge] = []
        while node != self._target:
            _, place, rank = self._taken[node][rank]
            edges += self._legs[node][place]
            node = edges[-1].target
        return tuple(edges)


def rest(steps: Steps, source: int, target: int, paths: Sequence[tuple[Edge, ...]]) -> float:
    """The sum of the products of all paths but these.

    Each way that leaves them somewhere is multiplied by the sum over all paths from there on. So it
    is no difference, and exact to rounding even where it is tiny beside what is left out.
    """
    tail = {target: 1.0}
    for node in sorted(steps, reverse=True):
        if node != target:
            tail[node] = sum((e.partial * tail[e.target] for e in reversed(steps[node])), 0.0)
    total = 0.0
    # Those of the paths that have come the same way, how far, where to, and their product.
    groups = [(paths, 0, source, 1.0)]
    while groups:
        together, depth, node, product = groups.pop()
        if node == target:
            continue
        onward: dict[int, list[tuple[Edge, ...]]] = {}
        for path in together:
            onward.setdefault(id(path[depth]), []).append(path)
        for edge in steps[node]:
            further = product * edge.partial
            if id(edge) in onward:
                groups.append((onward[id(edge)], depth + 1, edge.target, further))
            else:
                total += further * tail[edge.target]
    return total
