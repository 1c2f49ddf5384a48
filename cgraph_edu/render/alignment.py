"""Coordinates across the ranks: wires as straight as the order and the sizes allow.

Each rank is solved exactly: the closest positions to what its neighbours ask for, in a given
order and with given distances, is an isotonic regression (pool adjacent violators). Sweeps with
means bring the graph into shape; sweeps with weighted medians then make rows straight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

Distance = Callable[[int, int], float]
Terms = list[tuple[float, float]]  # (wanted position, weight)
Ends = list[tuple[int, float]]  # (vertex to be level with, weight)
Solver = Callable[[Sequence[int], Sequence[float], Sequence[Ends], Sequence[float]], list[float]]

_MEAN_SWEEPS = 2
_MEDIAN_SWEEPS = 4  # over both sides, after one over each
_BEND = 12.0  # the length in px that one bend more is worth


class Pull(NamedTuple):
    """A wire between two vertices of neighbouring ranks, which wants them at one height."""

    before: int
    after: int
    weight: float


def align(
    ranks: Sequence[Sequence[int]],
    pulls: Sequence[Pull],
    distance: Distance,
) -> list[float]:
    """The coordinate of every vertex.

    Args:
        ranks: the vertices of each rank, in order.
        pulls: the wires.
        distance: the least distance of two vertices that are neighbours in a rank.
    """
    count = sum(len(row) for row in ranks)
    offsets = [_offsets(row, distance) for row in ranks]
    position = [0.0] * count
    for row, offset in zip(ranks, offsets, strict=True):
        for v, o in zip(row, offset, strict=True):
            position[v] = o - offset[-1] / 2
    before, after, both = _ends(count, pulls)

    def sweep(upwards: bool, ends: Sequence[Ends], solve: Solver) -> None:
        for r in range(len(ranks)) if upwards else reversed(range(len(ranks))):
            row, offset = ranks[r], offsets[r]
            for v, o, y in zip(row, offset, solve(row, offset, ends, position), strict=True):
                position[v] = y + o

    def cost() -> float:
        total = 0.0
        for u, v, weight in pulls:
            rise = abs(position[u] - position[v])
            if rise > 0.5:
                total += weight * (rise + _BEND)
        return total

    for turn in range(_MEAN_SWEEPS):
        sweep(turn % 2 == 1, both, _means)
    best, best_cost = list(position), cost()
    # A sweep over one side depends on the rank that it starts from only: one more changes nothing.
    still = 0
    for turn, ends in enumerate((after, before, *[both] * _MEDIAN_SWEEPS)):
        earlier = list(position)
        sweep(turn % 2 == 1, ends, _medians)
        still = still + 1 if ends is both and position == earlier else 0
        if still == 2:  # nothing moves in either direction any more
            break
        now = cost()
        if now < best_cost - 1e-6:
            best, best_cost = list(position), now
    return best


def nudge(
    ranks: Sequence[Sequence[int]],
    position: Sequence[float],
    wanted: Mapping[int, float],
    distance: Distance,
) -> list[float]:
    """The same coordinates, but each vertex in `wanted` as near to its wish as the others allow."""
    nudged = list(position)
    for row in ranks:
        if any(v in wanted for v in row):
            offsets = _offsets(row, distance)
            wishes = [
                (wanted[v] - o, 1.0) if v in wanted else (position[v] - o, 1e6)
                for v, o in zip(row, offsets, strict=True)
            ]
            for v, o, y in zip(row, offsets, _pooled(wishes), strict=True):
                if v in wanted:
                    nudged[v] = y + o
    return nudged


def _ends(count: int, pulls: Sequence[Pull]) -> tuple[list[Ends], list[Ends], list[Ends]]:
    """For each vertex its wires' other ends, before it, after it, and on both sides.

    A vertex with none there weakly wants to stay where it is.
    """
    before: list[Ends] = [[] for _ in range(count)]
    after: list[Ends] = [[] for _ in range(count)]
    for u, v, weight in pulls:
        after[u].append((v, weight))
        before[v].append((u, weight))
    both = [one + other for one, other in zip(before, after, strict=True)]
    for side in (before, after, both):
        for v, ends in enumerate(side):
            if not ends:
                ends.append((v, 1e-3))
    return before, after, both


def _offsets(row: Sequence[int], distance: Distance) -> list[float]:
    offsets = [0.0]
    for u, v in pairwise(row):
        offsets.append(offsets[-1] + distance(u, v))
    return offsets


def _means(
    row: Sequence[int], offset: Sequence[float], ends: Sequence[Ends], position: Sequence[float]
) -> list[float]:
    """The non-decreasing positions with the least sum of weighted squares of what is missed."""
    wishes = []
    for v, o in zip(row, offset, strict=True):
        # Plain additions: sum() of floats rounds differently from Python 3.12 on.
        total = weight = 0.0
        for u, w in ends[v]:
            total += position[u] * w
            weight += w
        wishes.append((total / weight - o, weight))
    return _pooled(wishes)


def _pooled(wishes: Terms) -> list[float]:
    """Pool adjacent violators: each pool moves as one, to the mean of its members' wishes."""
    pools: list[tuple[float, float, int]] = []  # position, weight, members
    for at, weight in wishes:
        members = 1
        while pools and pools[-1][0] > at:
            earlier, w, more = pools.pop()
            at = (earlier * w + at * weight) / (w + weight)
            weight += w
            members += more
        pools.append((at, weight, members))
    return [at for at, _, members in pools for _ in range(members)]


def _medians(
    row: Sequence[int], offset: Sequence[float], ends: Sequence[Ends], position: Sequence[float]
) -> list[float]:
    """The same with absolute values for squares, and medians for means."""
    pools: list[tuple[float, Terms, int]] = []  # position, wishes, members
    for v, o in zip(row, offset, strict=True):
        terms = [(position[u] - o, w) for u, w in ends[v]]
        at, members = _median(terms), 1
        while pools and pools[-1][0] > at:
            _, earlier, more = pools.pop()
            terms = earlier + terms
            at = _median(terms)
            members += more
        pools.append((at, terms, members))
    return [at for at, _, members in pools for _ in range(members)]


def _median(terms: Terms) -> float:
    """The weighted median; of a whole interval of medians, the middle."""
    if len(terms) == 1:
        return terms[0][0]
    terms.sort()
    weight = 0.0
    for _, w in terms:
        weight += w
    half = weight / 2
    below = 0.0
    for i, (y, w) in enumerate(terms):
        below += w
        if below > half + 1e-9:
            return y
        if below > half - 1e-9 and i + 1 < len(terms):
            return (y + terms[i + 1][0]) / 2
    return terms[-1][0]
