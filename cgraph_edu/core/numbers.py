"""One way to write a number, for every text, picture and message."""

from __future__ import annotations

import math
from typing import Any

TOLERANCE = 1e-9
"""How far two routes to one number may differ, as a part of its size."""


def format_number(x: float | bool, digits: int = 6) -> str:
    """Write `x` with at most `digits` significant digits.

    6.0 is "6", 1/3 is "0.333333", 1e-7 is "1e-07"; infinities and NaN are "inf", "-inf" and "nan";
    minus zero is "0"; truth values are "True" and "False". The browser's `numbers.ts` follows
    the same rules, and a test compares the two.
    """
    if isinstance(x, bool):
        return str(x)
    text = f"{x:.{digits}g}"
    return "0" if text == "-0" else text


def format_count(count: int) -> str:
    """Write a count exactly, "1,024"; beyond 36 digits by its size, "about 10^40"."""
    if count < 10**36:
        return f"{count:,}"
    return f"about 10^{round(math.log10(count))}"


def counted(count: int, thing: str) -> str:
    """A count with what it counts: "1 path", "2 paths"."""
    return f"{format_count(count)} {thing}{'' if count == 1 else 's'}"


def format_bytes(count: int) -> str:
    """Write a number of bytes with two digits or more: "8 B", "1.6 MB", "160 kB".

    A kB are 1000 bytes.
    """
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if round(size) < 1000:
            break
        size, unit = size / 1000, larger
    return f"{round(size, 1):g} {unit}" if size < 9.95 else f"{size:,.0f} {unit}"


def close(x: float, y: float, scale: float = 0.0, tolerance: float = TOLERANCE) -> bool:
    """Whether two routes to one number agree: |x - y| <= tolerance * max(|x|, |y|, scale).

    `scale` is the size of the terms that were added up on the way; a sum of large terms that
    cancel can't be more exact than they are. NaN agrees with NaN and infinity with itself.
    """
    if x == y or (math.isnan(x) and math.isnan(y)):
        return True
    if not (math.isfinite(x) and math.isfinite(y)):
        return False
    allowed = tolerance * max(abs(x), abs(y), scale if math.isfinite(scale) else 0.0)
    return abs(x - y) <= allowed


def agree(x: Any, y: Any, scale: float = 0.0, tolerance: float = TOLERANCE) -> bool:
    """`close`, for arrays too: of one shape, each entry as exact as the largest finite one."""
    shape = getattr(y, "shape", ())
    if getattr(x, "shape", ()) != shape:
        return False
    if not shape:
        return close(float(x), float(y), scale, tolerance)
    found, expected = x.ravel().tolist(), y.ravel().tolist()
    scale = max([scale, *(abs(b) for b in expected if math.isfinite(b))])
    return all(close(a, b, scale, tolerance) for a, b in zip(found, expected, strict=True))
