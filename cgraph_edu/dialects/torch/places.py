"""Entries taken from, and put to, places that a tensor of whole numbers tells."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import arrays, functions
from ...core.arrays.indexing import scatter as put
from .operands import bare, is_number
from .reductions import taken
from .results import result
from .tensors import Tensor, lifted


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The entries at the places `index` along an axis."""
    return taken(input, index._data, dim % input.ndim, "GatherBackward0", True)[0]


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The rows, or columns, of these numbers."""
    axis = dim % max(input.ndim, 1)
    where = (*(slice(None),) * axis, np.atleast_1d(index._data))
    op = arrays.indexing.Getitem(where)
    return result(input._data[where], "IndexSelectBackward0", op, [input])


def take(input: Tensor, index: Tensor) -> Tensor:
    """The entries of these numbers, counted row by row."""
    where = np.unravel_index(index._data, input.shape)
    op = arrays.indexing.Getitem(where)
    return result(np.asarray(input._data[where]), "TakeBackward0", op, [input])


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The entries where the mask is true, in a row."""
    where = np.nonzero(np.broadcast_to(mask._data, input.shape))
    op = arrays.indexing.Getitem(where)
    return result(input._data[where], "MaskedSelectBackward0", op, [input])


def _along(shape: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """Index arrays for the places `index` along an axis."""
    where: list[Any] = list(np.indices(index.shape, sparse=True))
    where[dim % max(len(shape), 1)] = index
    return tuple(where)


def _scattered(input: Tensor, where: Any, src: Any, is_added: bool, label: str) -> Tensor:
    given = src if is_number(src) else lifted(src)
    if isinstance(given, Tensor):
        corner = tuple(slice(n) for n in np.broadcast_shapes(*map(np.shape, where)))
        given = given if not given.ndim else given[corner]
    array = input._data.copy()
    shape = array[where].shape
    (np.add.at if is_added else _put)(array, where, bare(given))
    mask = np.zeros(input.shape, bool)
    mask[where] = True

    def scattered(x: Any, y: Any) -> Any:
        y = arrays.broadcast_to(y, shape) if np.shape(bare(given)) != shape else y
        spread = put(y, where, x)
        return x + spread if is_added else functions.where(mask, spread, x)

    return result(array, label, scattered, [input, given])


def _put(array: Any, where: Any, values: Any) -> None:
    array[where] = values


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None
) -> Tensor:
    """The entries, with those of `src` at the places `index` along an axis."""
    src = value if src is None else src
    where = _along(input.shape, dim, index._data)
    return _scattered(input, where, src, False, "ScatterBackward0")


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The entries, with those of `src` added at the places `index` along an axis."""
    where = _along(input.shape, dim, index._data)
    return _scattered(input, where, src, True, "ScatterAddBackward0")


def _rows(input: Tensor, dim: int, index: Tensor) -> tuple[Any, ...]:
    axis = dim % input.ndim
    return np.ix_(*[index._data if i == axis else range(n) for i, n in enumerate(input.shape)])


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """The entries, with rows of `source` added to the rows of these numbers."""
    return _scattered(input, _rows(input, dim, index), source, True, "IndexAddBackward0")


def index_fill(input: Tensor, dim: int, index: Tensor, value: float) -> Tensor:
    """The entries, with one number in the rows of these numbers."""
    return _scattered(input, _rows(input, dim, index), value, False, "IndexFillBackward0")
