"""The HTML form of a graph, of nothing but what a notebook keeps of output that it does not trust.

An <img> of the picture, tables, <details> and inline style survive there; SVG, <style>, scripts and
data attributes do not.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Container, Sequence
from typing import Any

from ..core.numbers import format_count
from ..core.tensor import is_array
from ..graphs.graph import Graph
from ..graphs.paths import Path, PathSum
from . import text, typeset
from .palette import PALETTES, SANS, SERIF
from .svg import draw, escape, in_words

_MOST_OPEN = 4  # ledgers that stand open; more inputs fold theirs
_MOST_ADDENDS = 6
_SHRINK = 0.7  # a picture too wide for the page shrinks this far, and is scrolled from there on
_INK, _SOFT, _FAINT, _PAPER = (
    PALETTES["light"][name] for name in ("ink", "soft", "faint", "paper")
)
# Quotes of a font's name would end the attribute.
_SANS, _SERIF = SANS.replace('"', "'"), SERIF.replace('"', "'")
_CELL = (
    f"background:{_PAPER};color:{_INK};border:none;text-align:%s;padding:4px %dpx;"
    "vertical-align:middle;white-space:nowrap"
)


def fallback(graph: Graph, limit: int = text.LIMIT, wrt: Sequence[str] | None = None) -> str:
    """The picture, and for each input (or those in `wrt`) its ledger of at most `limit` paths."""
    svg = draw(graph)
    picture = b64encode(svg.encode()).decode()
    narrowest = _SHRINK * float(svg.partition(' width="')[2].partition('"')[0])
    sums = text.path_sums(graph, wrt)
    ledgers = "".join(_ledger(paths, limit, len(sums) <= _MOST_OPEN) for paths in sums)
    return (
        f'<div style="background:{_PAPER};color:{_INK};font-family:{_SANS};font-size:15px;'
        f'overflow-x:auto">'
        f'<img alt="{escape(in_words(graph))}" style="max-width:100%;min-width:{narrowest:.0f}px" '
        f'src="data:image/svg+xml;base64,{picture}">{ledgers}</div>'
    )


def _ledger(paths: PathSum, limit: int, opened: bool) -> str:
    shown = text.listed(paths, limit)
    twins = text.parallel(paths)
    literal = typeset.lookalikes(node.name for node in paths.graph.nodes)
    soft = f"color:{_SOFT};font-size:13px;font-weight:normal"
    rows = [
        _row(
            _cell("", "th", soft, "left"),
            _cell("path", "th", soft, "left"),
            _cell("product of local partials", "th", soft, colspan=3),
        )
    ]
    rule = f"border-top:1px solid {_FAINT}"
    for number, path in enumerate(shown, 1):
        factors, _, product = _minus(text.product(path)).rpartition(" = ")
        rows.append(
            _row(
                _cell(str(number), style=f"{rule};color:{_SOFT}"),
                _cell(_trail(path, twins, literal), style=rule, align="left"),
                _cell(factors, style=rule),
                _cell("=" if factors else "", style=rule, padding=4),
                _cell(product, style=rule),
            )
        )
        rule = ""
    if len(shown) < paths.count:
        rest = _number(paths.remainder(limit))
        rows.append(
            _row(
                _cell(""),
                _cell(f"and {format_count(paths.count - len(shown))} more", align="left"),
                _cell(""),
                _cell(""),
                _cell(rest),
            )
        )
    rule = f"border-top:1.5px solid {_INK}"
    derivative = f"∂{_name(paths.target.name, literal)}/∂{_name(paths.source.name, literal)}"
    total = _number(paths.total)
    addends = _addends(paths, shown)
    rows.append(
        _row(
            _cell("Σ", style=rule),
            _cell(_math(derivative), style=rule, align="left"),
            _cell(addends, style=rule),
            _cell("=", style=rule, padding=4),
            _cell(f"<b>{total}</b>", style=rule),
        )
    )
    mark = "✓" if paths.agrees else "✗"
    rows.append(
        _row(
            _cell(""),
            _cell("reverse mode found", style=f"color:{_SOFT}", align="left"),
            _cell(""),
            _cell(""),
            _cell(f"<b>{_number(paths.engine)}</b>"),
            _cell(mark),
        )
    )
    count = f"{paths.count:,} path" + ("" if paths.count == 1 else "s")
    return (
        f'<details{" open" if opened else ""} style="padding:4px 24px">'
        f"<summary>{_math(derivative)} = {total} {mark} "
        f'<span style="color:{_SOFT}">{count}</span></summary>'
        f'<table style="border-collapse:collapse;margin:8px 0">{"".join(rows)}</table></details>'
    )


def _row(*cells: str) -> str:
    return f'<tr style="background:{_PAPER}">{"".join(cells)}</tr>'


def _cell(
    content: str,
    tag: str = "td",
    style: str = "",
    align: str = "right",
    padding: int = 10,
    colspan: int = 1,
) -> str:
    span = f' colspan="{colspan}"' if colspan > 1 else ""
    return f'<{tag}{span} style="{_CELL % (align, padding)};{style}">{content}</{tag}>'


def _trail(path: Path, twins: Container[tuple[int, int]], literal: typeset.Names) -> str:
    """The nodes of a path; where edges run side by side, with the operand's place at the arrow."""
    steps = [_name(path.nodes[0], literal)]
    for name, edge in zip(path.nodes[1:], path.edges, strict=True):
        place = f"<sub>{edge.port + 1}</sub>" if (edge.source, edge.target) in twins else ""
        steps.append(f" →{place} {_name(name, literal)}")
    if len(steps) > text.LONGEST:
        half = text.LONGEST // 2
        steps[half : len(steps) - half] = [" → …"]
    return _math("".join(steps))


def _addends(paths: PathSum, shown: Sequence[Path]) -> str:
    """The products to be added, "2 + 3", where there are few enough to read."""
    if not 1 < paths.count <= _MOST_ADDENDS or len(shown) < paths.count or is_array(paths.total):
        return ""
    first, *others = (_number(path.product) for path in shown)
    signed = (f"({other})" if other.startswith("−") else other for other in others)
    return " + ".join((first, *signed))


def _math(content: str) -> str:
    return f'<span style="font-family:{_SERIF};font-size:19px;white-space:nowrap">{content}</span>'


def _name(name: str, literal: typeset.Names) -> str:
    runs, _ = typeset.label(name, None, 1.0, float("inf"), literal)
    return "".join(_run(run) for run in runs)


def _run(run: typeset.Run) -> str:
    shown = f"<i>{escape(run.text)}</i>" if run.kind == "name" else escape(run.text)
    return f"<sub>{shown}</sub>" if run.level < 0 else shown


def _number(value: Any) -> str:
    return _minus(text.number(value))


def _minus(number: str) -> str:
    return escape(number.replace("-", "−"))
