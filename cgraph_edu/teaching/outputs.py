"""What two runs of a cell gave: where they first differ, and what that is likely to come from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .files import text_of
from .stripping import WIDGET_VIEW

_FIRST = ("stdout", "text/plain")
"""What is shown of a difference before anything else."""

_WIDTH = 100
"""Letters of a line that are shown."""

# As nbval reads a stream: what is overwritten was not there.
_OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,}")
_BAR = re.compile(r"\d+%\||\bit/s|\bs/it|\d\d:\d\d<")
_CLOCK = re.compile(
    r"\b\d{1,2}:\d\d(:\d\d)?\b|\b(19|20)\d\d-\d\d-\d\d\b"
    r"|\b\d+(\.\d+)?(e-?\d+)? ?([mµun]?s|sec|seconds?|minutes?)\b"
)
_EPOCHS = (1.5e9, 2.5e9)
"""Seconds since 1970: the years 2017 and 2049."""

_APART = 1e-3
"""Seconds that lie between two runs at least; rounding makes no such difference."""

_NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


class Difference(NamedTuple):
    """The first lines that differ; None where there is none."""

    kind: str
    before: str | None
    after: str | None


def difference(before: Iterable[Any], after: Iterable[Any]) -> Difference | None:
    """Where the texts of these outputs first differ, by nbval's rules.

    Not compared are pictures (PNG, JPEG), widgets, metadata, tracebacks and execution counts, nor
    the order of outputs of different kinds.
    """
    old, new = _by_kind(before), _by_kind(after)
    kinds = [kind for kind in {**new, **old} if old.get(kind) != new.get(kind)]
    if not kinds:
        return None
    kind = min(kinds, key=lambda kind: (kind not in _FIRST, kinds.index(kind)))
    lines = [_lines(texts.get(kind, [])) for texts in (old, new)]
    at = next((i for i, (a, b) in enumerate(zip(*lines, strict=False)) if a != b), None)
    if at is None:
        at = min(map(len, lines))
    first, second = (each[at] if at < len(each) else None for each in lines)
    return Difference(kind, *_windows(first, second))


def pictures(outputs: Iterable[Any]) -> list[str]:
    """The pictures among some outputs that are not compared."""
    return [
        text_of(content)
        for output in outputs
        for kind, content in output.get("data", {}).items()
        if kind in ("image/png", "image/jpeg")
    ]


def _by_kind(outputs: Iterable[Any]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            found.setdefault(output["name"], [""])[0] += text_of(output["text"])
        for name in ("ename", "evalue"):
            if name in output:
                found.setdefault(name, []).append(output[name])
        for kind, content in output.get("data", {}).items():
            if kind not in ("image/png", "image/jpeg", WIDGET_VIEW):
                is_text = kind.startswith(("text/", "image/"))
                text = text_of(content) if is_text else json.dumps(content, sort_keys=True)
                found.setdefault(kind, []).append(text)
    for name in ("stdout", "stderr"):
        if name in found:
            found[name] = [_OVERWRITTEN.sub("", found[name][0])]
    return found


def _lines(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for line in text.splitlines()]


def _windows(first: str | None, second: str | None) -> list[str | None]:
    """Both lines, cut about where they differ."""
    pairs = zip(first or "", second or "", strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), 0)
    start = max(0, at - _WIDTH // 2) if at > _WIDTH // 2 else 0
    return [line and _cut(line, start) for line in (first, second)]


def _cut(line: str, start: int) -> str:
    end = start + _WIDTH
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def remedy(found: Difference | None, source: str) -> str | None:
    """What is likely to mend a difference that comes back with each run; None if nothing shows."""
    if found is None:
        return None
    old, new = found.before or "", found.after or ""
    both = f"{old}\n{new}"
    if _BAR.search(both):
        return "a progress bar tells its speed: tqdm(..., disable=None) keeps it out of the output"
    if _ADDRESS.search(both):
        return "an object's address: print what it holds, or give its class a __repr__"
    if old != new and "{" in old and sorted(old) == sorted(new):
        return "a set has no order: print(sorted(...))"
    if _CLOCK.search(old) and _CLOCK.search(new):
        return "a time or a date: leave it out, or tag the cell nbval-ignore-output"
    changed = _changed(old, new)
    if changed and all(_is_moment(*pair) for pair in changed):
        return "a time: leave it out, or tag the cell nbval-ignore-output"
    if changed and all(_is_near(*pair) for pair in changed):
        return 'rounding: print fewer digits, f"{x:.6g}"'
    if found.before is None and source.rstrip().endswith(";"):
        return "nbval shows what the last ; hides: assign it, _ = ..."
    return None


def _changed(old: str, new: str) -> list[tuple[str, str]]:
    """The numbers that differ between two lines; none where more than numbers differs."""
    if _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
        return []
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return [(a, b) for a, b in pairs if a != b]


def _is_near(old: str, new: str) -> bool:
    """Whether two numbers differ by rounding: whole ones don't."""
    is_whole = old.lstrip("+-").isdigit() and new.lstrip("+-").isdigit()
    return not is_whole and math.isclose(float(old), float(new), rel_tol=1e-5)


def _is_moment(old: str, new: str) -> bool:
    """Whether two numbers are moments of this age, in s, ms, µs or ns, one after the other."""
    first, second = float(old), float(new)
    return any(
        _EPOCHS[0] < first / unit < second / unit < _EPOCHS[1] and (second - first) / unit > _APART
        for unit in (1, 1e3, 1e6, 1e9)
    )
