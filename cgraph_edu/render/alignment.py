"""Coordinates across the ranks: wires as straight as the order and the sizes allow.

Each rank is solved exactly: the closest positions to what its neighbours ask for, in a given
order and with given distances, is an isotonic regression (pool adjacent violators). Sweeps with
means bring the graph into shape; sweeps with weighted medians then make rows straight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Distance = Callable[[int, int], float]
Terms = list[tuple[float, float]]  # (wanted position, weight)
Centre = Callable[[Terms], tuple[float, Terms]]  # the best position, and terms that stand for these

_MEAN_SWEEPS = 8
_MEDIAN_SWEEPS = 16
_BOTH_SIDES = 4  # the last of them
_LARGE = 5_000  # vertices; beyond, half the sweeps, to stay within seconds
_BEND = 12.0  # the length in px that one bend more is worth


@dataclass(frozen=True)
class Pull:
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
    before: list[Terms] = [[] for _ in range(count)]  # here (vertex, weight)
    after: list[Terms] = [[] for _ in range(count)]
    for pull in pulls:
        after[pull.before].append((pull.after, pull.weight))
        before[pull.after].append((pull.before, pull.weight))
    offsets = [_offsets(row, distance) for row in ranks]
    position = [0.0] * count
    for row, offset in zip(ranks, offsets, strict=True):
        for v, o in zip(row, offset, strict=True):
            position[v] = o - offset[-1] / 2

    def sweep(upwards: bool, sides: tuple[list[Terms], ...], centre: Centre) -> None:
        for r in range(len(ranks)) if upwards else reversed(range(len(ranks))):
            wishes: list[Terms] = []
            for v in ranks[r]:
                wish = [(position[int(u)], w) for side in sides for u, w in side[v]]
                wishes.append(wish or [(position[v], 1e-3)])
            settle(r, wishes, centre)

    def settle(r: int, wishes: list[Terms], centre: Centre) -> None:
        for v, y in zip(ranks[r], _isotonic(wishes, offsets[r], centre), strict=True):
            position[v] = y

    def cost() -> float:
        total = 0.0
        for pull in pulls:
            rise = abs(position[pull.before] - position[pull.after])
            if rise > 0.5:
                total += pull.weight * (rise + _BEND)
        return total

    speed = 2 if count > _LARGE else 1
    for turn in range(_MEAN_SWEEPS // speed):
        sweep(turn % 2 == 1, (before, after), _mean)
    best, best_cost = list(position), cost()
    sweeps = _MEDIAN_SWEEPS // speed
    for turn in range(sweeps):
        upwards = turn % 2 == 1
        one_side = (before,) if upwards else (after,)
        both = turn >= sweeps - _BOTH_SIDES
        sweep(upwards, (before, after) if both else one_side, _median)
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
            wishes = [[(wanted[v], 1.0) if v in wanted else (position[v], 1e6)] for v in row]
            for v, y in zip(row, _isotonic(wishes, _offsets(row, distance), _mean), strict=True):
                if v in wanted:
                    nudged[v] = y
    return nudged


def _offsets(row: Sequence[int], distance: Distance) -> list[float]:
    offsets = [0.0]
    for u, v in pairwise(row):
        offsets.append(offsets[-1] + distance(u, v))
    return offsets


def _isotonic(wishes: list[Terms], offsets: list[float], centre: Centre) -> list[float]:
    """Pool adjacent violators: each pool moves as one, to the centre of its members' wishes."""
    pools: list[tuple[float, int, Terms]] = []  # position, members, wishes
    for wish, offset in zip(wishes, offsets, strict=True):
        size = 1
        at, terms = centre([(y - offset, w) for y, w in wish])
        while pools and pools[-1][0] > at:
            _, members, earlier = pools.pop()
            size += members
            at, terms = centre(earlier + terms)
        pools.append((at, size, terms))
    positions = [at for at, members, _ in pools for _ in range(members)]
    return [at + offset for at, offset in zip(positions, offsets, strict=True)]


def _mean(terms: Terms) -> tuple[float, Terms]:
    # Plain additions: sum() of floats rounds differently from Python 3.12 on.
    total = weight = 0.0
    for y, w in terms:
        total += y * w
        weight += w
    return total / weight, [(total / weight, weight)]


def _median(terms: Terms) -> tuple[float, Terms]:
    """The weighted median; of a whole interval of medians, the middle."""
    terms = sorted(terms)
    weight = 0.0
    for _, w in terms:
        weight += w
    below = 0.0
    for i, (y, w) in enumerate(terms):
        below += w
        if below > weight / 2 + 1e-9:
            return y, terms
        if below > weight / 2 - 1e-9 and i + 1 < len(terms):
            return (y + terms[i + 1][0]) / 2, terms
    return terms[-1][0], terms
