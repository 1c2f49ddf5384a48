"""What looks at an image through a window: convolution and pooling, of (N, C, H, W) arrays.

Both are built on one linear op, `windows`, which lays out every position of the window, and on its
transpose, `fold`, which adds the windows up again where they overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, TypeAlias

import numpy as np

from ..tensor import apply
from .base import ArrayOp, precision_of, shape_of
from .broadcasting import sum
from .precision import in_precision_of
from .products import einsum
from .reductions import shares
from .shapes import expand_dims, reshape

Pair: TypeAlias = "tuple[int, int]"
"""A number for the height and one for the width."""


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: int | Pair = 1, padding: int | Pair = 0
) -> Any:
    """Slide filters over images: out[n, o] = bias[o] + Σ over c, i, j of weight · x, as PyTorch's.

    x has the shape (N, C, H, W), weight (O, C, h, w), bias (O,), and the result (N, O, H', W') with
    H' = (H + 2 · padding - h) // stride + 1. `stride` and `padding` are numbers or pairs of them.
    """
    result = apply(Conv2d(_pair("stride", stride, 1), _pair("padding", padding, 0)), x, weight)
    if bias is None:
        return result
    filters = shape_of(weight)[:1]
    if shape_of(bias) != filters:  # it would broadcast to something that nobody meant
        raise ValueError(f"conv2d: the bias has shape {shape_of(bias)}, not {filters}")
    return result + reshape(bias, (1, -1, 1, 1))


def max_pool2d(
    x: Any, kernel: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0
) -> Any:
    """The largest entry in each window; entries that tie for it share the derivative equally.

    x has the shape (N, C, H, W). The windows, `kernel` high and wide, are `stride` apart, by
    default side by side.
    """
    size = _pair("kernel", kernel, 1)
    steps = size if stride is None else _pair("stride", stride, 1)
    edges = _pair("padding", padding, 0)
    if any(2 * more > k for k, more in zip(size, edges, strict=True)):
        raise ValueError(f"max_pool2d: padding={edges} is more than half of the window {size}")
    return apply(MaxPool2d(size, steps, edges), x)


@dataclass(frozen=True)
class Windows(ArrayOp):
    """Every position of a window: (N, C, H, W) becomes (N, C, H', W', h, w)."""

    kernel: Pair
    stride: Pair
    padding: Pair
    fill: float = 0.0

    def compute(self, *values: Any) -> Any:
        """A view of the padded images."""
        (x,) = values
        (top, left), (down, right) = self.padding, self.stride
        if top or left:
            edges = ((0, 0), (0, 0), (top, top), (left, left))
            x = np.pad(x, edges, constant_values=self.fill)
        found = np.lib.stride_tricks.sliding_window_view(x, self.kernel, axis=(2, 3))
        return found[:, :, ::down, ::right]

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Each entry gets the adjoints of all windows that it is in."""
        like = values[0]
        fold = Fold(self.kernel, self.stride, self.padding, shape_of(like), precision_of(like))
        return apply(fold, x_bar)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The windows of the tangent."""
        return apply(Windows(self.kernel, self.stride, self.padding), x_dot)

    def settings(self) -> list[str]:
        """The window's size, and how it moves."""
        return [f"kernel={self.kernel}", *_movement(self.stride, self.padding)]


@dataclass(frozen=True)
class Fold(ArrayOp):
    """Windows added up to images again: the transpose of `windows`."""

    kernel: Pair
    stride: Pair
    padding: Pair
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def compute(self, *values: Any) -> Any:
        """One addition for each place in the window; the edges, added before, are cut off."""
        (windows,) = values
        (top, left), (down, right) = self.padding, self.stride
        *batch, height, width = self.shape
        rows, columns = windows.shape[2:4]
        padded = np.zeros((*batch, height + 2 * top, width + 2 * left), self.dtype)
        for i, j in np.ndindex(self.kernel):
            place = (slice(i, i + rows * down, down), slice(j, j + columns * right, right))
            padded[:, :, *place] += windows[..., i, j]
        return padded[:, :, top : top + height, left : left + width]

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The windows of the adjoint."""
        windows = apply(Windows(self.kernel, self.stride, self.padding), x_bar)
        return in_precision_of(values[0], windows)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The windows of the tangent, added up alike."""
        return apply(self, x_dot)

    def settings(self) -> list[str]:
        """The window's size, and how it moves."""
        return [f"kernel={self.kernel}", *_movement(self.stride, self.padding)]


@dataclass(frozen=True)
class Conv2d(ArrayOp):
    """Each window times the filters: linear in the images and in the filters."""

    stride: Pair
    padding: Pair

    def compute(self, *values: Any) -> Any:
        """The convolution; a message with both shapes if they don't fit."""
        x, weight = values
        shapes = f"shapes {shape_of(x)} and {shape_of(weight)}"
        if len(shape_of(x)) != 4 or len(shape_of(weight)) != 4:
            raise ValueError(f"conv2d of {shapes}: it needs (N, C, H, W) and (O, C, h, w)")
        if x.shape[1] != weight.shape[1]:
            raise ValueError(f"conv2d of {shapes}: {x.shape[1]} channels, {weight.shape[1]} wanted")
        _check_room(x.shape[2:], weight.shape[2:], self.padding)
        return einsum("nchwij,ocij->nohw", self._windows(x, weight), weight)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The filters spread by x_bar and added up, or the windows weighted by it."""
        x, weight = values
        if port == 1:
            adjoint = einsum("nohw,nchwij->ocij", x_bar, self._windows(x, weight))
            return in_precision_of(weight, adjoint)
        kernel = _kernel(weight)
        fold = Fold(kernel, self.stride, self.padding, shape_of(x), precision_of(x))
        return apply(fold, einsum("nohw,ocij->nchwij", x_bar, weight))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The product rule: the convolution with the tangent in the operand's place."""
        x, weight = values
        return apply(self, x_dot, weight) if port == 0 else apply(self, x, x_dot)

    def _windows(self, x: Any, weight: Any) -> Any:
        return apply(Windows(_kernel(weight), self.stride, self.padding), x)

    def settings(self) -> list[str]:
        """How the window moves."""
        return _movement(self.stride, self.padding)

    def latex(self, operands: Sequence[str]) -> str:
        r"""X \star w: what is called convolution does not turn the filters round."""
        return r" \star ".join(operands)


@dataclass(frozen=True)
class MaxPool2d(ArrayOp):
    """The largest entry of each window: its partial is 1, or 1/k where k entries tie."""

    kernel: Pair
    stride: Pair
    padding: Pair

    def compute(self, *values: Any) -> Any:
        """The largest entries; the padding never is one of them."""
        (x,) = values
        if len(shape_of(x)) != 4:
            raise ValueError(f"max_pool2d of shape {shape_of(x)}: it needs (N, C, H, W)")
        _check_room(x.shape[2:], self.kernel, self.padding)
        return np.max(apply(self._windows(), x), axis=(-2, -1))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint goes to the entries that are largest."""
        (x,) = values
        contribution = self._shares(x, out) * expand_dims(x_bar, (-2, -1))
        return self._windows().vjp(0, contribution, None, x)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The tangents of the largest entries."""
        tangents = self._windows().jvp(0, x_dot, None, values[0])
        return sum(self._shares(values[0], out) * tangents, (-2, -1))

    def _windows(self) -> Windows:
        return Windows(self.kernel, self.stride, self.padding, fill=-np.inf)

    def _shares(self, x: Any, out: Any) -> Any:
        return shares(apply(self._windows(), x), expand_dims(out, (-2, -1)), (-2, -1))

    def settings(self) -> list[str]:
        """The window's size, and how it moves."""
        return [f"kernel={self.kernel}", *_movement(self.stride, self.padding)]


def _check_room(image: Pair, kernel: Pair, padding: Pair) -> None:
    if any(n + 2 * more < k for n, k, more in zip(image, kernel, padding, strict=True)):
        raise ValueError(f"a window of {kernel} does not fit an image of {image}")


def _kernel(weight: Any) -> Pair:
    height, width = shape_of(weight)[2:]
    return height, width


def _pair(name: str, value: int | Pair, least: int) -> Pair:
    height, width = map(index, value if isinstance(value, (tuple, list)) else (value, value))
    if min(height, width) < least:
        raise ValueError(f"{name}={value}: it must be at least {least}")
    return height, width


def _movement(stride: Pair, padding: Pair) -> list[str]:
    shown = {"stride": (stride, (1, 1)), "padding": (padding, (0, 0))}
    return [f"{name}={value}" for name, (value, usual) in shown.items() if value != usual]
