"""What a notebook shows of a graph: the picture, and the forms for viewers that show less."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from ..graphs.graph import Graph
from . import text
from .html import fallback
from .latex import latex
from .svg import draw


class Picture(str):
    """An SVG document; a notebook shows it as the picture, not as the text."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        data = b64encode(self.encode()).decode()
        # An <img>: Jupyter strips inline SVG from notebooks that it does not trust.
        return {
            "text/html": f'<img alt="" src="data:image/svg+xml;base64,{data}">',
            "text/plain": "a picture",
        }


def picture(graph: Graph, show: str = "partials", theme: str = "light") -> Picture:
    """The graph as an SVG document."""
    return Picture(draw(graph, show, theme))


def bundle(graph: Graph, limit: int = text.LIMIT, wrt: list[str] | None = None) -> dict[str, str]:
    """The graph by MIME type: text, HTML that survives sanitising, and LaTeX."""
    return {
        "text/plain": text.plain(graph, limit, wrt),
        "text/html": fallback(graph, limit, wrt),
        "text/latex": latex(graph, wrt),
    }
