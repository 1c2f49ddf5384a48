"""What a notebook shows of a graph: the picture, and the forms for viewers that show less."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any

from ..graphs.graph import Graph
from . import text
from .html import fallback
from .latex import latex
from .svg import draw, in_words

MOST_BOXES = 150
"""A picture with more boxes than this is no help, and takes long to draw."""

MOST_DRAWN = 2_000
"""Not even on request: it would take minutes and gigabytes."""


class Picture(str):
    """An SVG document; a notebook shows it as the picture, not as the text."""

    alt = ""
    """What it shows, in words."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        data = b64encode(self.encode()).decode()
        # An <img>: Jupyter strips inline SVG from notebooks that it does not trust.
        return {
            "text/html": f'<img alt="{escape(self.alt)}" src="data:image/svg+xml;base64,{data}">',
            "text/plain": self.alt,
        }


def picture(graph: Graph, show: str = "partials", theme: str = "light") -> Picture:
    """The graph as an SVG document. Raises ValueError for more boxes than can be drawn."""
    if len(graph.nodes) > MOST_DRAWN:
        raise ValueError(
            f"{len(graph.nodes):,} nodes: at most {MOST_DRAWN:,} are drawn. print(graph) tells it "
            "in words"
        )
    drawn = Picture(draw(graph, show, theme))
    drawn.alt = in_words(graph, show)
    return drawn


def is_drawn(graph: Graph) -> bool:
    """Whether a notebook draws the graph by itself; `graph.draw()` draws larger ones."""
    return len(graph.nodes) <= MOST_BOXES


def bundle(graph: Graph, limit: int = text.LIMIT, wrt: list[str] | None = None) -> dict[str, str]:
    """The graph by MIME type: text, HTML that survives sanitising, and LaTeX."""
    plain = text.plain(graph, limit, wrt)
    if not is_drawn(graph):
        note = f"{len(graph.nodes):,} nodes are too many for one picture; here it is in words."
        return {"text/plain": plain, "text/html": f"<p>{note}</p><pre>{escape(plain)}</pre>"}
    return {
        "text/plain": plain,
        "text/html": fallback(graph, limit, wrt),
        "text/latex": latex(graph, wrt),
    }
