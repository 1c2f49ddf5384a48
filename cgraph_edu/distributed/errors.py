"""What goes wrong between machines."""

from __future__ import annotations


class DistributedError(RuntimeError):
    """A computation on several workers could not be finished.

    Attributes:
        node: the name of the node, or of the block, at which it failed; None where none is known.
        worker: the number of the worker, counted from 0; None where none is known.
    """

    def __init__(self, message: str, *, node: str | None = None, worker: int | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.worker = worker
