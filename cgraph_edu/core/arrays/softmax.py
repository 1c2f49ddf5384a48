"""Exponentials that are compared: logsumexp, softmax and log_softmax, safe against overflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..functions import exp
from ..tensor import apply
from .base import checked_axis
from .broadcasting import Reduction, kept, sum
from .elementwise import added


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The logarithm ln Σ eˣ, over everything or over the axes given.

    ∂out/∂x[i] = eˣ[i] / Σ eˣ, the softmax. Safe against overflow. With `keepdims` a reduced
    axis keeps the length 1. Raises ValueError for an axis that x does not have.
    """
    return apply(Logsumexp(checked_axis(axis), keepdims), x)


def softmax(x: Any, axis: Any = -1) -> Any:
    """Positive numbers that add up to 1 along `axis`, eˣ / Σ eˣ.

    The shape is that of x. ∂out[i]/∂x[j] = out[i] · ([i = j] - out[j]). Safe against overflow.
    Raises ValueError for an axis that x does not have.
    """
    return apply(Softmax(checked_axis(axis)), x)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """The logarithms of the softmax, x - ln Σ eˣ, with the sum over `axis`.

    The shape is that of x. ∂out[i]/∂x[j] = [i = j] - eˣ[j] / Σ eˣ. Safe against overflow. Raises
    ValueError for an axis that x does not have.
    """
    return apply(LogSoftmax(checked_axis(axis)), x)


def shifted(x: Any, axis: Any) -> tuple[Any, Any]:
    """The largest entry along `axis`, where finite, and x less that: no exponential overflows."""
    top = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    is_finite = np.isfinite(top)
    if not is_finite.all():
        top = np.where(is_finite, top, np.zeros_like(top))
    return top, x - top


@dataclass(frozen=True)
class Logsumexp(Reduction):
    """ln Σ eˣ: ∂out/∂x is the softmax of x."""

    def compute(self, *values: Any) -> Any:
        """The largest entry, plus the logarithm of a sum in which it counts 1."""
        top, below = shifted(values[0], self.axis)
        result = np.log(added(np.exp(below), axis=self.axis, keepdims=True)) + top
        return result if self.keepdims else np.squeeze(result, self.axis)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint times the softmax."""
        chances = softmax(values[0], self.axis)
        return chances * kept(x_bar, values[0], self.axis, self.keepdims)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangents, weighted by the softmax."""
        return sum(softmax(values[0], self.axis) * x_dot, self.axis, self.keepdims)


@dataclass(frozen=True)
class Softmax(Reduction):
    """eˣ / Σ eˣ. Its matrix of partials, diag(out) - out outᵀ, is its own transpose."""

    def compute(self, *values: Any) -> Any:
        """Exponentials divided by their sum."""
        _, below = shifted(values[0], self.axis)
        powers = np.exp(below)
        powers /= added(powers, axis=self.axis, keepdims=True)
        return powers

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Out · (x_bar - Σ out · x_bar)."""
        return out * (x_bar - sum(out * x_bar, self.axis, keepdims=True))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Out · (x_dot - Σ out · x_dot)."""
        return self.vjp(port, x_dot, out, *values)


@dataclass(frozen=True)
class LogSoftmax(Reduction):
    """X - ln Σ eˣ."""

    def compute(self, *values: Any) -> Any:
        """X - ln Σ eˣ."""
        _, below = shifted(values[0], self.axis)
        return below - np.log(added(np.exp(below), axis=self.axis, keepdims=True))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """x_bar - softmax · Σ x_bar."""
        return x_bar - exp(out) * sum(x_bar, self.axis, keepdims=True)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """x_dot - Σ softmax · x_dot."""
        return x_dot - sum(exp(out) * x_dot, self.axis, keepdims=True)
