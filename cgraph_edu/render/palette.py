"""The colours of a picture, light and dark.

Each is a CSS custom property, `--cg-paper` and so on, so that the widget can exchange them all.
"""

from __future__ import annotations

from collections.abc import Mapping

PALETTES: Mapping[str, Mapping[str, str]] = {
    "light": {
        "paper": "#FFFFFF",
        "ink": "#1A2433",
        "soft": "#5A6575",
        "line": "#8C97A8",
        "faint": "#D5DBE4",
        "der": "#B4460F",
        "p1": "#0067A5",
        "p2": "#A86200",
        "input-fill": "#EAF2FA",
        "input-cell": "#D9E8F5",
        "input-line": "#7FAFD6",
        "node-fill": "#FFFFFF",
        "node-cell": "#F1F4F8",
        "node-line": "#AEB8C6",
    },
    "dark": {
        "paper": "#12171F",
        "ink": "#E8EDF4",
        "soft": "#9AA5B4",
        "line": "#6D7A8C",
        "faint": "#323B48",
        "der": "#FF9E6B",
        "p1": "#63B3F0",
        "p2": "#F0B54A",
        "input-fill": "#15293B",
        "input-cell": "#1D3A54",
        "input-line": "#4A86B5",
        "node-fill": "#1B222D",
        "node-cell": "#252E3B",
        "node-line": "#536072",
    },
}

SERIF = '"STIX Two Text", STIXGeneral, "Times New Roman", "Liberation Serif", serif'
SANS = (
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, '
    '"Liberation Sans", sans-serif'
)


def properties(theme: str) -> str:
    """The palette as CSS declarations."""
    return "".join(f"--cg-{name}:{colour};" for name, colour in PALETTES[theme].items())
