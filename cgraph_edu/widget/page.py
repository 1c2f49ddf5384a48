"""A graph as one HTML file: the explorer, with no Python, no network and no other file.

The page holds the bundle, the explorer's first state as JSON, and the still picture with the tables
for a browser whose scripts are off. Its policy lets it run this one script and fetch nothing.
"""

from __future__ import annotations

from ..graphs.graph import Graph
from ..render import text
from ..render.palette import PALETTES, SANS
from ..render.picture import bundle, is_drawn
from ..render.scene import frame
from ..render.svg import escape
from .saved import modules, place, policy, saved, state, styles
from .setup import PLAIN, Setup

_LIGHT, _DARK = PALETTES["light"], PALETTES["dark"]

_PLACE = "cgx-1"
_STILL = "<p>Scripts don't run here: the picture and the paths stand still.</p>"

_LISTED = 12
"""Paths that the explorer lists."""
_MOST_MEASURED = 20
"""Inputs whose paths are counted for the height of a frame."""

# The still part of a page gives way to the explorer. Where scripts run it waits out of sight, lest
# it flash up; a second later it is still there only if something kept the script from running.
_STYLE = f"""
:root{{color-scheme:light dark;background:{_LIGHT["node-cell"]};color:{_LIGHT["ink"]};\
font:15px/1.4 {SANS}}}
body{{margin:16px}}
main{{max-width:1404px;margin:0 auto}}
h1{{margin:0 2px 8px;color:{_LIGHT["soft"]};font-size:15px;font-weight:400;\
overflow-wrap:anywhere}}
.cgx-still{{padding:16px;border-radius:12px;background:{_LIGHT["paper"]};\
color:{_LIGHT["ink"]};overflow-x:auto}}
@media (prefers-color-scheme:dark){{:root{{background:#0b0f15}}h1{{color:{_DARK["soft"]}}}}}
@media (max-width:600px){{body{{margin:8px 4px}}}}
@media (scripting:enabled){{.cgx-still{{animation:cgx-late 1s step-end}}}}
@keyframes cgx-late{{from{{visibility:hidden}}}}
@media print{{:root{{background:none}}body{{margin:0}}}}
"""

_FRAMED = "body{margin:0}h1{display:none}:root{background:none}\n"


def page(graph: Graph, setup: Setup = PLAIN, limit: int = text.LIMIT) -> str:
    """The graph as an HTML document: the same bytes for the same graph.

    Sliders, target and source, paths and gradients work as in a notebook. What only Python can do,
    to take another branch, the page says and leaves. The pictures of folded parts make up to about
    4 MB of it; a part beyond that opens in a notebook only, and the page says so. A graph with
    arrays or a `cg.custom_op` needs Python to move: its page shows heat maps and numbers as they
    are.

    Raises ValueError as `Explorer` does.
    """
    return _document(graph, setup, limit, _STYLE)


def framed(graph: Graph, setup: Setup = PLAIN, limit: int = text.LIMIT) -> str:
    """The page inside a notebook's output, followed by the picture and the tables.

    The frame may run its own script and nothing more: it sees neither the notebook nor the network.
    Where a viewer shows it, it hides what follows; where a viewer takes it out, that is what is
    left.
    """
    inner = _document(graph, setup, limit, _STYLE + _FRAMED)
    inner = inner.replace("&", "&amp;").replace("'", "&#39;")
    still = bundle(graph, limit, setup.told, setup.engine)
    return (
        "<div><style>iframe.cgx-frame+div{display:none}</style>"
        f'<iframe class="cgx-frame" title="{escape(graph.title)}" sandbox="allow-scripts" '
        f'style="width:100%;height:{_height(graph, setup)}px;border:0;resize:vertical" '
        f"srcdoc='{inner}'></iframe>{still['text/html']}</div>"
    )


def _document(graph: Graph, setup: Setup, limit: int, style: str) -> str:
    shown = bundle(graph, limit, setup.told, setup.engine)
    still = f"{_STILL}{shown['text/html']}"
    if is_drawn(graph):
        still += f"<pre>{escape(shown['text/plain'])}</pre>"
    # The explorer's own headings are of the third order.
    heading = '<h2 class="cgx-hidden">Explorer</h2>'
    explorer = saved(graph, setup)
    style = styles([explorer.module]) + style
    title = escape(graph.title)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy([explorer.module])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{heading}
{place(_PLACE, still)}
</main>
{state(explorer, _PLACE)}
{modules([explorer.module])}
</body>
</html>
"""


def _height(graph: Graph, setup: Setup) -> int:
    """About what the page takes up in a notebook, in pixels: a frame can't ask its content."""
    scene = frame(graph if graph.folding is None else graph.folding.view(0))
    picture = scene.height * scene.density.scale
    inputs = [node.name for node in graph.inputs] if setup.told is None else setup.told
    rows = max(
        (min(paths.count, _LISTED) for paths in text.path_sums(graph, inputs[:_MOST_MEASURED])),
        default=0,
    )
    sliders = 80 + 42 * min(len(graph.inputs), _MOST_MEASURED)
    return round(150 + picture + max(sliders, 250, 190 + 40 * rows))
