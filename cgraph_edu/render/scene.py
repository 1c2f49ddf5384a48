"""From a graph to a frame: the boxes and labels that its picture needs, and where they go.

The frame is the same for every mode and theme: it always has room for values and partials.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from ..graphs.folding import View
from ..graphs.graph import Edge, Graph, Node
from . import typeset
from .glyphs import width
from .layout import Box, Gaps, Link, place, ranks
from .typeset import Runs
from .wires import Point, Wire

NAME_SIZE = 20.0
VALUE_SIZE = 16.0
FRACTION_SIZE = 17.0
PARTIAL_SIZE = 15.0
NOTE_SIZE = 12.0

# Whole pixels, and even ones where there is a middle: a picture of these has short numbers in it.
BOX_HEIGHT = 46
VALUE_CELL = 76
VALUE_ROOM = 66  # "−0.2837", squeezed by hardly anything
PARTIAL_ROOM = 56  # likewise
SHAPE_ROOM = 112  # "(3×4)×(3×4)"; a larger Jacobian's shape is squeezed
LABEL_HEIGHT = 38
_NUMBER_HEIGHT = 18
LONGEST_LABEL = 280.0
LONGEST_HEADING = 180.0
LONGEST_FRACTION = 72.0
_NARROWEST = 44

# Room around the picture; adjoints go under the boxes and "source", "target" above them.
MARGIN = 24
ABOVE = 28
BELOW = 40

BAR_GAP = 6  # between fraction, equals sign and number
EQUALS = 10

# From so many nodes on, a picture is compact: it would not fit a page, and whoever reads it looks
# for a number, not for what the number is called.
MANY = 17


@dataclass(frozen=True)
class Density:
    """How closely a picture is drawn, in px before the whole picture is scaled."""

    fractions: bool  # whether ∂target/∂source = stands before the number
    scale: float
    padding: int  # on either side of a formula
    gaps: Gaps


_FULL = Density(True, 1.0, 16, Gaps())
_COMPACT = Density(False, 0.78, 10, Gaps(box=20, label=4, columns=24))
# A folded picture has several paths on one wire: room for their badges beside the number.
_FOLDED = Density(False, 1.0, 12, Gaps(columns=56))
_FOLDED_COMPACT = Density(False, 0.78, 10, Gaps(box=20, label=4, columns=48))
# With comments on the edges: room for a sign at both ends of each.
_COMMENTED = Density(False, 1.0, 14, Gaps(columns=58))
_COMMENTED_COMPACT = Density(False, 0.78, 10, Gaps(box=22, label=5, columns=54))


class Placed(NamedTuple):
    """A node's box: its corner, the width of the part with the formula, and the whole width."""

    node: Node
    x: int
    y: int
    formula_width: int
    width: int
    formula: Runs
    shortened: bool


class Drawn(NamedTuple):
    """An edge: its wire, and the label on it with the centre of the room for it.

    In a compact picture the label is just the number: no fraction, and no bar.
    """

    edge: Edge
    wire: Wire
    label: Point
    above: Runs
    below: Runs
    bar: int
    badges: tuple[Point, ...]
    shape: str
    """That of the Jacobian; "" where the local partial is a number."""

    @property
    def number(self) -> str:
        """The local partial as it is shown: a number, or the Jacobian's shape.

        "" between folded parts that hand on more than one value.
        """
        return self.shape or _number(self.edge)


@dataclass(frozen=True)
class Frame:
    """Everything that a picture shows, with finished coordinates."""

    width: float
    height: float
    nodes: tuple[Placed, ...]
    edges: tuple[Drawn, ...]
    density: Density


def frame(graph: Graph, rooms: Sequence[int] | None = None) -> Frame:
    """Measure the graph's labels and lay them out.

    `rooms` is for each edge the width of a comment that takes the place of its local partial.
    """
    place_of = {node.index: i for i, node in enumerate(graph.nodes)}
    if rooms is not None:
        densities = (_COMMENTED, _COMMENTED_COMPACT)
    else:
        densities = (_FOLDED, _FOLDED_COMPACT) if isinstance(graph, View) else (_FULL, _COMPACT)
    density = densities[len(graph.nodes) >= MANY]
    literal = typeset.lookalikes(node.name for node in graph.nodes)
    labels = [_label(graph, node, literal) for node in graph.nodes]
    differentials = _differentials(graph, literal) if density.fractions else {}
    fractions = [_fraction(edge, differentials) for edge in graph.edges]
    shapes = [
        typeset.jacobian(graph.tape[edge.target].value, graph.tape[edge.source].value)
        for edge in graph.edges
    ]
    sizes = (
        [
            _label_size(edge, shape, bar, density)
            for edge, shape, (_, _, bar) in zip(graph.edges, shapes, fractions, strict=True)
        ]
        if rooms is None
        else [(room, _NUMBER_HEIGHT) for room in rooms]
    )
    links = [
        Link(place_of[edge.source], place_of[edge.target], *size)
        for edge, size in zip(graph.edges, sizes, strict=True)
    ]
    widths = [
        max(_NARROWEST, _even(max(wide, beneath(graph, node)) + 2 * density.padding))
        for node, wide in zip(
            graph.nodes, (typeset.runs_width(runs, NAME_SIZE) for runs, _ in labels), strict=True
        )
    ]
    widths = _equal_columns(graph, widths, ranks(len(widths), links))
    layout = place(
        [Box(w + VALUE_CELL, BOX_HEIGHT) for w in widths],
        links,
        gaps=density.gaps,
        corner=(MARGIN, ABOVE),
    )
    nodes = []
    for node, w, (runs, shortened), (x, y) in zip(
        graph.nodes, widths, labels, layout.boxes, strict=True
    ):
        whole = w + VALUE_CELL
        corner = round(x) - whole // 2, round(y) - BOX_HEIGHT // 2
        nodes.append(Placed(node, *corner, w, whole, runs, shortened))
    leaving = Counter([edge.source for edge in graph.edges])
    edges = []
    for edge, shape, (above, below, bar), wire, at in zip(
        graph.edges, shapes, fractions, layout.wires, layout.labels, strict=True
    ):
        badges = _badges(wire, crowded=leaving[edge.source] > 1)
        edges.append(Drawn(edge, wire, at, above, below, bar, badges, shape))
    return Frame(
        layout.width + 2 * MARGIN,
        layout.height + ABOVE + BELOW,
        tuple(nodes),
        tuple(edges),
        density,
    )


def _label(graph: Graph, node: Node, literal: typeset.Names) -> tuple[Runs, bool]:
    if isinstance(graph, View) and (group := graph.whole.group(node.index)) is not None:
        return typeset.heading(group.name, group.is_scope, NAME_SIZE, LONGEST_HEADING, literal)
    formula = None if node.op is None else graph.formula(node)
    return typeset.label(node.name, formula, NAME_SIZE, LONGEST_LABEL, literal)


def beneath(graph: Graph, node: Node) -> float:
    """The width of what stands under a name: a dialect's notes, or "24 of 24 done" on a part."""
    group = graph.whole.group(node.index) if isinstance(graph, View) else None
    words = noted(node) if group is None else f"{group.size:,} of {group.size:,} done"
    return width(words, "sans", NOTE_SIZE)


def noted(node: Node) -> str:
    """A dialect's notes on a node, as they are drawn."""
    return " · ".join(node.notes)


def _differentials(graph: Graph, literal: typeset.Names) -> dict[int, tuple[Runs, float]]:
    """∂node for each node, by its index, and how long that is."""
    found = {}
    for node in graph.nodes:
        runs = typeset.differential(node.name, FRACTION_SIZE, LONGEST_FRACTION, literal)
        found[node.index] = runs, typeset.runs_width(runs, FRACTION_SIZE)
    return found


def _fraction(
    edge: Edge, differentials: Mapping[int, tuple[Runs, float]]
) -> tuple[Runs, Runs, int]:
    """Numerator and denominator of ∂target/∂source, and the length of the bar between them."""
    if not differentials:
        return (), (), 0
    (above, over), (below, under) = differentials[edge.target], differentials[edge.source]
    return above, below, _even(max(over, under) + 3)


def _number(edge: Edge) -> str:
    return "" if edge.partial is None else typeset.number(edge.partial)


def _even(length: float) -> int:
    """The next even number."""
    return 2 * ceil(length / 2)


def _label_size(edge: Edge, shape: str, bar: int, density: Density) -> tuple[int, int]:
    """The room for an edge's label: the fraction and the number, or the number alone."""
    room = label_room(shape, PARTIAL_ROOM)
    if not shape and edge.partial is None:
        return (bar, LABEL_HEIGHT) if density.fractions else (0, 0)
    if not density.fractions:
        return room, _NUMBER_HEIGHT
    return bar + 2 * BAR_GAP + EQUALS + room, LABEL_HEIGHT


def label_room(shape: str, room: int) -> int:
    """The room for a partial that may change, or for the shape of a Jacobian, which does not."""
    return min(_even(width(shape, "sans", PARTIAL_SIZE)), SHAPE_ROOM) if shape else room


_ALIKE = {"input": "input", "group": "group"}


def _equal_columns(graph: Graph, widths: list[int], columns: list[int]) -> list[int]:
    """Boxes of one column are equally wide: inputs, operations and parts among themselves."""
    kinds = [
        (column, _ALIKE.get(graph.kind(node).split()[0], "operation"))
        for column, node in zip(columns, graph.nodes, strict=True)
    ]
    widest: dict[tuple[int, str], int] = {}
    for kind, w in zip(kinds, widths, strict=True):
        widest[kind] = max(widest.get(kind, 0), w)
    return [widest[kind] for kind in kinds]


def number_room(text: str, size: float, room: float) -> float:
    """The width that a number is drawn at: its own, or the room that there is."""
    return min(width(text, "sans", size), room)


def _badges(wire: Wire, crowded: bool) -> tuple[Point, ...]:
    """Where the badges of up to three paths go, the best place first.

    Wires that leave one box together are close at their start; before the arrowhead they are not.
    """
    start, end, nearer = wire.along(31), wire.along(-20), wire.along(11)
    return (end, start, nearer) if crowded else (start, end, nearer)
