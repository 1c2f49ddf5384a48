"""The course of one wire: a monotone cubic through its stops, level past boxes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]
Piece = tuple[Point, Point, Point]
Knot = tuple[float, float, float]  # x, y and the slope there

_NEAR = 2  # a wire that misses the middle of its label by so few px seems to meet it


class Gap(NamedTuple):
    """The room between two columns of boxes, where wires rise, and the column of labels in it.

    A wire is level before `left` and after `right`. The column is in the middle; `share` is how
    much of its rise is behind a wire where that column begins.
    """

    left: int
    right: int
    near: int
    far: int
    share: float

    @classmethod
    def between(cls, left: int, room: int, width: int) -> Gap:
        """The gap that starts at `left`, with so much room on both sides of the labels."""
        right = left + 2 * room + width
        t = room / (right - left)
        return cls(left, right, left + room, left + room + width, t * t * (3 - 2 * t))


Stop = tuple[Gap, int, int, float, float, bool]
"""A wire's way through a gap, and the height that it comes to behind it.

In the gap it has a place of its own: its middle, its top and its bottom, and whether its label is
in the middle.
"""


class Wire(NamedTuple):
    """A start and cubic Bézier pieces (two control points and an end each)."""

    start: Point
    pieces: tuple[Piece, ...]

    def transposed(self) -> Wire:
        """The same wire with x and y exchanged."""
        return Wire(
            (self.start[1], self.start[0]),
            tuple(((b, a), (d, c), (f, e)) for (a, b), (c, d), (e, f) in self.pieces),
        )

    @property
    def rise(self) -> float:
        """How much higher or lower its end is than its start."""
        return abs(self.pieces[-1][-1][1] - self.start[1])

    def along(self, distance: float) -> Point:
        """The point so many px to the right of the start, or left of the end where negative.

        Its height is rounded to whole px. Only for a wire that runs to the right.
        """
        x0, y0 = self.start
        x = distance + (x0 if distance >= 0 else self.pieces[-1][-1][0])
        for (_, y1), (_, y2), (x3, y3) in self.pieces:
            if x <= x3:
                # The control points are a third of the way from both ends, so that x grows evenly;
                # else the piece is level.
                t = (x - x0) / (x3 - x0)
                s = 1 - t
                y0 = s * s * (s * y0 + 3 * t * y1) + t * t * (3 * s * y2 + t * y3)
                return x, round(y0)
            x0, y0 = x3, y3
        return x0, y0

    def earlier(self, distance: float) -> Wire:
        """The same wire from a start so far to the left: where it can, its first rise is longer."""
        (x, y0), (_, (_, c), (end, y)) = self.start, self.pieces[0]
        x -= distance
        if c != y:
            return Wire((x, y0), (_level(x, self.start[0], y0), *self.pieces))
        return Wire((x, y0), (_rise(x, y0, end, y), *self.pieces[1:]))

    def points(self, steps: int = 8) -> list[Point]:
        """Points along the wire, `steps` for each piece."""
        points = [self.start]
        for piece in self.pieces:
            start = points[-1]
            points += [_point(start, piece, i / steps) for i in range(1, steps)]
            points.append(piece[-1])
        return points


def route(start: tuple[int, int], stops: Sequence[Stop], end: float) -> Wire:
    """A wire from start through the stops, and level to x = end.

    It passes columns of boxes level. In the gaps between them it rises in one smooth S where that
    meets its label and stays in its place; else it winds through.
    """
    x, y = start
    pieces: list[Piece] = []
    for gap, level, middle, top, bottom, is_label in stops:
        early = y + gap.share * (level - y)
        late = level - gap.share * (level - y)
        low, high = (early, late) if y < level else (late, early)
        stays = top <= low and high <= bottom
        meets = not is_label or abs(2 * middle - y - level) <= 2 * _NEAR
        if stays and meets and y == level:
            continue
        if x < gap.left:
            pieces.append(_level(x, gap.left, y))
        if stays and meets:
            pieces.append(_rise(gap.left, y, gap.right, level))
        else:
            knots = _through(gap, y, middle, level, top, bottom)
            pieces += [_piece(a, b) for a, b in pairwise(knots)]
        x, y = gap.right, level
    if x < end:
        pieces.append(_level(x, end, y))
    return Wire(start, tuple(pieces))


def _rise(x: float, y: float, end: float, level: float) -> Piece:
    third = (end - x) // 3
    return (x + third, y), (end - third, level), (end, level)


def _level(x: float, end: float, y: float) -> Piece:
    return (x, y), (end, y), (end, y)


def _through(gap: Gap, start: int, middle: int, end: int, top: float, bottom: float) -> list[Knot]:
    """Between two level ends a smooth S or arch, kept in its place at both sides of the labels."""
    course: list[Point] = [
        (gap.left, start),
        ((gap.left + gap.right) // 2, middle),
        (gap.right, end),
    ]
    first, knot, last = _smooth(course)
    for at, x, a, b in ((2, gap.far, knot, last), (1, gap.near, first, knot)):
        y = _at(x, a, b)
        kept = min(max(y, top), bottom)
        if kept != y:
            course.insert(at, (x, round(kept)))
    return [first, knot, last] if len(course) == 3 else _smooth(course)


def _smooth(course: Sequence[Point]) -> list[Knot]:
    """The points with slopes: level at both ends, and else the harmonic mean of both sides.

    A piece with a level end counts 1.5 times: with that slope, its other end has no curvature. No
    slope then exceeds three times the mean slope of a piece, so that none overshoots (Fritsch and
    Carlson, "Monotone Piecewise Cubic Interpolation", 1980).
    """
    means = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(course)]
    means[0] *= 1.5
    means[-1] *= 1.5
    x, y = course[0]
    knots: list[Knot] = [(x, y, 0.0)]
    for (x, y), a, b in zip(course[1:], means, means[1:], strict=False):
        knots.append((x, y, 2 * a * b / (a + b) if a * b > 0 else 0.0))
    x, y = course[-1]
    return [*knots, (x, y, 0.0)]


def _at(x: float, a: Knot, b: Knot) -> float:
    """The height at x of the cubic between two knots."""
    h = b[0] - a[0]
    t = (x - a[0]) / h
    s = 1 - t
    return s * s * (a[1] * (1 + 2 * t) + a[2] * h * t) + t * t * (b[1] * (1 + 2 * s) - b[2] * h * s)


def _point(start: Point, piece: Piece, t: float) -> Point:
    """The point of a piece at t from 0 to 1."""
    (x0, y0), ((x1, y1), (x2, y2), (x3, y3)) = start, piece
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


def _piece(a: Knot, b: Knot) -> Piece:
    third = (b[0] - a[0]) // 3
    return (
        (a[0] + third, _rounded(a[1] + a[2] * third)),
        (b[0] - third, _rounded(b[1] - b[2] * third)),
        (b[0], b[1]),
    )


def _rounded(y: float) -> float:
    """To 0.01 px, and an integer where that is one: it is written without a point."""
    hundredths = round(100 * y)
    return hundredths / 100 if hundredths % 100 else hundredths // 100
