"""PyTorch's functions of tensors, most of them methods too.

Values are computed in double precision and rounded once. What the engine records is its own op,
so graphs and derivatives are those of the native notation; PyTorch's name of the operation is kept
beside it, for `grad_fn`.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from ...core import arrays, functions
from ...core.arrays.indexing import scatter
from ...core.ops import OPS, Op, row
from ...core.tensor import Tensor as CoreTensor
from ...core.tensor import apply, record
from . import dtypes
from .error_function import Erf, erf_of
from .sums import Matmul, product, total
from .tape import Node, is_grad_enabled
from .tensors import (
    Tensor,
    core_value,
    is_recording,
    lifted,
    node_for,
    result,
    wrap,
)

# --- Elementwise ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Elementwise:
    """A function of an op row, with PyTorch's name for its backward step."""

    row: Op
    label: str
    saves: str = ""
    gives_float: bool = True

    def __call__(self, *operands: Any) -> Tensor:
        """The function, entry by entry."""
        tensors = [o if is_number(o) else lifted(o) for o in operands]
        kind = dtypes.promoted(tensors)
        if self.gives_float and not kind.is_floating_point:
            kind = dtypes.get_default_dtype()
        saves = " ".join(n for n in self.saves.split() if _is_saved(n, tensors))
        return result(compute(self.row, kind, tensors), self.label, self.row, tensors, saves=saves)


def _is_saved(name: str, operands: Sequence[Any]) -> bool:
    # A factor is needed for the other one's derivative, and only for that.
    if len(operands) < 2 or name == "result":
        return True
    other = operands[1 if name == "self" else 0]
    return name == "self!" or (isinstance(other, Tensor) and other.requires_grad)


def is_number(value: Any) -> bool:
    """Whether it is a Python number."""
    return isinstance(value, (bool, int, float))


def compute(op: Op, kind: dtypes.dtype, operands: Sequence[Any]) -> Any:
    """The op's value at these operands, as an array of this type."""
    wide = kind if kind.is_floating_point else dtypes.float64
    plain = [_double(o, wide) for o in operands]
    _check_shapes([np.shape(value) for value in plain])
    value = np.asarray(op.evaluate(*plain))
    if op.is_comparison:
        return value.astype(bool)
    with np.errstate(all="ignore"):
        return value.astype(kind.numpy)


def _double(operand: Any, kind: dtypes.dtype) -> Any:
    if is_number(operand):
        return float(kind.numpy.type(operand))
    array = operand._data
    return array.astype(float) if array.ndim else float(array)


def _check_shapes(shapes: Sequence[tuple[int, ...]]) -> None:
    first = shapes[0]
    for other in shapes[1:]:
        for i in range(1, builtins.min(len(first), len(other)) + 1):
            a, b = first[-i], other[-i]
            if a != b and 1 not in (a, b):
                place = builtins.max(len(first), len(other)) - i
                raise RuntimeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) "
                    f"at non-singleton dimension {place}"
                )
        first = np.broadcast_shapes(first, other)


_ROWS = {
    "log2": row("log2", "log(x) / 0.6931471805599453", ["1 / (x * 0.6931471805599453)"], ""),
    "log10": row("log10", "log(x) / 2.302585092994046", ["1 / (x * 2.302585092994046)"], ""),
    "rsqrt": row("rsqrt", "1 / sqrt(x)", ["-0.5 * out ** 3"], r"\frac{{1}}{{\sqrt{{{x}}}}}"),
    "reciprocal": row("reciprocal", "1 / x", ["-out * out"], r"\frac{{1}}{{{x}}}"),
    "ceil": row("ceil", "-floor(-x)", ["0"], r"\lceil {x} \rceil"),
    "trunc": row("trunc", "sign(x) * floor(abs(x))", ["0"], r"\operatorname{{trunc}} {x}"),
    "softplus": row(
        "softplus",
        "where(x > 20, x, log1p(exp(minimum(x, 20))))",
        ["1 / (1 + exp(-x))"],
        r"\operatorname{{softplus}} {x}",
    ),
    "log_sigmoid": row(
        "log_sigmoid",
        "minimum(x, 0) - log1p(exp(-abs(x)))",
        ["1 / (1 + exp(x))"],
        r"\ln \sigma\left({x}\right)",
    ),
    "silu": row(
        "silu",
        "x / (1 + exp(-x))",
        ["1 / (1 + exp(-x)) * (1 + x * (1 - 1 / (1 + exp(-x))))"],
        r"\operatorname{{silu}} {x}",
    ),
    "leaky_relu": row(
        "leaky_relu",
        "where(x > 0, x, slope * x)",
        ["where(x > 0, 1, slope)", "where(x > 0, 0, x)"],
        r"\operatorname{{leaky\_relu}} {x}",
        operands=["x", "slope"],
    ),
    "elu": row(
        "elu",
        "where(x > 0, x, alpha * expm1(minimum(x, 0)))",
        ["where(x > 0, 1, out + alpha)", "where(x > 0, 0, expm1(minimum(x, 0)))"],
        r"\operatorname{{elu}} {x}",
        operands=["x", "alpha"],
    ),
}


def _unary(name: str, label: str, saves: str = "self") -> Elementwise:
    return Elementwise(_ROWS.get(name) or OPS[name], f"{label}Backward0", saves)


exp = _unary("exp", "Exp", "result")
log = _unary("log", "Log")
log2 = _unary("log2", "Log2")
log10 = _unary("log10", "Log10")
log1p = _unary("log1p", "Log1P")
expm1 = _unary("expm1", "Expm1", "result")
sqrt = _unary("sqrt", "Sqrt", "result")
rsqrt = _unary("rsqrt", "Rsqrt", "result")
reciprocal = _unary("reciprocal", "Reciprocal", "result")
sin = _unary("sin", "Sin")
cos = _unary("cos", "Cos")
tan = _unary("tan", "Tan", "result")
asin = arcsin = _unary("asin", "Asin")
acos = arccos = _unary("acos", "Acos")
atan = arctan = _unary("atan", "Atan")
sinh = _unary("sinh", "Sinh")
cosh = _unary("cosh", "Cosh")
tanh = _unary("tanh", "Tanh", "result")
sigmoid = _unary("sigmoid", "Sigmoid", "result")
relu = Elementwise(OPS["relu"], "ReluBackward0", "result", gives_float=False)
abs = absolute = Elementwise(OPS["abs"], "AbsBackward0", "self", gives_float=False)
neg = negative = Elementwise(OPS["neg"], "NegBackward0", gives_float=False)
sign = sgn = Elementwise(OPS["sign"], "SignBackward0", gives_float=False)
floor = Elementwise(OPS["floor"], "FloorBackward0", gives_float=False)
ceil = Elementwise(_ROWS["ceil"], "CeilBackward0", gives_float=False)
trunc = Elementwise(_ROWS["trunc"], "TruncBackward0", gives_float=False)
softplus = _unary("softplus", "Softplus")
log_sigmoid = _unary("log_sigmoid", "LogSigmoid")
silu = _unary("silu", "Silu")
leaky_relu = _unary("leaky_relu", "LeakyRelu")
elu = _unary("elu", "Elu")

_add = Elementwise(OPS["add"], "AddBackward0", gives_float=False)
_sub = Elementwise(OPS["sub"], "SubBackward0", gives_float=False)
_rsub = Elementwise(OPS["sub"], "RsubBackward1", gives_float=False)
mul = multiply = Elementwise(OPS["mul"], "MulBackward0", "self other", gives_float=False)
_div = Elementwise(OPS["div"], "DivBackward0", "self other!")
floor_divide = Elementwise(OPS["floordiv"], "NotImplemented", gives_float=False)
remainder = Elementwise(OPS["mod"], "RemainderBackward0", gives_float=False)
maximum = Elementwise(OPS["maximum"], "MaximumBackward0", "self! other!", gives_float=False)
minimum = Elementwise(OPS["minimum"], "MinimumBackward0", "self! other!", gives_float=False)


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Input + alpha · other."""
    return _add(input, other if alpha == 1 else mul(other, alpha))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Input - alpha · other."""
    return _sub(input, other if alpha == 1 else mul(other, alpha))


subtract = sub


def rsub(input: Any, other: Any) -> Tensor:
    """Other - input."""
    return _rsub(other, input) if is_number(other) else _sub(other, input)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Input / other; rounded down with "floor", towards 0 with "trunc"."""
    if rounding_mode == "floor":
        return floor_divide(input, other)
    return trunc(_div(input, other)) if rounding_mode == "trunc" else _div(input, other)


divide = true_divide = div


def rdiv(input: Any, other: Any) -> Tensor:
    """Other / input: PyTorch makes the reciprocal first, then multiplies."""
    return mul(reciprocal(input), other) if is_number(other) else _div(other, input)


def pow(input: Any, exponent: Any) -> Tensor:
    """Input to the power of `exponent`."""
    operands = [o if is_number(o) else lifted(o) for o in (input, exponent)]
    kind = dtypes.promoted(operands)
    array = compute(OPS["pow"], kind, operands)
    if is_number(exponent):
        shown, label, saves = operands[:1], "PowBackward0", "self"
    elif is_number(input):
        shown, label, saves = operands[1:], "PowBackward2", "result"
    else:
        shown, label, saves = operands, "PowBackward1", "self other result"
    return result(array, label, OPS["pow"], operands, shown=shown, saves=saves)


def erf(input: Tensor) -> Tensor:
    """The error function."""
    input = lifted(input)
    array = np.asarray(erf_of(input._data.astype(float))).astype(input._data.dtype)
    return result(array, "ErfBackward0", Erf(), [input], saves="self")


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """X · Φ(x), with the normal distribution function Φ."""
    if approximate != "none":
        raise NotImplementedError("gelu with approximate= is not in this dialect")
    wide = lifted(input)._data.astype(float)
    array = np.asarray(wide / 2 * (1 + erf_of(wide / math.sqrt(2)))).astype(input._data.dtype)

    def build(x: Any) -> Any:
        return x * (apply(Erf(), x * math.sqrt(0.5)) + 1.0) * 0.5

    return result(array, "GeluBackward0", build, [input], saves="self")


def square(input: Any) -> Tensor:
    """Input²."""
    return pow(input, 2)


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """The entries, none below `min` and none above `max`."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    input = lifted(input)
    low, high = (-math.inf if min is None else min), (math.inf if max is None else max)
    operands = [input, *(o if is_number(o) else lifted(o) for o in (low, high))]
    kind = dtypes.promoted([o for o in operands if not (is_number(o) and math.isinf(o))])
    low, high = operands[1:]
    array = np.minimum(np.maximum(input._data, _bare(low)), _bare(high)).astype(kind.numpy)
    is_plain = is_number(low) and is_number(high)
    given = [low] * (min is not None) + [high] * (max is not None)
    build = {
        (True, True): OPS["clip"],
        (True, False): OPS["maximum"],
        (False, True): OPS["minimum"],
    }[min is not None, max is not None]
    label = "ClampBackward1" if is_plain else "ClampBackward0"
    bounded = build if len(given) == 2 else _one_sided(min is not None)
    return result(array, label, bounded, [input, *given], shown=[input], saves="self")


def _one_sided(is_low: bool) -> Callable[..., Any]:
    # At the bound the derivative is 1, where a maximum would share it.
    def bounded(x: Any, bound: Any) -> Any:
        return functions.clip(x, bound, math.inf) if is_low else functions.clip(x, -math.inf, bound)

    return bounded


clip = clamp


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Input where the condition holds, else other; without them, where it holds."""
    if input is None:
        return tuple(wrap(places) for places in np.nonzero(condition._data))
    operands = [o if is_number(o) else lifted(o) for o in (input, other)]
    kind = dtypes.promoted(operands)
    _check_shapes([np.shape(_bare(o)) for o in (condition, *operands)])
    array = np.where(condition._data, *[_bare(o) for o in operands]).astype(kind.numpy)
    mask = wrap(condition._data.astype(bool))
    return result(array, "WhereBackward0", OPS["where"], [mask, *operands])


def _bare(value: Any) -> Any:
    return value._data if isinstance(value, Tensor) else value


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """To the nearest whole number, halves to the even one."""
    array = np.round(input._data, decimals)
    return result(array, "RoundBackward0", lambda x: x * 0.0, [input])


# --- Comparisons and tests -----------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """A comparison, entry by entry; Python's reading of its outcome is noted by the engine."""

    row: Op

    def __call__(self, input: Any, other: Any) -> Tensor:
        """A tensor of truth values."""
        operands = [o if is_number(o) else lifted(o) for o in (input, other)]
        array = compute(self.row, dtypes.bool_, operands)
        made = wrap(array)
        if is_recording(operands) and array.size == 1:
            inner = tuple(o._core() if isinstance(o, Tensor) else float(o) for o in operands)
            made._node = record(self.row, core_value(array), inner)
        return made


eq = Comparison(OPS["eq"])
ne = not_equal = Comparison(OPS["ne"])
lt = less = Comparison(OPS["lt"])
le = less_equal = Comparison(OPS["le"])
gt = greater = Comparison(OPS["gt"])
ge = greater_equal = Comparison(OPS["ge"])


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same entries."""
    return bool(np.array_equal(input._data, other._data))


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether |input - other| <= atol + rtol · |other|, entry by entry."""
    return wrap(np.isclose(input._data, other._data, rtol, atol, equal_nan))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all entries are close."""
    if input.dtype is not other.dtype:
        names = [_spoken(t.dtype) for t in (input, other)]
        raise RuntimeError(f"{names[0]} did not match {names[1]}")
    return bool(isclose(input, other, rtol, atol, equal_nan)._data.all())


def _spoken(kind: dtypes.dtype) -> str:
    return kind.label[0] + kind.label[1:].lower()


def isnan(input: Tensor) -> Tensor:
    """Which entries are nan."""
    return wrap(np.isnan(input._data))


def isinf(input: Tensor) -> Tensor:
    """Which entries are infinite."""
    return wrap(np.isinf(input._data))


def isfinite(input: Tensor) -> Tensor:
    """Which entries are finite."""
    return wrap(np.isfinite(input._data))


def logical_not(input: Tensor) -> Tensor:
    """Which entries are zero or false."""
    return wrap(np.logical_not(input._data))


def logical_and(input: Any, other: Any) -> Tensor:
    """Which entries are true in both."""
    return wrap(np.logical_and(_bare(input), _bare(other)))


def logical_or(input: Any, other: Any) -> Tensor:
    """Which entries are true in one of them."""
    return wrap(np.logical_or(_bare(input), _bare(other)))


def any(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Whether some entry is true."""
    return wrap(np.any(input._data, axis=dim, keepdims=keepdim))


def all(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Whether all entries are true."""
    return wrap(np.all(input._data, axis=dim, keepdims=keepdim))


def is_tensor(obj: Any) -> bool:
    """Whether it is a Tensor of this dialect."""
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """The number of entries."""
    return input.numel()


# --- Reductions ----------------------------------------------------------------------------------


def _axis(dim: Any, ndim: int) -> Any:
    """The axes meant by `dim`; IndexError if there is no such axis."""
    if dim is None:
        return None
    if isinstance(dim, (tuple, list)):
        return tuple(_axis(each, ndim) for each in dim) or None
    bound = builtins.max(ndim, 1)
    if not -bound <= dim < bound:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], "
            f"but got {dim})"
        )
    return int(dim) % bound if ndim else None


def _numbered(label: str, dim: Any) -> str:
    return f"{label}Backward{0 if dim is None else 1}"


def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of the entries, of all or along the axes `dim`."""
    input = input if dtype is None else input.to(dtype)
    axis = _axis(dim, input.ndim)
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
    axis = _axis(dim, input.ndim)
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
    axis = _axis(dim, input.ndim)
    if axis is None:
        return kind(
            result(input._data.copy(), f"{name}Backward0", _copy, [input]), wrap(np.array(0))
        )
    where = (np.argmax if name == "Max" else np.argmin)(input._data, axis=axis)
    values, places = _taken(input, np.expand_dims(where, axis), axis, f"{name}Backward0", keepdim)
    return kind(values, wrap(places))


def _taken(x: Tensor, places: Any, axis: int, label: str, keepdim: bool) -> tuple[Tensor, Any]:
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
    op = arrays.reductions.Max(_axis(dim or None, input.ndim), keepdim)
    return result(np.asarray(op.compute(input._data)), "AmaxBackward0", op, [input])


def amin(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The smallest entry, of all or along the axes `dim`."""
    op = arrays.reductions.Min(_axis(dim or None, input.ndim), keepdim)
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
    values, _ = _taken(input, places, dim % input.ndim, "SortBackward0", True)
    return _Sorted(values, wrap(places))


def argsort(input: Tensor, dim: int = -1, descending: bool = False) -> Tensor:
    """Where the entries in order are."""
    return sort(input.detach(), dim, descending)[1]  # type: ignore[no-any-return]


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True) -> Any:
    """The k largest or smallest entries along an axis, and where they are."""
    key = -input._data if largest else input._data
    places = np.take(np.argsort(key, axis=dim, kind="stable"), range(k), dim)
    values, _ = _taken(input, places, dim % input.ndim, "TopkBackward0", True)
    return _Top(values, wrap(places))


def prod(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The product of the entries, of all or along an axis."""
    axis = _axis(dim, input.ndim)
    kind = input.dtype.numpy if input.is_floating_point() else np.dtype(np.int64)
    wide = input._data.astype(float if input.is_floating_point() else np.int64)
    array = np.asarray(np.prod(wide, axis=axis, keepdims=keepdim)).astype(kind)

    def product(x: Any) -> Any:
        if not x.shape:
            return _copy(x)
        parts = arrays.ravel(x) if axis is None else arrays.swapaxes(x, 0, axis)
        total = reduce(_times, [parts[i] for i in range(len(parts))])
        return arrays.reshape(total, array.shape) if array.shape != total.shape else total

    return result(array, _numbered("Prod", dim), product, [input], saves="self result")


def _times(x: Any, y: Any) -> Any:
    return apply(OPS["mul"], x, y)


def _copy(x: Any) -> Any:
    return apply(OPS["identity"], x)


def _spread(
    input: Tensor, dim: Any, correction: int, keepdim: bool, is_root: bool, label: str
) -> Tensor:
    axis = _axis(dim, input.ndim)
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
    axis = _axis(dim, input.ndim)
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


def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """Exponentials that add up to one along an axis."""
    input = input if dtype is None else input.to(dtype)
    axis = _axis(-1 if dim is None else dim, input.ndim)
    wide = np.atleast_1d(input._data.astype(float))
    powers = np.exp(wide - wide.max(axis or 0, keepdims=True))
    array = (powers / powers.sum(axis or 0, keepdims=True)).reshape(input.shape)
    array = array.astype(input._data.dtype)
    return result(
        array, "SoftmaxBackward0", lambda x: arrays.softmax(x, axis), [input], saves="result"
    )


def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """The logarithm of the softmax."""
    input = input if dtype is None else input.to(dtype)
    axis = _axis(-1 if dim is None else dim, input.ndim)
    array = _log_softmax(input._data, axis).astype(input._data.dtype)
    return result(
        array, "LogSoftmaxBackward0", lambda x: arrays.log_softmax(x, axis), [input], saves="result"
    )


def _log_softmax(array: Any, axis: Any) -> Any:
    wide = array.astype(float)
    below = wide - wide.max(axis, keepdims=True)
    return below - np.log(np.exp(below).sum(axis, keepdims=True))


def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """The logarithm of the sum of exponentials."""
    axis = _axis(dim, input.ndim)
    wide = input._data.astype(float)
    top = wide.max(axis, keepdims=True)
    array = top + np.log(np.exp(wide - top).sum(axis, keepdims=True))
    array = array if keepdim else np.squeeze(array, axis)
    return result(
        np.asarray(array).astype(input._data.dtype),
        "LogsumexpBackward0",
        lambda x: arrays.logsumexp(x, axis, keepdim),
        [input],
        saves="self result",
    )


# --- Products ------------------------------------------------------------------------------------


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


def _product(x: Tensor, y: Tensor, label: str) -> Tensor:
    array = product(x._data, y._data)
    op = Matmul()
    saves = " ".join(n for n in ("self", "other") if _is_saved(n, [x, y]))
    return result(array, label, op, [x, y], saves=saves)


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
    return _product(input, tensor, "DotBackward0")


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
    return _product(input, vec, "MvBackward0")


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
    return _product(input, mat2, "MmBackward0")


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Matrices times matrices, one by one."""
    return _product(input, mat2, "BmmBackward0")


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
    return mul(unsqueeze(input, 1), vec2)


def einsum(equation: str, *operands: Any) -> Tensor:
    """A sum of products, in Einstein's notation."""
    tensors = operands[0] if isinstance(operands[0], (list, tuple)) else operands
    wide = np.einsum(equation, *[t._data.astype(float) for t in tensors])
    array = np.asarray(wide).astype(dtypes.promoted(tensors).numpy)
    return result(array, "ViewBackward0", lambda *xs: arrays.einsum(equation, *xs), list(tensors))


# --- Shapes --------------------------------------------------------------------------------------


def _lengths(shape: Sequence[Any]) -> tuple[int, ...]:
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    return tuple(int(n) for n in given)


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same entries in another shape."""
    lengths = _lengths(shape)
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
    axis = _axis(dim, input.ndim)
    axes = range(input.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = tuple(i for i in axes if input.shape[i] == 1)
    label = "SqueezeBackward0" if dim is None else "SqueezeBackward1"
    op = arrays.shapes.Squeeze(gone)
    return result(input._data.squeeze(gone), label, op, [input], view_of=input)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new axis of length one."""
    place = _axis(dim, input.ndim + 1)
    array, op = np.expand_dims(input._data, place), arrays.shapes.ExpandDims(place)
    return result(array, "UnsqueezeBackward0", op, [input], view_of=input)


def permute(input: Tensor, *dims: Any) -> Tensor:
    """With its axes in another order."""
    return _permuted(input, _lengths(dims), "PermuteBackward0")


def _permuted(input: Tensor, order: tuple[int, ...], label: str) -> Tensor:
    op = arrays.shapes.Transpose(None if order == (1, 0) else order)
    return result(input._data.transpose(order), label, op, [input], view_of=input)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """With two axes exchanged."""
    order = list(range(input.ndim))
    first, second = _axis(dim0, input.ndim), _axis(dim1, input.ndim)
    order[first], order[second] = order[second], order[first]
    return _permuted(input, tuple(order), "TransposeBackward0")


swapaxes = transpose


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return _permuted(input, tuple(reversed(range(input.ndim))), "TBackward0")


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """Entries repeated along axes of length one; -1 keeps a length."""
    lengths = list(_lengths(sizes))
    for i in range(1, input.ndim + 1):
        lengths[-i] = input.shape[-i] if lengths[-i] == -1 else lengths[-i]
    array = np.broadcast_to(input._data, lengths)
    build = lambda x: arrays.broadcast_to(x, tuple(lengths))  # noqa: E731
    return result(array, "ExpandBackward0", build, [input], view_of=input)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Entries repeated until it has the shape of another tensor."""
    return expand(input, *other.shape)


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Copies of the tensor side by side."""
    counts = _lengths(repeats)
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
    for each in target:
        kind = each if isinstance(each, dtypes.dtype) else kind
        kind = each.dtype if isinstance(each, Tensor) else kind
    if kind is None or kind is input.dtype:
        return input
    with np.errstate(all="ignore"):
        array = input._data.astype(kind.numpy)
    build = lambda x: arrays.in_precision_of(array, _copy(x))  # noqa: E731
    return result(array, "ToCopyBackward0", build if array.ndim else OPS["identity"], [input])


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after the other along an axis that they have."""
    parts = [lifted(each) for each in tensors]
    kind = dtypes.promoted(parts).numpy
    try:
        array = np.concatenate([p._data for p in parts], dim).astype(kind)
    except ValueError:
        raise RuntimeError(
            "Sizes of tensors must match except in dimension "
            f"{dim}. Got {[list(p.shape) for p in parts]}"
        ) from None
    return result(array, "CatBackward0", lambda *xs: arrays.concatenate(xs, dim), parts)


concat = concatenate = cat


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after the other along a new axis."""
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


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The entries at the places `index` along an axis."""
    return _taken(input, index._data, dim % input.ndim, "GatherBackward0", True)[0]


def flip(input: Tensor, *dims: Any) -> Tensor:
    """With the order along these axes reversed."""
    axes = [d % input.ndim for d in _lengths(dims)]
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


def unique(input: Tensor) -> Tensor:
    """The different entries, in order."""
    return wrap(np.unique(input._data))


def nonzero(input: Tensor) -> Tensor:
    """The places of the entries that are not zero, a row for each."""
    return wrap(np.argwhere(input._data))


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
    return result(keep(input._data, diagonal), label, OPS["mul"], [input, wrap(mask)])


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The entries on the diagonal and below, zeros above."""
    return _triangle(input, diagonal, np.tril, "TrilBackward0")


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The entries on the diagonal and above, zeros below."""
    return _triangle(input, diagonal, np.triu, "TriuBackward0")


# --- Entries -------------------------------------------------------------------------------------


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
        array[index] = _bare(given)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(np.shape(_bare(given)))} cannot be "
            f"broadcast to indexing result of shape {list(input._data[index].shape)}"
        ) from None
    if not is_recording([input, given]):
        input._data[index] = _bare(given)
        input._counter[0] += 1
        return
    mask = np.zeros(input.shape, bool)
    mask[index] = True
    shape = input._data[index].shape

    def replaced(x: Any, y: Any) -> Any:
        y = arrays.broadcast_to(y, shape) if shape and np.shape(_bare(given)) != shape else y
        return functions.where(mask, scatter(y, index, x), x)

    write_into(input, result(array, "CopySlices", replaced, [input, given]))


def check_writable(tensor: Tensor, is_recorded: bool, is_whole: bool = True) -> None:
    """RuntimeError if autograd forbids to write into it."""
    if not is_recorded:
        return
    if tensor.requires_grad and tensor.is_leaf:
        what = "a leaf Variable" if is_whole else "a view of a leaf Variable"
        raise RuntimeError(f"{what} that requires grad is being used in an in-place operation.")
    base = tensor._base
    if base is not None and tensor.requires_grad and base.requires_grad:
        if base.is_leaf:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            )
        raise NotImplementedError(
            "this dialect does not record writing into a view: write into the whole tensor"
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
    return tensor


# --- In place ------------------------------------------------------------------------------------


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
    return _filled(self, np.full(self.shape, _bare(value), self._data.dtype), "FillBackward0")


def copy_(self: Tensor, source: Any) -> Tensor:
    """The entries of another tensor."""
    check_writable(self, is_grad_enabled())
    source = lifted(source)
    array = np.broadcast_to(source._data, self.shape).astype(self._data.dtype)
    return write_into(self, result(array, "CopyBackwards", _copy, [source]))


def _filled(self: Tensor, array: Any, label: str) -> Tensor:
    check_writable(self, is_grad_enabled())
    return write_into(self, result(array, label, lambda x: x * 0.0, [self]))


OF_ROW: dict[str, Callable[..., Any]] = {
    "add": _add,
    "sub": _sub,
    "mul": mul,
    "div": _div,
    "pow": pow,
    "neg": neg,
    "floordiv": floor_divide,
    "mod": remainder,
    **{
        name: globals()[name]
        for name in """exp log sqrt sin cos tan asin acos atan sinh cosh tanh expm1 log1p sigmoid
        relu abs sign floor maximum minimum where eq ne lt le gt ge""".split()
    },
}
"""The functions here by the names of the op rows."""


# --- Methods -------------------------------------------------------------------------------------

_METHODS = """
    erf exp log log2 log10 log1p expm1 sqrt rsqrt reciprocal sin cos tan asin acos atan arcsin
    arccos arctan sinh cosh tanh sigmoid relu abs absolute neg negative sign floor ceil trunc round
    add sub subtract mul multiply div divide true_divide floor_divide remainder maximum minimum pow
    square clamp clip where eq ne lt le gt ge equal isclose allclose isnan isinf isfinite
    logical_not logical_and logical_or any all sum mean max min amax amin argmax argmin sort argsort
    topk prod std var norm cumsum softmax log_softmax logsumexp dot mv mm bmm matmul outer reshape
    view view_as reshape_as flatten ravel squeeze unsqueeze permute transpose swapaxes t expand
    expand_as repeat clone contiguous to unbind split chunk gather flip tril triu zero_ fill_ copy_
    trace diag masked_fill unique nonzero
""".split()

_IN_PLACE = """
    exp log sqrt sin cos tan tanh sigmoid relu abs neg floor ceil round add sub mul div pow clamp
    reciprocal square remainder
""".split()


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Tensor, *arguments: Any, **named: Any) -> Any:
        if "axis" in named:
            named["dim"] = named.pop("axis")
        if "keepdims" in named:
            named["keepdim"] = named.pop("keepdims")
        return function(self, *arguments, **named)

    method.__doc__ = function.__doc__
    return method


def _operator(function: Callable[..., Any], is_reflected: bool = False) -> Callable[..., Any]:
    def operator(self: Tensor, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            other = wrap(other)
        elif isinstance(other, np.generic):
            other = other.item()
        elif other is None or isinstance(other, (str, list, tuple, dict)):
            return NotImplemented
        return function(other, self) if is_reflected else function(self, other)

    return operator


def _install() -> None:
    """Give Tensor its methods and operators."""
    here = globals()
    for name in _METHODS:
        setattr(Tensor, name, _method(here[name]))
    for name in _IN_PLACE:
        setattr(Tensor, f"{name}_", in_place(here[name]))
    own: dict[str, Callable[..., Any]] = {
        "add": _add,
        "sub": _sub,
        "mul": mul,
        "truediv": _div,
        "floordiv": floor_divide,
        "mod": remainder,
        "pow": pow,
        "matmul": matmul,
    }
    for name, function in own.items():
        setattr(Tensor, f"__{name}__", _operator(function))
        setattr(Tensor, f"__r{name}__", _operator(function, is_reflected=True))
        if name != "matmul":
            setattr(Tensor, f"__i{name}__", in_place(function))
    methods: dict[str, Any] = {
        "__rsub__": _operator(rsub),
        "__rtruediv__": _operator(rdiv),
        # PyTorch takes a number on the left as the second operand.
        "__radd__": _operator(_add),
        "__rmul__": _operator(mul),
        **{f"__{name}__": _compared(here[name], name) for name in "lt le gt ge eq ne".split()},
        "__neg__": _method(neg),
        "__abs__": _method(abs),
        "__pos__": lambda self: self,
        "__invert__": logical_not,
        "__and__": logical_and,
        "__or__": logical_or,
        "__getitem__": getitem,
        "__setitem__": setitem,
        "T": property(_T),
        "mT": property(lambda self: transpose(self, -1, -2)),
        **{alias: _as(kind) for alias, kind in dtypes.ALIASES.items()},
        "cpu": lambda self: self,
        "type_as": lambda self, other: to(self, other.dtype),
        "_relabelled": _relabelled,
    }
    for name, method in methods.items():
        setattr(Tensor, name, method)


def _as(kind: dtypes.dtype) -> Callable[[Tensor], Tensor]:
    return lambda self: to(self, kind)


def _compared(comparison: Comparison, name: str) -> Callable[..., Any]:
    operator = _operator(comparison)

    def method(self: Tensor, other: Any) -> Any:
        if name in ("eq", "ne") and not isinstance(
            other, (Tensor, CoreTensor, bool, int, float, np.ndarray, np.generic)
        ):
            return NotImplemented
        return operator(self, other)

    return method


def _T(self: Tensor) -> Tensor:
    return _permuted(self, tuple(reversed(range(self.ndim))), "PermuteBackward0")


def _relabelled(self: Tensor, label: str) -> Tensor:
    if self._edge is not None and isinstance(self._edge.node, Node):
        self._edge.node.relabel(label)
    return self


_install()
