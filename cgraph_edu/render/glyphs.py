"""How wide text will be, from a table of glyph advances.

The picture is real text in the reader's own fonts, so room is reserved for the widest of the fonts
that are asked for first. Nothing here measures: a drawing has the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Style = Literal["italic", "upright", "sans"]

# Advances in hundredths of an em, rounded up: for each glyph the larger one of STIX Two Text and
# Liberation Serif (the metrics of Times New Roman), and of Inter Medium with tabular figures and
# Liberation Sans (the metrics of Arial). Read with fontTools from @fontsource/stix-two-text 5.2,
# @fontsource/inter 5.2 and Debian's fonts-liberation.
_ADVANCES: Mapping[Style, Mapping[int, str]] = {
    "italic": {
        22: "'",
        25: " ,.",
        28: "ijl|ι·",
        30: "ft",
        34: "!()-:;`",
        35: "I",
        38: "²³",
        39: "/[]rs",
        40: "{}ετ°",
        41: "ζ",
        42: '"\\',
        43: "zξ",
        45: "Jcevyé",
        46: "x",
        47: "γδχ",
        48: "^κν",
        50: "$*0123456789?bgkoορυ∂",
        51: "βηλ",
        52: "_qθ",
        53: "pσ",
        54: "Sa",
        55: "dh≤≥≠√",
        56: "u~μ",
        57: "LnαΓ",
        58: "#",
        59: "π",
        60: "φ",
        61: "TYZ",
        62: "BEFPRΣ",
        63: "ψ",
        64: "VXΔΞ",
        67: "CK",
        68: "×",
        69: "AΛ",
        70: "w",
        71: "<>ω",
        72: "+=NΨ−∞",
        73: "DGOQΘ",
        74: "U",
        75: "Π",
        76: "H",
        77: "Φ",
        78: "&",
        80: "Ω",
        83: "m",
        84: "%",
        87: "M",
        89: "…",
        92: "@W",
        100: "→",
    },
    "upright": {
        19: "'",
        25: " ,.",
        27: "|ι",
        28: ":;j",
        29: "il·",
        32: "t",
        34: "!-`f",
        35: "()[]",
        36: "I",
        38: "r²³",
        39: "/\\",
        40: "Js",
        41: '"τ°',
        42: "εζ",
        45: "?cξ",
        46: "zν",
        47: "eγχé",
        48: "^a{}δ",
        50: "$*0123456789gvxyου∂",
        51: "κλ",
        52: "_oθρ",
        53: "bqβη",
        54: "dp",
        55: "kσ≤≥≠√",
        56: "S~μ",
        57: "Puα",
        58: "#hnΓ",
        59: "F",
        60: "π",
        61: "φΣ",
        62: "LTZ",
        63: "Eψ",
        65: "Ξ",
        66: "ω×",
        67: "BCRΔ",
        71: "<>",
        72: "+=−∞",
        73: "ADGKVXYΛ",
        74: "OQΘΦΨ",
        75: "Nw",
        76: "UΠ",
        78: "&HΩ",
        84: "%",
        86: "m",
        90: "M",
        93: "@",
        95: "W",
        100: "→…",
    },
    "sans": {
        26: "ijl",
        28: " I",
        29: "ι",
        31: "!,.:·",
        32: "';",
        34: "`t",
        35: "|",
        37: "()/[\\]",
        38: "f",
        39: "r",
        44: "{}",
        45: "²",
        46: "³°",
        47: "-",
        48: "^τ",
        50: '"∂',
        52: "ζ",
        53: "*",
        54: "s",
        55: "εκ≤≥≠√",
        56: "?_kxzξ",
        57: "La",
        58: "JcvyγχΓ",
        59: "eé",
        60: "βδμν",
        61: "hnouηου",
        62: "Fbdgpqρ",
        63: "θ",
        64: "#σ",
        65: "$0123456789Z",
        66: "Tλ",
        67: "&+<=>BEPS~Ξ−×",
        68: "α",
        69: "KπΣ",
        70: "Y",
        71: "AVXΔΛ",
        72: "∞",
        73: "DR",
        74: "CU",
        75: "HφΠ",
        76: "N",
        78: "GOQΘΩ",
        80: "ψ",
        82: "ω",
        83: "w",
        89: "mΦΨ",
        92: "M",
        100: "%→…",
        101: "W",
        102: "@",
    },
}


class _Widths(dict[str, int]):
    """Advances by glyph; a glyph that is not there counts generously."""

    def __missing__(self, glyph: str) -> int:
        code = ord(glyph)
        if code >= 0x1F000:
            return 140
        return 100 if code >= 0x1100 else 80


_WIDTHS: Mapping[Style, _Widths] = {
    style: _Widths({glyph: advance for advance, glyphs in rows.items() for glyph in glyphs})
    for style, rows in _ADVANCES.items()
}


def width(text: str, style: Style, size: float) -> float:
    """The room in px that `text` takes at a font size of `size` px.

    Glyphs that are not in the table count generously: wide scripts and emoji as one em and more.
    """
    return hundredths(text, style) * size / 100


def hundredths(text: str, style: Style) -> int:
    """The same in hundredths of an em."""
    return sum(map(_WIDTHS[style].__getitem__, text))
