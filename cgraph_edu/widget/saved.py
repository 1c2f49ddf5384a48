"""Explorers with nobody behind them: what a page holds so that each of them lives in it.

A page has a place for each explorer, an element with an id and the still picture in it; for each
place a state, as JSON; and each module once, however many explorers it brings to life.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from ..graphs.graph import Graph
from .explorer import STATIC, Explorer, opening
from .parts import FLAT, has_flat, part
from .setup import PLAIN, Setup

MOST_HELD = 4_000_000
"""About how many characters of pictures of folded parts a page holds."""

EXPLORER, ARRAYS = "explorer", "arrays"


class Saved(NamedTuple):
    """An explorer as a page holds it."""

    module: str
    """The name of its module in static/."""
    traits: Mapping[str, Any]
    """What the module is told, as JSON."""


def saved(graph: Graph, setup: Setup = PLAIN) -> Saved:
    """A graph's explorer as it opens; errors are Explorer's."""
    if graph.is_live:
        return completed({**opening(graph, setup), "parts": _parts(graph)})
    from .array_explorer import opening_page

    return completed(opening_page(graph, setup.sliders, setup.wrt))


def completed(state: Mapping[str, Any]) -> Saved:
    """A state with every trait that an explorer of its kind has, and no other."""
    if "ranges" in state:
        module, known = EXPLORER, Explorer.class_own_traits(sync=True)
    else:
        from .array_explorer import ArrayExplorer

        module, known = ARRAYS, ArrayExplorer.class_own_traits(sync=True)
    traits = {}
    for name, trait in known.items():
        value = state.get(name, trait.default())
        to_json = trait.metadata.get("to_json")
        traits[name] = to_json(value, None) if to_json else value
    return Saved(module, traits)


def living() -> dict[str, Saved]:
    """All explorers of this process, as they are now, by the ids of their models."""
    from ipywidgets.widgets.widget import _instances

    from .array_explorer import ArrayExplorer, opening_page

    found = {}
    for model, widget in _instances.items():
        if isinstance(widget, Explorer):
            traits = {name: getattr(widget, name) for name in Explorer.class_own_traits(sync=True)}
            found[model] = completed({**traits, "parts": _parts(widget.graph)})
        elif isinstance(widget, ArrayExplorer):
            found[model] = completed(opening_page(widget.graph, widget._sliders, widget._wrt))
    return found


def place(name: str, still: str) -> str:
    """Where an explorer will be; until then, and without scripts, what stands still."""
    return f'<div class="cgx-page" id="{name}"><div class="cgx-still">{still}</div></div>'


def state(explorer: Saved, name: str) -> str:
    """What the explorer of a place is told, as an element that is never run."""
    # A `<` in a learner's text could end the element.
    content = json.dumps(explorer.traits, allow_nan=False, separators=(",", ":"))
    attributes = f'class="cgx-state" data-module="{explorer.module}" data-place="{name}"'
    content = content.replace("<", "\\u003c")
    return f'<script type="application/json" {attributes}>{content}</script>'


def styles(names: Iterable[str]) -> str:
    """How the explorers of these modules look; they are in a page's own style."""
    return "".join(_read(f"{name}.css") for name in names)


def modules(names: Iterable[str]) -> str:
    """The modules with these names, as elements; after all states."""
    return "".join(f'<script type="module">{_read(f"{name}.js")}</script>' for name in names)


def policy(names: Iterable[str]) -> str:
    """What a page with these modules may do: run them, and fetch, send and embed nothing.

    Styles are the page's own. A module unpacks itself into a blob, which only it can make.
    """
    digests = "".join(f"'sha256-{_digest(_read(f'{name}.js'))}' " for name in names)
    return (
        f"script-src {digests}blob:; default-src 'none'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


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


def _digest(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
