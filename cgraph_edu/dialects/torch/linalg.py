"""`torch.linalg`: lengths of vectors, inverses, determinants, equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import arrays
from ...core.rules import RuleOp
from ...core.tensor import apply
from . import functions
from .missing import PYTORCH, no_name
from .results import result
from .tensors import Tensor


def norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The length √Σx²; with ord=1 Σ|x|, with ord=inf the largest |x|."""
    return functions.norm(A, 2 if ord is None else ord, dim, keepdim)


vector_norm = norm
matmul = functions.matmul


class LinAlgError(RuntimeError):
    """A matrix that has no inverse."""

    __module__ = "torch"


@dataclass(frozen=True)
class Inverse(RuleOp):
    """The inverse of a square matrix."""

    name = "inverse"

    def compute(self, *values: Any) -> Any:
        """The matrix that gives the identity when multiplied with x."""
        return np.linalg.inv(values[0])

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Give -outᵀ @ x_bar @ outᵀ."""
        turned = arrays.transpose(out)
        return -arrays.matmul(arrays.matmul(turned, x_bar), turned)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Give -out @ x_dot @ out."""
        return -arrays.matmul(arrays.matmul(out, x_dot), out)


@dataclass(frozen=True)
class Determinant(RuleOp):
    """The determinant of a square matrix."""

    name = "det"

    def compute(self, *values: Any) -> Any:
        """By how much the matrix makes volumes larger."""
        return float(np.linalg.det(values[0]))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Give x_bar · out · (x⁻¹)ᵀ."""
        return arrays.transpose(apply(Inverse(), values[0])) * (x_bar * out)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Give out · trace(x⁻¹ @ x_dot)."""
        return out * arrays.sum(arrays.transpose(apply(Inverse(), values[0])) * x_dot)


def _square(A: Tensor, name: str) -> None:
    if A.ndim != 2:
        raise RuntimeError(
            f"{name}: The input tensor A must have at least 2 dimensions."
            if A.ndim < 2
            else f"{name} of stacks of matrices is not in this dialect"
        )
    if A.shape[0] != A.shape[1]:
        rows, columns = A.shape
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {rows} by {columns} "
            "matrices"
        )


def inv(A: Tensor) -> Tensor:
    """The inverse of a square matrix."""
    _square(A, "linalg.inv")
    try:
        array = np.linalg.inv(A._data)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.inv: The diagonal element "
            f"{np.linalg.matrix_rank(A._data) + 1} is zero, the inversion could not be completed "
            "because the input matrix is singular."
        ) from None
    return result(array, "LinalgInvExBackward0", Inverse(), [A])


def det(A: Tensor) -> Tensor:
    """The determinant of a square matrix."""
    _square(A, "linalg.det")
    return result(np.asarray(np.linalg.det(A._data)), "LinalgDetBackward0", Determinant(), [A])


def solve(A: Tensor, B: Tensor) -> Tensor:
    """The X for which A @ X = B."""
    _square(A, "linalg.solve")

    def build(a: Any, b: Any) -> Any:
        return arrays.matmul(apply(Inverse(), a), b)

    array = np.linalg.solve(A._data, B._data)
    return result(array, "LinalgSolveExBackward0", build, [A, B])


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector that is at right angles to both."""

    def turned(x: Tensor, by: int) -> Tensor:
        return functions.roll(x, by, dim)

    made: Tensor = turned(input, -1) * turned(other, -2) - turned(input, -2) * turned(other, -1)
    node = made.grad_fn
    if node is not None:
        node.relabel("LinalgCrossBackward0")
    return made


def __getattr__(name: str) -> Any:
    raise no_name("torch.linalg", name, globals())


def __dir__() -> list[str]:
    return PYTORCH.names(globals())
