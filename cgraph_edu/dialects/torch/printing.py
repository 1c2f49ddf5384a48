"""How PyTorch writes a tensor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from . import dtypes


@dataclass(frozen=True)
class Options:
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}
_options = [Options()]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are written: digits, when to leave entries out, how many to keep, width."""
    base = _options[0] if profile is None else PROFILES[profile]
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes: Any = {name: value for name, value in given.items() if value is not None}
    _options[0] = replace(base, **changes, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """What `set_printoptions` has set."""
    return asdict(_options[0])


@contextmanager
def printoptions(**settings: Any) -> Iterator[None]:
    """Settings for the length of a `with` block."""
    before = _options[0]
    set_printoptions(**settings)
    try:
        yield
    finally:
        _options[0] = before


def write(tensor: Any) -> str:
    """The tensor as PyTorch prints it."""
    options, array, kind = _options[0], tensor._data, tensor.dtype
    opening = "tensor("
    notes = []
    default = dtypes.get_default_dtype()
    if not array.size:
        text = "[]"
        if array.ndim != 1:
            notes.append(f"size={tuple(array.shape)}")
        if kind is not default:
            notes.append(f"dtype={kind}")
    else:
        is_cut = array.size > options.threshold
        shown = _corners(array, options.edgeitems) if is_cut else array
        text = _nested(array, len(opening), is_cut, _Style(shown, options), options)
        if kind not in (default, dtypes.int64, dtypes.bool_):
            notes.append(f"dtype={kind}")
    if tensor.grad_fn is not None:
        notes.append(f"grad_fn=<{tensor.grad_fn.label}>")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return _annotated(opening + text, notes, len(opening), options.linewidth)


class _Style:
    """How the entries of one tensor are written, all alike."""

    def __init__(self, array: Any, options: Options) -> None:
        self.precision = options.precision
        self.is_floating = array.dtype.kind == "f"
        self.is_whole, self.is_scientific, self.width = True, False, 1
        if not self.is_floating:
            self.width = max(len(str(value)) for value in array.ravel().tolist())
            return
        counted = array[np.isfinite(array) & (array != 0)].astype(float)
        if not counted.size:
            return
        sizes = np.abs(counted)
        small, large = sizes.min(), sizes.max()
        self.is_whole = bool((counted == np.ceil(counted)).all())
        self.is_scientific = (
            bool(large / small > 1000.0 or large > 1e8 or small < 1e-4)
            if options.sci_mode is None
            else options.sci_mode
        )
        self.width = max(len(self._written(value)) for value in counted.tolist())

    def _written(self, value: float) -> str:
        if not self.is_floating:
            return str(value)
        if self.is_scientific:
            return f"{value:.{self.precision}e}"
        if self.is_whole:
            return f"{value:.0f}" + "." * math.isfinite(value)
        return f"{value:.{self.precision}f}"

    def write(self, value: Any) -> str:
        """One entry, as wide as the widest."""
        return self._written(value).rjust(self.width)


def _nested(array: Any, indent: int, is_cut: bool, style: _Style, options: Options) -> str:
    if not array.ndim:
        return style.write(array.item())
    edge = options.edgeitems
    is_long = is_cut and len(array) > 2 * edge
    shown = [*array[:edge], *array[len(array) - edge :]] if is_long else list(array)
    if array.ndim == 1:
        entries = [style.write(value.item()) for value in shown]
        if is_long:
            entries.insert(edge, " ...")
        per_line = max(1, (options.linewidth - indent) // (style.width + 2))
        rows = [entries[i : i + per_line] for i in range(0, len(entries), per_line)]
        parts, gap = [", ".join(row) for row in rows], "\n"
    else:
        parts = [_nested(part, indent + 1, is_cut, style, options) for part in shown]
        if is_long:
            parts.insert(edge, "...")
        gap = "\n" * (array.ndim - 1)
    return "[" + f",{gap}{' ' * (indent + 1)}".join(parts) + "]"


def _corners(array: Any, edge: int) -> Any:
    """The entries that are written when some are left out."""
    for axis, length in enumerate(array.shape):
        if length > 2 * edge:
            array = np.take(array, [*range(edge), *range(length - edge, length)], axis)
    return array


def _annotated(text: str, notes: list[str], indent: int, linewidth: int) -> str:
    used = len(text) - text.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > linewidth:
            text += f",\n{' ' * indent}{note}"
            used = indent + len(note)
        else:
            text += f", {note}"
            used += len(note) + 2
    return text + ")"
