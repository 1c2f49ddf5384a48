"""What whoever shows a graph wants of its explorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..graphs.answers import TOLERANCE


class Setup(NamedTuple):
    """The arguments of Explorer, which says what each of them is."""

    sliders: Mapping[str, Sequence[float]] = MappingProxyType({})
    wrt: Sequence[str] = ()
    predict: Sequence[str] = ()
    tolerance: float = TOLERANCE
    mode: str = "paths"
    engine: str = "reverse"

    @property
    def told(self) -> list[str] | None:
        """The inputs whose derivatives are told outright: None for all."""
        return [] if self.predict else list(self.wrt) or None


PLAIN = Setup()
"""Nothing asked for."""
