"""Taking entries, and writing into tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import arrays, functions
from ...core.arrays.indexing import scatter
from . import dtypes
from .operands import bare, copied, is_number
from .results import is_recording, result
from .tape import is_grad_enabled, is_inference_mode_enabled
from .tensors import Tensor, lifted


def _settled(index: Any) -> Any:
    """An index as NumPy takes it."""
    if isinstance(index, tuple):
        return tuple(_settled(each) for each in index)
    if isinstance(index, Tensor):
        if index._data.dtype.kind == "f":
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        return index._data if index.ndim or index.dtype is dtypes.bool_ else int(index._data)
    if isinstance(index, slice):
        return slice(
            *[None if e is None else int(e) for e in (index.start, index.stop, index.step)]
        )
    return index


def _index_label(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    label = "AliasBackward0"
    for part in parts:
        if part is None:
            label = "UnsqueezeBackward0"
        elif isinstance(part, slice):
            label = label if part == slice(None) else "SliceBackward0"
        elif isinstance(part, (list, np.ndarray)):
            return "IndexBackward0"
        elif part is not Ellipsis:
            label = "SelectBackward0"
    return label


def getitem(input: Tensor, index: Any) -> Tensor:
    """input[index]."""
    index = _settled(index)
    try:
        array = input._data[index]
    except IndexError as error:
        raise IndexError(_index_message(input, index, error)) from None
    array = np.asarray(array)
    label = _index_label(index)
    shared = None if label == "IndexBackward0" else input
    if shared is not None and not array.ndim:
        array = _no_axes(input._data, index)
    return result(array, label, arrays.indexing.Getitem(index), [input], view_of=shared)


def _no_axes(array: Any, index: Any) -> Any:
    """One entry as a view of the array's memory, which array[index] alone would copy."""
    return array[(*(index if isinstance(index, tuple) else (index,)), ...)]


def _index_message(input: Tensor, index: Any, error: IndexError) -> str:
    if not input.ndim:
        return (
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
            "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
        )
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) > input.ndim:
        return f"too many indices for tensor of dimension {input.ndim}"
    for dim, part in enumerate(parts):
        if isinstance(part, int) and not -input.shape[dim] <= part < input.shape[dim]:
            return f"index {part} is out of bounds for dimension {dim} with size {input.shape[dim]}"
    return str(error)


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """input[index] = value."""
    index = _settled(index)
    given = value if is_number(value) else lifted(value)
    check_writable(input, is_grad_enabled(), is_whole=False)
    array = input._data.copy()
    try:
        array[index] = bare(given)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(np.shape(bare(given)))} cannot be "
            f"broadcast to indexing result of shape {list(input._data[index].shape)}"
        ) from None
    if not is_recording([input, given]):
        input._data[index] = bare(given)
        input._counter[0] += 1
        return
    mask = np.zeros(input.shape, bool)
    mask[index] = True
    shape = input._data[index].shape

    def replaced(x: Any, y: Any) -> Any:
        y = arrays.broadcast_to(y, shape) if shape and np.shape(bare(given)) != shape else y
        return functions.where(mask, scatter(y, index, x), x)

    write_into(input, result(array, "CopySlices", replaced, [input, given]))


def check_writable(tensor: Tensor, is_recorded: bool, is_whole: bool = True) -> None:
    """RuntimeError if autograd forbids to write into it."""
    if tensor.is_inference() and not is_inference_mode_enabled():
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make "
            "a clone to get a normal tensor before doing inplace update.See "
            "https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    if not is_recorded:
        return
    if tensor.requires_grad and tensor.is_leaf:
        what = "a leaf Variable" if is_whole else "a view of a leaf Variable"
        raise RuntimeError(f"{what} that requires grad is being used in an in-place operation.")
    base = tensor._base
    if base is not None and tensor.requires_grad and base.requires_grad and base.is_leaf:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation."
        )


def write_into(tensor: Tensor, made: Tensor) -> Tensor:
    """Give a tensor the entries of another, and its place in the graph."""
    if np.can_cast(made._data.dtype, tensor._data.dtype, "same_kind") is False:
        raise RuntimeError(
            f"result type {made.dtype.label} can't be cast to the desired output type "
            f"{tensor.dtype.label}"
        )
    if np.broadcast_shapes(made._data.shape, tensor._data.shape) != tensor._data.shape:
        raise RuntimeError(
            f"output with shape {list(tensor.shape)} doesn't match the broadcast shape "
            f"{list(made.shape)}"
        )
    tensor._data[...] = made._data
    tensor._counter[0] += 1
    if made.requires_grad:
        tensor._node, tensor._edge = made._node, made._edge
        tensor._requires_grad = True
        if tensor._edge is not None:
            for saved in tensor._edge.node.saved:
                if saved.node is not None:
                    saved.tensor, saved.version = tensor, tensor._counter[0]
        if tensor._taken is not None:
            _write_through(tensor)
    return tensor


def _write_through(view: Tensor) -> None:
    """Record what was written into a view as written into the tensor that it is a view of."""
    assert view._taken is not None
    whole, op = view._taken
    numbers = np.arange(whole.numel()).reshape(whole.shape)
    taken = op.evaluate(numbers) if hasattr(op, "evaluate") else op(numbers)
    index = np.unravel_index(np.asarray(taken, int), whole.shape)
    mask = np.zeros(whole.shape, bool)
    mask[index] = True

    def replaced(x: Any, y: Any) -> Any:
        return functions.where(mask, scatter(y, index, x), x)

    made = result(whole._data, "CopySlices", replaced, [whole, view])
    whole._node, whole._edge, whole._requires_grad = made._node, made._edge, True
    if whole._taken is not None:
        _write_through(whole)
    again = result(view._data, "AsStridedBackward0", op, [whole])
    view._node, view._edge = again._node, again._edge


def in_place(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """`x.exp_()` from `exp`: the result is written into x."""

    def method(self: Tensor, *arguments: Any, **named: Any) -> Tensor:
        check_writable(self, is_grad_enabled())
        return write_into(self, function(self, *arguments, **named))

    return method


def zero_(self: Tensor) -> Tensor:
    """Every entry 0."""
    return fill_(self, 0)


def fill_(self: Tensor, value: Any) -> Tensor:
    """Every entry `value`."""
    return _filled(self, np.full(self.shape, bare(value), self._data.dtype), "FillBackward0")


def copy_(self: Tensor, source: Any) -> Tensor:
    """The entries of another tensor."""
    check_writable(self, is_grad_enabled())
    source = lifted(source)
    array = np.broadcast_to(source._data, self.shape).astype(self._data.dtype)
    return write_into(self, result(array, "CopyBackwards", copied, [source]))


def _filled(self: Tensor, array: Any, label: str) -> Tensor:
    check_writable(self, is_grad_enabled())
    return write_into(self, result(array, label, lambda x: x * 0.0, [self]))
