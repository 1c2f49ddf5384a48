"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import arrays
from . import dtypes
from .elementwise import mul, plain_add
from .results import node_for, result
from .shapes import squeeze, unsqueeze
from .sums import Matmul, product
from .tensors import Tensor, lifted


def _same_type(name: str, x: Tensor, y: Tensor) -> None:
    if x.dtype is not y.dtype:
        if name == "dot":
            raise RuntimeError(
                "dot : expected both vectors to have same dtype, but found "
                f"{x.dtype.label} and {y.dtype.label}"
            )
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {_c_name(x)} != {_c_name(y)}"
        )


def _c_name(x: Tensor) -> str:
    return {"float32": "float", "float64": "double"}.get(x.dtype.name, x.dtype.label)


def _product(x: Tensor, y: Tensor, label: str, second: str = "other") -> Tensor:
    array = product(x._data, y._data)
    op = Matmul()
    return result(array, label, op, [x, y], saves=f"self {second}")


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of products of two vectors."""
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    if input.shape != tensor.shape:
        n, m = len(input), len(tensor)
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same "
            f"number of elements, but got {n} and {m} elements respectively"
        )
    _same_type("dot", input, tensor)
    return _product(input, tensor, "DotBackward0", "tensor")


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """A matrix times a vector."""
    if input.shape[1] != vec.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({input.shape[0]}), mat "
            f"({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})"
        )
    if input.dtype is not vec.dtype:
        a, b = input.dtype.label, vec.dtype.label
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {b}, {a}, and {b}"
        )
    return _product(input, vec, "MvBackward0", "vec")


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """A matrix times a matrix."""
    for which, matrix in (("self", input), ("mat2", mat2)):
        if matrix.ndim != 2:
            raise RuntimeError(f"{which} must be a matrix")
    if input.shape[1] != mat2.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({input.shape[0]}x{input.shape[1]} and "
            f"{mat2.shape[0]}x{mat2.shape[1]})"
        )
    _same_type("mm", input, mat2)
    return _product(input, mat2, "MmBackward0", "mat2")


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Matrices times matrices, one by one."""
    return _product(input, mat2, "BmmBackward0", "mat2")


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; vectors and stacks of matrices too."""
    x, y = lifted(input), lifted(other)
    if not x.ndim or not y.ndim:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {x.ndim}D and {y.ndim}D"
        )
    if (x.ndim, y.ndim) == (1, 1):
        return dot(x, y)
    if (x.ndim, y.ndim) == (2, 1):
        return mv(x, y)
    if (x.ndim, y.ndim) == (2, 2):
        return mm(x, y)
    if (x.ndim, y.ndim) == (1, 2):
        made: Tensor = squeeze(mm(unsqueeze(x, 0), y), 0)._relabelled("SqueezeBackward4")
        return made
    _same_type("mm", x, y)
    return _product(x, y, "UnsafeViewBackward0")


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of each entry of one vector with each of another."""
    return mul(unsqueeze(input, 1)._relabelled("ViewBackward0"), vec2)


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Beta · input + alpha · mat1 @ mat2."""
    product = mm(mat1, mat2)
    scaled = product if alpha == 1 else mul(product, alpha)
    made: Tensor = plain_add(input if beta == 1 else mul(input, beta), scaled)
    if made.grad_fn is not None:
        made.grad_fn.next_functions = node_for("", [input, mat1, mat2]).next_functions
        made.grad_fn.relabel("AddmmBackward0")
    return made


def einsum(equation: str, *operands: Any) -> Tensor:
    """A sum of products, in Einstein's notation."""
    tensors = operands[0] if isinstance(operands[0], (list, tuple)) else operands
    wide = np.einsum(equation, *[t._data.astype(float) for t in tensors])
    array = np.asarray(wide).astype(dtypes.promoted(tensors).numpy)
    return result(array, "ViewBackward0", lambda *xs: arrays.einsum(equation, *xs), list(tensors))
