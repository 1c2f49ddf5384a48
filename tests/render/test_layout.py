"""The layout's promises, on random graphs, and its crossings beside Graphviz's."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations, pairwise
from math import atan2, degrees
from typing import NamedTuple

import pygraphviz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgraph_edu.render.layout import Box, Layout, Link, place, ranks
from cgraph_edu.render.wires import Point, Wire

FIVE = [(0, 2), (1, 2), (1, 3), (2, 4), (3, 4)]


class Rectangle(NamedTuple):
    """A box or a label where it was put."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rectangle) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.02 and down > 0.02

    def contains(self, point: Point) -> bool:
        slack = 0.05
        return (
            self.left + slack < point[0] < self.right - slack
            and self.top + slack < point[1] < self.bottom - slack
        )


def around(centre: Point, width: float, height: float) -> Rectangle:
    x, y = centre
    return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Link]]:
    count = draw(st.integers(1, 14))
    sizes = st.floats(20, 240)
    boxes = [Box(draw(sizes), draw(st.sampled_from([30.0, 46.0, 60.0]))) for _ in range(count)]
    links = []
    for target in range(1, count):
        # Operands in any order, and the same one twice.
        operands = draw(st.lists(st.integers(0, target - 1), max_size=3))
        for source in operands:
            labelled = draw(st.booleans())
            size = (draw(st.floats(10, 120)), 38.0) if labelled else (0.0, 0.0)
            links.append(Link(source, target, *size))
    return boxes, links


def plain(count: int, ends: list[tuple[int, int]]) -> tuple[list[Box], list[Link]]:
    return [Box(120, 46)] * count, [Link(a, b, 90, 38) for a, b in ends]


def rectangles(
    boxes: list[Box], links: list[Link], layout: Layout
) -> tuple[list[Rectangle], list[Rectangle]]:
    return (
        [around(at, box.width, box.height) for at, box in zip(layout.boxes, boxes, strict=True)],
        [
            around(at, link.label_width, link.label_height)
            for at, link in zip(layout.labels, links, strict=True)
        ],
    )


@given(graphs(), st.sampled_from(["right", "down"]))
@settings(max_examples=200, deadline=None)
def test_nothing_overlaps_and_no_wire_meets_what_is_not_its_own(
    graph: tuple[list[Box], list[Link]], direction: str
) -> None:
    boxes, links = graph
    layout = place(boxes, links, "down" if direction == "down" else "right")
    placed, labels = rectangles(boxes, links, layout)
    shown = placed + [label for label, link in zip(labels, links, strict=True) if link.label_height]
    for one, other in combinations(shown, 2):
        assert not one.overlaps(other)
    for at, (link, wire) in enumerate(zip(links, layout.wires, strict=True)):
        foreign = [box for i, box in enumerate(placed) if i not in (link.source, link.target)]
        foreign += [
            label
            for i, (label, other) in enumerate(zip(labels, links, strict=True))
            if i != at and other.label_height
        ]
        for point in wire.points(24):
            assert not any(rectangle.contains(point) for rectangle in foreign)


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_the_picture_holds_everything_and_flows_to_the_right(
    graph: tuple[list[Box], list[Link]],
) -> None:
    boxes, links = graph
    layout = place(boxes, links)
    placed, labels = rectangles(boxes, links, layout)
    for rectangle in placed + labels:
        assert rectangle.left >= -0.02
        assert rectangle.top >= -0.02
        assert rectangle.right <= layout.width + 0.02
        assert rectangle.bottom <= layout.height + 0.02
    column = ranks(len(boxes), links)
    for link, wire in zip(links, layout.wires, strict=True):
        assert column[link.source] < column[link.target]
        assert placed[link.source].right < placed[link.target].left
        across = [x for x, _ in wire.points()]
        assert all(x0 <= x1 + 0.02 for x0, x1 in pairwise(across))


@given(graphs())
@settings(max_examples=50, deadline=None)
def test_the_same_graph_gives_the_same_rounded_coordinates(
    graph: tuple[list[Box], list[Link]],
) -> None:
    layout = place(*graph)
    assert layout == place(*graph)
    numbers = [x for point in layout.boxes + layout.labels for x in point]
    numbers += [
        x for wire in layout.wires for piece in wire.pieces for point in piece for x in point
    ]
    assert all(x == round(x, 2) for x in numbers)


def test_down_is_right_with_the_axes_exchanged() -> None:
    boxes, links = plain(5, FIVE)
    turned = [Box(box.height, box.width) for box in boxes]
    exchanged = [Link(k.source, k.target, k.label_height, k.label_width) for k in links]
    right, down = place(turned, exchanged), place(boxes, links, "down")
    assert [(y, x) for x, y in right.boxes] == list(down.boxes)
    assert [wire.transposed() for wire in right.wires] == list(down.wires)


def test_the_five_node_graph_has_two_straight_rows_and_its_output_between_them() -> None:
    layout = place(*plain(5, FIVE))
    a, b, c, d, e = (y for _, y in layout.boxes)
    assert a == c
    assert b == d
    assert a < b
    assert e == (c + d) / 2
    straight = layout.wires[0]
    assert {y for _, y in straight.points()} == {a}
    # e's two wires arrive above and below the middle, in the order of the operands.
    assert [layout.wires[i].pieces[-1][-1][1] - e for i in (3, 4)] == [-11.0, 11.0]


def test_parallel_wires_are_both_drawn() -> None:
    layout = place(*plain(2, [(0, 1), (0, 1)]))
    upper, lower = layout.wires
    assert all(y0 < y1 for (_, y0), (_, y1) in zip(upper.points(), lower.points(), strict=True))
    assert layout.labels[0][1] + 38 <= layout.labels[1][1]


@pytest.mark.parametrize(
    "ends", [[(0, 1), (0, 1), (0, 2)], [(0, 1)] * 4, [(0, 1), (0, 2), (0, 3), (0, 4)]]
)
def test_wires_fan_out_without_a_visible_corner(ends: list[tuple[int, int]]) -> None:
    layout = place(*plain(1 + max(target for _, target in ends), ends))
    for wire in layout.wires:
        angles = [
            degrees(atan2(y1 - y0, x1 - x0)) for (x0, y0), (x1, y1) in pairwise(wire.points(24))
        ]
        assert all(abs(one - other) < 9 for one, other in pairwise(angles))


def test_no_piece_of_a_wire_is_without_length() -> None:
    for seed in range(5):
        for wire in place(*plain(*scattered(25, seed)), corner=(24.0, 28.0)).wires:
            points = [wire.start, *(piece[-1] for piece in wire.pieces)]
            assert all(x0 < x1 for (x0, _), (x1, _) in pairwise(points))


def test_a_corner_moves_everything() -> None:
    boxes, links = plain(*scattered(25, 1))
    there, here = place(boxes, links, corner=(24.0, 28.0)), place(boxes, links)
    assert (there.width, there.height) == (here.width, here.height)
    moved = [(x + 24, y + 28) for x, y in here.boxes + here.labels]
    assert list(there.boxes + there.labels) == [pytest.approx(point) for point in moved]


def test_the_boxes_of_a_neuron_stay_together() -> None:
    # Weights 2 and 4, 7 and 9, … of inputs 0 and 1; their products 3 and 5; the sum 6 of a neuron.
    ends, neurons = [], []
    for neuron in range(4):
        first = 2 + 5 * neuron
        ends += [(first, first + 1), (0, first + 1), (first + 2, first + 3), (1, first + 3)]
        ends += [(first + 1, first + 4), (first + 3, first + 4)]
        neurons.append((first + 1, first + 3))
    ends += [(6, 22), (11, 22), (16, 23), (21, 23), (22, 24), (23, 24)]
    layout = place(*plain(25, ends))
    heights = sorted(tuple(sorted(layout.boxes[v][1] for v in products)) for products in neurons)
    assert all(one[-1] < other[0] for one, other in pairwise(heights))


def test_inputs_keep_their_writing_order_where_no_wire_has_to_cross() -> None:
    layout = place(*plain(3, [(1, 2), (0, 2)]))  # b * a
    (_, a), (_, b), _ = layout.boxes
    assert a < b


def test_a_late_input_stands_beside_the_operation_that_uses_it() -> None:
    # 0 → 1 → 2 → 4 and 3 → 4: the input 3 is not in the first column.
    layout = place(*plain(5, [(0, 1), (1, 2), (2, 4), (3, 4)]))
    assert layout.boxes[3][0] == layout.boxes[2][0]


def test_one_box_no_box_and_separate_pieces() -> None:
    assert place([Box(80, 46)], []).boxes == ((40.0, 23.0),)
    assert place([], []).boxes == ()
    layout = place(*plain(4, [(0, 1), (2, 3)]))
    placed, _ = rectangles(*plain(4, [(0, 1), (2, 3)]), layout)
    assert not any(one.overlaps(other) for one, other in combinations(placed, 2))


def test_a_link_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="from box 1 to box 0"):
        place([Box(80, 46)] * 2, [Link(1, 0)])


def test_a_chain_of_two_thousand_boxes_is_one_straight_line() -> None:
    layout = place(*plain(2000, [(i, i + 1) for i in range(1999)]))
    assert {y for _, y in layout.boxes} == {layout.boxes[0][1]}


def test_a_thousand_boxes_are_placed() -> None:
    rng = random.Random(1)
    ends = []
    for _ in range(2500):
        target = rng.randrange(1, 1000)
        ends.append((rng.randrange(target), target))
    boxes, links = plain(1000, ends)
    placed, _ = rectangles(boxes, links, place(boxes, links))
    placed.sort()
    for one, other in pairwise(placed):
        assert not one.overlaps(other)


def butterfly(levels: int) -> tuple[int, list[tuple[int, int]]]:
    """The graph of a fast Fourier transform: many crossings that nobody can avoid."""
    width = 2**levels
    ends = []
    for level in range(levels):
        for i in range(width):
            for j in sorted((i, i ^ (1 << level))):
                ends.append((level * width + j, (level + 1) * width + i))
    return width * (levels + 1), ends


def network(sizes: list[int]) -> tuple[int, list[tuple[int, int]]]:
    """Layers of neurons, each fully connected to the one before."""
    ends, first = [], 0
    for inputs, outputs in pairwise(sizes):
        second = first + inputs
        ends += [(first + i, second + j) for j in range(outputs) for i in range(inputs)]
        first = second
    return sum(sizes), ends


def scattered(count: int, seed: int) -> tuple[int, list[tuple[int, int]]]:
    rng = random.Random(seed)
    ends = [
        (rng.randrange(max(0, target - 9), target), target)
        for target in range(1, count)
        for _ in range(2)
    ]
    return count, ends


def skipping(count: int, seed: int) -> tuple[int, list[tuple[int, int]]]:
    """A chain in which some wires skip up to five boxes."""
    rng = random.Random(seed)
    ends = []
    for target in range(1, count):
        ends.append((target - 1, target))
        if target > 2 and rng.random() < 0.3:
            ends.append((max(0, target - rng.randrange(2, 7)), target))
    return count, ends


@pytest.mark.parametrize(
    "graph",
    [
        (5, FIVE),
        butterfly(3),
        network([2, 3, 3, 1]),
        scattered(24, 1),
        scattered(40, 2),
    ],
    ids=["five", "butterfly", "network", "scattered", "more scattered"],
)
def test_wires_cross_about_as_rarely_as_graphviz_crosses_them(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    count, ends = graph
    layout = place(*plain(count, ends))
    ours = crossings(ends, layout.boxes, [wire.points(12) for wire in layout.wires])
    assert ours <= 1.15 * crossings(ends, *graphviz(count, ends)) + 2


def test_on_average_wires_cross_little_more_often_than_with_graphviz() -> None:
    ratios = []
    for seed, size in enumerate([20, 30, 40, 50, 60]):
        for count, ends in (
            scattered(size, seed),
            skipping(size, seed),
            network([size // 10, size // 5, size // 10, 2]),
        ):
            layout = place(*plain(count, ends))
            ours = crossings(ends, layout.boxes, [wire.points(12) for wire in layout.wires])
            ratios.append((1 + ours) / (1 + crossings(ends, *graphviz(count, ends))))
    assert sum(ratios) / len(ratios) <= 1.1


def graphviz(count: int, ends: list[tuple[int, int]]) -> tuple[list[Point], list[list[Point]]]:
    """The boxes and wires of Graphviz's own layout of the same graph."""
    graph = pygraphviz.AGraph(directed=True, strict=False, rankdir="LR")
    for node in range(count):
        graph.add_node(node, shape="box", fixedsize=True, width=120 / 72, height=46 / 72)
    for i, (source, target) in enumerate(ends):
        graph.add_edge(source, target, key=str(i))
    graph.layout("dot")
    boxes = [numbers(graph.get_node(node).attr["pos"]) for node in range(count)]
    wires = []
    for i, (source, target) in enumerate(ends):
        _, *points = graph.get_edge(source, target, key=str(i)).attr["pos"].split()
        at = [numbers(point) for point in points]
        pieces = tuple((at[k], at[k + 1], at[k + 2]) for k in range(1, len(at), 3))
        wires.append(Wire(at[0], pieces).points(12))
    return boxes, wires


def numbers(text: str) -> Point:
    x, y = text.split(",")
    return float(x), float(y)


def crossings(ends: list[tuple[int, int]], boxes: Sequence[Point], wires: list[list[Point]]) -> int:
    """How often two wires change places between neighbouring columns of boxes.

    Wires are taken to run between the middles of their boxes: the two layouts differ in where on a
    side they fasten them.
    """
    columns = sorted({round(x) for x, _ in boxes})
    heights = []
    for (source, target), points in zip(ends, wires, strict=True):
        course = [boxes[source], *points, boxes[target]]
        first, last = round(boxes[source][0]), round(boxes[target][0])
        heights.append({x: height(course, x) for x in columns if first <= x <= last})
    return sum(
        (one[x] - other[x]) * (one[x1] - other[x1]) < 0
        for one, other in combinations(heights, 2)
        for x, x1 in pairwise(columns)
        if x in one and x1 in one and x in other and x1 in other
    )


def height(course: list[Point], x: float) -> float:
    """Where a wire is at x."""
    if x <= course[0][0]:
        return course[0][1]
    for (x0, y0), (x1, y1) in pairwise(course):
        if x0 <= x <= x1 and x0 < x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return course[-1][1]
