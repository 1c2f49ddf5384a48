"""The order of vertices within each rank of a layered graph, chosen to cross few wires."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise

Ranks = list[list[int]]
Neighbours = Sequence[Sequence[int]]

# Every round costs about the same per vertex; a graph of many thousand vertices gets fewer rounds
# and starts, so that the time stays in seconds.
_WORK = 120_000
_MOST_ROUNDS = 24
_MOST_STARTS = 14


def order(rank: Sequence[int], before: Neighbours, after: Neighbours, inputs: int) -> Ranks:
    """The vertices of each rank, top to bottom.

    Each start is a walk from the sinks, which keeps what belongs together side by side, in argument
    order first and then in others; sweeps improve it. The first best result wins.

    Args:
        rank: the rank of each vertex; every neighbour is exactly one rank away.
        before: for each vertex its neighbours one rank lower, in argument order.
        after: the same one rank higher.
        inputs: vertices below this number are boxes; a tie is decided for the order in which
            the boxes without operands were numbered.
    """
    leaves = [v for v in range(inputs) if not before[v]]
    rounds = max(3, min(_MOST_ROUNDS, _WORK // max(1, len(rank))))
    starts = max(2, min(_MOST_STARTS, _WORK // max(1, len(rank) * rounds)))
    best: Ranks = []
    best_score: tuple[int, int] | None = None
    for start in range(starts):
        if start == 1:
            current = _as_numbered(rank)
        else:
            turned = [
                operands[::-1] if _coin(v, start) else operands for v, operands in enumerate(before)
            ]
            current = _depth_first(rank, turned, after)
        for turn in range(rounds + 1):
            if turn:
                current = _sweep(current, before, after, turn)
                _transpose(current, before, after, turn % 3 == 0)
            score = (crossings(current, before), _out_of_order(current, leaves))
            if best_score is None or score < best_score:
                best, best_score = [list(row) for row in current], score
            if best_score == (0, 0):
                return best
    return best


def crossings(ranks: Ranks, before: Neighbours) -> int:
    """The number of pairs of wires that cross between neighbouring ranks."""
    total = 0
    for lower, upper in pairwise(ranks):
        place = {v: i for i, v in enumerate(lower)}
        seen: list[int] = []
        for v in upper:
            ends = sorted(place[u] for u in before[v])
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def _depth_first(rank: Sequence[int], before: Neighbours, after: Neighbours) -> Ranks:
    """Operands stay together: each rank in the order in which a walk from the sinks meets it."""
    ranks: Ranks = [[] for _ in range(max(rank) + 1)]
    met = [False] * len(rank)
    stack = [v for v in reversed(range(len(rank))) if not after[v]]
    while stack:
        v = stack.pop()
        if met[v]:
            continue
        met[v] = True
        ranks[rank[v]].append(v)
        stack.extend(reversed(before[v]))
    return ranks


def _coin(v: int, start: int) -> bool:
    """Whether vertex v takes its operands in reverse: never at first, then one time in two."""
    return (v * start * 2654435761 >> 15) % 2 == 1


def _as_numbered(rank: Sequence[int]) -> Ranks:
    ranks: Ranks = [[] for _ in range(max(rank) + 1)]
    for v, r in enumerate(rank):
        ranks[r].append(v)
    return ranks


def _out_of_order(ranks: Ranks, leaves: Sequence[int]) -> int:
    """How many neighbouring leaves of a rank stand against their numbering."""
    wanted = [False] * (max(leaves, default=-1) + 1)
    for v in leaves:
        wanted[v] = True
    count = 0
    for row in ranks:
        kept = [v for v in row if v < len(wanted) and wanted[v]]
        count += sum(u > v for u, v in pairwise(kept))
    return count


def _sweep(ranks: Ranks, before: Neighbours, after: Neighbours, turn: int) -> Ranks:
    """Sort every rank by where its neighbours are: upwards in odd turns, downwards in even."""
    rows = [list(row) for row in ranks]
    upwards = turn % 2 == 1
    neighbours = before if upwards else after
    numbers = range(1, len(rows)) if upwards else range(len(rows) - 2, -1, -1)
    centre = _mean if turn % 4 < 2 else _median
    for r in numbers:
        fixed = rows[r - 1 if upwards else r + 1]
        place = {v: i for i, v in enumerate(fixed)}
        row = rows[r]
        wish = [
            centre(sorted(place[u] for u in neighbours[v])) if neighbours[v] else None for v in row
        ]
        # A vertex with no neighbour on that side keeps its place; the others fill the rest.
        movable = sorted((w, i) for i, w in enumerate(wish) if w is not None)
        sorted_row = (row[i] for _, i in movable)
        rows[r] = [v if w is None else next(sorted_row) for v, w in zip(row, wish, strict=True)]
    return rows


def _mean(places: list[int]) -> float:
    return sum(places) / len(places)


def _median(places: list[int]) -> float:
    middle = len(places) // 2
    if len(places) % 2:
        return float(places[middle])
    return (places[middle - 1] + places[middle]) / 2


def _transpose(ranks: Ranks, before: Neighbours, after: Neighbours, eager: bool) -> None:
    """Swap neighbours in a rank as long as that uncrosses wires, in place.

    An eager pass comes first: it also swaps where nothing is lost, and so leaves a dead end.
    """
    place = [0] * len(before)
    for row in ranks:
        for i, v in enumerate(row):
            place[v] = i
    for turn in range(8):
        least = 0 if eager and turn == 0 else 1
        improved = False
        for row in ranks:
            for i in range(len(row) - 1):
                u, v = row[i], row[i + 1]
                gain = 0
                for side in (before, after):
                    gain += _inversions(side[u], side[v], place)
                    gain -= _inversions(side[v], side[u], place)
                if gain >= least:
                    row[i], row[i + 1] = v, u
                    place[u], place[v] = i + 1, i
                    improved = True
        if not improved:
            return


def _inversions(upper: Sequence[int], lower: Sequence[int], place: Sequence[int]) -> int:
    """Crossings between the wires of two neighbours, the first standing above the second."""
    count = 0
    for u in upper:
        at = place[u]
        for v in lower:
            count += at > place[v]
    return count
