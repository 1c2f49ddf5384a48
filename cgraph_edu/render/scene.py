"""From a graph to a frame: the boxes and labels that its picture needs, and where they go.

The frame is the same for every mode and theme: it always has room for values and partials.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

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

BOX_HEIGHT = 46.0
VALUE_CELL = 76.0
VALUE_ROOM = 66.0  # "−0.2837", squeezed by hardly anything
PARTIAL_ROOM = 56.0  # likewise
LABEL_HEIGHT = 38.0
_NUMBER_HEIGHT = 18.0
LONGEST_LABEL = 280.0
LONGEST_FRACTION = 72.0
_NARROWEST = 43.0

# Room around the picture; adjoints go under the boxes and "source", "target" above them.
MARGIN = 24.0
ABOVE = 28.0
BELOW = 40.0

BAR_GAP = 6.0  # between fraction, equals sign and number
EQUALS = 10.0

# From so many nodes on, a picture is compact: it would not fit a page, and whoever reads it looks
# for a number, not for what the number is called.
MANY = 17


@dataclass(frozen=True)
class Density:
    """How closely a picture is drawn, in px before the whole picture is scaled."""

    fractions: bool  # whether ∂target/∂source = stands before the number
    scale: float
    padding: float  # on either side of a formula
    gaps: Gaps


_FULL = Density(True, 1.0, 16.0, Gaps())
_COMPACT = Density(False, 0.78, 10.0, Gaps(box=20.0, label=4.0, columns=24.0))


@dataclass(frozen=True)
class Placed:
    """A node's box: its corner, the width of the part with the formula, and the whole width."""

    node: Node
    x: float
    y: float
    formula_width: float
    width: float
    formula: Runs
    shortened: bool


@dataclass(frozen=True)
class Drawn:
    """An edge: its wire, and the label on it with the centre of the room for it.

    In a compact picture the label is just the number: no fraction, and no bar.
    """

    edge: Edge
    wire: Wire
    label: Point
    above: Runs
    below: Runs
    bar: float
    badges: tuple[Point, ...]


@dataclass(frozen=True)
class Frame:
    """Everything that a picture shows, with finished coordinates."""

    width: float
    height: float
    nodes: tuple[Placed, ...]
    edges: tuple[Drawn, ...]
    density: Density


def frame(graph: Graph) -> Frame:
    """Measure the graph's labels and lay them out."""
    place_of = {node.index: i for i, node in enumerate(graph.nodes)}
    density = _FULL if len(graph.nodes) < MANY else _COMPACT
    literal = typeset.lookalikes(node.name for node in graph.nodes)
    labels = [
        typeset.label(
            node.name,
            None if node.op is None else graph.formula(node),
            NAME_SIZE,
            LONGEST_LABEL,
            literal,
        )
        for node in graph.nodes
    ]
    fractions = [
        _fraction(graph, edge, literal) if density.fractions else ((), (), 0.0)
        for edge in graph.edges
    ]
    links = [
        Link(
            place_of[edge.source],
            place_of[edge.target],
            *_label_size(edge, bar, density),
        )
        for edge, (_, _, bar) in zip(graph.edges, fractions, strict=True)
    ]
    widths = [
        max(_NARROWEST, round(typeset.runs_width(runs, NAME_SIZE) + 2 * density.padding, 2))
        for runs, _ in labels
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
        nodes.append(
            Placed(
                node,
                x - whole / 2,
                y - BOX_HEIGHT / 2,
                w,
                whole,
                runs,
                shortened,
            )
        )
    leaving = Counter(edge.source for edge in graph.edges)
    edges = []
    for edge, (above, below, bar), wire, at in zip(
        graph.edges, fractions, layout.wires, layout.labels, strict=True
    ):
        badges = _badges(wire, crowded=leaving[edge.source] > 1)
        edges.append(Drawn(edge, wire, at, above, below, bar, badges))
    return Frame(
        layout.width + 2 * MARGIN,
        layout.height + ABOVE + BELOW,
        tuple(nodes),
        tuple(edges),
        density,
    )


def _fraction(graph: Graph, edge: Edge, literal: typeset.Names) -> tuple[Runs, Runs, float]:
    """Numerator and denominator of ∂target/∂source, and the length of the bar between them."""
    above, below = (
        typeset.differential(graph.tape[index].name, FRACTION_SIZE, LONGEST_FRACTION, literal)
        for index in (edge.target, edge.source)
    )
    longest = max(typeset.runs_width(runs, FRACTION_SIZE) for runs in (above, below))
    return above, below, round(longest + 3, 2)


def _label_size(edge: Edge, bar: float, density: Density) -> tuple[float, float]:
    """The room for an edge's label: the fraction, the number, or both."""
    if not density.fractions:
        return (0.0, 0.0) if edge.partial is None else (PARTIAL_ROOM, _NUMBER_HEIGHT)
    number = 0.0 if edge.partial is None else 2 * BAR_GAP + EQUALS + PARTIAL_ROOM
    return bar + number, LABEL_HEIGHT


def _equal_columns(graph: Graph, widths: list[float], columns: list[int]) -> list[float]:
    """Boxes of one column are equally wide, inputs and operations each among themselves."""
    kinds = [(column, node.op is None) for column, node in zip(columns, graph.nodes, strict=True)]
    widest: dict[tuple[int, bool], float] = {}
    for kind, w in zip(kinds, widths, strict=True):
        widest[kind] = max(widest.get(kind, 0.0), w)
    return [widest[kind] for kind in kinds]


def number_room(text: str, size: float, room: float) -> float:
    """The width that a number is drawn at: its own, or the room that there is."""
    return min(width(text, "sans", size), room)


def _badges(wire: Wire, crowded: bool) -> tuple[Point, ...]:
    """Where the badges of up to three paths go, the best place first.

    Wires that leave one box together are close at their start; before the arrowhead they are not.
    """
    start, end, nearer = wire.along(31.0), wire.along(-20.0), wire.along(11.0)
    return (end, start, nearer) if crowded else (start, end, nearer)
