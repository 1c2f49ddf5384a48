"""Where boxes, labels and wires of a graph go: a layered layout in plain Python.

The method of Sugiyama, Tagawa and Toda (1981), with these choices: a label is a vertex of its
own rank with its real size, so that nothing can overlap it; the boxes' coordinates come from
weighted medians (after Gansner et al., "A Technique for Drawing Directed Graphs", 1993), which
makes straight rows; wires are monotone cubics that stay in their own lane across a column.
Boxes stand in columns, and labels in the gaps between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import Literal, NamedTuple

from .alignment import Pull, align, spread
from .ordering import order
from .wires import Gap, Point, Wire, route

Direction = Literal["right", "down"]


_AROUND_WIRE = 8  # free room in px above and below a wire
_PORT = 11  # wires arrive this far from the middle of a side,
_HEAD = 8  # and end so far before it, for the arrowhead
_LEVEL = 3  # a wire that rises less looks straight
_FIRM = 100  # how much less than a label a wire that passes gives way


@dataclass(frozen=True)
class Gaps:
    """Free room in px: above and below each box and label, and between columns."""

    box: float = 28.0
    label: float = 7.0
    columns: float = 42.0


class Box(NamedTuple):
    """A rectangle to place."""

    width: float
    height: float


class Link(NamedTuple):
    """A wire to draw from an earlier box to a later one, and the size of its label.

    The links into one box are given in the order of its operands.
    """

    source: int
    target: int
    label_width: float = 0.0
    label_height: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Finished coordinates, from a corner on, and the size of the whole.

    Whole px where the sizes are, and else rounded to 0.01 px: where wires wind, or boxes are odd.
    """

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
    for target, source in sorted([(link.target, link.source) for link in links]):
        if not 0 <= source < target < count:
            raise ValueError(f"a link runs from box {source} to box {target}")
        if rank[target] <= rank[source]:
            rank[target] = rank[source] + 1
        into[target] += 1
        users[source].append(target)
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
    """The graph with every wire cut into steps from one column to the next: boxes, then bends."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[Link], gaps: Gaps) -> None:
        self.boxes, self.links, self.gaps = boxes, links, gaps
        self.rank = ranks(len(boxes), links)
        low = min(self.rank)
        self.rank = [r - low for r in self.rank]
        self.steps: list[tuple[int, int]] = []
        """From a box or a bend to one in the next column."""
        self.ends: list[int] = []
        """For each link its last step, where its label is."""
        for link in links:
            u = link.source
            for r in range(self.rank[u] + 1, self.rank[link.target]):
                self.rank.append(r)
                self.steps.append((u, len(self.rank) - 1))
                u = len(self.rank) - 1
            self.ends.append(len(self.steps))
            self.steps.append((u, link.target))
        self.half = [0.0] * len(self.steps)
        for link, end in zip(links, self.ends, strict=True):
            self.half[end] = link.label_height / 2
        self.space = [ceil(half + gaps.label) if half else _AROUND_WIRE for half in self.half]

    def layout(self, left: float, top: float) -> Layout:
        """Step by step: the order in the columns, the heights, the labels between, the wires."""
        rows, lanes = self._rows()
        y = align(rows, self._pulls(), self._room())
        start, level = self._heights(y)
        middle = [0] * len(self.steps)
        for lane in lanes:
            wanted = [(start[s] + level[s]) // 2 for s in lane]
            weight = [1 if self.half[s] else _FIRM for s in lane]
            found = spread(wanted, weight, [self.space[s] for s in lane])
            for s, at in zip(lane, found, strict=True):
                middle[s] = at
        ends = [(y[v], box.height / 2) for v, box in enumerate(self.boxes)]
        ends += zip(middle, self.half, strict=True)
        ends += [(at, 0.0) for at in y]
        down = ceil(top - min([at - half for at, half in ends]))
        height = max([at + half for at, half in ends]) + down - top
        y, start, level, middle = (
            [at + down for at in heights] for heights in (y, start, level, middle)
        )
        columns, gaps = self._columns(lanes, start, level, middle, floor(left))
        tops, bottoms = self._tops_and_bottoms(lanes, middle)
        wires, labels = [], []
        first = 0
        for link, end in zip(self.links, self.ends, strict=True):
            r = self.rank[link.source]
            stops = [
                (gaps[r + i], level[s], middle[s], tops[s], bottoms[s], self.half[s] > 0)
                for i, s in enumerate(range(first, end + 1))
            ]
            side = columns[self.rank[link.target]] - self.boxes[link.target].width
            wires.append(route((columns[r], start[first]), stops, round(side - _HEAD, 2)))
            gap = stops[-1][0]
            labels.append(((gap.left + gap.right) // 2, middle[end]))
            first = end + 1
        return Layout(
            round(columns[-1] - left, 2),
            round(height, 2),
            tuple(
                [
                    (round(columns[self.rank[v]] - box.width / 2, 2), y[v])
                    for v, box in enumerate(self.boxes)
                ]
            ),
            tuple(labels),
            tuple(wires),
        )

    def _rows(self) -> tuple[list[list[int]], list[list[int]]]:
        """The boxes and bends of each column in order, and the steps in each gap."""
        before: list[list[int]] = [[] for _ in self.rank]
        after: list[list[int]] = [[] for _ in self.rank]
        for u, v in self.steps:
            after[u].append(v)
            before[v].append(u)
        rows = order(self.rank, before, after, len(self.boxes))
        at = [0] * len(self.rank)
        for row in rows:
            for i, v in enumerate(row):
                at[v] = i
        # Wires cross before their labels, which stand in the order of what they lead to.
        lanes: list[list[int]] = [[] for _ in rows[1:]]
        for _, _, s in sorted([(at[v], at[u], s) for s, (u, v) in enumerate(self.steps)]):
            lanes[self.rank[self.steps[s][0]]].append(s)
        return rows, lanes

    def _pulls(self) -> list[Pull]:
        """Wires pull harder where a bend would show more, or where a row should be straight."""
        into = [0] * len(self.boxes)
        out = [0] * len(self.boxes)
        for link in self.links:
            into[link.target] += 1
            out[link.source] += 1
        pulls = []
        first = 0
        for link, end in zip(self.links, self.ends, strict=True):
            own = 1 + (into[link.target] == 1) + (out[link.source] == 1)
            # A long wire runs straight from its source and bends before its target.
            for s in range(first, end):
                pulls.append((*self.steps[s], (8 if s > first else 2) * own))
            pulls.append((*self.steps[end], own))
            first = end + 1
        return pulls

    def _room(self) -> list[int]:
        """What boxes and bends need on either side; a box has room for its labels as well."""
        out = [0] * len(self.rank)
        into = [0] * len(self.rank)
        for (u, v), space in zip(self.steps, self.space, strict=True):
            out[u] += space
            into[v] += space
        return [
            2 * ceil(max(box.height / 2 + self.gaps.box, out[v], into[v]) / 2)
            for v, box in enumerate(self.boxes)
        ] + [_AROUND_WIRE] * (len(self.rank) - len(self.boxes))

    def _columns(
        self,
        lanes: list[list[int]],
        start: list[int],
        level: list[int],
        middle: list[int],
        x: int,
    ) -> tuple[list[int], list[Gap]]:
        """The right side of each column of boxes, and the gaps between the columns.

        Steep wires get a wider gap, or they become walls.
        """
        widths = [0.0] * (len(lanes) + 1)
        for box, r in zip(self.boxes, self.rank, strict=False):
            widths[r] = max(widths[r], box.width)
        label_width = [0.0] * len(lanes)
        for link in self.links:
            r = self.rank[link.target] - 1
            label_width[r] = max(label_width[r], link.label_width)
        least = self.gaps.columns
        columns, gaps = [x + ceil(widths[0])], []
        for r, lane in enumerate(lanes):
            rise = max([max(abs(start[s] - middle[s]), abs(level[s] - middle[s])) for s in lane])
            # The labels are in the middle of what is seen of the wires, which end before a box.
            room = ceil(max(least, min(0.36 * rise, 4 * least)) - _HEAD / 2)
            gap = Gap.between(columns[-1], room, 2 * ceil(label_width[r] / 2))
            gaps.append(gap)
            columns.append(gap.right + _HEAD + ceil(widths[r + 1]))
        return columns, gaps

    def _tops_and_bottoms(
        self, lanes: list[list[int]], middle: list[int]
    ) -> tuple[list[float], list[float]]:
        """How far a wire may stray up and down among labels, and not come near a neighbour."""
        tops, bottoms = [float("-inf")] * len(middle), [float("inf")] * len(middle)
        half = self.half
        for lane in lanes:
            for s, t in pairwise(lane):
                # Another wire strays as well.
                between = (middle[s] + middle[t]) / 2
                tops[t] = middle[s] + half[s] if half[s] else between
                bottoms[s] = middle[t] - half[t] if half[t] else between
        return tops, bottoms

    def _heights(self, y: list[int]) -> tuple[list[int], list[int]]:
        """Where each step starts and ends: at a bend, or at its place on the side of a box."""
        start = [y[u] for u, _ in self.steps]
        level = [y[v] for _, v in self.steps]
        out: list[list[tuple[int, int]]] = [[] for _ in self.boxes]
        into: list[list[tuple[int, int]]] = [[] for _ in self.boxes]
        first = 0
        for link, end in zip(self.links, self.ends, strict=True):
            out[link.source].append((level[first], first))
            into[link.target].append((start[end], end))
            first = end + 1
        for sides, heights in ((out, start), (into, level)):
            for box, side in enumerate(sides):
                if len(side) > 1:
                    side.sort()
                    for (_, s), offset in zip(side, self._ports(box, side, y[box]), strict=True):
                        heights[s] += offset
        return start, level

    def _ports(self, box: int, side: list[tuple[int, int]], y: int) -> list[int]:
        """Places on a side of a box, from its middle: one straight wire among few keeps that."""
        room = max(0, int(self.boxes[box].height / 2) - 8)
        last = len(side) - 1
        straight = [i for i, (at, _) in enumerate(side) if abs(at - y) < _LEVEL]
        if len(straight) == 1:
            i = straight[0]
            most = max(i, last - i)
            if most <= 2:
                step = min(_PORT, room // most)
                return [(j - i) * step for j in range(len(side))]
        step = min(2 * _PORT, 2 * room // last)
        return [(2 * j - last) * step // 2 for j in range(len(side))]
