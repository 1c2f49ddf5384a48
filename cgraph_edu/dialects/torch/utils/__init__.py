"""`torch.utils`: data sets."""

from . import data

__all__ = ["data"]
