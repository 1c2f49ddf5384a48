"""The order of vertices within each rank of a layered graph, chosen to cross few wires.

Sweeps sort each rank by the mean place of its neighbours in the rank before it (Sugiyama, Tagawa
and Toda, 1981); swaps of neighbours within a rank then take out crossings that the means leave
(Gansner et al., 1993). Each start ends when it stops improving; how many starts there are depends
on the work that one takes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from itertools import pairwise

Ranks = list[list[int]]
Neighbours = Sequence[Sequence[int]]

_STARTS = 14
_ROUNDS = 24  # of each start,
_PATIENCE = 2  # unless so many in turn improve nothing
# In vertices and wires, times rounds: a graph of 20 nodes gets all starts, one of 100 the first.
_WORK = 1_200
_LEAST_ROUNDS = 3  # whatever the work
_ONCE = 2  # by how much more a crossing of two results that are used once counts
_EAGER_PASSES = 4
_PASSES = 6


def order(rank: Sequence[int], before: Neighbours, after: Neighbours, boxes: int) -> Ranks:
    """The vertices of each rank, top to bottom.

    Each start is a walk from the sinks, which keeps what belongs together side by side, in argument
    order first and then in others; sweeps and swaps improve it. The first best result wins.
    A crossing of two results that are used once counts more: what belongs to one neuron stays
    together, and the wires of what all neurons use run across them.

    Args:
        rank: the rank of each vertex; every neighbour is exactly one rank away.
        before: for each vertex its neighbours one rank lower, in argument order.
        after: the same one rank higher.
        boxes: vertices below this number are boxes, and those from it on bends, numbered along the
            wires; a tie is decided for the order in which the boxes without operands were numbered.
    """
    leaves = {v for v in range(boxes) if not before[v]}
    once = _used_once(before, after, boxes)
    size = len(rank) + sum(map(len, before))
    work = max(_WORK, _LEAST_ROUNDS * size)
    at = [0] * len(rank)
    best: Ranks = []
    best_score: tuple[int, int] | None = None
    for start in range(_STARTS):
        rows = _start(start, rank, before, after)
        _number(rows, at)
        fewest = crossed = _crossings(rows, before, at)
        quiet = 0
        earlier: list[Ranks] = []
        for turn in range(1, _ROUNDS + 2):
            if best_score is None or crossed <= best_score[0]:
                weighed = crossed + _ONCE * _crossings(rows, once, at)
                score = (weighed, _out_of_order(rows, leaves))
                if best_score is None or score < best_score:
                    best, best_score = [list(row) for row in rows], score
            if best_score == (0, 0) or work < size:
                return _tidied(best, before, after, boxes)
            if quiet == _PATIENCE or turn > _ROUNDS or rows in earlier[-2:-1]:
                break
            earlier.append([list(row) for row in rows])
            _sweep(rows, before, after, at, turn)
            _swap(rows, before, after, at)
            crossed = _crossings(rows, before, at)
            quiet = 0 if crossed < fewest else quiet + 1
            fewest = min(fewest, crossed)
            work -= size
    return _tidied(best, before, after, boxes)


def _crossings(rows: Ranks, before: Neighbours, at: Sequence[int]) -> int:
    """The number of pairs of wires that cross between neighbouring ranks."""
    total = 0
    for row in rows[1:]:
        ends: list[int] = []
        for v in row:
            near = before[v]
            if len(near) == 1:
                ends.append(at[near[0]])
            elif near:
                ends += sorted([at[u] for u in near])
        left = sorted(ends)
        if left == ends:
            continue
        for end in ends:
            below = bisect_left(left, end)
            total += below
            del left[below]
    return total


def _start(start: int, rank: Sequence[int], before: Neighbours, after: Neighbours) -> Ranks:
    """The first start takes operands in argument order, the second all vertices as numbered."""
    if start == 1:
        return _as_numbered(rank)
    if start:
        before = [ends[::-1] if _coin(v, start) else ends for v, ends in enumerate(before)]
    return _depth_first(rank, before, after)


def _depth_first(rank: Sequence[int], before: Neighbours, after: Neighbours) -> Ranks:
    """Operands stay together: each rank in the order in which a walk from the sinks meets it."""
    rows: Ranks = [[] for _ in range(max(rank) + 1)]
    met = [False] * len(rank)
    stack = [v for v in reversed(range(len(rank))) if not after[v]]
    while stack:
        v = stack.pop()
        if met[v]:
            continue
        met[v] = True
        rows[rank[v]].append(v)
        stack.extend(reversed(before[v]))
    return rows


def _coin(v: int, start: int) -> bool:
    """Whether vertex v takes its operands in reverse: one time in two."""
    return (v * start * 2654435761 >> 15) % 2 == 1


def _as_numbered(rank: Sequence[int]) -> Ranks:
    rows: Ranks = [[] for _ in range(max(rank) + 1)]
    for v, r in enumerate(rank):
        rows[r].append(v)
    return rows


def _number(rows: Ranks, at: list[int]) -> None:
    for row in rows:
        for i, v in enumerate(row):
            at[v] = i


def _used_once(before: Neighbours, after: Neighbours, boxes: int) -> Neighbours:
    """The wires of boxes from which no other starts."""
    once = [len(ends) == 1 for ends in after]
    for v in range(boxes, len(before)):
        once[v] = once[before[v][0]]
    return [[u for u in ends if once[u]] for ends in before]


def _out_of_order(rows: Ranks, leaves: Container[int]) -> int:
    """How many neighbouring leaves of a rank stand against their numbering."""
    kept = [[v for v in row if v in leaves] for row in rows]
    return sum(u > v for row in kept for u, v in pairwise(row))


def _sweep(rows: Ranks, before: Neighbours, after: Neighbours, at: list[int], turn: int) -> None:
    """Sort every rank by where its neighbours are: upwards in odd turns, downwards in even."""
    upwards = turn % 2 == 1
    neighbours = before if upwards else after
    for row in rows[1:] if upwards else rows[-2::-1]:
        wishes = []
        for i, v in enumerate(row):
            ends = neighbours[v]
            # A vertex with no neighbour on that side keeps its place; the others fill the rest.
            if ends:
                total = 0
                for u in ends:
                    total += at[u]
                wishes.append((total / len(ends), i, v))
        ordered = sorted(wishes)
        if ordered != wishes:
            for (_, i, _), (_, _, v) in zip(wishes, ordered, strict=True):
                row[i] = v
                at[v] = i


def _swap(rows: Ranks, before: Neighbours, after: Neighbours, at: list[int]) -> None:
    """Swap neighbours in a rank as long as that uncrosses wires.

    Eager passes come first: they also swap where nothing is lost, and so leave dead ends. A rank is
    looked at again when the one beside it changed, or when it got better itself.
    """
    last = len(rows) - 1
    wide = [len(row) > 1 for row in rows]
    stale = list(wide)
    for turn in range(_PASSES):
        least = 0 if turn < _EAGER_PASSES else 1
        for r, row in enumerate(rows):
            if not stale[r]:
                continue
            best = -1
            v = row[0]
            for i in range(1, len(row)):
                u, v = v, row[i]
                gain = 0
                others = before[v]
                for end in before[u]:
                    above = at[end]
                    for other in others:
                        below = at[other]
                        if above > below:
                            gain += 1
                        elif above < below:
                            gain -= 1
                others = after[v]
                for end in after[u]:
                    above = at[end]
                    for other in others:
                        below = at[other]
                        if above > below:
                            gain += 1
                        elif above < below:
                            gain -= 1
                if gain >= least:
                    row[i - 1], row[i] = v, u
                    at[v], at[u] = i - 1, i
                    v = u
                    best = max(best, gain)
            stale[r] = best > 0
            if best >= 0:
                if r:
                    stale[r - 1] = wide[r - 1]
                if r < last:
                    stale[r + 1] = wide[r + 1]
        if not any(stale):
            break


def _tidied(rows: Ranks, before: Neighbours, after: Neighbours, boxes: int) -> Ranks:
    """No more crossings than before, and those of two long wires near an end of one of them.

    There, a wire leaves its course anyway.
    """
    at, since, until = ([0] * len(before) for _ in range(3))
    _number(rows, at)
    for v in range(boxes, len(before)):
        since[v] = since[before[v][0]] + 1
    for v in reversed(range(boxes, len(before))):
        until[v] = until[after[v][0]] + 1
    for turn in range(len(rows)):
        tidy = True
        for row in rows if turn % 2 else reversed(rows):
            for i in range(1, len(row)):
                u, v = row[i - 1], row[i]
                if u < boxes or v < boxes:
                    continue
                earlier = _sign(at[before[u][0]] - at[before[v][0]])
                later = _sign(at[after[u][0]] - at[after[v][0]])
                far_earlier = min(since[u] - 1, until[u], since[v] - 1, until[v])
                far_later = min(since[u], until[u] - 1, since[v], until[v] - 1)
                gain = earlier + later
                if gain > 0 or (gain == 0 and earlier * (far_earlier - far_later) > 0):
                    row[i - 1], row[i] = v, u
                    at[v], at[u] = i - 1, i
                    tidy = False
        if tidy:
            break
    return rows


def _sign(x: int) -> int:
    return (x > 0) - (x < 0)
