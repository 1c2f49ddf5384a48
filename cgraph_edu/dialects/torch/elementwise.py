"""Functions of each entry: arithmetic, exp, sin, relu, ...

Values are computed step by step as PyTorch does. What the engine records is its own op row,
so graphs and derivatives are those of the native notation; PyTorch's name of the operation is kept
beside it, for `grad_fn`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import functions
from ...core.ops import OPS, Op, row
from ...core.tensor import apply
from ..error_function import Erf, erf_of
from . import dtypes, warned
from .operands import bare, check_shapes, check_tensor, compute, is_number
from .results import node_for, result
from .steps import in_steps
from .tensors import Tensor, lifted, wrap


@dataclass(frozen=True, repr=False)
class Elementwise:
    """A function of an op row, with PyTorch's name for its backward step."""

    row: Op
    label: str
    saves: str = ""
    gives_float: bool = True

    def __call__(self, *operands: Any) -> Tensor:
        """The function, entry by entry."""
        if len(self.row.operands) == 1 == len(operands):
            check_tensor(self.row.name, "input", 1, operands[0])
        tensors = [o if is_number(o) else lifted(o) for o in operands]
        kind = dtypes.promoted(tensors)
        if self.gives_float and not kind.is_floating_point:
            kind = dtypes.get_default_dtype()
        row = in_steps(self.row, kind.numpy)
        return result(compute(row, kind, tensors), self.label, row, tensors, saves=self.saves)

    def __repr__(self) -> str:
        return f"<function {self.row.name} at 0x{id(self):x}>"


_ROWS = {
    "log2": row(
        "log2", "log(x) / 0.6931471805599453", ["1 / (x * 0.6931471805599453)"], r"\log_2 {x}"
    ),
    "log10": row(
        "log10", "log(x) / 2.302585092994046", ["1 / (x * 2.302585092994046)"], r"\log_{{10}} {x}"
    ),
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
plain_add = Elementwise(OPS["add"], "AddBackward0", gives_float=False)
plain_sub = Elementwise(OPS["sub"], "SubBackward0", gives_float=False)
_rsub = Elementwise(OPS["sub"], "RsubBackward1", gives_float=False)
mul = multiply = Elementwise(OPS["mul"], "MulBackward0", "self other", gives_float=False)
plain_div = Elementwise(OPS["div"], "DivBackward0", "self other!")
floor_divide = Elementwise(OPS["floordiv"], "NotImplemented", gives_float=False)
remainder = Elementwise(OPS["mod"], "RemainderBackward0", gives_float=False)
maximum = Elementwise(OPS["maximum"], "MaximumBackward0", "self! other!", gives_float=False)
minimum = Elementwise(OPS["minimum"], "MinimumBackward0", "self! other!", gives_float=False)


ADD_OF_OLD = (
    "This overload of add is deprecated:\n\tadd(Tensor input, Number alpha, Tensor other, *, "
    "Tensor out = None)\nConsider using one of the following signatures instead:\n\tadd(Tensor "
    "input, Tensor other, *, Number alpha = 1, Tensor out = None)"
)


def add(input: Any, other: Any, third: Any = None, *, alpha: Any = 1) -> Tensor:
    """Input + alpha · other."""
    if third is not None:
        warned.once(ADD_OF_OLD)
        other, alpha = third, other
    return plain_add(input, other if alpha == 1 else mul(other, alpha))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Input - alpha · other."""
    return plain_sub(input, other if alpha == 1 else mul(other, alpha))


subtract = sub


def rsub(input: Any, other: Any) -> Tensor:
    """Other - input."""
    if not is_number(other):
        return plain_sub(other, input)
    made = _rsub(other, input)
    if made.grad_fn is not None:  # the number is a setting here, no operand
        made.grad_fn.next_functions = made.grad_fn.next_functions[1:]
    return made


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Input / other; rounded down with "floor", towards 0 with "trunc"."""
    if rounding_mode == "floor":
        return floor_divide(input, other)
    return trunc(plain_div(input, other)) if rounding_mode == "trunc" else plain_div(input, other)


divide = true_divide = div


def rdiv(input: Any, other: Any) -> Tensor:
    """Other / input: PyTorch makes the reciprocal first, then multiplies."""
    return mul(reciprocal(input), other) if is_number(other) else plain_div(other, input)


def pow(input: Any, exponent: Any) -> Tensor:
    """Input to the power of `exponent`."""
    operands = [o if is_number(o) else lifted(o) for o in (input, exponent)]
    kind = dtypes.promoted(operands)
    array = compute(OPS["pow"], kind, operands)
    if is_number(exponent):
        shown, label, saves = operands[:1], "PowBackward0", "self!"
    elif is_number(input):
        shown, label, saves = operands[1:], "PowBackward2", "exponent! result"
    else:
        shown, label, saves = operands, "PowBackward1", "self! exponent! result"
    op = in_steps(OPS["pow"], array.dtype)
    made = result(array, label, op, operands, shown=shown, saves=saves)
    if label == "PowBackward0" and made.grad_fn is not None:
        made.grad_fn.values["exponent"] = exponent
    return made


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


def fmod(input: Any, other: Any) -> Tensor:
    """What is left of a division that is rounded towards 0."""
    return sub(input, mul(trunc(plain_div(input, other)), other))


def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """A point on the way from input to end."""
    made = plain_add(input, mul(sub(end, input), weight))
    if made.grad_fn is not None:
        shown = [o for o in (input, end, weight) if isinstance(o, Tensor)]
        made.grad_fn.next_functions = node_for("", shown).next_functions
        made.grad_fn.relabel("LerpBackward0")
    return made


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """Input + value · tensor1 · tensor2."""
    return plain_add(input, mul(mul(tensor1, tensor2), value))


def hypot(input: Tensor, other: Tensor) -> Tensor:
    """√(input² + other²)."""
    return sqrt(plain_add(square(input), square(other)))


def square(input: Tensor) -> Tensor:
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
    array = np.minimum(np.maximum(input._data, bare(low)), bare(high)).astype(kind.numpy)
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
    check_shapes([np.shape(bare(o)) for o in (condition, *operands)])
    array = np.where(condition._data, *[bare(o) for o in operands]).astype(kind.numpy)
    mask = condition if condition._data.dtype == bool else condition != 0
    return result(array, "WhereBackward0", OPS["where"], [mask, *operands], shown=operands)


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """To the nearest whole number, halves to the even one."""
    array = np.round(input._data, decimals)
    return result(array, "RoundBackward0", lambda x: x * 0.0, [input])
