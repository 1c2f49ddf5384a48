"""What each worker did, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Span:
    """Something that a worker did, from when to when, in seconds since the run began."""

    task: str
    """As people read it: "layer 1, forward"."""
    worker: int
    start: float
    stop: float
    kind: Literal["compute", "transfer"] = "compute"
