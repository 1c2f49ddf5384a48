"""Sums, means, extremes, and what else goes over axes."""

from __future__ import annotations

import builtins
import math
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from ...core import arrays, functions
from ...core.ops import OPS
from ...core.tensor import apply
from .elementwise import div, maximum, minimum, where
from .operands import axis_of, copied
from .results import result
from .sums import total
from .tensors import Tensor, wrap


def _numbered(label: str, dim: Any) -> str:
    return f"{label}Backward{0 if dim is None else 1}"


def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of the entries, of all or along the axes `dim`."""
    input = input if dtype is None else input.to(dtype)
    axis = axis_of(dim, input.ndim)
    kind = input.dtype.numpy if input.is_floating_point() else np.dtype(np.int64)
    array = added(input._data, axis, keepdim).astype(kind)
    op = arrays.broadcasting.Sum(axis, keepdim)
    return result(array, _numbered("Sum", dim), op, [input])


def added(array: Any, axis: Any, keepdim: bool) -> Any:
    """The sum: of floats as PyTorch adds them, of whole numbers exactly."""
    if array.dtype.kind == "f":
        return np.asarray(total(array, axis, keepdim))
    return np.asarray(np.sum(array, axis=axis, keepdims=keepdim))


def mean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean of the entries, of all or along the axes `dim`."""
    input = input if dtype is None else input.to(dtype)
    if not input.is_floating_point():
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {input.dtype.label}"
        )
    axis = axis_of(dim, input.ndim)
    whole = added(input._data, axis, keepdim)
    with np.errstate(all="ignore"):
        array = np.asarray(whole / arrays.broadcasting.count(input._data, axis))
    op = arrays.broadcasting.Mean(axis, keepdim)
    return result(array.astype(whole.dtype), _numbered("Mean", dim), op, [input])


class _Pair(NamedTuple):
    values: Any
    indices: Any


class Extremes(_Pair):
    """The largest or smallest entries along an axis, and where they are."""

    name = "max"

    def __repr__(self) -> str:
        return (
            f"torch.return_types.{self.name}(\nvalues={self.values!r},\nindices={self.indices!r})"
        )


class _Smallest(Extremes):
    name = "min"


class _Sorted(Extremes):
    name = "sort"


class _Top(Extremes):
    name = "topk"


class _Kth(Extremes):
    name = "kthvalue"


class _Median(Extremes):
    name = "median"


def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest entry; along an axis also where it is; of two tensors, entry by entry."""
    return _extreme(input, dim, keepdim, "Max", arrays.reductions.Max(), maximum, Extremes)


def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest entry; along an axis also where it is; of two tensors, entry by entry."""
    return _extreme(input, dim, keepdim, "Min", arrays.reductions.Min(), minimum, _Smallest)


def _extreme(
    input: Tensor, dim: Any, keepdim: bool, name: str, op: Any, of_two: Any, kind: Any
) -> Any:
    if isinstance(dim, Tensor):
        return of_two(input, dim)
    if dim is None:
        array = np.asarray(op.compute(input._data))
        return result(array, f"{name}Backward1", op, [input], saves="self")
    axis = axis_of(dim, input.ndim)
    if axis is None:
        return kind(
            result(input._data.copy(), f"{name}Backward0", copied, [input]), wrap(np.array(0))
        )
    where = (np.argmax if name == "Max" else np.argmin)(input._data, axis=axis)
    values, places = taken(input, np.expand_dims(where, axis), axis, f"{name}Backward0", keepdim)
    return kind(values, wrap(places))


def taken(x: Tensor, places: Any, axis: int, label: str, keepdim: bool) -> tuple[Tensor, Any]:
    """The entries at these places along an axis."""
    index: Any = list(np.indices(places.shape, sparse=True))
    index[axis] = places
    index = tuple(index)
    array = x._data[index]
    if not keepdim:
        array, places = np.squeeze(array, axis), np.asarray(np.squeeze(places, axis))

    def take(core: Any) -> Any:
        taken = arrays.getitem(core, index)
        return taken if keepdim else arrays.squeeze(taken, axis)

    return result(np.asarray(array), label, take, [x]), places


def amax(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The largest entry, of all or along the axes `dim`."""
    op = arrays.reductions.Max(axis_of(dim or None, input.ndim), keepdim)
    return result(np.asarray(op.compute(input._data)), "AmaxBackward0", op, [input])


def amin(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The smallest entry, of all or along the axes `dim`."""
    op = arrays.reductions.Min(axis_of(dim or None, input.ndim), keepdim)
    return result(np.asarray(op.compute(input._data)), "AminBackward0", op, [input])


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the largest entry is."""
    return wrap(np.asarray(np.argmax(input._data, axis=dim, keepdims=keepdim)))


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the smallest entry is."""
    return wrap(np.asarray(np.argmin(input._data, axis=dim, keepdims=keepdim)))


def sort(input: Tensor, dim: int = -1, descending: bool = False) -> Any:
    """The entries in order along an axis, and where they were."""
    key = -input._data if descending else input._data
    places = np.argsort(key, axis=dim, kind="stable")
    values, _ = taken(input, places, dim % input.ndim, "SortBackward0", True)
    return _Sorted(values, wrap(places))


def argsort(input: Tensor, dim: int = -1, descending: bool = False) -> Tensor:
    """Where the entries in order are."""
    return sort(input.detach(), dim, descending)[1]  # type: ignore[no-any-return]


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True) -> Any:
    """The k largest or smallest entries along an axis, and where they are."""
    key = -input._data if largest else input._data
    places = np.take(np.argsort(key, axis=dim, kind="stable"), range(k), dim)
    values, _ = taken(input, places, dim % input.ndim, "TopkBackward0", True)
    return _Top(values, wrap(places))


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The entry in the middle of the order, of two the smaller; along an axis also where it is."""
    if dim is not None:
        return kthvalue(input, (input.shape[dim] + 1) // 2, dim, keepdim, _Median)
    place = np.unravel_index(
        np.argsort(input._data, axis=None)[(input.numel() - 1) // 2], input.shape
    )
    index = tuple(int(i) for i in place)
    op = arrays.indexing.Getitem(index) if index else OPS["identity"]
    return result(np.asarray(input._data[index]), "MedianBackward0", op, [input])


def kthvalue(
    input: Tensor, k: int, dim: int = -1, keepdim: bool = False, kind: type[Extremes] = _Kth
) -> Any:
    """The entry in place k of the order along an axis, and where it is."""
    axis = dim % input.ndim
    places = np.take(np.argsort(input._data, axis=axis, kind="stable"), [k - 1], axis)
    values, where = taken(input, places, axis, f"{kind.name.title()}Backward0", keepdim)
    return kind(values, wrap(where))


def cumprod(input: Tensor, dim: int) -> Tensor:
    """Running products along an axis."""
    parts = [input._data.take(i, dim) for i in range(input.shape[dim])]
    array = np.stack([reduce(np.multiply, parts[: i + 1]) for i in range(len(parts))], dim)

    def running(x: Any) -> Any:
        turned = arrays.swapaxes(x, 0, dim)
        made = [turned[0]]
        for i in range(1, len(parts)):
            made.append(_times(made[-1], turned[i]))
        return arrays.swapaxes(arrays.stack(made, 0), 0, dim)

    return result(array, "CumprodBackward0", running, [input], saves="self result")


def nansum(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The sum of the entries that are not nan."""
    return sum(_without_nan(input), dim, keepdim)


def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The mean of the entries that are not nan."""
    known = wrap((~np.isnan(input._data)).astype(input._data.dtype))
    return div(nansum(input, dim, keepdim), sum(known, dim, keepdim))


def _without_nan(input: Tensor) -> Tensor:
    return where(wrap(np.isnan(input._data)), 0.0, input)  # type: ignore[no-any-return]


def count_nonzero(input: Tensor, dim: int | None = None) -> Tensor:
    """How many entries are not zero."""
    return wrap(np.asarray(np.count_nonzero(input._data, axis=dim)))


class _MinMax(NamedTuple):
    min: Any
    max: Any

    def __repr__(self) -> str:
        return f"torch.return_types.aminmax(\nmin={self.min!r},\nmax={self.max!r})"


def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest entry."""
    return _MinMax(amin(input, dim, keepdim), amax(input, dim, keepdim))


def std_mean(input: Tensor, dim: Any = None, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean."""
    return std(input, dim, keepdim=keepdim), mean(input, dim, keepdim)


def var_mean(input: Tensor, dim: Any = None, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """The variance and the mean."""
    return var(input, dim, keepdim=keepdim), mean(input, dim, keepdim)


def bincount(input: Tensor, minlength: int = 0) -> Tensor:
    """How often each whole number occurs."""
    return wrap(np.bincount(input._data, minlength=minlength))


def prod(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The product of the entries, of all or along an axis."""
    axis = axis_of(dim, input.ndim)
    kind = input.dtype.numpy if input.is_floating_point() else np.dtype(np.int64)
    wide = input._data.astype(float if input.is_floating_point() else np.int64)
    array = np.asarray(np.prod(wide, axis=axis, keepdims=keepdim)).astype(kind)

    def product(x: Any) -> Any:
        if not x.shape:
            return copied(x)
        parts = arrays.ravel(x) if axis is None else arrays.swapaxes(x, 0, axis)
        total = reduce(_times, [parts[i] for i in range(len(parts))])
        return arrays.reshape(total, array.shape) if array.shape != total.shape else total

    return result(array, _numbered("Prod", dim), product, [input], saves="self result")


def _times(x: Any, y: Any) -> Any:
    return apply(OPS["mul"], x, y)


def _spread(
    input: Tensor, dim: Any, correction: int, keepdim: bool, is_root: bool, label: str
) -> Tensor:
    axis = axis_of(dim, input.ndim)
    wide = input._data.astype(float)
    count = arrays.broadcasting.count(wide, axis)
    with np.errstate(all="ignore"):
        middle = np.mean(wide, axis=axis, keepdims=True)
        squares = np.asarray(np.sum((wide - middle) ** 2, axis=axis, keepdims=keepdim))
        variance = squares / np.float64(builtins.max(count - correction, 0))
        array = np.asarray(np.sqrt(variance) if is_root else variance)
    factor = count / (count - correction) if count > correction else math.nan

    def spread(x: Any) -> Any:
        if is_root:
            return arrays.std(x, axis, keepdim) * math.sqrt(factor)
        return arrays.var(x, axis, keepdim) * factor

    return result(array.astype(input._data.dtype), label, spread, [input], saves="self result")


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Tensor:
    """The variance: squares added and divided by their number less one, or less `correction`."""
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    correction = int(unbiased) if correction is None else correction
    return _spread(input, dim, correction, keepdim, False, "VarBackward0")


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Tensor:
    """The standard deviation, the root of the variance."""
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    correction = int(unbiased) if correction is None else correction
    return _spread(input, dim, correction, keepdim, True, "StdBackward0")


def norm(input: Tensor, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The length √Σx²; with p=1 Σ|x|, with p=inf the largest |x|."""
    axis = axis_of(dim, input.ndim)
    wide = np.abs(input._data.astype(float))
    settings = {"axis": axis, "keepdims": keepdim}
    if p in (2, "fro", 2.0):
        array = np.sqrt(np.sum(wide**2, **settings))
        build: Any = arrays.reductions.Norm(axis, keepdim)
    elif p == 1:
        array = np.sum(wide, **settings)
        build = lambda x: arrays.sum(functions.absolute(x), axis, keepdim)  # noqa: E731
    elif p == math.inf:
        array = np.max(wide, **settings)
        build = lambda x: arrays.max(functions.absolute(x), axis, keepdim)  # noqa: E731
    else:
        raise NotImplementedError(f"norm with p={p} is not in this dialect: 1, 2 and inf are")
    array = np.asarray(array).astype(input._data.dtype)
    return result(array, "LinalgVectorNormBackward0", build, [input], saves="self result")


def cumsum(input: Tensor, dim: int) -> Tensor:
    """Running sums along an axis."""
    wide = input._data.astype(float if input.is_floating_point() else np.int64)
    array = np.cumsum(wide, dim)
    array = array.astype(input._data.dtype) if input.is_floating_point() else array
    return result(array, "CumsumBackward0", lambda x: arrays.cumsum(x, dim), [input])
