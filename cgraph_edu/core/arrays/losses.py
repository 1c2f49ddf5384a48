"""Losses: one number for how far predictions are from what was wanted, a mean over all of them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..functions import where
from ..tensor import apply
from .base import ArrayOp, shape_of
from .broadcasting import count, sum
from .elementwise import added
from .precision import in_precision_of
from .softmax import Softmax, shifted, softmax


def mse_loss(prediction: Any, target: Any) -> Any:
    """The mean squared error: mean((prediction - target)²)."""
    return apply(MseLoss(), prediction, target)


def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of -ln softmax(logits)[label] over the rows of `logits`.

    The last axis of `logits` counts the classes; `labels` are whole numbers, one for each row.
    """
    return apply(CrossEntropy(), logits, labels)


def hinge_loss(scores: Any, labels: Any) -> Any:
    """The mean of max(0, 1 - label · score); labels are -1 and 1."""
    return apply(HingeLoss(), scores, labels)


@dataclass(frozen=True)
class MeanLoss(ArrayOp):
    """A mean over pairs of numbers, with the same partials in forward and in reverse mode."""

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint times the partial."""
        return in_precision_of(values[port], self.partial(port, *values) * x_bar)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangents, weighted by the partials."""
        return sum(self.partial(port, *values) * x_dot)

    @abstractmethod
    def partial(self, port: int, *values: Any) -> Any:
        """∂out/∂operand, in the operand's shape."""


@dataclass(frozen=True)
class MseLoss(MeanLoss):
    """The mean squared error: ∂out/∂prediction = 2 (prediction - target) / n."""

    def compute(self, *values: Any) -> Any:
        """mean((prediction - target)²)."""
        _check_same_shape(self, values)
        difference = np.subtract(*values)
        return _mean(difference * difference)

    def partial(self, port: int, *values: Any) -> Any:
        """2 (prediction - target) / n, or its opposite."""
        x, y = values if port == 0 else reversed(values)
        return (x - y) * (2.0 / (count(x, None) or 1))


@dataclass(frozen=True)
class HingeLoss(MeanLoss):
    """The mean of max(0, 1 - label · score): ∂out/∂score = -label / n where the margin is short."""

    def compute(self, *values: Any) -> Any:
        """mean(max(0, 1 - label · score))."""
        _check_same_shape(self, values)
        return _mean(np.maximum(1.0 - np.multiply(*values), 0.0))

    def partial(self, port: int, *values: Any) -> Any:
        """-label / n where label · score < 1, else 0; for the label, -score / n alike."""
        x, y = values
        factor = in_precision_of(values[port], values[1 - port])
        return where(x * y < 1.0, factor, 0.0) * (-1.0 / (count(x, None) or 1))


@dataclass(frozen=True)
class CrossEntropy(MeanLoss):
    """-ln softmax(logits)[label], the mean over rows: ∂out/∂logits = (softmax - one-hot) / rows."""

    def compute(self, *values: Any) -> Any:
        """The mean of ln Σ eˣ - x[label]; IndexError names the classes if a label is none."""
        logits, labels = values
        row, label = _places(logits, labels)
        _, below = shifted(logits, -1)
        sizes = np.log(added(np.exp(below), axis=-1)).ravel()
        losses = sizes - below.reshape(-1, below.shape[-1])[row, label]
        return added(losses) / len(row)

    def partial(self, port: int, *values: Any) -> Any:
        """(softmax - one-hot) / rows for the logits; labels have no slope."""
        return apply(_SURPRISE, *values) if port == 0 else values[1] * 0.0


@dataclass(frozen=True)
class Surprise(ArrayOp):
    """(softmax(logits) - one-hot(labels)) / rows: how far the chances are from what happened."""

    def compute(self, *values: Any) -> Any:
        """The softmax, with 1 taken from the entry of each row's label, over the rows."""
        logits, labels = values
        row, label = _places(logits, labels)
        chances = np.ascontiguousarray(_SOFTMAX.compute(logits))
        chances.reshape(-1, chances.shape[-1])[row, label] -= 1.0
        chances /= len(row) or 1
        return chances

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """As the softmax's, over the rows; labels have no slope."""
        logits, labels = values
        if port == 1:
            return labels * 0.0
        return _SOFTMAX.vjp(0, x_bar, softmax(logits), logits) / self._rows(logits)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """As the softmax's, over the rows; labels have no slope."""
        if port == 1:
            return out * 0.0
        logits = values[0]
        return _SOFTMAX.jvp(0, x_dot, softmax(logits), logits) / self._rows(logits)

    def _rows(self, logits: Any) -> int:
        return count(logits, range(len(shape_of(logits)) - 1)) or 1


_SOFTMAX = Softmax(-1)
_SURPRISE = Surprise()


def _mean(losses: Any) -> Any:
    # np.mean warns where there is nothing: here too that is nan.
    return added(losses, axis=None) / np.size(losses)


def _check_same_shape(op: ArrayOp, values: Any) -> None:
    # (n,) against (n, 1) would broadcast to (n, n): a mean over pairs that nobody meant.
    first, second = map(shape_of, values)
    if first != second:
        raise ValueError(f"{op.name} needs two arrays of one shape, not {first} and {second}")


def _places(logits: Any, labels: Any) -> tuple[Any, Any]:
    """The number of each row, and its label."""
    *rows, classes = shape_of(logits) or (0,)
    if not shape_of(logits) or shape_of(labels) != tuple(rows):
        raise ValueError(
            f"cross_entropy needs logits (rows, classes) and labels (rows,), "
            f"not {shape_of(logits)} and {shape_of(labels)}"
        )
    given = np.ravel(labels)
    whole = given.astype(int, copy=False)
    is_whole = whole is given or (whole == given).all()
    if not is_whole or (whole.view(np.uintp) >= classes).any():  # unsigned, a negative is huge
        raise ValueError(f"cross_entropy: labels must be whole numbers from 0 to {classes - 1}")
    return np.arange(len(whole)), whole
