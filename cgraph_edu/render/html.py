"""The HTML form of a graph, of nothing but what a notebook keeps of output that it does not trust.

An <img> of the picture, tables, <details> and inline style survive there; SVG, <style>, scripts and
data attributes do not.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Container, Sequence

from ..core.numbers import format_count
from ..core.tensor import is_array
from ..graphs.graph import Graph, Node
from ..graphs.paths import Path, PathSum
from . import text, typeset
from .cells import FAINT, INK, PAGE, REMARK, SOFT, cell, math, minus, name, number, row
from .svg import draw, escape, in_words

_MOST_OPEN = 4  # ledgers that stand open; more inputs fold theirs
_MOST_ADDENDS = 6
_MOST_PARTS = 24
_SHRINK = 0.5  # a picture too wide for the page shrinks this far, and is scrolled from there on
_SCROLLS = "overflow-x:auto"  # each part by itself: the bar is beneath it, not beneath them all


def fallback(graph: Graph, limit: int = text.LIMIT, wrt: Sequence[str] | None = None) -> str:
    """The picture, and for each input (or those in `wrt`) its ledger of at most `limit` paths.

    Where no derivative is to be told, the picture has no local partials either.
    """
    sums = text.path_sums(graph, wrt)
    ledgers = "".join(_ledger(paths, limit, len(sums) <= _MOST_OPEN) for paths in sums)
    return f'<div style="{PAGE}">{pictures(graph, wrt)}{ledgers}</div>'


def pictures(graph: Graph, wrt: Sequence[str] | None = None) -> str:
    """The picture; of what was captured with modules a box for each, and then their insides."""
    folding = graph.modules
    if folding is None:
        return image(graph, wrt)
    parts = [group for group in folding.groups[1:] if group.is_scope]
    return image(folding.view(0), wrt) + "".join(
        f'<details style="padding:2px 24px"><summary>{escape(folding.path(group))} '
        f'<span style="color:{SOFT}">{group.size:,} nodes</span></summary>'
        f"{image(folding.view(group.index), wrt)}</details>"
        for group in parts[:_MOST_PARTS]
    )


def image(graph: Graph, wrt: Sequence[str] | None = None) -> str:
    """The picture as an <img>; without local partials if `wrt` is empty."""
    show = "partials" if wrt is None or wrt else "values"
    return embedded(draw(graph, show), in_words(graph, show))


def embedded(svg: str, alt: str) -> str:
    """An SVG document as an <img>: Jupyter strips inline SVG from what it does not trust."""
    picture = b64encode(svg.encode()).decode()
    narrowest = _SHRINK * float(svg.partition(' width="')[2].partition('"')[0])
    return (
        f'<div style="{_SCROLLS}"><img alt="{escape(alt)}" '
        f'style="max-width:100%;min-width:{narrowest:.0f}px" '
        f'src="data:image/svg+xml;base64,{picture}"></div>'
    )


def _ledger(paths: PathSum, limit: int, opened: bool) -> str:
    if not paths.is_summed:
        lines = "<br>".join(map(escape, text.ledger(paths)))
        return f'<div style="padding:4px 24px">{lines}</div>'
    shown = text.listed(paths, limit)
    twins = text.parallel(paths)
    literal = typeset.lookalikes(node.name for node in paths.graph.nodes)
    rows = [
        row(
            cell("", "th", REMARK, "left"),
            cell("path", "th", REMARK, "left"),
            cell("product of local partials", "th", REMARK, colspan=3),
        )
    ]
    rule = f"border-top:1px solid {FAINT}"
    for place, path in enumerate(shown, 1):
        factors, _, product = minus(text.product(path)).rpartition(" = ")
        rows.append(
            row(
                cell(str(place), style=f"{rule};color:{SOFT}"),
                cell(_trail(path, twins, literal), style=rule, align="left"),
                cell(factors, style=rule),
                cell("=" if factors else "", style=rule, padding=4),
                cell(product, style=rule),
            )
        )
        rule = ""
    if len(shown) < paths.count:
        rest = number(paths.remainder(limit))
        rows.append(
            row(
                cell(""),
                cell(f"and {format_count(paths.count - len(shown))} more", align="left"),
                cell(""),
                cell(""),
                cell(rest),
            )
        )
    rule = f"border-top:1.5px solid {INK}"
    derivative = f"∂{name(paths.target.name, literal)}/∂{name(paths.source.name, literal)}"
    total = number(paths.total)
    addends = _addends(paths, shown)
    rows.append(
        row(
            cell("Σ", style=rule),
            cell(math(derivative), style=rule, align="left"),
            cell(addends, style=rule),
            cell("=", style=rule, padding=4),
            cell(f"<b>{total}</b>", style=rule),
        )
    )
    mark = "✓" if paths.agrees else "✗"
    rows.append(
        row(
            cell(""),
            cell("reverse mode found", style=f"color:{SOFT}", align="left"),
            cell(""),
            cell(""),
            cell(f"<b>{number(paths.engine)}</b>"),
            cell(mark),
        )
    )
    count = f"{paths.count:,} path" + ("" if paths.count == 1 else "s")
    return (
        f'<details{" open" if opened else ""} style="padding:4px 24px;{_SCROLLS}">'
        f"<summary>{math(derivative)} = {total} {mark} "
        f'<span style="color:{SOFT}">{count}</span></summary>'
        f'<table style="border-collapse:collapse;margin:8px 0">{"".join(rows)}</table></details>'
    )


def _trail(path: Path, twins: Container[tuple[int, int]], literal: typeset.Names) -> str:
    """The nodes of a path; where edges run side by side, with the operand's place at the arrow."""

    def shaped(node: Node) -> str:
        shape = text.shaped(node).removeprefix(node.name)
        return name(node.name, literal) + (
            f'<span style="{REMARK}">{shape}</span>' if shape else ""
        )

    tape = path.sum.graph.tape
    steps = [shaped(path.sum.source)]
    for edge in path.edges:
        place = f"<sub>{edge.port + 1}</sub>" if (edge.source, edge.target) in twins else ""
        steps.append(f" →{place} {shaped(tape[edge.target])}")
    if len(steps) > text.LONGEST:
        half = text.LONGEST // 2
        steps[half : len(steps) - half] = [" → …"]
    return math("".join(steps))


def _addends(paths: PathSum, shown: Sequence[Path]) -> str:
    """The products to be added, "2 + 3", where there are few enough to read."""
    if not 1 < paths.count <= _MOST_ADDENDS or len(shown) < paths.count or is_array(paths.total):
        return ""
    first, *others = (number(path.product) for path in shown)
    signed = (f"({other})" if other.startswith("−") else other for other in others)
    return " + ".join((first, *signed))
