"""One use for each way to call an op, as a function of Tensors or of plain values."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

import cgraph_edu as cg

Use: TypeAlias = tuple[Callable[..., Any], list[Any]]

RNG = np.random.default_rng(1)


def draw(*shape: int) -> Any:
    """Distinct numbers, so that no two tie for the largest."""
    return RNG.uniform(0.5, 2.0, shape)


def image(*shape: int) -> Any:
    """Numbers far enough apart for finite differences not to swap which is the largest."""
    return RNG.permutation(int(np.prod(shape))).reshape(shape) / 10.0


LABELS = np.array([2, 0])
SIGNS = np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]], np.float32)
MASK = np.array([True, False, True])

ELEMENTWISE: dict[str, Use] = {
    "row plus column": (lambda x, y: x + y, [draw(1, 3), draw(2, 1)]),
    "matrix times row": (lambda x, y: x * y, [draw(2, 3), draw(3)]),
    "array over number": (lambda x, y: x / y, [draw(2, 3), 1.7]),
    "number to the array": (lambda x, y: x**y, [1.7, draw(3)]),
    "array plus a constant of more axes": (lambda x: x * np.ones((2, 1), np.float32), [draw(1, 3)]),
    "chosen": (lambda x, y: np.where(x > y, x, y), [draw(2, 3), draw(3)]),
    "functions": (lambda x: np.tanh(np.exp(-x) + np.sin(x)), [draw(2, 3)]),
    "clip": (lambda x: np.clip(x, 0.9, 1.5), [draw(2, 3)]),
    "clip below an array": (lambda x, y: cg.clip(x, 0.1, y), [draw(2, 3), draw(3)]),
    "clip on one side": (lambda x: np.clip(x, None, 1.2), [draw(2, 3)]),
    "square": (lambda x: np.square(x), [draw(2, 3)]),
    "relu": (lambda x: cg.relu(x - 1.2), [draw(2, 3)]),
}

REDUCTIONS: dict[str, Use] = {
    "sum of all": (lambda x: np.sum(x), [draw(2, 3)]),
    "sum over rows": (lambda x: x.sum(axis=0), [draw(2, 3)]),
    "sum over the last axis": (lambda x: np.sum(x, axis=-1), [draw(2, 3)]),
    "sum keeping axes": (lambda x: x.sum(axis=1, keepdims=True), [draw(2, 3)]),
    "sum over two axes": (lambda x: x.sum(axis=(0, 2)), [draw(2, 3, 2)]),
    "sum of a number": (lambda x: cg.sum(x), [1.5]),
    "sum of a vector": (lambda x: cg.sum(x, axis=0), [draw(3)]),
    "sum of nothing": (lambda x: cg.sum(x, axis=1), [draw(2, 0)]),
    "sum over an axis of length one": (lambda x: cg.sum(x, axis=0), [draw(1, 3)]),
    "mean of all": (lambda x: np.mean(x), [draw(2, 3)]),
    "mean over columns": (lambda x: x.mean(axis=1), [draw(2, 3)]),
    "mean over two axes": (lambda x: cg.mean(x, axis=(0, -1), keepdims=True), [draw(2, 3, 2)]),
    "max of all": (lambda x: np.max(x), [image(2, 3)]),
    "max over rows": (lambda x: x.max(axis=0), [image(2, 3)]),
    "max over two axes": (lambda x: np.amax(x, axis=(0, 2)), [image(2, 3, 2)]),
    "max of a number": (lambda x: cg.max(x), [1.5]),
    "max over an axis of length one": (lambda x: cg.max(x, axis=1), [draw(3, 1)]),
    "min keeping axes": (lambda x: x.min(axis=1, keepdims=True), [image(2, 3)]),
    "min of all": (lambda x: np.min(x), [image(2, 3)]),
    "norm": (lambda x: np.linalg.norm(x), [draw(2, 3)]),
    "norm of rows": (lambda x: np.linalg.norm(x, axis=1), [draw(2, 3)]),
    "norm keeping axes": (lambda x: cg.norm(x, axis=0, keepdims=True), [draw(2, 3)]),
    "sum of sizes": (lambda x: np.linalg.norm(x, 1), [draw(3)]),
    "cumsum": (lambda x: np.cumsum(x), [draw(2, 3)]),
    "cumsum down": (lambda x: x.cumsum(axis=0), [draw(2, 3)]),
    "cumsum of nothing": (lambda x: cg.cumsum(x, axis=-1), [draw(2, 0)]),
    "logsumexp": (lambda x: cg.logsumexp(x), [draw(2, 3)]),
    "logsumexp of rows": (lambda x: cg.logsumexp(x, axis=1), [draw(2, 3)]),
    "logsumexp keeping axes": (lambda x: cg.logsumexp(x, axis=(0, 1), keepdims=True), [draw(2, 3)]),
    "logsumexp of a number": (lambda x: cg.logsumexp(x), [1.5]),
    "softmax": (lambda x: cg.softmax(x), [draw(2, 3)]),
    "softmax of columns": (lambda x: cg.softmax(x, axis=0), [draw(2, 3)]),
    "softmax of everything": (lambda x: cg.softmax(x, axis=None), [draw(2, 2)]),
    "softmax of one class": (lambda x: cg.softmax(x), [draw(3, 1)]),
    "log_softmax": (lambda x: cg.log_softmax(x), [draw(2, 3)]),
    "log_softmax of no rows": (lambda x: cg.log_softmax(x), [draw(0, 3)]),
}

SHAPES: dict[str, Use] = {
    "reshape": (lambda x: np.reshape(x, (3, 2)), [draw(2, 3)]),
    "reshape to what is left": (lambda x: x.reshape(-1, 2), [draw(2, 3)]),
    "reshape a number": (lambda x: cg.reshape(x, (1, 1)), [1.5]),
    "reshape to a number": (lambda x: cg.reshape(x, ()), [draw(1, 1)]),
    "reshape nothing": (lambda x: cg.reshape(x, (3, 0)), [draw(0, 2)]),
    "ravel": (lambda x: np.ravel(x), [draw(2, 3)]),
    "transpose": (lambda x: x.T, [draw(2, 3)]),
    "transpose three axes": (lambda x: np.transpose(x, (1, 2, 0)), [draw(2, 3, 4)]),
    "transpose by method": (lambda x: x.transpose(0, -1, 1), [draw(2, 3, 2)]),
    "swapaxes": (lambda x: np.swapaxes(x, 0, -1), [draw(2, 3, 2)]),
    "squeeze": (lambda x: np.squeeze(x), [draw(1, 3, 1)]),
    "squeeze one axis": (lambda x: x.squeeze(axis=0), [draw(1, 3, 1)]),
    "expand_dims": (lambda x: np.expand_dims(x, 1), [draw(2, 3)]),
    "expand_dims of a number": (lambda x: cg.expand_dims(x, (0, 1)), [1.5]),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 2, 3)), [draw(2, 1)[:, :, None][:, 0]]),
    "broadcast a number": (lambda x: cg.broadcast_to(x, (2, 3)), [1.5]),
    "one entry": (lambda x: x[1, 0], [draw(2, 3)]),
    "a row": (lambda x: x[-1], [draw(2, 3)]),
    "a block": (lambda x: x[:, 1:3], [draw(2, 3)]),
    "a new axis": (lambda x: x[..., None], [draw(2, 3)]),
    "every second": (lambda x: x[::2], [draw(5)]),
    "no entry": (lambda x: x[2:2], [draw(5)]),
    "some rows, one twice": (lambda x: x[[0, 1, 0]], [draw(2, 3)]),
    "no rows": (lambda x: x[[]], [draw(2, 3)]),
    "some entries": (lambda x: x[[0, 1], [2, 2]], [draw(2, 3)]),
    "some columns": (lambda x: x[:, np.array([2, 0])], [draw(2, 3)]),
    "masked": (lambda x: x[MASK], [draw(3)]),
    "masked columns": (lambda x: x[:, MASK], [draw(2, 3)]),
    "masked by a comparison": (lambda x: x[x > 1.0], [draw(2, 3)]),
    "concatenate": (lambda x, y: np.concatenate([x, y]), [draw(2, 3), draw(1, 3)]),
    "concatenate columns": (lambda x, y: cg.concatenate([x, y, x], -1), [draw(2, 3), draw(2, 0)]),
    "stack": (lambda x, y: np.stack([x, y]), [draw(2, 3), draw(2, 3)]),
    "stack last": (lambda x, y: np.stack([x, y], axis=-1), [draw(3), draw(3)]),
    "stack numbers": (lambda x, y: cg.stack([x, y, 1.0]), [1.5, 2.5]),
    "split": (lambda x: np.split(x, 3, axis=1)[1], [draw(2, 6)]),
    "split unevenly": (lambda x: cg.split(x, [1, 4])[2], [draw(6)]),
}

PRODUCTS: dict[str, Use] = {
    "matrix times matrix": (lambda x, y: x @ y, [draw(2, 3), draw(3, 4)]),
    "matrix times vector": (lambda x, y: x @ y, [draw(2, 3), draw(3)]),
    "vector times matrix": (lambda x, y: x @ y, [draw(3), draw(3, 2)]),
    "vector times vector": (lambda x, y: x @ y, [draw(3), draw(3)]),
    "dot": (lambda x, y: np.dot(x, y), [draw(2, 3), draw(3, 4)]),
    "dot with a number": (lambda x, y: cg.dot(x, y), [1.5, draw(2, 3)]),
    "matmul": (lambda x, y: np.matmul(x, y), [draw(2, 3), draw(3)]),
    "a stack of products": (lambda x, y: x @ y, [draw(2, 2, 3), draw(2, 3, 2)]),
    "a stack times one matrix": (lambda x, y: x @ y, [draw(2, 2, 3), draw(3, 2)]),
    "one matrix times a stack": (lambda x, y: x @ y, [draw(2, 3), draw(2, 3, 2)]),
    "a stack times a vector": (lambda x, y: x @ y, [draw(2, 2, 3), draw(3)]),
    "a vector times a stack": (lambda x, y: x @ y, [draw(3), draw(2, 3, 2)]),
    "stacks that broadcast": (lambda x, y: x @ y, [draw(2, 1, 2, 3), draw(3, 3, 1)]),
    "a product over nothing": (lambda x, y: x @ y, [draw(2, 0), draw(0, 3)]),
    "a product of size-one axes": (lambda x, y: x @ y, [draw(1, 1), draw(1, 1)]),
    "einsum": (lambda x, y: np.einsum("ij,jk->ik", x, y), [draw(2, 3), draw(3, 2)]),
    "einsum, implicit": (lambda x, y: np.einsum("ij,kj", x, y), [draw(2, 3), draw(2, 3)]),
    "einsum, a trace": (lambda x: np.einsum("ii", x), [draw(3, 3)]),
    "einsum, a diagonal": (lambda x: np.einsum("iji->ij", x), [draw(2, 3, 2)]),
    "einsum, summed": (lambda x: np.einsum("ij->j", x), [draw(2, 3)]),
    "einsum, transposed": (lambda x: np.einsum("ij->ji", x), [draw(2, 3)]),
    "einsum, an outer product": (lambda x, y: np.einsum("i,j->ij", x, y), [draw(2), draw(3)]),
    "einsum, three": (
        lambda x, y, z: np.einsum("i,ij,j->", x, y, z),
        [draw(2), draw(2, 3), draw(3)],
    ),
    "einsum, dots": (lambda x, y: np.einsum("...i,ij", x, y), [draw(2, 2, 3), draw(3, 2)]),
    "einsum, dots that broadcast": (
        lambda x, y: np.einsum("...i,...i->...", x, y),
        [draw(2, 2, 3), draw(1, 3)],
    ),
}

WINDOWS: dict[str, Use] = {
    "conv2d": (lambda x, w: cg.conv2d(x, w), [draw(2, 2, 4, 3), draw(3, 2, 2, 2)]),
    "conv2d, moved": (
        lambda x, w, b: cg.conv2d(x, w, b, stride=2, padding=1),
        [draw(1, 2, 4, 5), draw(2, 2, 3, 3), draw(2)],
    ),
    "conv2d, uneven": (
        lambda x, w: cg.conv2d(x, w, stride=(1, 2), padding=(0, 1)),
        [draw(1, 1, 3, 4), draw(1, 1, 2, 3)],
    ),
    "conv2d of no images": (lambda x, w: cg.conv2d(x, w), [draw(0, 1, 3, 3), draw(1, 1, 2, 2)]),
    "max_pool2d": (lambda x: cg.max_pool2d(x, 2), [image(2, 1, 4, 5)]),
    "max_pool2d, overlapping": (
        lambda x: cg.max_pool2d(x, 3, stride=(1, 2), padding=1),
        [image(1, 2, 3, 4)],
    ),
}

LOSSES: dict[str, Use] = {
    "mse_loss": (lambda x, y: cg.mse_loss(x, y), [draw(2, 3), draw(2, 3)]),
    "mse_loss of numbers": (lambda x, y: cg.mse_loss(x, y), [1.5, 0.5]),
    "cross_entropy": (lambda x: cg.cross_entropy(x, LABELS), [draw(2, 3)]),
    "cross_entropy of one row": (lambda x: cg.cross_entropy(x, 1), [draw(3)]),
    "cross_entropy of more axes": (
        lambda x: cg.cross_entropy(x, np.stack([LABELS, LABELS])),
        [draw(2, 2, 3)],
    ),
    "cross_entropy of logits with other strides": (
        lambda x: cg.cross_entropy(np.transpose(x, (2, 1, 0)), np.stack([LABELS, LABELS])),
        [draw(3, 2, 2)],
    ),
    "hinge_loss": (lambda x: cg.hinge_loss(x, SIGNS), [draw(2, 3)]),
    "hinge_loss of labels too": (lambda x, y: cg.hinge_loss(x, y), [draw(3), draw(3) - 1.2]),
}

USES = ELEMENTWISE | REDUCTIONS | SHAPES | PRODUCTS | WINDOWS | LOSSES
