"""The picture of a placement: the graph's own, with a worker for each box, and what is sent.

A box has the colour and the number of its worker. On an edge between two workers a sign says where
a message is sent, another where it is received, and how many bytes it has stands between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from ..core.numbers import counted, format_bytes
from ..graphs.folding import View
from ..graphs.graph import Graph
from ..graphs.placement import Message, Placement, size
from .glyphs import width
from .html import embedded
from .palette import PALETTES, SANS, WORKERS, worker_properties
from .picture import MOST_BOXES, MOST_DRAWN
from .scene import MARGIN, Drawn, Frame, Placed, frame
from .svg import STACKED, Marks, Sheet, document, edge_element, node_element, px, style_of
from .wires import Point, Wire

MOST_LISTED = 16
"""Workers in the legend; of more, only those that have something to do."""

MOST_TOLD = 12
"""Blocks of a worker, and messages of a pass, that are told by name."""

SHARED = {False: "shared", True: "summed"}
"""On an edge whose value, or adjoint, is in the message of another edge."""

_TEXT = 13  # px: the bytes, and the legend
_SIGN = 18  # the height of a badge and of the signs on edges
_FROM_BOX, _FROM_HEAD = 27, 24  # where the signs are along their wire, unless one is there
_FARTHEST = 120
_CELL = 80  # no label is wider, and no sign
_LINE = 28  # between the lines of the legend

_STYLE = f"""
.cgp .placed .note,.cgp .placed .several{{fill:var(--cg-ink)}}
.cgp .badge,.cgp .sign,.cgp .bytes{{font:600 {_TEXT}px {SANS};font-variant-numeric:tabular-nums;\
text-anchor:middle;fill:var(--cg-paper)}}
.cgp .edge.cut,.cgp .message{{color:var(--cg-ink)}}
.cgp .cut .wire{{stroke-dasharray:7 4;stroke-width:2}}
.cgp .edge.reverse,.cgp .message.reverse{{color:var(--cg-der)}}
.cgp .shared .wire{{stroke-width:1.2}}
.cgp .message .bytes{{fill:currentColor;paint-order:stroke;stroke:var(--cg-paper);stroke-width:10;\
stroke-linejoin:round}}
.cgp .shared .bytes{{font-weight:400}}
.cgp .legend .words{{font:{_TEXT}px {SANS}}}
.cgp .legend .send,.cgp .legend .receive{{fill:var(--cg-soft)}}
""".rstrip()


def draw_placement(placement: Placement, theme: str = "light", is_reverse: bool = False) -> str:
    """A placement as an SVG document: the same bytes for the same placement, everywhere.

    Args:
        placement: what to draw; by "scope", the folded picture of a graph that has one.
        theme: "light" or "dark".
        is_reverse: whether the messages are those of the reverse pass, which go back.

    Raises:
        ValueError: for another `theme`, and for more blocks than can be drawn.
    """
    if theme not in PALETTES:
        raise ValueError(f"theme={theme!r}: it must be one of {', '.join(PALETTES)}")
    if len(placement.blocks) > MOST_DRAWN:
        raise ValueError(
            f"{len(placement.blocks):,} blocks: at most {MOST_DRAWN:,} are drawn. "
            "print(placement) tells it in words"
        )
    graph = placement.drawn
    loads = _loads(placement, graph)
    # The room is for any placement: boxes stay where they are when a block changes its worker.
    rooms = [_room(load.whole) for load in loads]
    scene = frame(graph, rooms)
    block_of = {block.item: block.index for block in placement.blocks}
    edges = [
        edge_element(i, drawn, "values", False, _edge_marks(graph, drawn, load, is_reverse))
        for i, (drawn, load) in enumerate(zip(scene.edges, loads, strict=True))
    ]
    messages = _messages(scene, loads, rooms, is_reverse)
    nodes = [
        node_element(graph, at, "values", _node_marks(placement, block_of[at.node.index], at))
        for at in scene.nodes
    ]
    scene, legend = _legend(placement, scene, is_reverse)
    style = style_of(graph) + _STYLE + workers_style("cgp", "node", placement.workers)
    style = f".cg-{theme}{{{worker_properties(theme)}}}\n{style}"
    sheet = Sheet(
        f"{graph.title}, on {counted(placement.workers, 'worker')}",
        describe_placement(placement, is_reverse),
        theme,
        style,
        " cgp",
    )
    return document(scene, sheet, [*edges, *messages, *nodes, legend])


def bundle(placement: Placement) -> dict[str, str]:
    """What a notebook shows: the picture of the forward pass, and words."""
    plain = describe_placement(placement)
    if len(placement.blocks) > MOST_BOXES:
        return {"text/plain": plain}
    alt = describe_placement(placement, is_reverse=False)
    return {"text/plain": plain, "text/html": embedded(draw_placement(placement), alt)}


@dataclass(frozen=True)
class _Load:
    """What a wire between two blocks carries."""

    sender: int
    receiver: int
    """Workers, in the forward pass; the same where nothing is sent."""
    size: int
    """Bytes of the messages that are drawn on it."""
    whole: int
    """Bytes of all the values on it, sent or not."""


def _loads(placement: Placement, graph: Graph) -> list[_Load]:
    """For each edge of the picture. A message is drawn on the first edge that needs it."""
    inner = placement.graph.uses
    if isinstance(graph, View):
        bundles = [[inner[i][:2] for i in wire.edges] for wire in graph.wires]
    else:
        bundles = [[use[:2]] for use in inner]
    told: set[tuple[int, int]] = set()
    loads = []
    for bundle in bundles:
        sender, receiver = (placement.worker_of(end) for end in bundle[0])
        values = {source: size(placement.graph.tape[source].value) for source, _ in bundle}
        fresh = 0
        for source, bytes_ in values.items():
            if sender != receiver and (source, receiver) not in told:
                told.add((source, receiver))
                fresh += bytes_
        loads.append(_Load(sender, receiver, fresh, sum(values.values())))
    return loads


def _room(bytes_: int) -> int:
    texts = (format_bytes(bytes_), *SHARED.values())
    return 2 * ceil(max(width(text, "sans", _TEXT) for text in texts) / 2) + 4


def _edge_marks(graph: Graph, drawn: Drawn, load: _Load, is_reverse: bool) -> Marks:
    if load.sender == load.receiver:
        return Marks()
    is_stacked = graph.kind(graph.tape[drawn.edge.source]).startswith("group")
    return Marks(
        " cut" + " reverse" * is_reverse + " shared" * (load.size == 0),
        f' data-sender="{load.receiver if is_reverse else load.sender}"'
        f' data-receiver="{load.sender if is_reverse else load.receiver}"'
        f' data-bytes="{load.size}"',
        back=1 + STACKED * is_stacked if is_reverse else None,
    )


def _messages(
    scene: Frame, loads: Sequence[_Load], rooms: Sequence[int], is_reverse: bool
) -> Iterator[str]:
    """What stands on the wires: over all of them, so that none crosses a sign."""
    cut = [
        (i, drawn, load)
        for i, (drawn, load) in enumerate(zip(scene.edges, loads, strict=True))
        if load.sender != load.receiver
    ]
    taken = _Taken((drawn.label, rooms[i]) for i, drawn, _ in cut)
    # A level wire has no way out of the way of others, so that its signs come first.
    signs = {
        i: _signs(drawn.wire, load, is_reverse, taken)
        for i, drawn, load in sorted(cut, key=lambda one: one[1].wire.rise)
        if load.size
    }
    for i, drawn, load in cut:
        x, y = drawn.label
        label = format_bytes(load.size) if load.size else SHARED[is_reverse]
        kind = "message" + " reverse" * is_reverse + " shared" * (load.size == 0)
        yield (
            f'<g class="{kind}" data-edge="{i}">'
            f'<text class="bytes" x="{px(x)}" y="{px(y + 4.5)}">{label}</text>'
            f"{signs.get(i, '')}</g>"
        )


def _signs(wire: Wire, load: _Load, is_reverse: bool, taken: _Taken) -> str:
    """Where the wire leaves its source the forward pass sends, and the reverse pass receives."""
    drawn = ""
    for way, other, receives in (
        (1, load.receiver, is_reverse),
        (-1, load.sender, not is_reverse),
    ):
        at = taken.place(wire, way, _pill_width(other) + 8)
        drawn += "" if at is None else _sign(*at, other, receives, is_reverse)
    return drawn


class _Taken:
    """The places that labels and signs have, so that no sign covers another."""

    def __init__(self, labels: Iterable[tuple[Point, float]]) -> None:
        self.cells: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
        for (x, y), wide in labels:
            self.add(x, y, wide)

    def add(self, x: float, y: float, wide: float) -> None:
        self.cells.setdefault((int(x // _CELL), int(y // _CELL)), []).append((x, y, wide))

    def is_free(self, x: float, y: float, wide: float) -> bool:
        column, line = int(x // _CELL), int(y // _CELL)
        near = (self.cells.get((column + i, line + j), ()) for i in (-1, 0, 1) for j in (-1, 0, 1))
        return all(
            abs(y - b) >= _SIGN + 1 or abs(x - a) >= (wide + other) / 2
            for cell in near
            for a, b, other in cell
        )

    def place(self, wire: Wire, way: int, wide: float) -> Point | None:
        """A free place on the half of a wire next to its start, or (way -1) to its end.

        None where there is none, as where very many wires meet: there a sign is left out.
        """
        half = int(wire.pieces[-1][-1][0] - wire.start[0]) // 2
        first = _FROM_BOX if way > 0 else _FROM_HEAD
        for distance in range(first, max(first, min(half, _FARTHEST)) + 1, 4):
            x, y = wire.along(way * distance)
            if self.is_free(x, y, wide):
                self.add(x, y, wide)
                return x, y
        return None


def _sign(x: float, y: float, other: int | str, receives: bool, is_reverse: bool = False) -> str:
    """A tag with the number of the worker at the other end, pointing the way the message goes."""
    half = _SIGN / 2
    body = _pill_width(other)
    way = -1 if is_reverse else 1
    start = x - way * (body / 2 + (0 if receives else 2))
    tip = 5 * way
    if receives:  # notched where the message comes in
        shape = (
            f"M{px(start - tip)},{px(y - half)}h{px(way * (body + 4))}v{px(_SIGN)}"
            f"h{px(-way * (body + 4))}l{px(tip)},{px(-half)}z"
        )
    else:
        shape = (
            f"M{px(start)},{px(y - half)}h{px(way * body)}l{px(tip)},{px(half)}"
            f"l{px(-tip)},{px(half)}h{px(-way * body)}z"
        )
    kind = "receive" if receives else "send"
    colour = f" line-{other % _COLOURS}" if isinstance(other, int) else ""
    return (
        f'<path class="{kind}{colour}" d="{shape}"/>'
        f'<text class="sign" x="{px(start + way * body / 2)}" y="{px(y + 4.5)}">{other}</text>'
    )


_COLOURS = len(WORKERS["light"])


def _pill_width(worker: int | str) -> float:
    return max(_SIGN, 2 * ceil((width(str(worker), "sans", _TEXT) + 9) / 2))


def badge(x: float, y: float, worker: int) -> str:
    """The number of a worker, in a pill that starts at x."""
    wide = _pill_width(worker)
    return (
        f'<rect class="pill line-{worker % _COLOURS}" x="{px(x)}" y="{px(y - _SIGN / 2)}" '
        f'width="{px(wide)}" height="{_SIGN}" rx="{px(_SIGN / 2)}"/>'
        f'<text class="badge" x="{px(x + wide / 2)}" y="{px(y + 4.5)}">{worker}</text>'
    )


def _node_marks(placement: Placement, block: int, at: Placed) -> Marks:
    worker = placement.of[block]
    return Marks(
        f" placed worker-{worker % _COLOURS}",
        f' data-block="{block}" data-worker="{worker}"',
        badge(at.x - 7, at.y + 1, worker),
    )


def workers_style(kind: str, element: str, workers: int) -> str:
    """The colours of those workers that there are, for elements of one kind of picture."""
    return "".join(
        f"\n.{kind} .{element}.worker-{i} .back,.{kind} .{element}.worker-{i} .behind"
        f"{{fill:var(--cg-worker-{i}-fill)}}"
        f"\n.{kind} .{element}.worker-{i} .cell{{fill:var(--cg-worker-{i}-cell)}}"
        f"\n.{kind} .{element}.worker-{i} .box,.{kind} .{element}.worker-{i} .divider,"
        f".{kind} .{element}.worker-{i} .behind{{stroke:var(--cg-worker-{i}-line)}}"
        f"\n.{kind} .line-{i}{{fill:var(--cg-worker-{i}-line)}}"
        for i in range(min(workers, _COLOURS))
    )


def _legend(placement: Placement, scene: Frame, is_reverse: bool) -> tuple[Frame, str]:
    """The workers and what is sent, under the picture; and the frame with room for them."""
    shown: Sequence[int] = range(placement.workers)
    if placement.workers > MOST_LISTED:
        shown = sorted(set(placement.of))
    entries = [
        _Entry(
            badge(0, 0, worker),
            _pill_width(worker),
            f"worker {worker}",
            f' data-worker="{worker}"',
        )
        for worker in shown
    ]
    idle = placement.workers - len(shown)
    if idle:
        entries.append(_Entry("", 0, f"{counted(idle, 'worker')} without work"))
    is_sent = any(m.is_reverse == is_reverse for m in placement.messages)
    if is_sent:
        for words, receives in (("sent to worker n", False), ("received from worker n", True)):
            middle = 13 + (-2 if is_reverse else 2) * receives
            entries.append(_Entry(_sign(middle, 0, "n", receives, is_reverse), 26, words))
    entries.append(_Entry("", 0, _in_sum(placement, is_reverse)))
    scale = 1 / scene.density.scale  # its letters stay as large as they are
    right = scene.width / scale - MARGIN
    x, y, widest = MARGIN, 0, right
    parts = []
    for entry in entries:
        if x > MARGIN and x + entry.width > right:
            x, y = MARGIN, y + _LINE
        parts.append(entry.drawn(x, y))
        widest = max(widest, x + entry.width)
        x += ceil(entry.width) + 22
    top = scene.height - 10
    legend = (
        f'<g class="legend" transform="translate(0 {px(top)}) scale({px(scale)})">'
        f"{''.join(parts)}</g>"
    )
    wider, higher = (widest + MARGIN) * scale, top + (y + 26) * scale
    return replace(scene, width=max(scene.width, wider), height=higher), legend


@dataclass(frozen=True)
class _Entry:
    """An entry of the legend: a sign, its width, and what it means."""

    sign: str
    room: float
    words: str
    attributes: str = ""

    @property
    def _indent(self) -> float:
        return self.room + 7 if self.room else 0

    @property
    def width(self) -> float:
        return self._indent + width(self.words, "sans", _TEXT)

    def drawn(self, x: float, y: float) -> str:
        return (
            f'<g class="key" transform="translate({px(x)} {px(y)})"{self.attributes}>{self.sign}'
            f'<text class="words" x="{px(self._indent)}" y="4.5">{self.words}</text></g>'
        )


def _in_sum(placement: Placement, is_reverse: bool) -> str:
    """What a pass sends: "reverse pass: 2 messages, 16 B"."""
    count = sum(m.is_reverse == is_reverse for m in placement.messages)
    name = "reverse" if is_reverse else "forward"
    if not count:
        return f"{name} pass: nothing is sent"
    moved = format_bytes(placement.moved(is_reverse))
    return f"{name} pass: {counted(count, 'message')}, {moved}"


def describe_placement(placement: Placement, is_reverse: bool | None = None) -> str:
    """A placement in words: each worker's blocks, and what is sent, in one pass or in both."""
    of: dict[int, list[str]] = {}
    for block in placement.blocks:
        of.setdefault(placement.of[block.index], []).append(block.name)
    lines = [f"worker {worker}: {_listed(of[worker])}" for worker in sorted(of)]
    idle = placement.workers - len(of)
    if idle:
        lines.append(f"{counted(idle, 'worker')} without work")
    for back in (False, True) if is_reverse is None else (is_reverse,):
        messages = [_told(placement, m) for m in placement.messages if m.is_reverse == back]
        lines.append(_in_sum(placement, back) + (f": {_listed(messages)}" if messages else ""))
    return "\n".join(lines)


def _told(placement: Placement, message: Message) -> str:
    name = placement.graph.tape[message.node].name
    what = f"the adjoint of {name}" if message.is_reverse else name
    return f"{what} from {message.sender} to {message.receiver} ({format_bytes(message.size)})"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MOST_TOLD
    if rest <= 0:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_TOLD])} and {rest:,} more"
