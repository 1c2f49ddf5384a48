"""float32 stays float32: adjoints and tangents have the precision of what they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tensor import apply
from .base import ArrayOp, precision_of, shape_of


def in_precision_of(like: Any, x: Any) -> Any:
    """X as float32 where `like` is, as float64 where `like` is."""
    precision = precision_of(like)
    dtype = getattr(getattr(x, "value", x), "dtype", None)
    return x if dtype == precision or not shape_of(x) else apply(Astype(precision), x)


def as_mask(condition: Any) -> Any:
    """An array of truth values as ones and zeros, in float32: that widens no other array."""
    return apply(Astype(np.dtype(np.float32)), condition)


@dataclass(frozen=True)
class Astype(ArrayOp):
    """The same numbers in another precision."""

    dtype: np.dtype[Any]

    def compute(self, *values: Any) -> Any:
        """x.astype(dtype)."""
        return values[0].astype(self.dtype)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint in the operand's precision."""
        return in_precision_of(values[0], x_bar)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangent in the result's precision."""
        return in_precision_of(out, x_dot)

    def settings(self) -> list[str]:
        """The precision."""
        return [self.dtype.name]
