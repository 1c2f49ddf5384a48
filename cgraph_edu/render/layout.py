"""Where boxes, labels and wires of a graph go: a layered layout in plain Python.

The method of Sugiyama, Tagawa and Toda (1981), with these choices: a label is a vertex of its
own rank with its real size, so that nothing can overlap it; the boxes' coordinates come from
weighted medians (after Gansner et al., "A Technique for Drawing Directed Graphs", 1993), which
makes straight rows; wires are monotone cubics that stay in their own lane across a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from .alignment import Pull, align, nudge
from .ordering import order
from .wires import Point, Stop, Wire, route

Direction = Literal["right", "down"]


_AROUND_WIRE = 8.0  # free room in px above and below a wire
_PORT = 11.0  # wires arrive this far from the middle of a side,
_HEAD = 8.0  # and end so far before it, for the arrowhead
_LEVEL = 3.0  # a wire that rises less looks straight


@dataclass(frozen=True)
class Gaps:
    """Free room in px: above and below each box and label, and between columns."""

    box: float = 28.0
    label: float = 7.0
    columns: float = 42.0


@dataclass(frozen=True)
class Box:
    """A rectangle to place."""

    width: float
    height: float


@dataclass(frozen=True)
class Link:
    """A wire to draw from an earlier box to a later one, and the size of its label.

    The links into one box are given in the order of its operands.
    """

    source: int
    target: int
    label_width: float = 0.0
    label_height: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Finished coordinates, from (0, 0) to (width, height), rounded to 0.01 px."""

    width: float
    height: float
    boxes: tuple[Point, ...]  # the centre of each box
    labels: tuple[Point, ...]  # the centre of each link's label
    wires: tuple[Wire, ...]  # one for each link


def ranks(count: int, links: Sequence[Link]) -> list[int]:
    """The column of each box: the longest path to it, but close to the boxes that use it.

    Raises:
        ValueError: if a link does not run from an earlier box to a later one.
    """
    rank = [0] * count
    into = [0] * count
    users: list[list[int]] = [[] for _ in range(count)]
    for link in sorted(links, key=lambda link: link.target):
        if not 0 <= link.source < link.target < count:
            raise ValueError(f"a link runs from box {link.source} to box {link.target}")
        rank[link.target] = max(rank[link.target], rank[link.source] + 1)
        into[link.target] += 1
        users[link.source].append(link.target)
    for v in reversed(range(count)):
        # With more wires out than in, moving towards the users shortens the wires.
        if len(users[v]) > into[v]:
            rank[v] = min(rank[u] for u in users[v]) - 1
    return rank


def place(
    boxes: Sequence[Box],
    links: Sequence[Link],
    direction: Direction = "right",
    gaps: Gaps = Gaps(),
) -> Layout:
    """Place the boxes in columns from left to right, or in rows downwards.

    Raises:
        ValueError: if a link does not run from an earlier box to a later one.
    """
    if direction == "down":
        turned = place(
            [Box(box.height, box.width) for box in boxes],
            [Link(k.source, k.target, k.label_height, k.label_width) for k in links],
            gaps=gaps,
        )
        return Layout(
            turned.height,
            turned.width,
            tuple((y, x) for x, y in turned.boxes),
            tuple((y, x) for x, y in turned.labels),
            tuple(wire.transposed() for wire in turned.wires),
        )
    if not boxes:
        return Layout(0.0, 0.0, (), (), ())
    net = _Net(boxes, links, gaps)
    return net.layout()


class _Net:
    """The graph with every wire cut into pieces of one rank: boxes, then labels and bends."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[Link], gaps: Gaps) -> None:
        self.boxes, self.links, self.gaps = boxes, links, gaps
        self.width = [box.width for box in boxes]
        self.height = [box.height for box in boxes]
        self.clear = [gaps.box] * len(boxes)
        box_rank = ranks(len(boxes), links)
        low = min(box_rank)
        # Boxes have the even ranks; the odd ones between them are for labels.
        self.rank = [2 * (r - low) for r in box_rank]
        self.before: list[list[int]] = [[] for _ in boxes]
        self.after: list[list[int]] = [[] for _ in boxes]
        self.chains: list[list[int]] = []
        self.pulls: list[Pull] = []
        for link in links:
            self._cut(link)

    def _cut(self, link: Link) -> None:
        first, last = self.rank[link.source], self.rank[link.target]
        chain = []
        for r in range(first + 1, last):
            chain.append(len(self.rank))
            labelled = r == last - 1  # beside the operation whose partial it is
            self.rank.append(r)
            self.width.append(link.label_width if labelled else 0.0)
            self.height.append(link.label_height if labelled else 0.0)
            self.clear.append(self.gaps.label if labelled and link.label_height else _AROUND_WIRE)
            self.before.append([])
            self.after.append([])
        whole = [link.source, *chain, link.target]
        for u, v in pairwise(whole):
            self.after[u].append(v)
            self.before[v].append(u)
        self.chains.append(chain)

    def _weigh(self) -> None:
        """Wires pull harder where a bend would show more, or where a row should be straight."""
        into = [0] * len(self.boxes)
        out = [0] * len(self.boxes)
        for link in self.links:
            into[link.target] += 1
            out[link.source] += 1
        for link, chain in zip(self.links, self.chains, strict=True):
            own = 1.0 + (into[link.target] == 1) + (out[link.source] == 1)
            whole = [link.source, *chain, link.target]
            for i, (u, v) in enumerate(pairwise(whole)):
                # A long wire runs straight from its source and bends before its target.
                along = 1.0 if len(chain) == 1 or i == len(whole) - 2 else 8.0 if i else 2.0
                self.pulls.append(Pull(u, v, own * along))

    def layout(self) -> Layout:
        self._weigh()
        rows = order(self.rank, self.before, self.after, len(self.boxes))
        y = align(rows, self.pulls, self._distance)
        leave, arrive = self._ports(y)
        y = nudge(rows, y, self._halfway(y, leave, arrive), self._distance)
        top = min(y[v] - self.height[v] / 2 for v in range(len(y)))
        y = [round(at - top, 2) for at in y]
        height = max(at + h / 2 for at, h in zip(y, self.height, strict=True))
        columns = self._columns(rows, y)
        lanes = self._lanes(rows, y)
        centres = []
        for v, box in enumerate(self.boxes):
            right = columns[self.rank[v]][1]
            centres.append((round(right - box.width / 2, 2), y[v]))
        wires, labels = [], []
        for i, (link, chain) in enumerate(zip(self.links, self.chains, strict=True)):
            source, target = centres[link.source], centres[link.target]
            start = (source[0] + self.boxes[link.source].width / 2, source[1] + leave[i])
            side = target[0] - self.boxes[link.target].width / 2
            end = (side - _HEAD, target[1] + arrive[i])
            end_column = columns[self.rank[link.target]][0] - _HEAD
            stops = [Stop(*columns[self.rank[v]], y[v], *lanes[v]) for v in chain]
            wires.append(route(start, stops, end_column, end))
            left, right = columns[self.rank[chain[-1]]]
            labels.append((round((left + right) / 2, 2), y[chain[-1]]))
        return Layout(
            round(columns[-1][1], 2), round(height, 2), tuple(centres), tuple(labels), tuple(wires)
        )

    def _distance(self, u: int, v: int) -> float:
        return (self.height[u] + self.height[v]) / 2 + self.clear[u] + self.clear[v]

    def _columns(self, rows: list[list[int]], y: list[float]) -> list[tuple[float, float]]:
        """Left and right of each column; steep wires get a wider gap, or they become walls."""
        columns: list[tuple[float, float]] = []
        x = 0.0
        for r, row in enumerate(rows):
            if r:
                steepest = max((abs(y[u] - y[v]) for v in row for u in self.before[v]), default=0)
                x += max(self.gaps.columns, min(0.42 * steepest, 4 * self.gaps.columns))
            width = max((self.width[v] for v in row), default=0.0)
            columns.append((round(x, 2), round(x + width, 2)))
            x += width
        return columns

    def _lanes(self, rows: list[list[int]], y: list[float]) -> list[tuple[float, float]]:
        """How far a wire may stray up and down at each vertex and not come near a neighbour."""
        lanes = [(0.0, 0.0)] * len(y)
        for row in rows:
            for i, v in enumerate(row):
                free = []
                for u in (row[i - 1] if i else None, row[i + 1] if i + 1 < len(row) else None):
                    if u is None:
                        free.append(float("inf"))
                    else:
                        apart = abs(y[u] - y[v])
                        bare = self.height[u] == 0  # another wire, which strays as well
                        free.append(apart / 2 if bare else apart - self.height[u] / 2)
                lanes[v] = (free[0], free[1])
        return lanes

    def _ports(self, y: list[float]) -> tuple[list[float], list[float]]:
        """Where each link leaves its source and meets its target, from the middle of the side."""
        leave, arrive = [0.0] * len(self.links), [0.0] * len(self.links)
        out: list[list[int]] = [[] for _ in self.boxes]
        into: list[list[int]] = [[] for _ in self.boxes]
        for i, link in enumerate(self.links):
            out[link.source].append(i)
            into[link.target].append(i)
        for box in range(len(self.boxes)):
            for ends, offsets, at in ((out[box], leave, 0), (into[box], arrive, -1)):
                ends.sort(key=lambda i: (y[self.chains[i][at]], i))
                level = [self._level(i, box, at, y) for i in ends]
                for i, offset in zip(ends, self._spread(level, box), strict=True):
                    offsets[i] = offset
        return leave, arrive

    def _level(self, i: int, box: int, at: int, y: list[float]) -> bool:
        """Whether link i runs straight at this end of it, its label included."""
        link, chain = self.links[i], self.chains[i]
        whole = [link.source, *chain, link.target]
        near = whole[1:3] if at == 0 else whole[-3:-1]
        return all(abs(y[v] - y[box]) < _LEVEL for v in near)

    def _halfway(self, y: list[float], leave: list[float], arrive: list[float]) -> dict[int, float]:
        """The height of each label in the middle of the rise that it stands on."""
        halfway = {}
        for i, (link, chain) in enumerate(zip(self.links, self.chains, strict=True)):
            earlier = y[chain[-2]] if len(chain) > 1 else y[link.source] + leave[i]
            halfway[chain[-1]] = (earlier + y[link.target] + arrive[i]) / 2
        return halfway

    def _spread(self, level: list[bool], box: int) -> list[float]:
        """Offsets of the ends on one side of a box: a straight wire keeps the middle."""
        room = max(0.0, self.boxes[box].height / 2 - 8)
        if any(level):
            straight = level.index(True)
            most = max(straight, len(level) - 1 - straight)
            step = min(_PORT, room / most) if most else 0.0
            return [(i - straight) * step for i in range(len(level))]
        if len(level) == 1:
            return [0.0]
        step = min(2 * _PORT, 2 * room / (len(level) - 1))
        return [(i - (len(level) - 1) / 2) * step for i in range(len(level))]
