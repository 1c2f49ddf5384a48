"""Waiting for what comes true, with an end."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

SOON = 60.0
"""Seconds after which a test gives up; nothing that works takes so long."""

T = TypeVar("T")


def until(ask: Callable[[], T], seconds: float = SOON) -> T:
    """Ask again and again until the answer is true; gives it.

    Raises:
        TimeoutError: it never came true.
    """
    end = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > end:
            raise TimeoutError(f"It never came true within {seconds:g} s.")
        time.sleep(0.01)
    return answer


def told_by(process: subprocess.Popen[bytes], log: Path, ask: Callable[[], T]) -> T:
    """What a process that has just been started tells sooner or later.

    Raises:
        RuntimeError: it ended, or never told. With all that it said in its log.
    """

    def ask_it() -> T:
        if process.poll() is not None:
            raise TimeoutError
        return ask()

    try:
        return until(ask_it)
    except TimeoutError:
        raise RuntimeError(f"It did not start:\n{log.read_text()}") from None


def answers(url: str) -> bool:
    """Whether a server listens there: Jupyter writes its address a moment before it does."""
    try:
        urlopen(url).close()
    except OSError:
        return False
    return True
