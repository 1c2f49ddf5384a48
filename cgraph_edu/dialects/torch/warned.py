"""Warnings that PyTorch gives once in a process, unless it is told to give them always."""

from __future__ import annotations

from ...core import recording

_given: set[str] = set()
_is_always = False


def set_warn_always(b: bool) -> None:
    """Give such warnings every time, or once."""
    global _is_always
    _is_always = b


def once(message: str) -> None:
    """Warn at the learner's line, the first time only."""
    if _is_always or message not in _given:
        _given.add(message)
        recording.warn(message, UserWarning)
