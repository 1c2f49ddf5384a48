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
NO_LABELS = np.array([], int)
SIGNS = np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]], np.float32)
MASK = np.array([True, False, True])
MASKS = np.array([[True, False, True], [False, True, True]])

ELEMENTWISE: dict[str, Use] = {
    "nothing plus row": (lambda x, y: x + y, [draw(0, 3), draw(3)]),
    "nothing times axes of length one": (lambda x, y: x * y, [draw(2, 0), draw(1, 1)]),
    "axes of length one": (lambda x, y: x / y, [draw(1, 1), draw(1)]),
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
    "var of all": (lambda x: np.var(x), [draw(2, 3)]),
    "var over rows": (lambda x: x.var(axis=0, keepdims=True), [draw(3, 2)]),
    "var of a number": (lambda x: cg.var(x), [1.5]),
    "std over columns": (lambda x: np.std(x, axis=1), [draw(2, 3)]),
    "std over two axes": (lambda x: cg.std(x, axis=(0, -1)), [draw(2, 3, 2)]),
    "max of all": (lambda x: np.max(x), [image(2, 3)]),
    "max over rows": (lambda x: x.max(axis=0), [image(2, 3)]),
    "max over two axes": (lambda x: np.amax(x, axis=(0, 2)), [image(2, 3, 2)]),
    "max of a number": (lambda x: cg.max(x), [1.5]),
    "max over an axis of length one": (lambda x: cg.max(x, axis=1), [draw(3, 1)]),
    "min keeping axes": (lambda x: x.min(axis=1, keepdims=True), [image(2, 3)]),
    "min of all": (lambda x: np.min(x), [image(2, 3)]),
    "min over columns": (lambda x: np.amin(x, axis=1), [image(2, 3)]),
    "norm": (lambda x: np.linalg.norm(x), [draw(2, 3)]),
    "norm of rows": (lambda x: np.linalg.norm(x, axis=1), [draw(2, 3)]),
    "norm keeping axes": (lambda x: cg.norm(x, axis=0, keepdims=True), [draw(2, 3)]),
    "sum of sizes": (lambda x: np.linalg.norm(x, 1), [draw(3)]),
    "cumsum": (lambda x: np.cumsum(x), [draw(2, 3)]),
    "cumsum down": (lambda x: x.cumsum(axis=0), [draw(2, 3)]),
    "cumsum of nothing": (lambda x: cg.cumsum(x, axis=-1), [draw(2, 0)]),
    "cumsum of a number": (lambda x: cg.cumsum(x), [1.5]),
    "cumsum over an axis of length one": (lambda x: cg.cumsum(x, axis=1), [draw(3, 1)]),
    "cumsum across": (lambda x: cg.cumsum(x, axis=-2), [draw(2, 3, 2)]),
    "logsumexp over nothing": (lambda x: cg.logsumexp(x, axis=1), [draw(2, 0)]),
    "norm over nothing": (lambda x: cg.norm(x, axis=1), [draw(2, 0)]),
    "logsumexp": (lambda x: cg.logsumexp(x), [draw(2, 3)]),
    "logsumexp of rows": (lambda x: cg.logsumexp(x, axis=1), [draw(2, 3)]),
    "logsumexp keeping axes": (lambda x: cg.logsumexp(x, axis=(0, 1), keepdims=True), [draw(2, 3)]),
    "logsumexp of a number": (lambda x: cg.logsumexp(x), [1.5]),
    "softmax": (lambda x: cg.softmax(x), [draw(2, 3)]),
    "softmax of columns": (lambda x: cg.softmax(x, axis=0), [draw(2, 3)]),
    "softmax of everything": (lambda x: cg.softmax(x, axis=None), [draw(2, 2)]),
    "softmax of two axes": (lambda x: cg.softmax(x, axis=(0, 2)), [draw(2, 3, 2)]),
    "softmax of a number": (lambda x: cg.softmax(x), [1.5]),
    "softmax of no classes": (lambda x: cg.softmax(x), [draw(3, 0)]),
    "softmax of one class": (lambda x: cg.softmax(x), [draw(3, 1)]),
    "log_softmax": (lambda x: cg.log_softmax(x), [draw(2, 3)]),
    "log_softmax of columns": (lambda x: cg.log_softmax(x, axis=-2), [draw(2, 3, 2)]),
    "log_softmax of everything": (lambda x: cg.log_softmax(x, axis=None), [draw(2, 2)]),
    "log_softmax of a number": (lambda x: cg.log_softmax(x), [1.5]),
    "log_softmax of one class": (lambda x: cg.log_softmax(x), [draw(3, 1)]),
    "log_softmax of no rows": (lambda x: cg.log_softmax(x), [draw(0, 3)]),
}


def reduction(name: str, axis: Any, keepdims: bool) -> Callable[..., Any]:
    return lambda x: getattr(cg, name)(x, axis=axis, keepdims=keepdims)


REDUCTIONS |= {
    f"{name} of shape {shape}, axis={axis}, keepdims={keepdims}": (
        reduction(name, axis, keepdims),
        [image(*shape) + 0.5 if shape else 1.5],
    )
    for name in "sum mean max min norm logsumexp".split()
    for shape, axis, keepdims in [
        ((), None, True),
        ((1,), 0, False),
        ((1, 1), (0, 1), False),
        ((2, 3), None, True),
        ((3, 1), 0, True),
        ((2, 3, 2), -2, False),
        ((2, 3, 2), (-1, 0), True),
        ((0, 3), 1, False),
        ((2, 0, 3), (0, -1), True),
    ]
}

SHAPES: dict[str, Use] = {
    "reshape": (lambda x: np.reshape(x, (3, 2)), [draw(2, 3)]),
    "reshape to what is left": (lambda x: x.reshape(-1, 2), [draw(2, 3)]),
    "reshape a number": (lambda x: cg.reshape(x, (1, 1)), [1.5]),
    "reshape to a number": (lambda x: cg.reshape(x, ()), [draw(1, 1)]),
    "reshape nothing": (lambda x: cg.reshape(x, (3, 0)), [draw(0, 2)]),
    "ravel a number": (lambda x: cg.ravel(x), [1.5]),
    "ravel nothing": (lambda x: x.ravel(), [draw(2, 0)]),
    "ravel": (lambda x: np.ravel(x), [draw(2, 3)]),
    "transpose": (lambda x: x.T, [draw(2, 3)]),
    "transpose a number": (lambda x: cg.transpose(x), [1.5]),
    "transpose a vector": (lambda x: x.T, [draw(3)]),
    "transpose nothing": (lambda x: np.transpose(x), [draw(0, 2)]),
    "transpose axes of length one": (lambda x: cg.transpose(x, (2, 0, 1)), [draw(1, 3, 1)]),
    "transpose three axes": (lambda x: np.transpose(x, (1, 2, 0)), [draw(2, 3, 4)]),
    "transpose by method": (lambda x: x.transpose(0, -1, 1), [draw(2, 3, 2)]),
    "swapaxes": (lambda x: np.swapaxes(x, 0, -1), [draw(2, 3, 2)]),
    "swapaxes of nothing": (lambda x: x.swapaxes(-2, 2), [draw(2, 0, 1)]),
    "squeeze a number": (lambda x: cg.squeeze(x), [1.5]),
    "squeeze to a number": (lambda x: np.squeeze(x), [draw(1, 1)]),
    "squeeze nothing": (lambda x: cg.squeeze(x, axis=(0, -1)), [draw(1, 0, 1)]),
    "squeeze": (lambda x: np.squeeze(x), [draw(1, 3, 1)]),
    "squeeze one axis": (lambda x: x.squeeze(axis=0), [draw(1, 3, 1)]),
    "expand_dims": (lambda x: np.expand_dims(x, 1), [draw(2, 3)]),
    "expand_dims of nothing": (lambda x: cg.expand_dims(x, -1), [draw(0)]),
    "expand_dims twice": (lambda x: cg.expand_dims(x, (0, -1)), [draw(2, 1)]),
    "expand_dims of a number": (lambda x: cg.expand_dims(x, (0, 1)), [1.5]),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 2, 3)), [draw(2, 1)]),
    "broadcast_to a row": (lambda x: np.broadcast_to(x, (2, 3)), [draw(3)]),
    "broadcast to nothing": (lambda x: cg.broadcast_to(x, (0, 3)), [draw(1, 3)]),
    "broadcast nothing": (lambda x: cg.broadcast_to(x, (2, 0)), [draw(0)]),
    "broadcast a number": (lambda x: cg.broadcast_to(x, (2, 3)), [1.5]),
    "one entry": (lambda x: x[1, 0], [draw(2, 3)]),
    "a row": (lambda x: x[-1], [draw(2, 3)]),
    "a block": (lambda x: x[:, 1:3], [draw(2, 3)]),
    "a new axis": (lambda x: x[..., None], [draw(2, 3)]),
    "every second": (lambda x: x[::2], [draw(5)]),
    "no entry": (lambda x: x[2:2], [draw(5)]),
    "backwards": (lambda x: x[::-1], [draw(5)]),
    "a column backwards": (lambda x: x[::-1, 1], [draw(3, 2)]),
    "a step in a block": (lambda x: x[1:, -3:-1:2], [draw(3, 4)]),
    "all of it": (lambda x: x[...], [draw(2, 3)]),
    "an entry of a stack": (lambda x: x[1, ..., 0], [draw(2, 3, 2)]),
    "a row of an axis of length one": (lambda x: x[0], [draw(1, 3)]),
    "nothing of nothing": (lambda x: x[1:], [draw(0, 3)]),
    "two new axes": (lambda x: x[None, :, None], [draw(3)]),
    "new axes and rows": (lambda x: x[None, [1, 1], 1:, None], [draw(2, 3)]),
    "rows and columns": (lambda x: x[[[0], [1]], [0, 2]], [draw(2, 3)]),
    "rows apart from columns": (lambda x: x[[0, 1, 1], :, [2, 0, 0]], [draw(2, 2, 3)]),
    "a row of some columns": (lambda x: x[1, [2, 0, 2]], [draw(2, 3)]),
    "entries from the end": (lambda x: x[[-1, 2, -1]], [draw(3)]),
    "a table of entries": (lambda x: x[np.array([[0, 1], [1, 2]])], [draw(3)]),
    "masked in both axes": (lambda x: x[MASKS], [draw(2, 3)]),
    "masked by a list": (lambda x: x[[True, False, True]], [draw(3)]),
    "all masked": (lambda x: x[x > 5.0], [draw(2, 3)]),
    "some rows, one twice": (lambda x: x[[0, 1, 0]], [draw(2, 3)]),
    "no rows": (lambda x: x[[]], [draw(2, 3)]),
    "some entries": (lambda x: x[[0, 1], [2, 2]], [draw(2, 3)]),
    "some columns": (lambda x: x[:, np.array([2, 0])], [draw(2, 3)]),
    "masked": (lambda x: x[MASK], [draw(3)]),
    "masked columns": (lambda x: x[:, MASK], [draw(2, 3)]),
    "masked by a comparison": (lambda x: x[x > 1.0], [draw(2, 3)]),
    "concatenate": (lambda x, y: np.concatenate([x, y]), [draw(2, 3), draw(1, 3)]),
    "concatenate everything": (lambda x, y: np.concatenate([x, y], None), [draw(2, 2), draw(3)]),
    "hstack": (lambda x, y: np.hstack([x, y]), [draw(2, 3), draw(2, 1)]),
    "hstack of vectors": (lambda x, y: cg.hstack([x, y]), [draw(2), draw(0)]),
    "vstack": (lambda x, y: np.vstack([x, y]), [draw(3), draw(2, 3)]),
    "the largest of each column": (lambda x: x[np.argmax(x, axis=0), [0, 1, 2]], [image(2, 3)]),
    "the smallest": (lambda x: x.ravel()[cg.argmin(x)], [image(2, 3)]),
    "concatenate columns": (lambda x, y: cg.concatenate([x, y, x], -1), [draw(2, 3), draw(2, 0)]),
    "concatenate one": (lambda x: cg.concatenate([x]), [draw(3)]),
    "concatenate nothing": (lambda x, y: cg.concatenate([x, y]), [draw(0), draw(0)]),
    "concatenate axes of length one": (
        lambda x, y: cg.concatenate([x, y], 1),
        [draw(2, 1), draw(2, 1)],
    ),
    "stack nothing": (lambda x, y: cg.stack([x, y], axis=1), [draw(0, 2), draw(0, 2)]),
    "stack one twice": (lambda x: cg.stack([x, x], axis=-2), [draw(1, 2)]),
    "stack": (lambda x, y: np.stack([x, y]), [draw(2, 3), draw(2, 3)]),
    "stack last": (lambda x, y: np.stack([x, y], axis=-1), [draw(3), draw(3)]),
    "stack numbers": (lambda x, y: cg.stack([x, y, 1.0]), [1.5, 2.5]),
    "split": (lambda x: np.split(x, 3, axis=1)[1], [draw(2, 6)]),
    "split nothing": (lambda x: cg.split(x, 2)[1], [draw(0, 2)]),
    "split into one": (lambda x: cg.split(x, 1, axis=-1)[0], [draw(2, 1)]),
    "split unevenly": (lambda x: cg.split(x, [1, 4])[2], [draw(6)]),
}

PRODUCTS: dict[str, Use] = {
    "matrix times matrix": (lambda x, y: x @ y, [draw(2, 3), draw(3, 4)]),
    "matrix times vector": (lambda x, y: x @ y, [draw(2, 3), draw(3)]),
    "vector times matrix": (lambda x, y: x @ y, [draw(3), draw(3, 2)]),
    "vector times vector": (lambda x, y: x @ y, [draw(3), draw(3)]),
    "vector times a broadcast stack": (lambda x, y: x @ y, [draw(3), draw(2, 1, 3, 2)]),
    "vectors of nothing": (lambda x, y: x @ y, [draw(0), draw(0)]),
    "no vector times matrix": (lambda x, y: x @ y, [draw(0), draw(0, 2)]),
    "no rows": (lambda x, y: x @ y, [draw(0, 3), draw(3, 2)]),
    "no stacks": (lambda x, y: x @ y, [draw(0, 2, 3), draw(1, 3, 2)]),
    "stacks of different depth": (lambda x, y: x @ y, [draw(3, 2, 2), draw(2, 1, 2, 1)]),
    "numbers by dot": (lambda x, y: cg.dot(x, y), [1.5, 2.5]),
    "a stack by dot": (lambda x, y: np.dot(x, y), [draw(2, 2, 3), draw(3)]),
    "dot": (lambda x, y: np.dot(x, y), [draw(2, 3), draw(3, 4)]),
    "dot with a number": (lambda x, y: cg.dot(x, y), [1.5, draw(2, 3)]),
    "outer": (lambda x, y: np.outer(x, y), [draw(2), draw(3)]),
    "outer with nothing": (lambda x, y: cg.outer(x, y), [draw(1), draw(0)]),
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
    "einsum, batches": (
        lambda x, y: cg.einsum("bij,bjk->bik", x, y),
        [draw(2, 2, 3), draw(2, 3, 1)],
    ),
    "einsum, one repeated": (lambda x, y: cg.einsum("ij,jk->ik", x, y), [draw(2, 1), draw(3, 2)]),
    "einsum, nothing": (lambda x, y: cg.einsum("ij,j->i", x, y), [draw(2, 0), draw(0)]),
    "einsum, a number": (lambda x, y: cg.einsum(",i->i", x, y), [1.5, draw(3)]),
    "einsum, all added": (lambda x: cg.einsum("ij->", x), [draw(2, 3)]),
    "einsum, squared": (lambda x: cg.einsum("ij,ij->", x, x), [draw(2, 3)]),
    "einsum, a letter of one operand": (
        lambda x, y: cg.einsum("ij,k->k", x, y),
        [draw(2, 3), draw(2)],
    ),
    "einsum, diagonals": (lambda x, y: cg.einsum("ii,ij->j", x, y), [draw(2, 2), draw(2, 3)]),
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
    "conv2d, one place": (lambda x, w: cg.conv2d(x, w), [draw(2, 1, 2, 3), draw(2, 1, 2, 3)]),
    "conv2d, size-one filters": (
        lambda x, w, b: cg.conv2d(x, w, b),
        [draw(1, 2, 2, 2), draw(3, 2, 1, 1), draw(3)],
    ),
    "conv2d, far apart": (
        lambda x, w: cg.conv2d(x, w, stride=3),
        [draw(1, 1, 6, 5), draw(1, 1, 2, 2)],
    ),
    "conv2d of no images": (lambda x, w: cg.conv2d(x, w), [draw(0, 1, 3, 3), draw(1, 1, 2, 2)]),
    "max_pool2d": (lambda x: cg.max_pool2d(x, 2), [image(2, 1, 4, 5)]),
    "max_pool2d of no images": (lambda x: cg.max_pool2d(x, 2), [draw(0, 1, 2, 2)]),
    "max_pool2d, size-one windows": (lambda x: cg.max_pool2d(x, 1), [image(1, 2, 2, 2)]),
    "max_pool2d, far apart": (lambda x: cg.max_pool2d(x, (2, 1), stride=3), [image(1, 1, 5, 4)]),
    "max_pool2d, overlapping": (
        lambda x: cg.max_pool2d(x, 3, stride=(1, 2), padding=1),
        [image(1, 2, 3, 4)],
    ),
}

LOSSES: dict[str, Use] = {
    "mse_loss": (lambda x, y: cg.mse_loss(x, y), [draw(2, 3), draw(2, 3)]),
    "mse_loss of numbers": (lambda x, y: cg.mse_loss(x, y), [1.5, 0.5]),
    "mse_loss of one entry": (lambda x, y: cg.mse_loss(x, y), [draw(1, 1), draw(1, 1)]),
    "mse_loss of nothing": (lambda x, y: cg.mse_loss(x, y), [draw(0, 2), draw(0, 2)]),
    "cross_entropy of nothing": (lambda x: cg.cross_entropy(x, NO_LABELS), [draw(0, 3)]),
    "cross_entropy of one class": (lambda x: cg.cross_entropy(x, LABELS * 0), [draw(2, 1)]),
    "hinge_loss of a number": (lambda x: cg.hinge_loss(x, 1.0), [0.5]),
    "hinge_loss of nothing": (lambda x, y: cg.hinge_loss(x, y), [draw(0), draw(0)]),
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
