"""The course of one wire: a monotone cubic through its stops, level past boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import NamedTuple

Point = tuple[float, float]
Knot = tuple[float, float, float]  # x, y and the slope there


class Stop(NamedTuple):
    """A column that a wire passes at height y, and how far it may stray there."""

    left: float
    right: float
    y: float
    up: float
    down: float


@dataclass(frozen=True)
class Wire:
    """A start and cubic Bézier pieces (two control points and an end each)."""

    start: Point
    pieces: tuple[tuple[Point, Point, Point], ...]

    def transposed(self) -> Wire:
        """The same wire with x and y exchanged."""
        return Wire(
            (self.start[1], self.start[0]),
            tuple(((b, a), (d, c), (f, e)) for (a, b), (c, d), (e, f) in self.pieces),
        )

    def along(self, distance: float) -> Point:
        """The point at a distance in px from the start, or from the end where it is negative."""
        points = self._backwards() if distance < 0 else self._forwards()
        left = abs(distance)
        x0, y0 = next(points)
        for x1, y1 in points:
            step = hypot(x1 - x0, y1 - y0)
            if step >= left > 0:
                share = left / step
                return _rounded(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
            left -= step
            x0, y0 = x1, y1
        return x0, y0

    def earlier(self, distance: float) -> Wire:
        """The same wire from a start so far to the left; its first piece is longer."""
        (x0, y0), (_, (cx, cy), (x1, y1)) = self.start, self.pieces[0]
        x0 -= distance
        slope = (y1 - cy) / (x1 - cx)
        handle = (x1 - x0) / 3
        if slope:
            handle = min(handle, (y1 - y0) / slope)  # or the piece would overshoot its start
        first = (_rounded(x0 + handle, y0), _rounded(x1 - handle, y1 - slope * handle), (x1, y1))
        return Wire(_rounded(x0, y0), (first, *self.pieces[1:]))

    def points(self, steps: int = 8) -> list[Point]:
        """Points along the wire, `steps` for each piece."""
        return list(self._forwards(steps))

    def _forwards(self, steps: int = 8) -> Iterator[Point]:
        """The same, one by one, for who needs only the first."""
        start = self.start
        yield start
        for piece in self.pieces:
            for i in range(1, steps + 1):
                yield _point(start, piece, i / steps)
            start = piece[2]

    def _backwards(self, steps: int = 8) -> Iterator[Point]:
        """The same from the end."""
        starts = [self.start, *(piece[2] for piece in self.pieces[:-1])]
        for start, piece in zip(reversed(starts), reversed(self.pieces), strict=True):
            for i in range(steps, 0, -1):
                yield _point(start, piece, i / steps)
        yield self.start


def route(start: Point, stops: Sequence[Stop], column: float, end: Point) -> Wire:
    """A wire from start through the stops to end.

    The stops are in turn a column of labels and a column of boxes; a wire passes boxes level. It
    reaches the height of its end at `column`, the left of the column that end stands in: beyond
    it, the box above or below may be wider than the one that is its target.
    """
    knots: list[Knot] = [(*start, 0.0)]
    arrival = (column, end[1])
    for i in range(0, len(stops), 2):
        passed = stops[i + 1] if i + 1 < len(stops) else None
        level = arrival if passed is None else (passed.left, passed.y)
        knots += _through(knots[-1][:2], stops[i], level)
        knots.append((*level, 0.0))
        if passed is not None and passed.right > passed.left:
            knots.append((passed.right, passed.y, 0.0))
    if end[0] > column:
        knots.append((*end, 0.0))
    return Wire(_rounded(*start), tuple(_piece(a, b) for a, b in pairwise(knots)))


def _through(start: Point, stop: Stop, end: Point) -> list[Knot]:
    """Between two level ends, one smooth S or arch, kept in its lane at both sides of the stop."""
    middle = ((stop.left + stop.right) / 2, stop.y)
    if start[1] == stop.y == end[1]:
        return [(*middle, 0.0)]
    first, knot, last = _smooth([start, middle, end])
    course = [start, middle, end]
    for at, x, a, b in ((2, stop.right, knot, last), (1, stop.left, first, knot)):
        y = _at(x, a, b)
        kept = min(max(y, stop.y - stop.up), stop.y + stop.down)
        if kept != y:
            course.insert(at, (x, kept))
    return [knot] if len(course) == 3 else _smooth(course)[1:-1]


def _smooth(course: Sequence[Point]) -> list[Knot]:
    """The points with slopes: level at both ends, and else the harmonic mean of both sides.

    A piece with a level end counts 1.5 times: with that slope, its other end has no curvature. No
    slope then exceeds three times the mean slope of a piece, so that none overshoots (Fritsch and
    Carlson, "Monotone Piecewise Cubic Interpolation", 1980).
    """
    means = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(course)]
    means[0] *= 1.5
    means[-1] *= 1.5
    slopes = [2 * a * b / (a + b) if a * b > 0 else 0.0 for a, b in pairwise(means)]
    return [(x, y, m) for (x, y), m in zip(course, (0.0, *slopes, 0.0), strict=True)]


def _at(x: float, a: Knot, b: Knot) -> float:
    """The height at x of the cubic between two knots."""
    h = b[0] - a[0]
    t = (x - a[0]) / h
    s = 1 - t
    return s * s * (a[1] * (1 + 2 * t) + a[2] * h * t) + t * t * (b[1] * (1 + 2 * s) - b[2] * h * s)


def _point(start: Point, piece: tuple[Point, Point, Point], t: float) -> Point:
    """The point of a piece at t from 0 to 1."""
    (x0, y0), ((x1, y1), (x2, y2), (x3, y3)) = start, piece
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


def _piece(a: Knot, b: Knot) -> tuple[Point, Point, Point]:
    third = (b[0] - a[0]) / 3
    return (
        _rounded(a[0] + third, a[1] + a[2] * third),
        _rounded(b[0] - third, b[1] - b[2] * third),
        _rounded(b[0], b[1]),
    )


def _rounded(x: float, y: float) -> Point:
    return round(x, 2), round(y, 2)
