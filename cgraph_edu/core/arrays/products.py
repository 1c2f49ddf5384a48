"""Products of arrays: matrix products, and sums of products over named axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_letters
from typing import Any

import numpy as np

from ..describe import describe
from ..numbers import counted
from ..tensor import apply
from .base import ArrayOp, precision_of, shape_of
from .broadcasting import broadcast_like, unbroadcast
from .elementwise import common_precision
from .shapes import expand_dims, ravel, reshape


def matmul(x: Any, y: Any) -> Any:
    """X @ y: out[i, k] = Σ over j of x[i, j] · y[j, k]; axes before the last two are batches."""
    return apply(Matmul(), x, y)


def dot(x: Any, y: Any) -> Any:
    """The product x @ y of vectors and matrices, x * y where one of them is a number.

    Shapes are those of `matmul`. Raises ValueError where they do not fit.
    """
    if not shape_of(x) or not shape_of(y):
        return x * y
    if len(shape_of(y)) > 2:
        raise ValueError(f"dot of shapes {shape_of(x)} and {shape_of(y)} is not recorded: use @")
    return matmul(x, y)


def outer(x: Any, y: Any) -> Any:
    """Each entry of x times each of y: out[i, j] = x[i] · y[j]."""
    return reshape(x, (-1, 1)) * ravel(y)


def einsum(subscripts: str, *operands: Any) -> Any:
    """The sum of products that the subscripts name: "ij,jk->ik" is the matrix product.

    A letter stands for an axis. Entries whose letters agree are multiplied, and added up over the
    letters that are not in the result; `...` stands for any other axes.
    """
    _check_first(subscripts, operands)
    ndims = [len(shape_of(operand)) for operand in operands]
    return apply(Einsum(*_explicit(subscripts, ndims)), *operands)


def _check_first(subscripts: Any, operands: Sequence[Any]) -> None:
    if not isinstance(subscripts, str):
        wanted = next((repr(x) for x in operands if isinstance(x, str)), "'ij->ji'")
        raise TypeError(
            f"einsum takes its subscripts first: einsum({wanted}, {describe(subscripts)})"
        )


@dataclass(frozen=True)
class Matmul(ArrayOp):
    """The matrix product of vectors, matrices and batches of matrices, as NumPy's @."""

    def compute(self, *values: Any) -> Any:
        """X @ y; a message with both shapes if they don't fit."""
        x, y = values
        if not (shape_of(x) and shape_of(y)):
            raise ValueError("@ needs arrays; for plain numbers write x * y")
        if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
            raise ValueError(f"@ can't multiply shapes {x.shape} and {y.shape}")
        return np.matmul(x, y)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """Give x_bar @ yᵀ for the left operand and xᵀ @ x_bar for the right one."""
        x, y = values
        if len(shape_of(x)) == 1:  # a vector on the left is a row
            x = expand_dims(x, 0)
            x_bar = expand_dims(x_bar, -2) if len(shape_of(y)) > 1 else x_bar
        if len(shape_of(y)) == 1:  # a vector on the right is a column
            y = expand_dims(y, 1)
            x_bar = expand_dims(x_bar, -1) if shape_of(x_bar) else reshape(x_bar, (1, 1))
        if port == 0:
            adjoint = unbroadcast(x_bar @ y.swapaxes(-1, -2), x)
        else:
            adjoint = unbroadcast(x.swapaxes(-1, -2) @ x_bar, y)
        return _reshaped(adjoint, shape_of(values[port]))

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The product rule: x_dot @ y, or x @ x_dot."""
        x, y = values
        return x_dot @ y if port == 0 else x @ x_dot

    def write(self, operands: Sequence[str]) -> str:
        """X @ y."""
        return " @ ".join(operands)

    def latex(self, operands: Sequence[str]) -> str:
        """X y, side by side."""
        return r" \, ".join(operands)


@dataclass(frozen=True)
class Einsum(ArrayOp):
    """A sum of products. It is linear in each operand, and each adjoint is an einsum again."""

    inputs: tuple[str, ...]
    """The letters of each operand's axes."""
    output: str
    """The letters of the result's axes."""

    def compute(self, *values: Any) -> Any:
        """np.einsum; through BLAS where it can be. A number does not widen an array."""
        precision = common_precision(values)
        operands = [v if shape_of(v) else np.asarray(v, precision) for v in values]
        return np.einsum(self._subscripts(), *operands, optimize=len(values) > 1)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint multiplied with the other operands, and added up to the operand's letters.

        A letter that only this operand has was added up: its adjoint is repeated, by a factor of
        ones. A letter that it has twice took a diagonal: its adjoint is put on one, by an identity.
        """
        others = [i for i in range(len(values)) if i != port]
        letters = [self.output, *(self.inputs[i] for i in others)]
        factors = [x_bar, *(values[i] for i in others)]
        unused = _unused("".join([*self.inputs, self.output]))
        wanted = ""
        like = values[port]
        for letter, length in zip(self.inputs[port], shape_of(like), strict=True):
            if letter in wanted:
                twin = next(unused)
                letters.append(letter + twin)
                factors.append(np.eye(length, dtype=precision_of(like)))
                wanted += twin
                continue
            if not any(letter in known for known in letters):
                letters.append(letter)
                factors.append(np.ones(length, precision_of(like)))
            wanted += letter
        return unbroadcast(apply(Einsum(tuple(letters), wanted), *factors), like)

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """The same sum of products, with the tangent in the operand's place."""
        moved = apply(self, *values[:port], x_dot, *values[port + 1 :])
        return broadcast_like(moved, out)

    def write(self, operands: Sequence[str]) -> str:
        """einsum('ij,jk->ik', x, y)."""
        return super().write([repr(self._subscripts()), *operands])

    def latex(self, operands: Sequence[str]) -> str:
        r"""\sum_{j} x_{ij} \, y_{jk}."""
        added = "".join(dict.fromkeys(c for c in "".join(self.inputs) if c not in self.output))
        factors = (
            rf"{operand}_{{{letters}}}" if letters else operand
            for operand, letters in zip(operands, self.inputs, strict=True)
        )
        return (rf"\sum_{{{added}}} " if added else "") + r" \, ".join(factors)

    def _subscripts(self) -> str:
        return f"{','.join(self.inputs)}->{self.output}"


def _explicit(subscripts: str, ndims: Sequence[int]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and of the result, with letters for `...` and for no `->`."""
    given, arrow, output = subscripts.replace(" ", "").partition("->")
    parts = given.split(",")
    if len(parts) != len(ndims):
        named = counted(len(parts), "operand")
        raise ValueError(f"einsum {subscripts!r} names {named}, not {len(ndims)}")
    hidden = [ndim - len(part.replace("...", "")) for part, ndim in zip(parts, ndims, strict=True)]
    for part, ndim, more in zip(parts, ndims, hidden, strict=True):
        if more < 0 or (more and "..." not in part):
            axes = "1 axis" if ndim == 1 else f"{ndim} axes"
            raise ValueError(f"einsum {subscripts!r}: {part!r} does not fit {axes}")
    unused = _unused(subscripts)
    dots = "".join(next(unused) for _ in range(max(0, *hidden)))
    inputs = tuple(
        part.replace("...", dots[len(dots) - more :])
        for part, more in zip(parts, hidden, strict=True)
    )
    if not arrow:
        letters = given.replace(",", "").replace("...", "")
        output = "..." + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return inputs, output.replace("...", dots)


def _unused(letters: str) -> Iterator[str]:
    return (letter for letter in ascii_letters if letter not in letters)


def _reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    return x if shape_of(x) == shape else reshape(x, shape)
