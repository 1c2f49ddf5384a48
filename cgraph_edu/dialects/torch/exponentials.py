"""Softmax and its logarithm, step by step as PyTorch computes them along an axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import arrays
from ...core.arrays import losses
from ...core.arrays.softmax import LogSoftmax as CoreLogSoftmax
from ...core.arrays.softmax import Softmax as CoreSoftmax
from ...core.tensor import Tensor as CoreTensor
from .operands import axis_of
from .results import result
from .tensors import Tensor

LANES = 16


def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """Exponentials that add up to one along an axis."""
    input = input if dtype is None else input.to(dtype)
    axis = axis_of(-1 if dim is None else dim, input.ndim)
    array = _softmax(input._data, axis)
    return result(array, "SoftmaxBackward0", Softmax(axis), [input], saves="result")


def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """The logarithm of the softmax."""
    input = input if dtype is None else input.to(dtype)
    axis = axis_of(-1 if dim is None else dim, input.ndim)
    array = _log_softmax(input._data, axis)
    return result(array, "LogSoftmaxBackward0", LogSoftmax(axis), [input], saves="result")


def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """The logarithm of the sum of exponentials."""
    axis = axis_of(dim, input.ndim)
    wide = input._data.astype(float)
    top = wide.max(axis, keepdims=True)
    array = top + np.log(np.exp(wide - top).sum(axis, keepdims=True))
    array = array if keepdim else np.squeeze(array, axis)
    return result(
        np.asarray(array).astype(input._data.dtype),
        "LogsumexpBackward0",
        lambda x: arrays.logsumexp(x, axis, keepdim),
        [input],
        saves="self result",
    )


def _powers(array: Any, axis: int | None) -> tuple[Any, Any, Any]:
    """The entries less the largest, their exponentials, and the sums of those."""
    array = np.atleast_1d(array)
    below = array - array.max(axis or 0, keepdims=True)
    powers = np.exp(below.astype(float)).astype(array.dtype)
    return below, powers, added(powers, axis or 0)


def _softmax(array: Any, axis: int | None) -> Any:
    with np.errstate(all="ignore"):
        _, powers, sums = _powers(array, axis)
        return (powers * (1 / sums)).reshape(array.shape)


def _log_softmax(array: Any, axis: int | None) -> Any:
    with np.errstate(all="ignore"):
        below, _, sums = _powers(array, axis)
        logs = np.log(sums.astype(float)).astype(array.dtype)
        return (below - logs).reshape(array.shape)


def added(array: Any, axis: int) -> Any:
    """The sum along an axis: one after the other, or in lanes that are then folded."""
    terms = np.moveaxis(array, axis, 0)
    count = len(terms)
    if count >= LANES and terms is not array:
        lanes = terms[:LANES].copy()
        for start in range(LANES, count, LANES):
            more = terms[start : start + LANES]
            lanes[: len(more)] += more
        terms = lanes
        while len(terms) > 1:
            half = len(terms) // 2
            terms = terms[:half] + terms[half:]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return np.expand_dims(total, axis)


def _is_plain(*values: Any) -> bool:
    return all(isinstance(each, np.ndarray) for each in values)


def _fused(x: Any, y: Any, z: Any) -> Any:
    """X - y · z, rounded once."""
    return (x.astype(float) - y.astype(float) * z.astype(float)).astype(x.dtype)


@dataclass(frozen=True)
class Softmax(CoreSoftmax):
    """The engine's softmax, with its gradient step by step."""

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Out · (x_bar - Σ out · x_bar)."""
        if not _is_plain(x_bar, out):
            return super().vjp(port, x_bar, out, *values)
        assert isinstance(self.axis, int)
        return out * (x_bar - added(out * x_bar, self.axis))


@dataclass(frozen=True)
class LogSoftmax(CoreLogSoftmax):
    """The engine's log_softmax, with its gradient step by step."""

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """x_bar - softmax · Σ x_bar."""
        if not _is_plain(x_bar, out):
            return super().vjp(port, x_bar, out, *values)
        assert isinstance(self.axis, int)
        chances = np.exp(out.astype(float)).astype(out.dtype)
        return _fused(x_bar, chances, added(x_bar, self.axis))


@dataclass(frozen=True)
class CrossEntropy(losses.CrossEntropy):
    """The engine's cross-entropy, with its gradient step by step."""

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """(softmax - one-hot) · x_bar / rows."""
        logits, labels = values
        if isinstance(x_bar, CoreTensor) or not _is_plain(logits) or port == 1:
            return super().vjp(port, x_bar, out, *values)
        rows = logits.reshape(-1, logits.shape[-1])
        places = np.arange(len(rows)), np.ravel(labels).astype(int)
        share = logits.dtype.type(x_bar) / logits.dtype.type(len(rows))
        chances = np.exp(_log_softmax(rows, 1).astype(float)).astype(logits.dtype)
        found = chances * share
        found[places] = _fused(-share, chances[places], -share)
        return found.reshape(logits.shape)
