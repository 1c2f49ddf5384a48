"""The same entries in another shape, and tensors put together or taken apart."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core import arrays
from ...core.arrays.indexing import scatter
from ...core.ops import OPS
from . import dtypes
from .comparisons import logical_not
from .devices import Device, check_device
from .elementwise import sub, where
from .operands import axis_of, check_tensors, copied, lengths_of
from .results import is_recording, node_for, result
from .tensors import Tensor, lifted, wrap


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same entries in another shape."""
    lengths = lengths_of(shape)
    try:
        array = input._data.reshape(lengths)
    except ValueError:
        raise RuntimeError(
            f"shape '{list(lengths)}' is invalid for input of size {input.numel()}"
        ) from None
    label = "ViewBackward0" if np.shares_memory(array, input._data) else "UnsafeViewBackward0"
    op = arrays.shapes.Reshape(tuple(array.shape))
    return result(array, label, op, [input], view_of=input)


def view(input: Tensor, *shape: Any) -> Tensor:
    """The same memory in another shape."""
    if len(shape) == 1 and isinstance(shape[0], dtypes.dtype):
        return wrap(input._data.view(shape[0].numpy))
    return reshape(input, *shape)


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of another tensor."""
    return view(input, *other.shape)


reshape_as = view_as


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """With the axes from `start_dim` to `end_dim` as one."""
    if not input.ndim:
        return reshape(input, 1)
    start, end = start_dim % input.ndim, end_dim % input.ndim
    if start == end:
        return input
    return reshape(input, *input.shape[:start], -1, *input.shape[end + 1 :])


def ravel(input: Tensor) -> Tensor:
    """The entries in one row."""
    return flatten(input)


def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without axes of length one."""
    axis = axis_of(dim, input.ndim)
    axes = range(input.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = tuple(i for i in axes if input.shape[i] == 1)
    label = "SqueezeBackward0" if dim is None else "SqueezeBackward1"
    op = arrays.shapes.Squeeze(gone)
    return result(input._data.squeeze(gone), label, op, [input], view_of=input)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new axis of length one."""
    place = axis_of(dim, input.ndim + 1)
    array, op = np.expand_dims(input._data, place), arrays.shapes.ExpandDims(place)
    return result(array, "UnsqueezeBackward0", op, [input], view_of=input)


def permute(input: Tensor, *dims: Any) -> Tensor:
    """With its axes in another order."""
    return permuted(input, lengths_of(dims), "PermuteBackward0")


def permuted(input: Tensor, order: tuple[int, ...], label: str) -> Tensor:
    """With its axes in this order."""
    op = arrays.shapes.Transpose(None if order == (1, 0) else order)
    return result(input._data.transpose(order), label, op, [input], view_of=input)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """With two axes exchanged."""
    order = list(range(input.ndim))
    first, second = axis_of(dim0, input.ndim), axis_of(dim1, input.ndim)
    order[first], order[second] = order[second], order[first]
    return permuted(input, tuple(order), "TransposeBackward0")


swapaxes = transpose


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return permuted(input, tuple(reversed(range(input.ndim))), "TBackward0")


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """Entries repeated along axes of length one; -1 keeps a length."""
    lengths = list(lengths_of(sizes))
    for i in range(1, input.ndim + 1):
        lengths[-i] = input.shape[-i] if lengths[-i] == -1 else lengths[-i]
    array = np.broadcast_to(input._data, lengths)
    build = lambda x: arrays.broadcast_to(x, tuple(lengths))  # noqa: E731
    return result(array, "ExpandBackward0", build, [input], view_of=input)


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """Entries repeated until it has this shape."""
    return expand(input, *size)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Entries repeated until it has the shape of another tensor."""
    return expand(input, *other.shape)


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Copies of the tensor side by side."""
    counts = lengths_of(repeats)
    shape = (1,) * (len(counts) - input.ndim) + tuple(input.shape)

    def tiled(x: Any) -> Any:
        x = arrays.reshape(x, shape)
        for axis, count in enumerate(counts):
            x = arrays.concatenate([x] * count, axis)
        return x

    return result(np.tile(input._data, counts), "RepeatBackward0", tiled, [input])


def clone(input: Tensor) -> Tensor:
    """A copy; a derivative flows through."""
    return result(input._data.copy(), "CloneBackward0", OPS["identity"], [input])


def contiguous(input: Tensor) -> Tensor:
    """With its entries row by row in memory."""
    return input if input.is_contiguous() else clone(input)


def to(input: Tensor, *target: Any, **named: Any) -> Tensor:
    """With entries of another type; devices are all the CPU."""
    kind = named.get("dtype")
    check_device(named.get("device"))
    for each in target:
        if isinstance(each, (str, Device)):
            check_device(each)
        kind = each if isinstance(each, dtypes.dtype) else kind
        kind = each.dtype if isinstance(each, Tensor) else kind
    if kind is None or kind is input.dtype:
        return input
    with np.errstate(all="ignore"):
        array = input._data.astype(kind.numpy)
    build = lambda x: arrays.in_precision_of(array, copied(x))  # noqa: E731
    return result(array, "ToCopyBackward0", build if array.ndim else OPS["identity"], [input])


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after the other along an axis that they have."""
    check_tensors("cat", tensors)
    parts = [lifted(each) for each in tensors]
    for place, part in enumerate(parts):
        if not part.ndim:
            raise RuntimeError(
                f"zero-dimensional tensor (at position {place}) cannot be concatenated"
            )
    kind = dtypes.promoted(parts).numpy
    axis = dim % builtins.max(parts[0].ndim, 1)
    for place, part in enumerate(parts):
        if part.ndim != parts[0].ndim:
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {parts[0].ndim} and {part.ndim}"
            )
        for own, wanted, i in zip(part.shape, parts[0].shape, range(part.ndim), strict=False):
            if own != wanted and i != axis:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {axis}. Expected size "
                    f"{wanted} but got size {own} for tensor number {place} in the list."
                )
    array = np.concatenate([p._data for p in parts], dim).astype(kind)
    return result(array, "CatBackward0", lambda *xs: arrays.concatenate(xs, dim), parts)


concat = concatenate = cat


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after the other along a new axis."""
    check_tensors("stack", tensors)
    parts = [lifted(each) for each in tensors]
    shapes = [list(p.shape) for p in parts]
    for place, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise RuntimeError(
                "stack expects each tensor to be equal size, but got "
                f"{shapes[0]} at entry 0 and {shape} at entry {place}"
            )
    array = np.stack([p._data for p in parts], dim)
    return result(array, "StackBackward0", lambda *xs: arrays.stack(xs, dim), parts)


def _pieces(input: Tensor, indices: Sequence[Any], label: str) -> tuple[Tensor, ...]:
    node = node_for(label, [input]) if is_recording([input]) else None
    return tuple(
        result(
            input._data[index],
            label,
            arrays.indexing.Getitem(index),
            [input],
            view_of=input,
            node=node,
            number=number,
        )
        for number, index in enumerate(indices)
    )


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The parts along an axis."""
    before = (slice(None),) * (dim % input.ndim)
    indices = [(*before, i) if before else i for i in range(input.shape[dim])]
    return _pieces(input, indices, "UnbindBackward0")


def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of one length, or of several given ones, along an axis."""
    length, before = input.shape[dim], (slice(None),) * (dim % input.ndim)
    if isinstance(split_size_or_sections, int):
        step, label = split_size_or_sections, "SplitBackward0"
        ends = [*range(0, length, step), length]
    else:
        label = "SplitWithSizesBackward0"
        ends = [0, *np.cumsum(split_size_or_sections).tolist()]
    indices = [(*before, slice(*ends[i : i + 2])) for i in range(len(ends) - 1)]
    return _pieces(input, indices, label)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """So many parts along an axis, the last one maybe shorter."""
    return split(input, -(-input.shape[dim] // chunks), dim)


def roll(input: Tensor, shifts: int, dims: int | None = None) -> Tensor:
    """The entries moved on by so many places, the last ones to the front."""
    places = np.roll(np.arange(input.numel()).reshape(input.shape), shifts, dims)
    index = np.unravel_index(places, input.shape)
    op = arrays.indexing.Getitem(index)
    return result(input._data[index], "RollBackward0", op, [input])


def flip(input: Tensor, *dims: Any) -> Tensor:
    """With the order along these axes reversed."""
    axes = [d % input.ndim for d in lengths_of(dims)]
    index = tuple(slice(None, None, -1 if i in axes else 1) for i in range(input.ndim))
    return result(
        input._data[index].copy(), "FlipBackward0", lambda x: arrays.getitem(x, index), [input]
    )


def trace(input: Tensor) -> Tensor:
    """The sum of the entries on the diagonal."""
    array = np.asarray(np.trace(input._data)).astype(input._data.dtype)
    index = _diagonal(input)
    return result(array, "TraceBackward0", lambda x: arrays.sum(arrays.getitem(x, index)), [input])


def diag(input: Tensor) -> Tensor:
    """The entries on the diagonal of a matrix, or a matrix with these entries there."""
    if input.ndim == 2:
        index = _diagonal(input)
        op = arrays.indexing.Getitem(index)
        return result(input._data[index], "DiagonalBackward0", op, [input])
    shape = (len(input), len(input))
    places = (np.arange(len(input)),) * 2

    def matrix(x: Any) -> Any:
        return scatter(x, places, np.zeros(shape, input._data.dtype))

    return result(np.diag(input._data), "DiagEmbedBackward0", matrix, [input])


def _diagonal(input: Tensor) -> tuple[Any, Any]:
    return (np.arange(builtins.min(input.shape)),) * 2


def masked_fill(input: Tensor, mask: Tensor, value: float) -> Tensor:
    """The entries, but `value` where the mask is true."""
    made = where(logical_not(mask), input, float(value))
    return made._relabelled("MaskedFillBackward0")  # type: ignore[no-any-return]


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    """The different entries, in order; their places and their numbers, too, if wanted."""
    entries, places, counts = np.unique(input._data, return_inverse=True, return_counts=True)
    found = [entries, *[places.reshape(input.shape)] * return_inverse, *[counts] * return_counts]
    tensors = tuple(wrap(each) for each in found)
    return tensors if len(tensors) > 1 else tensors[0]


def tile(input: Tensor, *dims: Any) -> Tensor:
    """Copies of the tensor side by side; axes that are not told stay as they are."""
    counts = lengths_of(dims)
    return repeat(input, *(1,) * (input.ndim - len(counts)), *counts)


def repeat_interleave(input: Tensor, repeats: int, dim: int | None = None) -> Tensor:
    """Each entry so many times."""
    input, axis = (flatten(input), 0) if dim is None else (input, dim % input.ndim)
    index = (*(slice(None),) * axis, np.repeat(np.arange(input.shape[axis]), repeats))
    op = arrays.indexing.Getitem(index)
    return result(input._data[index], "IndexSelectBackward0", op, [input])


def movedim(input: Tensor, source: int, destination: int) -> Tensor:
    """With an axis in another place."""
    order = list(range(input.ndim))
    order.insert(destination % input.ndim, order.pop(source % input.ndim))
    return permuted(input, tuple(order), "PermuteBackward0")


def fliplr(input: Tensor) -> Tensor:
    """With its columns in reverse order."""
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """With its rows in reverse order."""
    return flip(input, 0)


def diff(input: Tensor, n: int = 1, dim: int = -1) -> Tensor:
    """Each entry less the one before it."""
    for _ in range(n):
        length = input.shape[dim] - 1
        input = sub(narrow(input, dim, 1, length), narrow(input, dim, 0, length))
    return input


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side; vectors are columns."""
    return hstack([each if each.ndim > 1 else reshape(each, -1, 1) for each in tensors])


def new(input: Tensor, *data: Any) -> Tensor:
    """A tensor of the same type, of these numbers or of this shape."""
    made = Tensor(*data)
    return wrap(made._data.astype(input._data.dtype))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The places of the entries that are not zero, a row for each, or axis by axis."""
    if as_tuple:
        return tuple(wrap(each) for each in np.nonzero(input._data))
    return wrap(np.argwhere(input._data))


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """So many entries along an axis, from `start` on."""
    index = (*(slice(None),) * (dim % input.ndim), slice(start, start + length))
    op = arrays.indexing.Getitem(index)
    return result(input._data[index], "SliceBackward0", op, [input], view_of=input)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one below the other; vectors are rows."""
    return cat([each if each.ndim > 1 else reshape(each, 1, -1) for each in tensors])


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side."""
    return cat(
        [each if each.ndim else reshape(each, 1) for each in tensors],
        0 if tensors[0].ndim < 2 else 1,
    )


def _triangle(input: Tensor, diagonal: int, keep: Any, label: str) -> Tensor:
    mask = keep(np.ones(input.shape, input._data.dtype), diagonal)
    operands = [input, wrap(mask)]
    return result(keep(input._data, diagonal), label, OPS["mul"], operands, shown=[input])


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The entries on the diagonal and below, zeros above."""
    return _triangle(input, diagonal, np.tril, "TrilBackward0")


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The entries on the diagonal and above, zeros below."""
    return _triangle(input, diagonal, np.triu, "TriuBackward0")
