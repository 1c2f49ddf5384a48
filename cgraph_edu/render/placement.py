"""The picture of a placement: the graph's own, with a worker for each box, and what is sent.

A box has the colour and the number of its worker. On an edge between two workers a sign says where
a message is sent, another where it is received, and how many bytes it has stands between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from ..core.numbers import counted, format_bytes
from ..graphs.folding import View
from ..graphs.graph import Graph
from ..graphs.placement import Message, Placement, size
from .glyphs import width
from .palette import PALETTES, SANS, WORKERS, worker_properties
from .scene import BOX_HEIGHT, Drawn, Frame, Placed, frame
from .svg import Marks, Sheet, document, edge_element, escape, node_element, px, style_of

MOST_DRAWN = 2_000
"""Blocks; a picture of more would take minutes."""

MOST_LISTED = 16
"""Workers in the legend; of more, only those that have something to do."""

MOST_TOLD = 12
"""Blocks of a worker, and messages of a pass, that are told by name."""

SHARED = {False: "shared", True: "summed"}
"""On an edge whose value, or adjoint, is in the message of another edge."""

_TEXT = 13  # px: the bytes, and the legend
_SIGN = 17  # the height of a badge and of the signs on edges
_FROM_BOX, _FROM_HEAD = 20, -26  # where the signs are along their wire
_LINE = 28  # between the lines of the legend

_STYLE = f"""
.cg .placed .note,.cg .placed .several{{fill:var(--cg-ink)}}
.cg .badge,.cg .sign{{font:600 12px {SANS};font-variant-numeric:tabular-nums;text-anchor:middle;\
fill:var(--cg-paper)}}
.cg .cut{{color:var(--cg-ink)}}
.cg .cut .wire{{stroke-dasharray:7 4;stroke-width:2}}
.cg .reverse{{color:var(--cg-der)}}
.cg .shared .wire{{stroke-width:1.2}}
.cg .bytes{{font:600 {_TEXT}px {SANS};font-variant-numeric:tabular-nums;text-anchor:middle;\
fill:currentColor;paint-order:stroke;stroke:var(--cg-paper);stroke-width:10;stroke-linejoin:round}}
.cg .shared .bytes{{font-weight:400}}
.cg .legend text{{font:{_TEXT}px {SANS};fill:var(--cg-ink)}}
.cg .legend .badge{{font:600 12px {SANS};fill:var(--cg-paper)}}
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
    graph = drawn_graph(placement)
    loads = _loads(placement, graph)
    # The room is for any placement: boxes stay where they are when a block changes its worker.
    rooms = [_room(load.whole) for load in loads]
    scene = frame(graph, rooms)
    block_of = {block.item: block.index for block in placement.blocks}
    edges = [
        edge_element(i, drawn, "values", False, _edge_marks(drawn, load, is_reverse))
        for i, (drawn, load) in enumerate(zip(scene.edges, loads, strict=True))
    ]
    nodes = [
        node_element(graph, at, "values", _node_marks(placement, block_of[at.node.index], at))
        for at in scene.nodes
    ]
    scene, legend = _legend(placement, scene, is_reverse)
    style = style_of(graph) + _STYLE + _workers_style(placement)
    style = f".cg-{theme}{{{worker_properties(theme)}}}\n{style}"
    sheet = Sheet(
        f"Placement of {graph.title[0].lower()}{graph.title[1:]}",
        describe_placement(placement, is_reverse),
        theme,
        style,
    )
    return document(scene, sheet, [*edges, *nodes, legend])


def drawn_graph(placement: Placement) -> Graph:
    """What is drawn: the graph, or its folded view, whose nodes are the placement's blocks."""
    folding = placement.graph.folding if placement.by == "scope" else None
    return placement.graph if folding is None else folding.view(0)


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


def _loads(placement: Placement, graph: Graph) -> Iterator[_Load] | list[_Load]:
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


def _edge_marks(drawn: Drawn, load: _Load, is_reverse: bool) -> Marks:
    if load.sender == load.receiver:
        return Marks()
    sender, receiver = load.sender, load.receiver
    if is_reverse:
        sender, receiver = receiver, sender
    is_shared = load.size == 0
    label = SHARED[is_reverse] if is_shared else format_bytes(load.size)
    x, y = drawn.label
    # Where the wire leaves its source the forward pass sends, and the reverse pass receives.
    near = _sign(*drawn.wire.along(_FROM_BOX), load.receiver, is_reverse, is_reverse)
    far = _sign(*drawn.wire.along(_FROM_HEAD), load.sender, not is_reverse, is_reverse)
    classes = " cut" + (" reverse" if is_reverse else "") + (" shared" if is_shared else "")
    return Marks(
        classes,
        f' data-sender="{sender}" data-receiver="{receiver}" data-bytes="{load.size}"',
        f'<text class="bytes" x="{px(x)}" y="{px(y + 4.5)}">{label}</text>{near}{far}',
    )


def _sign(x: float, y: float, other: int, receives: bool, is_reverse: bool) -> str:
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
    return (
        f'<path class="{kind} line-{other % _COLOURS}" d="{shape}"/>'
        f'<text class="sign" x="{px(start + way * body / 2)}" y="{px(y + 4.2)}">{other}</text>'
    )


_COLOURS = len(WORKERS["light"])


def _pill_width(worker: int) -> float:
    return max(_SIGN, 2 * ceil((width(str(worker), "sans", 12) + 10) / 2))


def _badge(x: float, y: float, worker: int) -> str:
    """The number of a worker, in a pill that starts at x."""
    wide = _pill_width(worker)
    return (
        f'<rect class="pill line-{worker % _COLOURS}" x="{px(x)}" y="{px(y - _SIGN / 2)}" '
        f'width="{px(wide)}" height="{_SIGN}" rx="{px(_SIGN / 2)}"/>'
        f'<text class="badge" x="{px(x + wide / 2)}" y="{px(y + 4.2)}">{worker}</text>'
    )


def _node_marks(placement: Placement, block: int, at: Placed) -> Marks:
    worker = placement.of[block]
    return Marks(
        f" placed worker-{worker % _COLOURS}",
        f' data-block="{block}" data-worker="{worker}"',
        _badge(at.x - 7, at.y + 1, worker),
    )


def _workers_style(placement: Placement) -> str:
    """The colours of those workers that there are."""
    return "".join(
        f"\n.cg .worker-{i} .back,.cg .worker-{i} .behind{{fill:var(--cg-worker-{i}-fill)}}"
        f"\n.cg .worker-{i} .cell{{fill:var(--cg-worker-{i}-cell)}}"
        f"\n.cg .worker-{i} .box,.cg .worker-{i} .divider,.cg .worker-{i} .behind"
        f"{{stroke:var(--cg-worker-{i}-line)}}"
        f"\n.cg .line-{i}{{fill:var(--cg-worker-{i}-line)}}"
        for i in range(min(placement.workers, _COLOURS))
    )


def _legend(placement: Placement, scene: Frame, is_reverse: bool) -> tuple[Frame, str]:
    """The workers and what is sent, under the picture; and the frame with room for them."""
    scale = 1 / scene.density.scale  # its letters stay as large as they are
    shown: Sequence[int] = range(placement.workers)
    idle = 0
    if placement.workers > MOST_LISTED:
        shown = sorted(set(placement.of))
        idle = placement.workers - len(shown)
    left, right = 24.0, scene.width / scale - 24
    x, y = left, 0.0
    parts = []

    def advance(wide: float) -> float:
        nonlocal x, y
        if x > left and x + wide > right:
            x, y = left, y + _LINE
        at = x
        x += wide + 22
        return at

    for worker in shown:
        words = f"worker {worker}"
        wide = _pill_width(worker) + 7
        at = advance(wide + width(words, "sans", _TEXT))
        parts.append(
            f'<g class="key" data-worker="{worker}">{_badge(at, y, worker)}'
            f'<text x="{px(at + wide)}" y="{px(y + 4.5)}">{words}</text></g>'
        )
    if idle:
        words = f"{counted(idle, 'worker')} without work"
        at = advance(width(words, "sans", _TEXT))
        parts.append(f'<text x="{px(at)}" y="{px(y + 4.5)}">{words}</text>')
    words = in_sum(placement, is_reverse)
    at = advance(width(words, "sans", _TEXT))
    parts.append(f'<text class="sum" x="{px(at)}" y="{px(y + 4.5)}">{words}</text>')
    top = scene.height - 12
    bottom = top + (y + 26) * scale
    wide = max(scene.width, scale * (24 + max(_ends(parts_at=at, words=words), right)))
    legend = (
        f'<g class="legend" transform="translate(0 {px(top)}) scale({px(scale)})">'
        f"{''.join(parts)}</g>"
    )
    return replace(scene, width=wide, height=bottom), legend


def _ends(parts_at: float, words: str) -> float:
    return parts_at + width(words, "sans", _TEXT)


def in_sum(placement: Placement, is_reverse: bool) -> str:
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
        lines.append(in_sum(placement, back) + (f": {_listed(messages)}" if messages else ""))
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
