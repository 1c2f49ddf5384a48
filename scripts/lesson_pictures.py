"""Draw notebooks/images/lessons: for each lesson a card that shows its one idea at a glance.

    python -m scripts.lesson_pictures

The numbers are the engine's, the courses of the wires the layout's, the colours the palette's. A
card has a paper of its own, for a page that shows it may be light or dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import cgraph_edu as cg
from cgraph_edu.render.layout import Box, Gaps, Layout, Link, place
from cgraph_edu.render.palette import PALETTES, SANS, SERIF, WORKERS
from cgraph_edu.render.svg import escape
from cgraph_edu.render.typeset import number
from cgraph_edu.render.wires import Point, Wire
from tests.examples import five_nodes

PICTURES = Path(__file__).parents[1] / "notebooks" / "images" / "lessons"
WIDTH, HEIGHT = 480, 300
ASIDE, BELOW = 28, 12  # free room around the card: notebooks keep no margins of pictures
MIDDLE = WIDTH / 2
MONO = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
INK = PALETTES["light"]

BOX_HEIGHT = 50
PART = 46  # half a box: the name, or the value
PILL_HEIGHT = 30
PILL_ROOM = 40  # under a box, with the gap between
LABEL = 24
CAPTION = 266  # the base of the line under a drawing
ROOM = 244  # above that line
_GAPS = Gaps(box=22.0, label=4.0, columns=25.0)
_CLOSE = Gaps(box=11.0, label=4.0, columns=25.0)

_STYLE = f"""
.card{{fill:{INK["paper"]};stroke:{INK["faint"]};stroke-width:2}}
text{{font:26px {SERIF};fill:{INK["ink"]};text-anchor:middle}}
.name{{font-style:italic}}
.number{{font:500 22px {SANS}}}
.words{{font:22px {SANS}}}
.words .name{{font:italic 24px {SERIF}}}
.code{{font:22px {MONO}}}
.small{{font-size:18px}}
.tiny{{font-size:16px}}
.large{{font-size:40px}}
.index{{font-size:24px}}
.start{{text-anchor:start}}
.soft{{fill:{INK["soft"]}}}
.line{{color:{INK["line"]}}}
.faint{{color:{INK["faint"]}}}
.p1{{color:{INK["p1"]}}}
.p2{{color:{INK["p2"]}}}
.der{{color:{INK["der"]}}}
.p1 text,.p2 text,.der text,.p1,.p2,.der{{fill:currentColor}}
.faint text{{fill:{INK["soft"]}}}
.wire{{fill:none;stroke:currentColor;stroke-width:2.5}}
.p1 .wire,.p2 .wire,.der .wire{{stroke-width:3.5}}
.p1 .band{{stroke-width:16;stroke-linecap:round}}
.dashed .wire,.dashed .box,.dashed .pill{{stroke-dasharray:3 7;stroke-linecap:round}}
.head{{fill:currentColor}}
.halo{{fill:{INK["paper"]}}}
.box,.divider{{fill:none;stroke:{INK["node-line"]};stroke-width:2}}
.back{{fill:{INK["paper"]}}}
.cell{{fill:{INK["node-cell"]}}}
.input .back{{fill:{INK["input-fill"]}}}
.input .cell{{fill:{INK["input-cell"]}}}
.input .box,.input .divider{{stroke:{INK["input-line"]}}}
.pill{{fill:{INK["paper"]};stroke:currentColor;stroke-width:2}}
.badge{{fill:currentColor}}
.mark{{fill:none;stroke:currentColor;stroke-width:4;stroke-linecap:round;stroke-linejoin:round}}
.badge+.mark{{stroke:{INK["paper"]};stroke-width:3}}
""".strip()


def card(title: str, *parts: str) -> str:
    """The document: a card with its title for those who hear it, and what is on it."""
    shape = f'x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="16"'
    across, down = WIDTH + ASIDE, HEIGHT + BELOW
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {across} {down}" '
        f'width="{across}" height="{down}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="card" {shape}/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


# ---- pieces


def text(words: str, x: float, y: float, kind: str) -> str:
    """Words, or runs of them, around x."""
    return f'<text class="{kind}" x="{_px(x)}" y="{_px(y)}">{words}</text>'


def italic(formula: str) -> str:
    """A formula whose letters are names."""
    return "".join(
        f'<tspan class="name">{c}</tspan>' if c.isalpha() else escape(c) for c in formula
    )


def caption(words: str, kind: str = "number") -> str:
    """The line under a drawing."""
    return text(words, MIDDLE, CAPTION, kind)


def arrow(wire: Wire, kind: str) -> str:
    """A wire with its head."""
    x, y = wire.pieces[-1][-1]
    return (
        f'<g class="{kind}"><path class="wire" d="{_course(wire)}"/>'
        f'<path class="head" d="M{_px(x + 8)},{_px(y)}l-12,-6l3,6l-3,6z"/></g>'
    )


def label(at: Point, words: str, kind: str, style: str = "number") -> str:
    """What stands on a wire, which it cuts."""
    x, y = at
    return (
        f'<g class="{kind}"><rect class="halo" x="{_px(x - 12)}" y="{_px(y - 15)}" width="24" '
        f'height="30"/>{text(words, x, y + 8, style)}</g>'
    )


def pill(at: Point, words: str, kind: str, wide: int = PART, style: str = "number") -> str:
    """What a sweep leaves under a node."""
    x, y = at
    return (
        f'<g class="{kind}"><rect class="pill" x="{_px(x - wide / 2)}" y="{_px(y)}" '
        f'width="{wide}" height="{PILL_HEIGHT}" rx="{PILL_HEIGHT // 2}"/>'
        f"{text(words, x, y + (22 if style == 'number' else 20), style)}</g>"
    )


def tick(x: int, y: int, kind: str) -> str:
    """A check mark."""
    return f'<path class="mark {kind}" d="M{x - 9},{y}l6,7l12,-14"/>'


def cross(x: int, y: int, kind: str) -> str:
    """A mark on what is wrong."""
    return f'<path class="mark {kind}" d="M{x - 7},{y - 7}l14,14m0,-14l-14,14"/>'


def badge(at: Point, kind: str, mark: str) -> str:
    """A disc on a wire, with one of the marks below."""
    x, y = at
    return (
        f'<g class="{kind}"><circle class="halo" cx="{_px(x)}" cy="{_px(y)}" r="17"/>'
        f'<circle class="badge" cx="{_px(x)}" cy="{_px(y)}" r="13"/>'
        f'<path class="mark" d="M{_px(x)},{_px(y)}{mark}"/></g>'
    )


LEFT, RIGHT, NO = "m3,-6l-6,6l6,6", "m-3,-6l6,6l-6,6", "m-5,-5l10,10m0,-10l-10,10"
BOTH = "m-3,-5l-5,5l5,5m6,-10l5,5l-5,5"


@dataclass(frozen=True)
class Sketch:
    """Boxes and wires in the middle of a card, above the line for the caption."""

    layout: Layout
    widths: Sequence[float]

    @classmethod
    def of(
        cls, widths: Sequence[float], links: Sequence[Link], below: float = 0, gaps: Gaps = _GAPS
    ) -> Sketch:
        """Boxes of these widths, with so much room under each."""
        boxes = [Box(w, BOX_HEIGHT + below) for w in widths]
        whole = place(boxes, links, gaps=gaps)
        # The layout has half of that room above the boxes, where nothing is drawn.
        corner = (WIDTH - whole.width) / 2, (ROOM - whole.height - below) / 2
        return cls(place(boxes, links, gaps=gaps, corner=corner), widths)

    @classmethod
    def graph(cls, graph: cg.Graph, below: float = 0) -> Sketch:
        """A graph's nodes, each with the value beside the name, and its edges."""
        links = [Link(edge.source, edge.target, LABEL, 30) for edge in graph.edges]
        return cls.of([2.0 * PART] * len(graph.nodes), links, below, _CLOSE if below else _GAPS)

    def box(self, i: int, name: str, value: str = "", kind: str = "") -> str:
        """A name, and beside it the value."""
        x, _ = self.layout.boxes[i]
        w, left, top = self.widths[i], x - self.widths[i] / 2, self.top(i)
        split = left + w - PART
        shape = f'x="{_px(left)}" y="{_px(top)}" width="{_px(w)}" height="{BOX_HEIGHT}" rx="10"'
        base = top + BOX_HEIGHT / 2 + 8
        cell = ""
        if value:
            down = BOX_HEIGHT - 20
            cell = (
                f'<path class="cell" d="M{_px(split)},{_px(top)}h{PART - 10}a10,10 0 0 1 10,10'
                f'v{down}a10,10 0 0 1 -10,10h-{PART - 10}z"/>'
                f'<path class="divider" d="M{_px(split)},{_px(top)}v{BOX_HEIGHT}"/>'
                f"{text(value, split + PART / 2, base, 'number')}"
            )
        middle = (left + split) / 2 if value else x
        return (
            f'<g class="{kind}"><rect class="back" {shape}/>{cell}<rect class="box" {shape}/>'
            f"{text(italic(name), middle, base, 'formula')}</g>"
        )

    def top(self, i: int) -> float:
        """Where a box begins, whose wires arrive at the middle of all its room."""
        return self.layout.boxes[i][1] - BOX_HEIGHT / 2

    def under(self, i: int) -> Point:
        """Where the pill of a box goes."""
        return self.layout.boxes[i][0], self.top(i) + BOX_HEIGHT + PILL_ROOM - PILL_HEIGHT

    def boxes(self, graph: cg.Graph) -> Iterable[str]:
        """All of a graph's nodes."""
        for i, node in enumerate(graph.nodes):
            kind = "input" if node.op is None else "inner"
            yield self.box(i, node.name, number(node.value), kind)


# ---- the cards


def one() -> str:
    """A formula as a graph."""
    graph = five_nodes()
    sketch = Sketch.graph(graph)
    return card(
        "The graph of e = (a + b) · (b + 1): five boxes with their values, a = 2, b = 1, c = 3, "
        "d = 2, e = 6",
        *(arrow(wire, "line") for wire in sketch.layout.wires),
        *sketch.boxes(graph),
        caption(italic("e = (a + b) · (b + 1)"), "formula"),
    )


def two() -> str:
    """Every path from b to e, and the sum of their products."""
    graph = five_nodes()
    sketch = Sketch.graph(graph)
    paths = list(graph.path_sum("b").paths)
    at = {node.name: i for i, node in enumerate(graph.nodes)}
    kinds = {
        (at[a], at[b]): f"p{i}"
        for i, path in enumerate(paths, start=1)
        for a, b in pairwise(path.nodes)
    }
    drawn = []
    for edge, wire, spot in zip(
        graph.edges, sketch.layout.wires, sketch.layout.labels, strict=True
    ):
        kind = kinds.get((edge.source, edge.target), "faint")
        drawn += [arrow(wire, kind), label(spot, number(edge.partial), kind)]
    terms = [
        f'<tspan class="p{i}">{" · ".join(map(number, path.factors))}</tspan>'
        for i, path in enumerate(paths, start=1)
    ]
    total = number(sum(path.product for path in paths))
    return card(
        "Two coloured paths from b to e: one with the product 1 · 2, the other with 1 · 3. "
        "Their sum is 5",
        *drawn,
        *sketch.boxes(graph),
        caption(f"{' + '.join(terms)} = {total}"),
    )


def three() -> str:
    """Nine paths over six edges, factored where they meet."""
    links = [Link(i, i + 1, LABEL, 30) for i in (0, 1) for _ in range(3)]
    sketch = Sketch.of([50, 50, 50], links, gaps=Gaps(box=22, label=16, columns=55))
    letters = [italic(letter) for letter in "αβγδεζ"]
    kinds = ["p1"] * 3 + ["p2"] * 3
    wires = [arrow(wire, kind) for wire, kind in zip(sketch.layout.wires, kinds, strict=True)]
    labels = [
        label(at, letter, kind, "formula")
        for at, letter, kind in zip(sketch.layout.labels, letters, kinds, strict=True)
    ]
    return card(
        "Three edges from x to m and three from m to y make nine paths; factored, they are "
        "(α + β + γ) · (δ + ε + ζ)",
        *wires,
        *labels,
        sketch.box(0, "x", kind="input"),
        sketch.box(1, "m"),
        sketch.box(2, "y"),
        caption(
            f'9 paths = <tspan class="p1">({italic("α + β + γ")})</tspan> · '
            f'<tspan class="p2">({italic("δ + ε + ζ")})</tspan>',
            "formula",
        ),
    )


def sweep(title: str, carried: Mapping[str, float], kind: str, way: str, words: str) -> str:
    """The five nodes with what a sweep carries, and which way."""
    graph = five_nodes()
    sketch = Sketch.graph(graph, below=PILL_ROOM)
    return card(
        title,
        *(
            arrow(wire, kind) + badge(at, kind, way)
            for wire, at in zip(sketch.layout.wires, sketch.layout.labels, strict=True)
        ),
        *sketch.boxes(graph),
        *(
            pill(sketch.under(i), number(carried.get(node.name, 0.0)), kind)
            for i, node in enumerate(graph.nodes)
        ),
        caption(words, f"words {kind}"),
    )


def four() -> str:
    """Tangents flow to the right."""
    return sweep(
        "Tangents flow to the right: b sets out with 1, c and d get 1 each, and 5 arrives at e",
        five_nodes().tangents({"b": 1.0}),
        "p1",
        RIGHT,
        "every number gets a speed",
    )


def five() -> str:
    """Adjoints flow to the left."""
    return sweep(
        "Adjoints flow to the left: e sets out with 1, c gets 2 and d 3, and 2 and 5 arrive at "
        "a and b",
        five_nodes().adjoints(),
        "der",
        LEFT,
        "one sweep, every slope",
    )


def six() -> str:
    """A path that a wrong engine loses."""
    a = cg.variable(3.0, name="a")
    b = a + a
    c = b + b
    graph = cg.graph(c, names={"b": b, "c": c})
    links = [Link(edge.source, edge.target, LABEL, 54) for edge in graph.edges]
    sketch = Sketch.of([2.0 * PART] * 3, links)
    wrong = graph.gradient(engine="overwrite")["a"]
    right = graph.gradient()["a"]
    drawn = []
    for edge, wire, at in zip(graph.edges, sketch.layout.wires, sketch.layout.labels, strict=True):
        drawn.append(arrow(wire, "p1" if edge.port else "der dashed"))
        if not edge.port:
            drawn.append(badge(at, "der", NO))
    return card(
        "a is used twice in b, and b twice in c. One edge of each pair is struck out, and the "
        "engine finds 1 where 4 is right",
        *drawn,
        *sketch.boxes(graph),
        caption(f"found {number(wrong)}, not {number(right)}", "words der"),
    )


def seven() -> str:
    """Leaves keep a gradient, inner nodes do not."""
    graph = five_nodes()
    sketch = Sketch.graph(graph, below=PILL_ROOM)
    slopes = graph.gradient()
    return card(
        "The graph with what PyTorch keeps after e.backward(): tensor(2.) under a, tensor(5.) "
        "under b, and None under c, d and e",
        *(arrow(wire, "line") for wire in sketch.layout.wires),
        *sketch.boxes(graph),
        *(
            pill(sketch.under(i), f"tensor({slopes[node.name]:g}.)", "der", 112, "code tiny")
            if node.name in slopes
            else pill(sketch.under(i), "None", "faint dashed", 64, "code tiny")
            for i, node in enumerate(graph.nodes)
        ),
        caption(
            '<tspan class="code">e.backward()</tspan> fills <tspan class="code">.grad</tspan>',
            "words",
        ),
    )


def eight() -> str:
    """A tape that is recorded to the right and read to the left."""
    steps = [node for node in five_nodes().nodes if node.op is not None]
    top, height = 98, 104
    frame = WIDTH / len(steps)
    holes = "".join(
        f'<circle class="halo" cx="{20 + 40 * i}" cy="{y}" r="5"/>'
        for i in range(WIDTH // 40)
        for y in (top + 13, top + height - 13)
    )
    formulas = ("c = a + b", "d = b + 1", "e = c · d")
    written = []
    for i, (node, formula) in enumerate(zip(steps, formulas, strict=True)):
        x = frame * (i + 0.5)
        written += [
            text(italic(formula), x, top + height / 2 + 1, "formula"),
            text(number(node.value), x, top + height / 2 + 28, "number soft small"),
        ]
    dividers = "".join(f"M{_px(frame * i)},{top + 28}v{height - 56}" for i in (1, 2))

    def straight(start: int, end: int, y: int, kind: str) -> str:
        turn = 1 if end > start else -1
        return (
            f'<g class="{kind}"><path class="wire" d="M{start},{y}H{end}"/><path class="head" '
            f'd="M{end + 8 * turn},{y}l{-12 * turn},-6l{3 * turn},6l{-3 * turn},6z"/></g>'
        )

    return card(
        "A tape with three steps, c = a + b, d = b + 1 and e = c · d, recorded to the right and "
        "read to the left",
        f'<path class="cell" d="M1,{top}H{WIDTH - 1}v{height}H1z"/>{holes}'
        f'<path class="divider" d="M1,{top}H{WIDTH - 1}M1,{top + height}H{WIDTH - 1}{dividers}"/>',
        *written,
        f'<g class="p1"><circle class="badge" cx="48" cy="52" r="8"/>'
        f"{text('record', 68, 59, 'words start')}</g>",
        straight(152, 432, 52, "p1"),
        straight(168, 48, 248, "der"),
        text("tape.gradient(e, b)", 186, 255, "code der start"),
    )


def nine() -> str:
    """A branch that was taken, and one that is not in the graph."""
    sketch = Sketch.of(
        [92, 156, 156],
        [Link(0, 1, 60, 10), Link(0, 1, 60, 10), Link(0, 2, 60, 10)],
        gaps=Gaps(box=24, label=6, columns=44),
    )
    first, second, third = sketch.layout.wires
    return card(
        "From x = 3 two edges lead to y = x · x, which is drawn. The other branch, y = −x, is only "
        "a dashed ghost: the graph was recorded for x > 0",
        *(arrow(wire, "p1") for wire in (first, second)),
        arrow(third, "line dashed"),
        sketch.box(0, "x", "3", "input"),
        sketch.box(1, "y = x · x", "9"),
        f'<g class="faint dashed">{sketch.box(2, "y = −x")}</g>',
        caption(f"recorded for {italic('x > 0')}", "words soft"),
    )


def ten() -> str:
    """A Jacobian as a heat map."""
    jacobian = np.asarray(cg.jacobian(cg.softmax)(np.array([0.2, 1.1, -0.4, 0.9, 0.3])))
    rows, columns = jacobian.shape
    cell, left, top = 40, 74, 64
    largest = float(np.abs(jacobian).max())
    squares = []
    for i in range(rows):
        for j in range(columns):
            share = jacobian[i, j] / largest
            kind = "der" if share > 0 else "p1"
            squares.append(
                f'<rect class="badge {kind}" x="{left + cell * j}" y="{top + cell * i}" '
                f'width="{cell - 2}" height="{cell - 2}" rx="4" '
                f'opacity="{_px(0.12 + 0.88 * abs(share) ** 0.7)}"/>'
            )
    side = cell * rows - 2
    right = (left + side + WIDTH) / 2 + 4
    middle = top + side / 2
    return card(
        "The Jacobian of softmax as a heat map: a row for each output, a column for each input, "
        "orange where a slope is positive and blue where it is negative",
        *squares,
        text("inputs", left + side / 2, top - 14, "words soft small"),
        f'<g transform="rotate(-90 {left - 14} {middle})">'
        f"{text('outputs', left - 14, middle, 'words soft small')}</g>",
        _fraction(right, middle, "∂y", "i", "∂x", "j"),
    )


def eleven() -> str:
    """The border that a small network draws between two moons."""
    points, labels, score = trained()
    frame = Frame((-1.6, 2.6), (-1.2, 1.7), 14, 14, WIDTH - 28, HEIGHT - 28)
    across, up = np.meshgrid(np.linspace(-1.6, 2.6, 85), np.linspace(-1.2, 1.7, 59))
    scores = score(np.stack([across.ravel(), up.ravel()], axis=1)).reshape(across.shape)
    plot = Figure().subplots()
    below = "".join(
        f"{frame.line(*np.transpose(ring))}z"
        for path in plot.contourf(across, up, scores, levels=[scores.min(), 0.0]).get_paths()
        for ring in path.to_polygons()
    )
    (lines,) = plot.contour(across, up, scores, levels=[0.0]).allsegs
    border = "".join(frame.line(*np.transpose(line)) for line in lines)
    dots = [
        f'<circle class="badge {"p1" if sign > 0 else "p2"}" cx="{_px(frame.x(x), 1)}" '
        f'cy="{_px(frame.y(y), 1)}" r="5"/>'
        for (x, y), sign in zip(points, labels, strict=True)
    ]
    shape = f'x="{frame.left}" y="{frame.top}" width="{frame.width}" height="{frame.height}" rx="8"'
    return card(
        "Two bent groups of points, blue and amber, and the bent border that a small network has "
        "drawn between them",
        f'<clipPath id="plot"><rect {shape}/></clipPath><g clip-path="url(#plot)">'
        f'<rect class="back" {shape}/><rect class="badge p1" opacity="0.16" {shape}/>'
        f'<path class="back" fill-rule="evenodd" d="{below}"/>'
        f'<path class="badge p2" fill-rule="evenodd" opacity="0.2" d="{below}"/>'
        f'<path class="wire" stroke-linejoin="round" d="{border}"/></g>',
        f'<g stroke="{INK["paper"]}" stroke-width="1.5">{"".join(dots)}</g>',
    )


def twelve() -> str:
    """The slopes of one's own op, a wrong one, and the nudge that tells them apart."""
    swish = cg.op("swish", "x / (1 + exp(-x))", ["(1 + out * exp(-x)) / (1 + exp(-x))"])
    hasty = cg.op("hasty", "x / (1 + exp(-x))", ["1 / (1 + exp(-x))"])
    frame = Frame((-6.0, 6.0), (-0.25, 1.25), 30, 24, WIDTH - 60, 186)
    places = np.linspace(-6, 6, 61)
    nudged = [cg.gradcheck(swish, x).finite_difference for x in places]
    right, wrong = ([cg.grad(op)(x) for x in places] for op in (swish, hasty))
    zero = frame.y(0.0)
    return card(
        "Two curves of slopes. That of swish lies on what a nudge finds, and gets a tick; that of "
        "hasty leaves it, and gets a cross",
        f'<path class="divider" d="M{frame.left},{_px(zero)}h{frame.width}'
        f'M{_px(frame.x(0))},{frame.top}v{frame.height}"/>',
        f'<g class="p1"><path class="wire band" opacity="0.22" '
        f'd="{frame.line(places, nudged)}"/></g>',
        f'<g class="der dashed"><path class="wire" d="{frame.line(places, wrong)}"/></g>',
        f'<g class="p1"><path class="wire" d="{frame.line(places, right)}"/></g>',
        tick(118, CAPTION - 8, "p1"),
        text("swish", 140, CAPTION, "words p1 start"),
        cross(286, CAPTION - 8, "der"),
        text("hasty", 306, CAPTION, "words der start"),
    )


def thirteen() -> str:
    """The five nodes on two workers, and what crosses between them."""
    graph = five_nodes()
    placement = cg.distributed.Placement(graph, {"a": 0, "b": 0, "c": 0, "d": 1, "e": 1}, workers=2)
    forth, back = placement.moved(is_reverse=False), placement.moved(is_reverse=True)
    sketch = Sketch.graph(graph)
    colours = "".join(
        f".w{worker} .back{{fill:{fill}}}.w{worker} .cell{{fill:{cell}}}"
        f".w{worker} .box,.w{worker} .divider{{stroke:{line}}}.w{worker} .badge{{fill:{line}}}"
        for worker, (fill, cell, line) in enumerate(WORKERS["light"][: placement.workers])
    )
    wires, badges, boxes = [], [], []
    for edge, wire, at in zip(graph.edges, sketch.layout.wires, sketch.layout.labels, strict=True):
        is_cut = edge in placement.cuts
        wires.append(arrow(wire, "der dashed" if is_cut else "line"))
        if is_cut:
            badges.append(badge(at, "der", BOTH))
    for i, node in enumerate(graph.nodes):
        worker = placement[node.name]
        x, y = sketch.layout.boxes[i][0] - PART, sketch.top(i)
        boxes += [
            f'<g class="w{worker}">{sketch.box(i, node.name, number(node.value))}'
            f'<circle class="badge" cx="{_px(x)}" cy="{_px(y)}" r="12"/></g>'
            f'<text class="number small" style="fill:{INK["paper"]}" x="{_px(x)}" '
            f'y="{_px(y + 6)}">{worker}</text>'
        ]
    return card(
        "The five nodes on two workers: a, b and c on worker 0, d and e on worker 1. Two edges "
        "lead from one worker to the other, and over each goes a value and comes an adjoint",
        f"<style>{colours}</style>",
        *wires,
        *badges,
        *boxes,
        caption(f"{forth} bytes there, {back} back", "words der"),
    )


CARDS: Mapping[str, Callable[[], str]] = {
    "01_computational_graphs": one,
    "02_sum_over_paths": two,
    "03_counting_and_factoring": three,
    "04_forward_mode": four,
    "05_reverse_mode": five,
    "06_one_node_used_twice": six,
    "07_pytorch_notation": seven,
    "08_gradient_tape": eight,
    "09_static_and_dynamic": nine,
    "10_arrays_and_jacobians": ten,
    "11_a_neuron_learns": eleven,
    "12_your_own_op": twelve,
    "13_several_machines": thirteen,
}


# ---- plots


@dataclass(frozen=True)
class Frame:
    """A plot's place on the card, and the ranges that it shows."""

    across: tuple[float, float]
    up: tuple[float, float]
    left: int
    top: int
    width: int
    height: int

    def x(self, value: float) -> float:
        """Where a value is on the card, from the left."""
        low, high = self.across
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Where a value is on the card, from the top."""
        low, high = self.up
        return self.top + self.height * (high - value) / (high - low)

    def line(self, xs: Iterable[float], ys: Iterable[float]) -> str:
        """A curve, as a path's course."""
        points = [f"{_px(self.x(x), 1)},{_px(self.y(y), 1)}" for x, y in zip(xs, ys, strict=True)]
        return f"M{'L'.join(points)}"


def trained() -> tuple[Any, Any, Callable[[Any], Any]]:
    """The points, the labels and the network of lesson 11."""
    generator = np.random.default_rng(0)
    angle = np.pi * generator.random(100)
    is_upper = np.arange(100) % 2 == 0
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(is_upper[:, None], upper, lower) + 0.12 * generator.normal(size=(100, 2))
    labels = np.where(is_upper, 1.0, -1.0)
    net = cg.nn.MLP([2, 16, 16, 1])

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        return cg.hinge_loss(net(parameters, x)[:, 0], y)

    parameters, _ = cg.nn.fit(
        loss, net.init(seed=0), points, labels, optimiser=cg.nn.Adam(0.02), epochs=150
    )
    return points, labels, lambda x: net(parameters, x)[:, 0]


# ---- numbers and courses


def _fraction(x: float, y: float, above: str, i: str, below: str, j: str) -> str:
    def runs(letters: str, index: str) -> str:
        return f'{italic(letters)}<tspan class="index" dy="8">{italic(index)}</tspan>'

    return (
        f"{text(runs(above, i), x, y - 24, 'large')}"
        f'<path class="wire" d="M{_px(x - 40)},{_px(y)}h80"/>'
        f"{text(runs(below, j), x, y + 42, 'large')}"
    )


def _course(wire: Wire) -> str:
    """A wire, as a path's course."""
    pieces = "".join(
        f"C{' '.join(f'{_px(x)},{_px(y)}' for x, y in piece)}" for piece in wire.pieces
    )
    return f"M{_px(wire.start[0])},{_px(wire.start[1])}{pieces}"


def _px(x: float, digits: int = 2) -> str:
    """A coordinate, to 0.01 px or to 0.1 px."""
    shown = f"{x:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def main() -> None:
    """Write an SVG for each lesson."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, draw in CARDS.items():
        path = PICTURES / f"{name}.svg"
        path.write_text(draw(), encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
