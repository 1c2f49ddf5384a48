"""Losses as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensors import Tensor
from . import functional
from .module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "SmoothL1Loss",
]


class _Loss(Module):
    function: Callable[..., Any]

    def __init__(self, reduction: str = "mean", **settings: Any) -> None:
        super().__init__()
        self.reduction = reduction
        self.settings = settings

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """How far `input` is from `target`."""
        return type(self).function(input, target, reduction=self.reduction, **self.settings)


class MSELoss(_Loss):
    """The mean squared error."""

    function = staticmethod(functional.mse_loss)


class L1Loss(_Loss):
    """The mean of |input - target|."""

    function = staticmethod(functional.l1_loss)


class SmoothL1Loss(_Loss):
    """Squares for small errors, absolute values for large ones."""

    function = staticmethod(functional.smooth_l1_loss)


class HuberLoss(_Loss):
    """Squares for errors up to `delta`, absolute values above."""

    function = staticmethod(functional.huber_loss)


class NLLLoss(_Loss):
    """The mean of -input[row, target]."""

    function = staticmethod(functional.nll_loss)


class CrossEntropyLoss(_Loss):
    """The mean of -ln softmax(input)[target]."""

    function = staticmethod(functional.cross_entropy)


class BCELoss(_Loss):
    """The mean of -ln of the chance given to what happened."""

    function = staticmethod(functional.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """The same, of sigmoid(input)."""

    function = staticmethod(functional.binary_cross_entropy_with_logits)


class KLDivLoss(_Loss):
    """How far chances are from others."""

    function = staticmethod(functional.kl_div)
