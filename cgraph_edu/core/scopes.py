"""Scopes: named parts of a computation, which its picture folds into one box each.

A scope says from when to when it was open, in the running number that orders Tensors. So recording
an operation costs nothing more for it: which scope a Tensor was made in is found when a graph is
made of it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ContextDecorator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from . import recording

MOST_KEPT = 10_000
"""Scopes before the last so many are forgotten, lest a long training loop fill the memory."""


@dataclass(eq=False)
class Part:
    """One time that a scope was open."""

    name: str
    parent: Part | None
    start: int
    end: float = math.inf


_parts: deque[Part] = deque(maxlen=MOST_KEPT)
_current: ContextVar[Part | None] = ContextVar("scope", default=None)


class scope(ContextDecorator):
    """Put what is computed in the block into one part of the graph, under this name.

        with cg.scope("layer 1"):
            h = cg.tanh(w @ x + b)

        @cg.scope("neuron")
        def neuron(x, w, b): ...

    Parts may hold parts. The same name twice gives two parts. The picture shows a part as one box
    that opens; numbers and derivatives do not change.

    Raises ValueError for an empty name.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"a scope needs a name, such as 'layer 1', not {name!r}")
        self.name = name.strip()
        self._opened: list[tuple[Part, Any]] = []

    def __enter__(self) -> None:
        part = Part(self.name, _current.get(), recording.next_order())
        _parts.append(part)
        self._opened.append((part, _current.set(part)))

    def __exit__(self, *error: object) -> None:
        part, token = self._opened.pop()
        part.end = recording.next_order()
        _current.reset(token)


def parts_at(orders: Iterable[int]) -> Iterator[Part | None]:
    """For running numbers in ascending order: the innermost part that each falls into."""
    waiting = deque(_parts)
    inner: list[Part] = []
    for order in orders:
        while waiting and waiting[0].start < order:
            part = waiting.popleft()
            if part.end > order:
                inner.append(part)
        while inner and inner[-1].end < order:
            inner.pop()
        yield inner[-1] if inner else None
