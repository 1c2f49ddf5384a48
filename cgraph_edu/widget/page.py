"""A graph as one HTML file: the explorer, with no Python, no network and no other file.

The page holds the bundle, the explorer's first state as JSON, and the still picture with the tables
for a browser whose scripts are off. Its policy lets it run this one script and fetch nothing.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ..graphs.graph import Graph
from ..render import text
from ..render.palette import PALETTES, SANS
from ..render.picture import bundle, is_drawn
from ..render.scene import frame
from ..render.svg import escape
from .explorer import STATIC, Explorer, opening
from .parts import FLAT, has_flat, part
from .setup import PLAIN, Setup

if TYPE_CHECKING:
    from .array_explorer import ArrayExplorer

_LIGHT, _DARK = PALETTES["light"], PALETTES["dark"]

# Nothing is fetched, sent or embedded; styles are the page's own. (The script unpacks itself into a
# blob, which only it can make.)
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
_LISTED = 12
"""Paths that the explorer lists."""
_MOST_MEASURED = 20
"""Inputs whose paths are counted for the height of a frame."""

MOST_HELD = 4_000_000
"""About how many characters of pictures of folded parts a page holds."""

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
    still = shown["text/html"]
    if is_drawn(graph):
        still += f"<pre>{escape(shown['text/plain'])}</pre>"
    # The explorer's own headings are of the third order.
    heading = '<h2 class="cgx-hidden">Explorer</h2>'
    name = "explorer" if graph.is_live else "arrays"
    script = _read(f"{name}.js")
    style = _read(f"{name}.css") + style
    code = f'{_data(graph, setup)}\n<script type="module">{script}</script>'
    policy = f"script-src 'sha256-{_digest(script)}' blob:; {_POLICY}"
    title = escape(graph.title)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{heading}
<div class="cgx-page"><div class="cgx-still">
<p>Scripts don't run here: the picture and the paths stand still.</p>
{still}
</div></div>
</main>
{code}
</body>
</html>
"""


def _parts(graph: Graph) -> dict[str, Any]:
    """The pictures of the folded parts by number, those nearest to the whole graph first."""
    folding = graph.folding
    if folding is None:
        return {}
    depth = {0: 0}
    for group in folding.groups[1:]:
        depth[group.index] = depth[group.parent] + 1
    held: dict[str, Any] = {}
    room = MOST_HELD
    flat = [FLAT] if has_flat(folding) else []
    for index in [*flat, *sorted(depth, key=lambda index: depth[index])[1:]]:
        picture = part(folding, index)
        room -= len(json.dumps(picture))
        if room < 0:
            break
        held[str(index)] = picture
    return held


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _data(graph: Graph, setup: Setup) -> str:
    """The explorer's traits, as an element that is never run."""
    kind: type[Explorer | ArrayExplorer] = Explorer
    if graph.is_live:
        state = {**opening(graph, setup), "parts": _parts(graph)}
    else:
        from .array_explorer import ArrayExplorer, opening_page

        kind = ArrayExplorer
        state = opening_page(graph, setup.sliders, setup.wrt)
    told = {}
    for name, trait in kind.class_own_traits(sync=True).items():
        value = state.get(name, trait.default())
        to_json = trait.metadata.get("to_json")
        told[name] = to_json(value, None) if to_json else value
    # A `<` in a learner's text could end the element.
    content = json.dumps(told, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" class="cgx-state">{content}</script>'


def _digest(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()


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
