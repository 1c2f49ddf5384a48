"""What a notebook shows of a graph: the picture, and the forms for viewers that show less."""

from __future__ import annotations

from html import escape
from typing import Any

from ..graphs.graph import Graph
from . import text
from .cells import PAGE
from .html import embedded, fallback, image, pictures
from .latex import latex
from .svg import draw, in_words

MOST_BOXES = 150
"""A picture with more boxes than this is no help, and takes long to draw."""

MOST_FOLDED = 20_000
"""Folded, a larger one still gives a picture; with more than this it would take seconds."""

MOST_IN_MODULES = 600
"""So many nodes of a graph of arrays: each has a heat map to be sent."""

MOST_TOLD = 12
"""Inputs of a large graph whose paths are told unasked."""

MOST_DRAWN = 2_000
"""Not even on request: it would take minutes and gigabytes."""


class Picture(str):
    """An SVG document; a notebook shows it as the picture, not as the text."""

    alt = ""
    """What it shows, in words."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # IPython has a printer for strings, which comes before the text in the bundle.
        printer.text(self.alt)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": embedded(self, self.alt), "text/plain": self.alt}


def picture(
    graph: Graph, show: str = "partials", theme: str = "light", part: str | None = None
) -> Picture:
    """The graph, or an open part of it, as an SVG document.

    Raises ValueError for more boxes than can be drawn, and for a part that there is not.
    """
    if part is None and graph.modules is not None:
        graph = graph.modules.view(0)
    elif part and graph.folding is not None:
        graph = graph.folding.view(graph.folding.named(part).index)
    elif part:
        raise ValueError(f"the graph has no part {part!r}: it has no scopes and no modules")
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


def is_explored(graph: Graph) -> bool:
    """Whether a notebook shows it with sliders; of graphs of arrays modules alone are folded."""
    if graph.is_live:
        return len(graph.nodes) <= MOST_FOLDED
    return is_drawn(graph) or (graph.modules is not None and len(graph.nodes) <= MOST_IN_MODULES)


def bundle(
    graph: Graph,
    limit: int = text.LIMIT,
    wrt: list[str] | None = None,
    engine: str = "reverse",
) -> dict[str, str]:
    """The graph by MIME type: text, HTML that survives sanitising, and LaTeX.

    With a faulty engine they tell what it gets wrong, of all inputs; with no `wrt` nothing is told.
    """
    if engine != "reverse" and wrt != []:
        return _diagnosed(graph, engine)
    if not is_drawn(graph):
        plain = _in_short(graph, limit, wrt)
        return {
            "text/plain": plain,
            "text/html": f"{_folded(graph, wrt)}<pre>{escape(plain)}</pre>",
        }
    plain = text.plain(graph, limit, wrt)
    return {
        "text/plain": plain,
        "text/html": fallback(graph, limit, wrt),
        "text/latex": latex(graph, wrt),
    }


def _diagnosed(graph: Graph, engine: str) -> dict[str, str]:
    """The picture, and what a faulty engine gets wrong."""
    diagnosis = graph.diagnose(engine)
    view = pictures(graph) if is_drawn(graph) else _folded(graph, None)
    return {
        "text/plain": f"{text.equation(graph, graph.output)}\n{diagnosis}",
        "text/html": (
            f'<div style="{PAGE}">{view}<div style="padding:4px 24px">{diagnosis.html}</div></div>'
        ),
        "text/latex": diagnosis.latex,
    }


def _in_short(graph: Graph, limit: int, wrt: list[str] | None) -> str:
    """A large graph in words, with the paths of some of its inputs."""
    names = [node.name for node in graph.inputs] if wrt is None else wrt
    rest = len(names) - MOST_TOLD
    plain = text.plain(graph, limit, names[:MOST_TOLD])
    return f"{plain}\n\nand {rest:,} more inputs" if rest > 0 else plain


def _folded(graph: Graph, wrt: list[str] | None) -> str:
    """The whole of a large graph, its parts folded."""
    many = f"{len(graph.nodes):,} nodes are too many for one picture"
    if len(graph.nodes) > MOST_FOLDED or graph.folding is None:
        return f"<p>{many}; here it is in words.</p>"
    view = image(graph.folding.view(0), wrt) if graph.modules is None else pictures(graph, wrt)
    note = f"{many}: here its parts are folded, and below it is in words."
    return f'<div style="{PAGE}">{view}</div><p>{note}</p>'
