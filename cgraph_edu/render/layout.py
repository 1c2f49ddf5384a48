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
    """Finished coordinates, from a corner on, rounded to 0.01 px, and the size of the whole."""

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
    corner: Point = (0.0, 0.0),
) -> Layout:
    """Place the boxes in columns from left to right, or in rows downwards, from a corner on.

    Raises:
        ValueError: if a link does not run from an earlier box to a later one.
    """
    if direction == "down":
        turned = place(
            [Box(box.height, box.width) for box in boxes],
            [Link(k.source, k.target, k.label_height, k.label_width) for k in links],
            gaps=gaps,
            corner=corner[::-1],
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
    return net.layout(*corner)


class _Net:
    """The graph with every wire cut into pieces of one rank: boxes, then bends, then labels."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[Link], gaps: Gaps) -> None:
        self.boxes, self.links, self.gaps = boxes, links, gaps
        self.width = [box.width for box in boxes]
        self.height = [box.height for box in boxes]
        self.clear = [gaps.box] * len(boxes)
        box_rank = ranks(len(boxes), links)
        low = min(box_rank)
        # Boxes and the bends beside them have the even ranks; the odd ones are for labels.
        self.rank = [2 * (r - low) for r in box_rank]
        bends = [self._bends(link) for link in links]
        self.bent = len(self.rank)  # how many boxes and bends there are
        self.chains = [
            self._labelled(link, passed) for link, passed in zip(links, bends, strict=True)
        ]
        self.pulls: list[Pull] = []

    def _bends(self, link: Link) -> list[int]:
        """A vertex in each column of boxes that the link passes."""
        return [
            self._vertex(r) for r in range(self.rank[link.source] + 2, self.rank[link.target], 2)
        ]

    def _labelled(self, link: Link, bends: list[int]) -> list[int]:
        """The link's bends with a vertex before, between and after them; the last is its label."""
        chain = []
        for bend in bends:
            chain += [self._vertex(self.rank[bend] - 1), bend]
        return [*chain, self._vertex(self.rank[link.target] - 1, link)]

    def _vertex(self, rank: int, label: Link | None = None) -> int:
        self.rank.append(rank)
        self.width.append(label.label_width if label else 0.0)
        self.height.append(label.label_height if label else 0.0)
        self.clear.append(self.gaps.label if label and label.label_height else _AROUND_WIRE)
        return len(self.rank) - 1

    def _rows(self) -> list[list[int]]:
        """The vertices of each rank in order."""
        before: list[list[int]] = [[] for _ in range(self.bent)]
        after: list[list[int]] = [[] for _ in range(self.bent)]
        steps: list[tuple[int, int, int]] = []
        for link, chain in zip(self.links, self.chains, strict=True):
            stations = [link.source, *chain[1::2], link.target]
            for u, v in pairwise(stations):
                after[u].append(v)
                before[v].append(u)
            steps += zip(stations[:-1], chain[::2], stations[1:], strict=True)
        ordered = order([r // 2 for r in self.rank[: self.bent]], before, after, len(self.boxes))
        at = [0] * self.bent
        rows: list[list[int]] = [[] for _ in range(2 * len(ordered) - 1)]
        for r, row in enumerate(ordered):
            rows[2 * r] = row
            for i, v in enumerate(row):
                at[v] = i
        # Wires cross before their labels, which stand in the order of what they lead to.
        for _, _, v in sorted([(at[w], at[u], v) for u, v, w in steps]):
            rows[self.rank[v]].append(v)
        return rows

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

    def layout(self, left: float, top: float) -> Layout:
        self._weigh()
        rows = self._rows()
        y = align(rows, self.pulls, self._distance)
        leave, arrive = self._ports(y)
        y = nudge(rows, y, self._halfway(y, leave, arrive), self._distance)
        highest = min(at - h / 2 for at, h in zip(y, self.height, strict=True))
        y = [round(at - highest, 2) + top for at in y]
        height = max(at + h / 2 for at, h in zip(y, self.height, strict=True)) - top
        columns = self._columns(rows, y, left)
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
            end = (round(side - _HEAD, 2), target[1] + arrive[i])
            end_column = round(columns[self.rank[link.target]][0] - _HEAD, 2)
            stops = [Stop(*columns[self.rank[v]], y[v], *lanes[v]) for v in chain]
            wires.append(route(start, stops, end_column, end))
            labels.append((round(sum(columns[self.rank[chain[-1]]]) / 2, 2), y[chain[-1]]))
        return Layout(
            round(columns[-1][1] - left, 2),
            round(height, 2),
            tuple(centres),
            tuple(labels),
            tuple(wires),
        )

    def _distance(self, u: int, v: int) -> float:
        return (self.height[u] + self.height[v]) / 2 + self.clear[u] + self.clear[v]

    def _columns(
        self, rows: list[list[int]], y: list[float], x: float
    ) -> list[tuple[float, float]]:
        """Left and right of each column; steep wires get a wider gap, or they become walls."""
        steepest = [0.0] * len(rows)
        for pull in self.pulls:
            r = self.rank[pull.after]
            steepest[r] = max(steepest[r], abs(y[pull.before] - y[pull.after]))
        columns: list[tuple[float, float]] = []
        for r, row in enumerate(rows):
            if r:
                x += max(self.gaps.columns, min(0.42 * steepest[r], 4 * self.gaps.columns))
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
