"""`torch.nn.utils`: what is done to the parameters of a network as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import functions
from ..tensors import Tensor, wrap


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All entries in one row."""
    return functions.cat([functions.reshape(each, -1) for each in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """The entries of a row, put back."""
    start = 0
    for each in parameters:
        each._data[...] = vec._data[start : start + each.numel()].reshape(each.shape)
        start += each.numel()


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0) -> Tensor:
    """Make the gradients shorter, all alike, if together they are longer than `max_norm`."""
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    grads = [each._grad for each in listed if each._grad is not None]
    total = np.float32(np.sqrt(sum(float((g._data.astype(float) ** 2).sum()) for g in grads)))
    factor = min(1.0, max_norm / (float(total) + 1e-6))
    for gradient in grads:
        gradient._data *= gradient._data.dtype.type(factor)
    return wrap(np.asarray(total))


def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """Move each entry of the gradients between -clip_value and clip_value."""
    for each in [parameters] if isinstance(parameters, Tensor) else parameters:
        if each._grad is not None:
            np.clip(each._grad._data, -clip_value, clip_value, out=each._grad._data)
