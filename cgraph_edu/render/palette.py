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
        ("#A8CFE5", "#86BCDA", "#004267"),  # blue
        ("#F6DB9E", "#F2CC77", "#735000"),  # orange
        ("#7ACDB6", "#45B899", "#00684C"),  # green
        ("#F8ECF3", "#F5E5EE", "#9B5C7F"),  # purple
        ("#EBB285", "#E39354", "#6A2F00"),  # vermilion
        ("#C6E6F8", "#AFDBF5", "#3A7A9E"),  # sky
        ("#F6EF91", "#F3E966", "#7D7722"),  # yellow
        ("#D0D2D6", "#BDC0C6", "#444952"),  # grey
    ),
    "dark": (
        ("#074E77", "#03639A", "#70B0D4"),  # blue
        ("#302A1B", "#3C3219", "#E69F00"),  # orange
        ("#0C453C", "#095747", "#00956C"),  # green
        ("#604058", "#7F516F", "#BC6F9A"),  # purple
        ("#703910", "#95470A", "#DC7829"),  # vermilion
        ("#1E3343", "#233F52", "#AADAF4"),  # sky
        ("#434427", "#56562A", "#F0E442"),  # yellow
        ("#1E242D", "#232932", "#B5B8C0"),  # grey
    ),
}
"""For each worker the fill of its boxes, that of their value cells, and its line and badge.

Tints and shades of the colours of M. Okabe and K. Ito, "Color Universal Design", 2008, as light or
dark as keeps them apart for the colour-blind too. Beyond the last worker they start again: a worker
is told by its number, and the colour only helps.
"""

BARS = "#0072B2 #9C6C00 #008561 #A26085 #C05500 #3B7BA0 #7D7722 #71757D".split()
"""The workers' colours in plots, which stand on light and on dark pages; white can be read on them.
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
