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
WORKERS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "light": (
        ("#BDDAEB", "#94C4DF", "#0072B2"),  # blue
        ("#F8E6BD", "#F4D794", "#9C6C00"),  # orange
        ("#BDE6DB", "#94D6C4", "#008561"),  # green
        ("#F2DCE8", "#EAC7DA", "#A26085"),  # purple
        ("#F4D5BD", "#EDBB94", "#C05500"),  # vermilion
        ("#E1E2E4", "#CED0D4", "#71757D"),  # grey
        ("#FAF6C2", "#F7F19C", "#7D7722"),  # yellow
        ("#C8E7F8", "#A6D8F3", "#3B7BA0"),  # sky
    ),
    "dark": (
        ("#0D2F45", "#0B3A57", "#2989BE"),  # blue
        ("#493A17", "#634B13", "#E69F00"),  # orange
        ("#0D3A35", "#0B4A3F", "#009E73"),  # green
        ("#423042", "#593C53", "#CC79A7"),  # purple
        ("#452917", "#5C3213", "#D55E00"),  # vermilion
        ("#31363E", "#40454D", "#8A8F98"),  # grey
        ("#404226", "#55552A", "#F0E442"),  # yellow
        ("#244054", "#2C536C", "#56B4E9"),  # sky
    ),
}
"""For each worker the fill of its boxes, that of their value cells, and its line and badge.

Tints of the colours of M. Okabe and K. Ito, "Color Universal Design", 2008. Beyond the last worker
they start again: a worker is told by its number, and the colour only helps.
"""

SERIF = '"STIX Two Text", STIXGeneral, "Times New Roman", "Liberation Serif", serif'
SANS = (
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, '
    '"Liberation Sans", sans-serif'
)


def properties(theme: str) -> str:
    """The palette as CSS declarations."""
    return "".join(f"--cg-{name}:{colour};" for name, colour in PALETTES[theme].items())


def worker_properties(theme: str) -> str:
    """The workers' colours as CSS declarations: --cg-worker-0-fill, -cell and -line, and so on."""
    return "".join(
        f"--cg-worker-{i}-{part}:{colour};"
        for i, colours in enumerate(WORKERS[theme])
        for part, colour in zip(("fill", "cell", "line"), colours, strict=True)
    )
