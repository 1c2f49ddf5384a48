"""The course of one wire: a monotone cubic through its stops, straight across each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]


@dataclass(frozen=True)
class Stop:
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

    def points(self, steps: int = 8) -> list[Point]:
        """Points along the wire, `steps` for each piece."""
        found = [self.start]
        for p, q, r in self.pieces:
            o = found[-1]
            for i in range(1, steps + 1):
                t = i / steps
                s = 1 - t
                a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
                found.append(
                    (
                        a * o[0] + b * p[0] + c * q[0] + d * r[0],
                        a * o[1] + b * p[1] + c * q[1] + d * r[1],
                    )
                )
        return found


def route(start: Point, stops: Sequence[Stop], column: float, end: Point) -> Wire:
    """A wire from start through the stops to end.

    It reaches the height of its end at `column`, the left of the column that end stands in:
    beyond it, the box above or below may be wider than the one that is its target.
    """
    knots: list[tuple[float, float, float]] = [(start[0], start[1], 0.0)]  # x, y, slope
    for i, stop in enumerate(stops):
        before = start if i == 0 else (stops[i - 1].right, stops[i - 1].y)
        after = (column, end[1]) if i + 1 == len(stops) else (stops[i + 1].left, stops[i + 1].y)
        # Two stops share the rise between them.
        rise = (stop.y - before[1]) * (1.0 if i == 0 else 0.5)
        further = (after[1] - stop.y) * (1.0 if i + 1 == len(stops) else 0.5)
        slope = _slope(stop, stop.left - before[0], rise, after[0] - stop.right, further)
        half = (stop.right - stop.left) / 2
        knots.append((stop.left, stop.y - slope * half, slope))
        if half:
            knots.append((stop.right, stop.y + slope * half, slope))
    knots.append((column, end[1], 0.0))
    if end[0] > column:
        knots.append((end[0], end[1], 0.0))
    pieces = []
    for (x0, y0, m0), (x1, y1, m1) in pairwise(knots):
        third = (x1 - x0) / 3
        pieces.append(
            (
                _rounded(x0 + third, y0 + m0 * third),
                _rounded(x1 - third, y1 - m1 * third),
                _rounded(x1, y1),
            )
        )
    return Wire(_rounded(*start), tuple(pieces))


def _slope(stop: Stop, gap: float, rise: float, next_gap: float, further: float) -> float:
    """The slope across a stop: that of one smooth S where the lane is wide enough for it.

    With slope m at the column's edges, a cubic over the gap g has no wiggle up to m = 1.5 times
    the mean slope left to it, (rise - m half) / g; solved for m.
    """
    if rise * further <= 0:
        return 0.0
    half = (stop.right - stop.left) / 2
    steep = min(1.5 * abs(rise) / (gap + 1.5 * half), 1.5 * abs(further) / (next_gap + 1.5 * half))
    if half:
        steep = min(steep, stop.up / half, stop.down / half)
    return steep if rise > 0 else -steep


def _rounded(x: float, y: float) -> Point:
    return round(x, 2), round(y, 2)
