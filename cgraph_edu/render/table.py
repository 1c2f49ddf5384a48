"""A table as plain text, as HTML that notebooks keep, and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from ..core.numbers import format_count
from ..core.tensor import is_array
from ..graphs.table import Cell, Column, Row, Table, Value
from . import cells, formulas, text
from . import latex as tex
from .svg import escape
from .typeset import Names, lookalikes

MOST_ROWS = 200
"""Of a longer table only the first and the last rows are drawn."""

_BAR, _CROSS = " │ ", "─┼─"


def plain(table: Table) -> str:
    """Aligned columns; a line between groups of columns."""
    rows = _drawn(table)
    titles = [column.title for column in table.columns]
    lines = [
        [
            f"{_sign(column, content, ' ')}{cell_text(content)}"
            for column, content in zip(table.columns, row.cells, strict=True)
        ]
        for row in rows
    ]
    widths = [max(map(len, texts)) for texts in zip(titles, *lines, strict=True)]
    # One space before a sign, which has another after it; two between columns.
    gaps = [" " if column.sign else "  " for column in table.columns]
    spans = _spans(table)
    rooms = []
    for group, span in zip(table.groups, spans, strict=True):
        room = sum(widths[span]) + sum(map(len, gaps[span][1:]))
        widths[span.stop - 1] += max(0, len(group.title) - room)
        rooms.append(max(len(group.title), room))

    def line(texts: Sequence[str]) -> str:
        aligned = [
            gap + (f"{content:>{width}}" if column.align == "right" else f"{content:<{width}}")
            for gap, content, width, column in zip(gaps, texts, widths, table.columns, strict=True)
        ]
        groups = ("".join(aligned[span])[len(gaps[span.start]) :] for span in spans)
        return _BAR.join(groups).rstrip()

    rule = _CROSS.join("─" * room for room in rooms)
    head = []
    if any(group.title for group in table.groups):
        groups = zip(table.groups, rooms, strict=True)
        head.append(_BAR.join(f"{group.title:<{room}}" for group, room in groups).rstrip())
    if any(titles):
        head.append(line(titles))
    head += [rule] if head else []
    body = [
        f"{rule}\n{line(texts)}" if row.rule else line(texts)
        for row, texts in zip(rows, lines, strict=True)
    ]
    return "\n".join([*([table.title] if table.title else []), *head, *body, *table.notes])


def html(table: Table) -> str:
    """A <table> that looks like the ledger."""
    spans = _spans(table)
    lines = []
    if any(group.title for group in table.groups):
        lines.append(
            cells.row(
                *(
                    _heading(group.title, "left", span.start, 2 * len(group.columns))
                    for group, span in zip(table.groups, spans, strict=True)
                )
            )
        )
    if any(column.title for column in table.columns):
        starts = [span.start for span in spans]
        lines.append(
            cells.row(
                *(
                    _heading(column.title, column.align, i if i in starts else 0)
                    for i, column in enumerate(table.columns)
                )
            )
        )
    alike = lookalikes(table.names)
    rule = f"border-top:1px solid {cells.FAINT}" if lines else ""
    for row in _drawn(table):
        rule = f"border-top:1.5px solid {cells.INK}" if row.rule else rule
        lines.append(_row(table, row, rule, alike))
        rule = ""
    title = f"<div>{escape(table.title)}</div>" if table.title else ""
    notes = "".join(f'<div style="{cells.REMARK}">{escape(note)}</div>' for note in table.notes)
    body = f'<table style="border-collapse:collapse;margin:8px 0">{"".join(lines)}</table>'
    return f'<div style="{cells.PAGE}">{title}{body}{notes}</div>'


def _heading(title: str, align: str, place: int, span: int = 2) -> str:
    style = cells.REMARK + _border(place)
    return cells.cell(escape(title), "th", style, align, colspan=span)


def _row(table: Table, row: Row, rule: str, alike: Names) -> str:
    """Each column is two of HTML's: its signs, and what follows them."""
    starts = [span.start for span in _spans(table)]
    drawn = []
    for i, (column, content) in enumerate(zip(table.columns, row.cells, strict=True)):
        style = rule + _border(i if i in starts else 0)
        sign = _sign(column, content)
        drawn.append(cells.cell(escape(sign), style=style, padding=2))
        shown = _html(content, alike)
        if sign or not isinstance(content, (str, Value)):
            shown = cells.math(shown)
        is_remark = column.soft or (column.sign and not sign)
        style = f"{rule};{cells.REMARK}" if is_remark else rule
        drawn.append(cells.cell(shown, "td", style, column.align))
    return cells.row(*drawn)


def _border(place: int) -> str:
    return f";border-left:1px solid {cells.FAINT}" if place else ""


def _html(content: Cell, alike: Names) -> str:
    if isinstance(content, Value):
        shown = cells.minus(_value(content))
        return f"<b>{shown}</b>" if content.strong else shown
    if isinstance(content, str):
        return escape(content)
    return formulas.html(content, alike)


def latex(table: Table) -> str:
    """An array in a display."""
    spans = _spans(table)
    letters = [column.align[0] for column in table.columns]
    layout = "|".join("".join(letters[span]) for span in spans)
    lines = []
    if any(group.title for group in table.groups):
        # There is no \multicolumn in MathJax: a heading hangs over the columns to its right.
        heads = [""] * len(letters)
        for group, span in zip(table.groups, spans, strict=True):
            heads[span.start] = rf"\rlap{{{_words(group.title)}}}" if group.title else ""
        lines.append(" & ".join(heads))
    if any(column.title for column in table.columns):
        lines.append(" & ".join(_words(column.title) for column in table.columns))
    alike = lookalikes(table.names)
    rule = r"\hline " if lines else ""
    for row in _drawn(table):
        rule = r"\hline " if row.rule else rule
        texts = [
            _roomy(f"{_sign(column, content, ' ')}{_latex(content, alike)}")
            for column, content in zip(table.columns, row.cells, strict=True)
        ]
        lines.append(rule + " & ".join(texts))
        rule = ""
    body = " \\\\[5pt]\n".join(lines)
    return _display(f"\\begin{{array}}{{{layout}}}\n{body}\n\\end{{array}}", table)


def _roomy(shown: str) -> str:
    """An array sets its fractions small, unless told otherwise."""
    return rf"\displaystyle {shown}" if r"\frac" in shown else shown


def aligned(table: Table) -> str:
    """A table of three columns, left side, right side and remark, as equations in a display."""
    alike = lookalikes(table.names)
    lines = [
        f"{_latex(left, alike)} &= {_latex(right, alike)}"
        + (rf" && \quad{_latex(remark, alike)}" if remark else "")
        for left, right, remark in (row.cells for row in _drawn(table))
    ]
    body = " \\\\\n".join(lines)
    return _display(f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}", table)


def _display(body: str, table: Table) -> str:
    """The body with the title above it, and the notes beneath."""
    parts = [*([_words(table.title)] if table.title else []), body, *map(_words, table.notes)]
    if len(parts) > 1:
        body = "\\begin{array}{l}\n" + " \\\\\n".join(parts) + "\n\\end{array}"
    return f"$${body}$$"


def cell_latex(content: Cell, names: Sequence[str] = ()) -> str:
    """A cell in LaTeX; such of the `names` as look alike are shown as typed."""
    return _latex(content, lookalikes(names))


def _latex(content: Cell, alike: Names) -> str:
    if isinstance(content, Value):
        shown = _latex_value(content)
        return rf"\mathbf{{{shown}}}" if content.strong else shown
    if isinstance(content, str):
        return _words(content)
    return formulas.latex(content, alike)


def _latex_value(content: Value) -> str:
    if is_array(content.value):
        return _words(_value(content))
    if type(content.value) is not int:
        return tex.number(content.value)
    about, _, power = format_count(content.value).partition("^")
    return rf"\approx 10^{{{power}}}" if power else about.replace(",", "{,}")


def _words(words: str) -> str:
    r"""Words in a formula. Signs that \text does not take stand between two of them."""
    parts = _SPECIAL.split(words)
    return "".join(_IN_TEXT.get(part) or rf"\text{{{part}}}" for part in parts if part)


_IN_TEXT = {
    **{sign: rf"\{sign}" for sign in "{}_#$%&"},
    **{sign: f"{{}}_{{{digit}}}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    "\\": r"\backslash ",
    "^": r"\wedge ",
    "~": r"\sim ",
    "∂": r"\partial ",
    "✓": r"\checkmark ",
    "✗": r"\times ",
    "↓": r"\downarrow ",
    "↑": r"\uparrow ",
    "→": r"\to ",
    "…": r"\ldots ",
    "·": r"\cdot ",
    "−": "-",
}
"""What \text does not take everywhere, in mathematics."""

_SPECIAL = re.compile(f"([{re.escape(''.join(_IN_TEXT))}])")


def cell_text(content: Cell) -> str:
    """A cell in plain text."""
    return _value(content) if isinstance(content, Value) else str(content)


def _value(content: Value) -> str:
    if type(content.value) is int:
        return format_count(content.value)
    return text.number(content.value)


def _sign(column: Column, content: Cell, gap: str = "") -> str:
    """The sign before a cell: mathematics and values have one, words have none."""
    return column.sign + gap if column.sign and not isinstance(content, str) else ""


def _drawn(table: Table) -> list[Row]:
    """The rows that are drawn: all, or the first and the last, with a gap that says how many."""
    if len(table.rows) <= MOST_ROWS:
        return list(table.rows)
    half = MOST_ROWS // 2
    gap = f"… {len(table.rows) - 2 * half:,} rows more"
    empty = ("",) * (len(table.columns) - 1)
    return [*table.rows[:half], Row((gap, *empty)), *table.rows[-half:]]


def _spans(table: Table) -> list[slice]:
    """The places of each group's columns."""
    ends = list(accumulate(len(group.columns) for group in table.groups))
    return [slice(end - len(g.columns), end) for g, end in zip(table.groups, ends, strict=True)]
