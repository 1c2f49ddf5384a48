"""LaTeX as MathML, which browsers draw by themselves: no script, no fonts from elsewhere."""

from __future__ import annotations

import re
from html import escape

_DELIMITED = re.compile(r"^(\$\$|\$|\\\[|\\\()(.*?)(\$\$|\$|\\\]|\\\))$", re.DOTALL)
_ALIGNED = re.compile(r"\{(aligned|gathered|split)\}")
# What the converter does not know it passes on as letters: a command, or a column's mark.
_UNKNOWN = re.compile(r"<m[io]>(\\[A-Za-z]+|&(amp;)?)</m[io]>")


def mathml(latex: str, is_block: bool) -> str:
    r"""A formula, without its dollars, as a MathML element; as it was written if it can't be.

    `\frac{\partial e}{\partial b}` is a fraction; of `\nosuch{x}` the text is kept, as code.
    """
    from latex2mathml.converter import convert

    display = "block" if is_block else "inline"
    try:
        found: str = convert(_ALIGNED.sub("{align*}", latex), display=display)
    except Exception:  # of a formula that is none, the converter raises what it pleases
        found = ""
    if not found or _UNKNOWN.search(found):
        marks = "$$" if is_block else "$"
        return f"<code>{escape(f'{marks}{latex}{marks}')}</code>"
    return found


def output(latex: str) -> str:
    """What a cell shows as `text/latex`: a formula between dollars, or words without."""
    text = latex.strip()
    delimited = _DELIMITED.match(text)
    if delimited:
        return mathml(delimited[2], is_block=True)
    if text.startswith("\\begin{"):
        return mathml(text, is_block=True)
    return f"<pre>{escape(text)}</pre>"
