"""The second set of coordinates: what it promises, on random graphs, and what it weighs."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

import pytest

import cgraph_edu as cg
from cgraph_edu.render.downward import MOST_BOXES, SLOT, downward
from cgraph_edu.render.scene import frame, number_room
from cgraph_edu.render.svg import draw
from cgraph_edu.render.typeset import number
from tests.examples import five_nodes

HEIGHT = 46.0
HEAD = 8.0  # an arrow's line ends so far before its box


class Rectangle(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rectangle) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.02 and down > 0.02


def graph_of(seed: int) -> cg.Graph:
    """Sums, products and functions of anything before them, some with the same operand twice."""
    rng = random.Random(seed)
    values = [
        cg.variable(rng.uniform(-2, 2), name=f"x{i}" if seed % 2 else "abcdef"[i])
        for i in range(rng.randint(1, 4))
    ]
    for _ in range(rng.randint(1, 22)):
        x, y = rng.choice(values[-5:]), rng.choice(values)
        values.append(rng.choice([x * y, x + y, x * 1.5 - 3, cg.tanh(x), cg.sin(x) * y]))
    total = values[0]
    for value in values[1 + len(values) // 2 :]:
        total = total + value
    return cg.graph(total)


GRAPHS = [five_nodes(), *(graph_of(seed) for seed in range(40))]


@cache
def coordinates(graph: cg.Graph) -> dict[str, Any]:
    found = downward(graph)
    assert found is not None
    return found


def boxes(found: dict[str, Any], below: float = 0.0) -> list[Rectangle]:
    """The boxes, and so much under each."""
    cell = found["cell"]
    return [
        Rectangle(x, y, x + formula + cell, y + HEIGHT + below) for x, y, formula in found["boxes"]
    ]


def labels(graph: cg.Graph, found: dict[str, Any]) -> list[Rectangle]:
    """What each label takes up when its number has grown as long as it may."""
    room = found["rooms"][1]
    scene = frame(graph)
    rectangles = []
    for drawn, (_, x, y, _) in zip(scene.edges, found["edges"], strict=True):
        if scene.density.fractions:
            # The one drawing puts the fraction there: its place in the group is for both pictures.
            now = number_room(number(drawn.edge.partial), 15.0, 56.0)
            left = x - (drawn.bar + 22 + now) / 2
            rectangles.append(Rectangle(left, y - 19, left + drawn.bar + 22 + room, y + 19))
        else:
            rectangles.append(Rectangle(x - room / 2, y - 9, x + room / 2, y + 9))
    return rectangles


def at(point: str) -> tuple[float, float]:
    x, y = point.split(",")
    return float(x), float(y)


def points(course: str) -> list[tuple[float, float]]:
    """Points along a path of curves and straight lines down, from its start to its end."""
    assert re.fullmatch(r"M[\d.]+,[\d.]+(V[\d.]+|C([\d.]+,[\d.]+ ?){3})+", course), course
    steps = re.findall(r"[VC][^VC]+", course)
    found = [at(course[1 : course.index("V")])]
    for step in steps:
        if step[0] == "V":
            x, y = found[-1]
            found += [(x, y + (float(step[1:]) - y) * i / 16) for i in range(1, 17)]
            continue
        a, b, c, d = found[-1], *(at(point) for point in step[1:].split(" "))
        for i in range(1, 17):
            t, s = i / 16, 1 - i / 16
            weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
            x, y = (
                sum(weight * point[k] for weight, point in zip(weights, (a, b, c, d), strict=True))
                for k in (0, 1)
            )
            found.append((x, y))
    return found


def test_boxes_with_their_slots_and_labels_stand_apart() -> None:
    for graph in GRAPHS:
        found = coordinates(graph)
        width, height = found["size"]
        apart = [*boxes(found, SLOT), *labels(graph, found)]
        for one, other in combinations(apart, 2):
            assert not one.overlaps(other), graph
        for one in apart:
            assert one.left >= 0
            assert one.top >= 20, "20 px for 'source'"
            assert one.right <= width + 0.02
            assert one.bottom <= height


def test_every_wire_runs_down_from_its_box_to_its_box() -> None:
    for graph in GRAPHS:
        found = coordinates(graph)
        place_of = {node.index: i for i, node in enumerate(graph.nodes)}
        rectangles = boxes(found)
        for edge, (course, *_) in zip(graph.edges, found["edges"], strict=True):
            source = rectangles[place_of[edge.source]]
            target = rectangles[place_of[edge.target]]
            (x0, y0), *_, (x1, y1) = steps = points(course)
            assert y0 == pytest.approx(source.bottom)
            assert source.left + 5 < x0 < source.right - 5
            assert y1 == pytest.approx(target.top - HEAD)
            assert target.left + 5 < x1 < target.right - 5
            assert [y for _, y in steps] == sorted(y for _, y in steps), "it never turns back"
            assert all(x == x0 for x, y in steps if y < y0 + SLOT), "straight behind the slot"


def test_no_wire_crosses_a_box_that_is_not_its_own() -> None:
    for graph in GRAPHS:
        found = coordinates(graph)
        place_of = {node.index: i for i, node in enumerate(graph.nodes)}
        for edge, (course, *_) in zip(graph.edges, found["edges"], strict=True):
            for i, box in enumerate(boxes(found, SLOT)):
                if i != place_of[edge.source]:
                    inside = [
                        (x, y)
                        for x, y in points(course)
                        if box.left < x < box.right and box.top < y < box.bottom
                    ]
                    assert inside == [], graph


def test_badges_stand_on_their_wires_and_the_first_off_the_slots() -> None:
    for graph in GRAPHS:
        found = coordinates(graph)
        slots = [
            Rectangle(box.left, box.bottom, box.right, box.bottom + SLOT) for box in boxes(found)
        ]
        taken = [*boxes(found), *labels(graph, found)]
        for course, _, _, badges in found["edges"]:
            places = [at(place) for place in badges.split(" ")]
            line = points(course)
            top, bottom = line[0][1], line[-1][1]
            assert all(top < y < bottom for _, y in places)
            for x, y in places:
                badge = Rectangle(x - 8, y - 8, x + 8, y + 8)
                assert not any(badge.overlaps(other) for other in taken)
            x, y = places[0]
            assert not any(s.left < x < s.right and s.top < y < s.bottom for s in slots)
            beside = [line[i - 1 : i + 1] for i in range(1, len(line)) if line[i][1] >= y]
            (x0, y0), (x1, y1) = beside[0]
            # Distances along a wire are measured on a few chords of it.
            assert abs(x0 + (x1 - x0) * (y - y0) / (y1 - y0) - x) < 2


def test_the_five_nodes_fit_a_phone() -> None:
    found = coordinates(five_nodes())
    width, height = found["size"]
    # A page of 360 px has 346 for the picture, and a box must stay 44 px high.
    assert 44 / HEIGHT * width <= 346
    assert height <= 520
    a, b, c, d, e = boxes(found)
    assert a.top == b.top < c.top == d.top < e.top
    assert a.left < b.left
    assert c.left < d.left


def test_it_is_rounded_and_the_same_each_time() -> None:
    for graph in GRAPHS[:20]:
        text = json.dumps(downward(graph))
        assert text == json.dumps(downward(graph))
        assert not re.search(r"\.\d\d\d", text)


def test_it_weighs_little_beside_the_picture() -> None:
    for graph in GRAPHS:
        data = json.dumps(coordinates(graph), separators=(",", ":"))
        assert len(data) < 0.25 * len(draw(graph)), graph


def test_what_is_no_narrower_or_too_large_has_none() -> None:
    row = [cg.variable(1.0, name=f"x{i}") for i in range(16)]
    while len(row) > 1:
        row = [x * y for x, y in zip(row[::2], row[1::2], strict=True)]
    assert downward(cg.graph(row[0])) is None
    x = cg.variable(0.5, name="x")
    for _ in range(MOST_BOXES - 1):
        x = cg.tanh(x)
    assert downward(cg.graph(x)) is not None
    assert downward(cg.graph(cg.tanh(x))) is None
