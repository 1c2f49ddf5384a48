"""Coordinates across the ranks: wires as straight as the order and the sizes allow.

Each rank is solved exactly: the closest positions to what its neighbours ask for, in a given
order and with given distances, is an isotonic regression (pool adjacent violators) with weighted
medians, which makes rows straight. Sweeps over one side bring the graph into shape; sweeps over
both sides settle it. Positions are whole pixels, so that all of it is exact, everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

Pull = tuple[int, int, int]
"""A wire between two vertices of neighbouring ranks, which wants them at one height; its weight."""

Terms = list[tuple[int, int]]  # (wanted position, weight)
Ends = list[tuple[int, int]]  # (vertex to be level with, weight)

_SWEEPS = 3  # over both sides, after one over each
_BEND = 12  # the length in px that one bend more is worth


def align(ranks: Sequence[Sequence[int]], pulls: Sequence[Pull], room: Sequence[int]) -> list[int]:
    """The coordinate of every vertex.

    Args:
        ranks: the vertices of each rank, in order.
        pulls: the wires.
        room: what each vertex needs on either side of its coordinate, in px.
    """
    offsets = _offsets(ranks, room)
    position = list(offsets)
    for row in ranks:
        middle = offsets[row[-1]] // 2
        for v in row:
            position[v] -= middle
    before: list[Ends] = [[] for _ in room]
    after: list[Ends] = [[] for _ in room]
    for u, v, weight in pulls:
        after[u].append((v, weight))
        before[v].append((u, weight))
    both = [one + other for one, other in zip(before, after, strict=True)]
    best, least = position, -1
    forwards = range(len(ranks))
    # A sweep over one side depends on the rank that it starts from only.
    sweeps = [(forwards[::-1], after), (forwards, before)]
    sweeps += [(forwards[:: 1 if turn % 2 else -1], both) for turn in range(_SWEEPS)]
    stale: list[bool] = []
    for turn, (order, ends) in enumerate(sweeps):
        if turn <= 2:
            stale = [True] * len(ranks)
        for r in order:
            # With the ranks beside it as they were, nothing moves.
            if stale[r] and _settle(ranks[r], offsets, ends, position):
                for near in range(max(0, r - 1), min(r + 2, len(ranks))):
                    stale[near] = True
            stale[r] = False
        cost = 0
        for u, v, weight in pulls:
            rise = position[u] - position[v]
            if rise:
                cost += weight * (abs(rise) + _BEND)
        if least < 0 or cost < least:
            best, least = list(position), cost
    return best


def spread(wanted: Sequence[int], weight: Sequence[int], room: Sequence[int]) -> list[int]:
    """The coordinates of one rank in order, as near to what is wanted as their distances allow.

    They have the least sum of weighted squares of what is missed.
    """
    # Pools move as one, to the mean of their members' wishes: position, weight, members.
    pools: list[tuple[float, int, int]] = []
    offsets = []
    offset = -room[0]
    for wish, w, r in zip(wanted, weight, room, strict=True):
        offset += r
        offsets.append(offset)
        at: float = wish - offset
        offset += r
        members = 1
        while pools and pools[-1][0] > at:
            earlier, more, others = pools.pop()
            at = (earlier * more + at * w) / (more + w)
            w += more
            members += others
        pools.append((at, w, members))
    starts = [round(at) for at, _, members in pools for _ in range(members)]
    return [at + offset for at, offset in zip(starts, offsets, strict=True)]


def _offsets(ranks: Sequence[Sequence[int]], room: Sequence[int]) -> list[int]:
    """How far each vertex at least is from the first one of its rank."""
    offsets = [0] * len(room)
    for row in ranks:
        at = -room[row[0]]
        for v in row:
            at += room[v]
            offsets[v] = at
            at += room[v]
    return offsets


def _settle(
    row: Sequence[int], offsets: Sequence[int], ends: Sequence[Ends], position: list[int]
) -> bool:
    """Give a rank the positions with the least sum of weighted distances to what its ends are at.

    Pools move as one, to the median of their members' wishes. A vertex without ends weakly wants to
    stay. Says whether anything moved.
    """
    pools: list[tuple[int, Terms, list[int]]] = []  # position, wishes (of one vertex: none yet)
    for v in row:
        offset = offsets[v]
        near = ends[v]
        members = [v]
        terms: Terms = []
        if len(near) == 2:  # as on every wire
            (one, w), (other, x) = near
            if w == x:
                at = (position[one] + position[other]) // 2 - offset
            else:
                at = position[one if w > x else other] - offset
        elif len(near) == 1:
            at = position[near[0][0]] - offset
        else:
            terms = _wishes(v, offset, near, position)
            at = _median(terms)
        while pools and pools[-1][0] > at:
            _, others, earlier = pools.pop()
            terms = terms or _wishes(v, offset, near, position)
            if not others:
                u = earlier[0]
                others = _wishes(u, offsets[u], ends[u], position)
            terms += others
            at = _median(terms)
            members = earlier + members
        pools.append((at, terms, members))
    moved = False
    for at, _, members in pools:
        for v in members:
            y = at + offsets[v]
            if position[v] != y:
                position[v] = y
                moved = True
    return moved


def _wishes(v: int, offset: int, ends: Ends, position: Sequence[int]) -> Terms:
    return [(position[u] - offset, w << 10) for u, w in ends] or [(position[v] - offset, 1)]


def _median(terms: Terms) -> int:
    """The weighted median, of terms that it sorts; of a whole interval of medians, the middle."""
    terms.sort()
    left = 0
    for _, w in terms:
        left += w
    i = 0
    while (left := left - 2 * terms[i][1]) > 0:
        i += 1
    return terms[i][0] if left else (terms[i][0] + terms[i + 1][0]) // 2
