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
from typing import Literal

from .alignment import Pull, align, nudge
from .ordering import order
from .wires import Gap, Point, Stop, Wire, route

Direction = Literal["right", "down"]


_AROUND_WIRE = 8  # free room in px above and below a wire
_PORT = 11  # wires arrive this far from the middle of a side,
_HEAD = 8  # and end so far before it, for the arrowhead
_LEVEL = 3  # a wire that rises less looks straight


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
        box_rank = ranks(len(boxes), links)
        low = min(box_rank)
        # Boxes and the bends beside them have the even ranks; the odd ones are for labels.
        self.rank = [2 * (r - low) for r in box_rank]
        self.half = [box.height / 2 for box in boxes]
        self.room = [ceil(half + gaps.box) for half in self.half]
        bends = [self._vertices(self.rank[k.source] + 2, self.rank[k.target]) for k in links]
        self.bent = len(self.rank)  # how many boxes and bends there are
        self.chains: list[list[int]] = []
        """Each link's bends with a vertex before, between and after them; the last is its label."""
        for link, passed in zip(links, bends, strict=True):
            labels = self._vertices(self.rank[link.source] + 1, self.rank[link.target])
            chain = [0] * (len(passed) + len(labels))
            chain[::2], chain[1::2] = labels, passed
            self.chains.append(chain)
            if link.label_height:
                self.half[-1] = link.label_height / 2
                self.room[-1] = ceil(self.half[-1] + gaps.label)

    def _vertices(self, first: int, end: int) -> range:
        """New ones, without height, in every other rank."""
        steps = range(first, end, 2)
        self.rank += steps
        self.half += [0.0] * len(steps)
        self.room += [_AROUND_WIRE] * len(steps)
        return range(len(self.rank) - len(steps), len(self.rank))

    def _rows(self) -> list[list[int]]:
        """The vertices of each rank in order."""
        before: list[list[int]] = [[] for _ in range(self.bent)]
        after: list[list[int]] = [[] for _ in range(self.bent)]
        steps: list[tuple[int, int, int]] = []
        for link, chain in zip(self.links, self.chains, strict=True):
            u = link.source
            for label, v in zip(chain[::2], [*chain[1::2], link.target], strict=True):
                after[u].append(v)
                before[v].append(u)
                steps.append((v, u, label))
                u = v
        ordered = order([r // 2 for r in self.rank[: self.bent]], before, after, len(self.boxes))
        at = [0] * self.bent
        rows: list[list[int]] = [[] for _ in range(2 * len(ordered) - 1)]
        for r, row in enumerate(ordered):
            rows[2 * r] = row
            for i, v in enumerate(row):
                at[v] = i
        # Wires cross before their labels, which stand in the order of what they lead to.
        for _, _, v in sorted([(at[v], at[u], label) for v, u, label in steps]):
            rows[self.rank[v]].append(v)
        return rows

    def _pulls(self) -> list[Pull]:
        """Wires pull harder where a bend would show more, or where a row should be straight."""
        into = [0] * len(self.boxes)
        out = [0] * len(self.boxes)
        for link in self.links:
            into[link.target] += 1
            out[link.source] += 1
        pulls = []
        for link, chain in zip(self.links, self.chains, strict=True):
            own = 1 + (into[link.target] == 1) + (out[link.source] == 1)
            # A long wire runs straight from its source and bends before its target.
            along = 2 * own if len(chain) > 1 else own
            u = link.source
            for v in chain:
                pulls.append((u, v, along))
                u, along = v, 8 * own
            pulls.append((u, link.target, own))
        return pulls

    def layout(self, left: float, top: float) -> Layout:
        pulls = self._pulls()
        rows = self._rows()
        y = align(rows, pulls, self.room)
        leave, arrive = self._ports(y)
        y = nudge(rows, y, self._halfway(y, leave, arrive), self.room)
        highest = floor(min([at - half for at, half in zip(y, self.half, strict=True)]) - top)
        y = [at - highest for at in y]
        height = max([at + half for at, half in zip(y, self.half, strict=True)]) - top
        columns, gaps = self._columns(rows, pulls, y, floor(left))
        tops, bottoms = self._lanes(rows, y)
        wires, labels = [], []
        for link, chain, start, end in zip(self.links, self.chains, leave, arrive, strict=True):
            r = self.rank[link.source] // 2
            begin = (columns[r], y[link.source] + start)
            stops = []
            for i in range(0, len(chain), 2):
                v = chain[i]
                is_last = i + 1 == len(chain)
                level = y[link.target] + end if is_last else y[chain[i + 1]]
                stops.append(Stop(gaps[r], level, y[v], tops[v], bottoms[v], self.half[v] > 0))
                r += 1
            side = columns[r] - self.boxes[link.target].width
            wires.append(route(begin, stops, round(side - _HEAD, 2)))
            gap = gaps[r - 1]
            labels.append(((gap.left + gap.right) // 2, y[chain[-1]]))
        return Layout(
            round(columns[-1] - left, 2),
            round(height, 2),
            tuple(
                [
                    (round(columns[r // 2] - box.width / 2, 2), at)
                    for box, r, at in zip(self.boxes, self.rank, y, strict=False)
                ]
            ),
            tuple(labels),
            tuple(wires),
        )

    def _columns(
        self, rows: list[list[int]], pulls: list[Pull], y: list[int], x: int
    ) -> tuple[list[int], list[Gap]]:
        """The right side of each column of boxes, and the gaps between the columns.

        Steep wires get a wider gap, or they become walls.
        """
        widths = [0.0] * len(rows)
        for box, r in zip(self.boxes, self.rank, strict=False):
            widths[r] = max(widths[r], box.width)
        for link, chain in zip(self.links, self.chains, strict=True):
            r = self.rank[chain[-1]]
            widths[r] = max(widths[r], link.label_width)
        steepest = [0] * len(rows)
        for u, v, _ in pulls:
            rise = abs(y[u] - y[v])
            r = self.rank[v]
            if rise > steepest[r]:
                steepest[r] = rise
        least = self.gaps.columns
        columns, gaps = [x + ceil(widths[0])], []
        for r in range(1, len(rows), 2):
            # The labels are in the middle of what is seen of the wires, which end before a box.
            rise = max(steepest[r], steepest[r + 1])
            room = ceil(max(least, min(0.36 * rise, 4 * least)) - _HEAD / 2)
            gap = Gap.between(columns[-1], room, 2 * ceil(widths[r] / 2))
            gaps.append(gap)
            columns.append(gap.right + _HEAD + ceil(widths[r + 1]))
        return columns, gaps

    def _lanes(self, rows: list[list[int]], y: list[int]) -> tuple[list[float], list[float]]:
        """How far a wire may stray up and down among labels, and not come near a neighbour."""
        tops, bottoms = [float("-inf")] * len(y), [float("inf")] * len(y)
        for row in rows[1::2]:
            for u, v in pairwise(row):
                # Another wire strays as well.
                middle = (y[u] + y[v]) / 2
                tops[v] = y[u] + self.half[u] if self.half[u] else middle
                bottoms[u] = y[v] - self.half[v] if self.half[v] else middle
        return tops, bottoms

    def _ports(self, y: list[int]) -> tuple[list[int], list[int]]:
        """Where each link leaves its source and meets its target, from the middle of the side."""
        leave, arrive = [0] * len(self.links), [0] * len(self.links)
        out: list[list[int]] = [[] for _ in self.boxes]
        into: list[list[int]] = [[] for _ in self.boxes]
        for i, link in enumerate(self.links):
            out[link.source].append(i)
            into[link.target].append(i)
        for sides, offsets, at in ((out, leave, 0), (into, arrive, -1)):
            for box, side in enumerate(sides):
                if len(side) < 2:
                    continue
                ends = [i for _, i in sorted([(y[self.chains[i][at]], i) for i in side])]
                level = [self._level(i, box, at, y) for i in ends]
                for i, offset in zip(ends, self._spread(level, box), strict=True):
                    offsets[i] = offset
        return leave, arrive

    def _level(self, i: int, box: int, at: int, y: list[int]) -> bool:
        """Whether link i runs straight at this end of it, its label included."""
        link, chain = self.links[i], self.chains[i]
        if abs(y[chain[at]] - y[box]) >= _LEVEL:
            return False
        if len(chain) > 1:
            beyond = chain[1 if at == 0 else -2]
        else:
            beyond = link.target if at == 0 else link.source
        return abs(y[beyond] - y[box]) < _LEVEL

    def _halfway(self, y: list[int], leave: list[int], arrive: list[int]) -> dict[int, int]:
        """The height of each label in the middle of the rise that it stands on."""
        halfway = {}
        for i, (link, chain) in enumerate(zip(self.links, self.chains, strict=True)):
            earlier = y[chain[-2]] if len(chain) > 1 else y[link.source] + leave[i]
            halfway[chain[-1]] = (earlier + y[link.target] + arrive[i]) // 2
        return halfway

    def _spread(self, level: list[bool], box: int) -> list[int]:
        """Offsets of the ends on one side of a box: a straight wire keeps the middle."""
        room = max(0, int(self.half[box]) - 8)
        last = len(level) - 1
        if any(level):
            straight = level.index(True)
            step = min(_PORT, room // max(straight, last - straight))
            return [(i - straight) * step for i in range(len(level))]
        step = min(2 * _PORT, 2 * room // last)
        return [(2 * i - last) * step // 2 for i in range(len(level))]
