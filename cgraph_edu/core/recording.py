"""What a trace notes besides the tape: guards, and points where the arithmetic left its domain.

A *guard* is a fact that Python read off a value while it ran, as in `if x > 0`. The recorded graph
is right only for inputs at which the fact still holds.
"""

from __future__ import annotations

import itertools
import math
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from .numbers import format_number

if TYPE_CHECKING:
    from .tensor import Tensor


class DomainWarning(RuntimeWarning):
    """A number became inf or nan: a division by zero, an overflow, a logarithm of a negative.

    Arrays hold inf and nan without a warning. So does compiled code where a sum or a product
    overflows, as Python does not say so; where Python raises, as 1.0 / 0.0 does, it warns too.
    """


class GraphBreakWarning(UserWarning):
    """A value left the graph as a plain number, so no derivative flows through it.

    `float(x)` and `math.sin(x)` do that outside of a cell. The message names x, and what to use
    instead, `cg.sin(x)`.
    """


class GuardError(ValueError):
    """A recorded graph was evaluated where Python would have taken another branch.

    The message says for which inputs the graph holds, "this graph was recorded for x > 0". Record
    it again at these inputs: `cg.trace` and cells do so by themselves.
    """


@dataclass(eq=False)
class Recording:
    """What was noted while a cell or a traced function ran.

    The inputs that were made then, and those that a guard depends on, keep it: a graph that is
    drawn later from what was computed then must know the guards too.
    """

    start: int = 0
    end: float = math.inf
    """The Tensors made meanwhile have an `order` in between."""
    guards: list[tuple[Tensor, bool]] = field(default_factory=list)
    """Comparisons whose outcome Python read, with the outcome."""
    guarded: set[Tensor] = field(default_factory=set)
    """The Tensors that the guards depend on, so that none is visited twice."""
    lines: dict[Tensor, tuple[str, int]] = field(default_factory=dict)
    """The file and the line of the learner's code where a value became inf or nan."""
    warned: dict[Any, int] = field(default_factory=dict)
    """What was warned of already, as Python's `warnings` keeps it."""


next_order = itertools.count().__next__
"""Numbers Tensors, and the starts and ends of recordings, in the order of their making."""

_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def record() -> Iterator[Recording]:
    """Collect what happens in the `with` block; an inner block hides an outer one."""
    recording = Recording(start=next_order())
    token = _current.set(recording)
    try:
        yield recording
    finally:
        _current.reset(token)
        recording.end = next_order()
        recording.guarded.clear()


current = _current.get
"""The recording under way, or None."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the learner's own line."""
    filename, line, module, registry = callers_line()
    now = current()
    # One warning a line and a run: a run that is repeated says the same again.
    registry = registry if now is None else now.warned
    warnings.warn_explicit(message, category, filename, line, module, registry)


def note_line(tensor: Tensor) -> None:
    """Remember the learner's own line as that where `tensor` was made."""
    now = current()
    if now is not None:
        now.lines[tensor] = callers_line()[:2]


def domain_message(formula: str, value: float, operands: Mapping[str, float]) -> str:
    """A sentence on a `formula` that gives inf or nan at finite operands, given by name."""
    at = ", ".join(f"{name} = {format_number(x)}" for name, x in operands.items())
    return f"{formula} is {format_number(value)}" + (f" at {at}" if at else "")


def callers_line() -> tuple[str, int, str, dict[Any, int]]:
    """File, line, module and warnings so far of the innermost frame outside this package."""
    package = __name__.partition(".")[0]
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] != package:
            registry = frame.f_globals.setdefault("__warningregistry__", {})
            return frame.f_code.co_filename, frame.f_lineno, module, registry
        frame = frame.f_back
    return package, 1, package, {}
