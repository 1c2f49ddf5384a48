"""The one drawing of a graph: an SVG document of real text, which the widget brings to life."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from ..graphs.folding import View
from ..graphs.graph import Edge, Graph, Node
from . import typeset
from .glyphs import width
from .palette import PALETTES, SANS, SERIF, properties
from .scene import (
    BAR_GAP,
    BOX_HEIGHT,
    EQUALS,
    FRACTION_SIZE,
    LABEL_HEIGHT,
    NAME_SIZE,
    NOTE_SIZE,
    PARTIAL_ROOM,
    PARTIAL_SIZE,
    VALUE_CELL,
    VALUE_ROOM,
    VALUE_SIZE,
    Drawn,
    Frame,
    Placed,
    frame,
    label_room,
    noted,
    number_room,
)
from .typeset import SMALL, Run
from .wires import Wire

SHOWS = ("definition", "values", "partials")
STACKED = 4
"""How far the box behind a folded one looks out."""
_RADIUS = 10
# The outline of a value cell, from its left upper corner on.
_CELL = (
    f"h{VALUE_CELL - _RADIUS}a{_RADIUS},{_RADIUS} 0 0 1 {_RADIUS},{_RADIUS}"
    f"v{BOX_HEIGHT - 2 * _RADIUS}a{_RADIUS},{_RADIUS} 0 0 1 -{_RADIUS},{_RADIUS}"
    f"h-{VALUE_CELL - _RADIUS}z"
)
_MOST_DESCRIBED = 40
# What XML 1.0 has no way to write.
_LEGAL = "\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
_ILLEGAL = re.compile(f"[^{_LEGAL}]")
_SPECIAL = re.compile(f"[^{_LEGAL}]|[&<>\"']")

_STYLE = f"""
.cg text{{font-family:{SERIF};font-size:{NAME_SIZE:g}px;fill:var(--cg-ink)}}
.cg .name{{font-style:italic}}
.cg .small{{font-size:{SMALL:g}em}}
.cg .number{{font:500 {VALUE_SIZE:g}px {SANS};font-variant-numeric:tabular-nums;text-anchor:middle}}
.cg .formula{{text-anchor:middle}}
.cg .paper{{fill:var(--cg-paper)}}
.cg .back{{fill:var(--cg-node-fill)}}
.cg .cell{{fill:var(--cg-node-cell)}}
.cg .box,.cg .divider{{fill:none;stroke:var(--cg-node-line);stroke-width:1.5}}
.cg .divider{{stroke-width:1}}
.cg .input .back{{fill:var(--cg-input-fill)}}
.cg .input .cell{{fill:var(--cg-input-cell)}}
.cg .input .box,.cg .input .divider{{stroke:var(--cg-input-line)}}
.cg .edge{{color:var(--cg-line)}}
.cg .wire{{fill:none;stroke:currentColor;stroke-width:1.6}}
.cg .head{{fill:currentColor}}
.cg .partial{{color:var(--cg-der)}}
.cg .partial text{{font-size:{FRACTION_SIZE:g}px;fill:currentColor;text-anchor:middle}}
.cg .bar{{stroke:currentColor;stroke-width:1.2}}
.cg .partial .number{{font-size:{PARTIAL_SIZE:g}px;text-anchor:start;paint-order:stroke;\
stroke:var(--cg-paper);stroke-width:12;stroke-linejoin:round}}
.cg .partial .alone{{text-anchor:middle}}
""".strip()

# What stands under names: a dialect's notes, and how large a folded part is.
_NOTED = f"""
.cg .note{{font:{NOTE_SIZE:g}px {SANS};fill:var(--cg-soft);text-anchor:middle}}
""".rstrip()

# What only a folded picture has.
_FOLDED = f"""
.cg .behind,.cg .group .back{{fill:var(--cg-node-cell)}}
.cg .behind{{stroke:var(--cg-node-line);stroke-width:1.5}}
.cg .group .cell{{fill:var(--cg-node-fill)}}
.cg .several{{font:12px {SANS};fill:var(--cg-soft)}}
.cg .outside .box,.cg .outside .behind{{stroke-dasharray:5 4}}
""".rstrip()


def draw(graph: Graph, show: str = "partials", theme: str = "light") -> str:
    """The graph as an SVG document: the same bytes for the same graph, everywhere.

    Args:
        graph: what to draw.
        show: "definition" (formulas), "values" (and values), or "partials" (and the local partial
            on each edge). The frame is the same for all three.
        theme: "light" or "dark".

    Raises:
        ValueError: for any other `show` or `theme`.
    """
    if show not in SHOWS:
        raise ValueError(f"show={show!r}: it must be one of {', '.join(SHOWS)}")
    if theme not in PALETTES:
        raise ValueError(f"theme={theme!r}: it must be one of {', '.join(PALETTES)}")
    scene = frame(graph)
    fractions = scene.density.fractions
    edges = [edge_element(i, drawn, show, fractions) for i, drawn in enumerate(scene.edges)]
    nodes = [node_element(graph, placed, show) for placed in scene.nodes]
    sheet = Sheet(graph.title, in_words(graph, show), theme, style_of(graph))
    return document(scene, sheet, [*edges, *nodes])


class Sheet(NamedTuple):
    """What a document says of itself, and how it looks."""

    title: str
    description: str
    theme: str
    style: str
    kind: str = ""
    """A class of its own, so that its rules are for no other picture on a page."""


class Marks(NamedTuple):
    """What a picture that tells more has besides: on the group of an edge or of a node."""

    classes: str = ""
    attributes: str = ""
    elements: str = ""
    back: int | None = None
    """Where an edge's head is at its source: how far from that box."""


_PLAIN = Marks()


def style_of(graph: Graph) -> str:
    """The rules that a picture of the graph needs."""
    style = _STYLE
    if isinstance(graph, View) or any(node.notes for node in graph.nodes):
        style += _NOTED
    return style + _FOLDED if isinstance(graph, View) else style


def document(scene: Frame, sheet: Sheet, elements: Iterable[str]) -> str:
    """An SVG document of these elements."""
    theme, title, description = sheet.theme, escape(sheet.title), escape(sheet.description)
    # nbconvert puts many drawings into one page: ids come from what they name.
    key = "cg" + sha256(f"{theme}{title}{description}".encode()).hexdigest()[:10]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cg{sheet.kind} cg-{theme}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" '
        f'viewBox="0 0 {px(scene.width)} {px(scene.height)}" '
        f"{_size(scene, scene.density.scale)}>\n"
        f'<title id="{key}-title">{title}</title>\n'
        f'<desc id="{key}-desc">{description}</desc>\n'
        f"<style>.cg-{theme}{{{properties(theme)}}}\n{sheet.style}</style>\n"
        f'<rect class="paper" {_size(scene)}/>'
    )
    return "\n".join([head, *elements, "</svg>\n"])


def _size(scene: Frame, scale: float = 1.0) -> str:
    return f'width="{px(scene.width * scale)}" height="{px(scene.height * scale)}"'


def edge_element(
    index: int, drawn: Drawn, show: str, fractions: bool, marks: Marks = _PLAIN
) -> str:
    """An edge: its wire, its head, and in the mode "partials" its label."""
    edge = drawn.edge
    # Without its value cell, a box ends where the cell would start.
    wire = drawn.wire.earlier(VALUE_CELL) if show == "definition" else drawn.wire
    (x1, y1), (x2, y2), (x3, y3) = drawn.badges
    x, y = wire.pieces[-1][-1]
    head = f"M{x + 7},{y}l-9.5,-4.9l2.6,4.9l-2.6,4.9z"
    course = _path(wire)
    if marks.back is not None:
        course += "h7"
        x, y = wire.start
        head = f"M{x + marks.back},{y}l9.5,-4.9l-2.6,4.9l2.6,4.9z"
    partial = ""
    if show == "partials":
        partial = _partial(drawn) if fractions else _number(drawn)
    return (
        f'<g class="edge{marks.classes}" data-edge="{index}" data-source="{edge.source}" '
        f'data-target="{edge.target}" data-badges="{x1},{y1} {x2},{y2} {x3},{y3}"'
        f'{marks.attributes}><path class="wire" d="{course}"/>'
        f'<path class="head" d="{head}"/>{partial}{marks.elements}</g>'
    )


def _number(drawn: Drawn) -> str:
    """The label of an edge where that is just the number, or the Jacobian's shape."""
    if not drawn.number:
        return ""
    x, y = drawn.label
    room = label_room(drawn.shape, PARTIAL_ROOM)
    return (
        f'<g class="partial" transform="translate({x} {y})">'
        f'<text class="alone {_kind(drawn)}" y="5.5" data-room="{room}"'
        f"{_squeezed(drawn.number, PARTIAL_SIZE, room)}>{drawn.number}</text></g>"
    )


def _partial(drawn: Drawn) -> str:
    """The label of an edge, centred in its room; its number can grow to the right."""
    text = drawn.number
    room = label_room(drawn.shape, PARTIAL_ROOM)
    number = number_room(text, PARTIAL_SIZE, room)
    equals = 2 * BAR_GAP + EQUALS if text else 0
    left = -(drawn.bar + equals + number) / 2
    at = left + drawn.bar + equals
    middle = px(left + drawn.bar / 2)
    # The paper under the fraction and a halo around the number cut the wire.
    half = LABEL_HEIGHT // 2 + 3
    pad = 8
    under = pad + drawn.bar + (equals or pad)
    x, y = drawn.label
    value = (
        f'<text class="{_kind(drawn)}" x="{px(at)}" y="5.5" data-room="{room}"'
        f"{_squeezed(text, PARTIAL_SIZE, room)}>{text}</text>"
        f'<text x="{px(at - BAR_GAP - EQUALS / 2)}" y="5">{":" if drawn.shape else "="}</text>'
    )
    return (
        f'<g class="partial" transform="translate({x} {y})">'
        f'<rect class="paper" x="{px(left - pad)}" y="{-half}" width="{under}" '
        f'height="{2 * half}" rx="4"/>{value if text else ""}'
        f'<text x="{middle}" y="-5">{_runs(drawn.above)}</text>'
        f'<path class="bar" d="M{px(left)},0h{drawn.bar}"/>'
        f'<text x="{middle}" y="16">{_runs(drawn.below)}</text></g>'
    )


def _kind(drawn: Drawn) -> str:
    """A Jacobian's shape looks like a number, but stays as it is when numbers change."""
    return "number shape" if drawn.shape else "number"


def node_element(graph: Graph, placed: Placed, show: str, marks: Marks = _PLAIN) -> str:
    """A node: its box, its formula, and but in the mode "definition" its value."""
    node = placed.node
    kind = graph.kind(node)
    is_folded = kind.startswith("group")
    with_value = show != "definition"
    x, y, split = placed.x, placed.y, placed.x + placed.formula_width
    base = y + BOX_HEIGHT // 2 + 6
    whole = placed.width if with_value else placed.formula_width
    shape = _shape(x, y, whole)
    title = cell = value = ""
    if placed.shortened:
        formula = "" if node.op is None else f" = {graph.describe(node)}"
        title = f"<title>{escape(node.name + formula)}</title>"
    behind = note = shift = ""
    if is_folded:
        behind = f'<rect class="behind" {_shape(x + STACKED, y - STACKED, whole)}/>'
    words = graph.describe(node) if is_folded else noted(node)
    if words:
        middle = x + placed.formula_width // 2
        note = f'<text class="note" x="{middle}" y="{base}" dy="9">{escape(words)}</text>'
        shift = ' dy="-7"'
    if with_value:
        text, several = _value(graph, node)
        cell = (
            f'<path class="cell" d="M{split},{y}{_CELL}"/>'
            f'<path class="divider" d="M{split},{y}v{BOX_HEIGHT}"/>'
        )
        value = (
            f'<text class="value number{several}" x="{split + VALUE_CELL // 2}" y="{base}" '
            f'data-room="{VALUE_ROOM}"{_squeezed(text, VALUE_SIZE, VALUE_ROOM)}>'
            f"{text}</text>"
        )
    return (
        f'<g class="node {kind}{marks.classes}" data-node="{node.index}"{marks.attributes}>'
        f"{title}{behind}"
        f'<rect class="back" {shape}/>{cell}<rect class="box" {shape}/><text class="formula" '
        f'x="{x + placed.formula_width // 2}" y="{base}"{shift}>{_runs(placed.formula)}</text>'
        # Read aloud, a part is "hidden 24 nodes 0.5", and a node "a 2 leaf".
        f"{note + value if is_folded else value + note}{marks.elements}</g>"
    )


def _shape(x: int, y: int, width: int) -> str:
    return f'x="{x}" y="{y}" width="{width}" height="{BOX_HEIGHT}" rx="{_RADIUS}"'


def _value(graph: Graph, node: Node) -> tuple[str, str]:
    """The number in its cell; of a part with several results how many they are, and a class."""
    group = graph.whole.group(node.index) if isinstance(graph, View) else None
    if group is not None and group.output is None:
        return f"{group.outputs:,} values", " several"
    return typeset.number(node.value), ""


def _runs(runs: Iterable[Run]) -> str:
    """Runs as tspans; an index or exponent moves the baseline, and the next run moves it back."""
    parts = []
    level = 0
    for run in runs:
        parts.append(_tspan(*run, level))
        level = run.level
    return "".join(parts)


@lru_cache(maxsize=4096)
def _tspan(text: str, kind: str, level: int, earlier: int) -> str:
    """A run, after one whose level was `earlier`."""
    names = [name for name, on in (("name", kind == "name"), ("small", level)) if on]
    style = f' class="{" ".join(names)}"' if names else ""
    # In em of the run's own size: an index goes down by 0.15 em of the line, a power up by 0.4.
    shift = _LIFT[level] - _LIFT[earlier]
    size = SMALL if level else 1.0
    dy = f' dy="{px(-shift / size)}em"' if shift else ""
    return f"<tspan{style}{dy}>{escape(text)}</tspan>" if style or dy else escape(text)


_LIFT = {-1: -0.17, 0: 0.0, 1: 0.38}


def _squeezed(text: str, size: float, room: int) -> str:
    if width(text, "sans", size) <= room:
        return ""
    return f' textLength="{room}" lengthAdjust="spacingAndGlyphs"'


def in_words(graph: Graph, show: str = "partials") -> str:
    """The graph in words, for those who hear it."""

    def value(x: object) -> str:
        return f" = {typeset.number(x)}" if show != "definition" else ""

    def aside(node: Node) -> str:
        return f" ({', '.join(node.notes)})" if node.notes else ""

    def partial(edge: Edge) -> str:
        target, source = graph.tape[edge.target], graph.tape[edge.source]
        shape = typeset.jacobian(target.value, source.value)
        is_told = shape or edge.partial is not None
        said = f": {shape}" if shape else f" = {typeset.number(edge.partial)}" if is_told else ""
        return f"∂{target.name}/∂{source.name}{said}" if is_told else ""

    def sentences() -> Iterator[str]:
        yield "Inputs: " + ", ".join(f"{n.name}{value(n.value)}{aside(n)}" for n in graph.inputs)
        if isinstance(graph, View) and graph.parts:
            yield "Parts: " + ", ".join(f"{p.name} ({p.size:,} nodes)" for p in graph.parts)
        for n in operations:
            yield f"{n.name} = {graph.describe(n)}{value(n.value)}{aside(n)}"
        yield from partials

    operations = [n for n in graph.nodes if n.op is not None]
    count = 1 + len(operations) + (isinstance(graph, View) and bool(graph.parts))
    partials = [said for said in map(partial, graph.edges) if said and show == "partials"]
    told = list(islice(sentences(), _MOST_DESCRIBED))
    left_out = count + len(partials) - len(told)
    if left_out:
        told.append(f"and {left_out} more")
    return ". ".join(told) + "."


def _path(wire: Wire) -> str:
    """The course of a wire, whose coordinates are rounded."""
    x, y = wire.start
    parts = [f"M{x},{y}"]
    for (a, b), (c, d), (x, end) in wire.pieces:
        level = b == d == end == y
        parts.append(f"H{x}" if level else f"C{a},{b} {c},{d} {x},{end}")
        y = end
    return "".join(parts)


def px(x: float) -> str:
    """A coordinate, to 0.01 px."""
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def escape(text: str) -> str:
    """Anyone's text as the text of an XML or HTML element, or of an attribute."""
    if _SPECIAL.search(text) is None:  # as most are
        return text
    return html.escape(_ILLEGAL.sub("\ufffd", text))
