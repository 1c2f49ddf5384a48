"""Errors as a learner is shown them: with the learner's own lines, and none of this package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sysconfig import get_path
from types import TracebackType

from IPython.core.interactiveshell import InteractiveShell

PACKAGE = str(Path(__file__).parent)
LIBRARIES = tuple(
    get_path(kind) + os.sep for kind in ("stdlib", "platstdlib", "purelib", "platlib")
)

SHOWN_BY_US = (Exception,)


def hide_frames(shell: InteractiveShell) -> None:
    """Let errors of plain cells be shown so; unless someone else shows errors already."""
    if not shell.custom_exceptions:
        shell.set_custom_exc(SHOWN_BY_US, _show)


def show_frames(shell: InteractiveShell) -> None:
    """Undo `hide_frames`."""
    if shell.custom_exceptions is SHOWN_BY_US:
        shell.set_custom_exc((), None)


def _show(
    shell: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    traceback: TracebackType,
    tb_offset: int | None = None,
) -> None:
    """Show an error as IPython does, which asks of a SyntaxError whether the cell itself ran."""
    has_run = traceback.tb_frame.f_code is InteractiveShell.run_code.__code__
    with own_frames_alone(error):
        told = kind, error, error.__traceback__
        shell.showtraceback(told, tb_offset=tb_offset, running_compiled_code=has_run)


@contextmanager
def own_frames_alone(error: BaseException) -> Iterator[None]:
    """Meanwhile, an error and those that led to it have no frames of this package."""
    whole = [(part, part.__traceback__) for part in _chain(error)]
    try:
        for part, traceback in whole:
            part.with_traceback(own_frames(traceback))
        yield
    finally:
        for part, traceback in whole:
            part.with_traceback(traceback)


def _chain(error: BaseException | None) -> list[BaseException]:
    """An error with those that led to it."""
    found: list[BaseException] = []
    pending = [error]
    while pending:
        error = pending.pop()
        if error is not None and not any(error is one for one in found):
            found.append(error)
            pending += [error.__cause__, error.__context__]
    return found


def own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of this package, and of the libraries that it calls."""
    frames = []
    is_ours = False
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        is_ours = file.startswith(PACKAGE + os.sep) or (is_ours and file.startswith(LIBRARIES))
        if not is_ours:
            frames.append(traceback)
        traceback = traceback.tb_next
    kept: TracebackType | None = None
    for tb in reversed(frames):
        kept = TracebackType(kept, tb.tb_frame, tb.tb_lasti, tb.tb_lineno)
    return kept
