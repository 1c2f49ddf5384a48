"""The op table: one row per elementwise op.

A row says what the op computes, its local partial for each operand, its LaTeX, and where a test may
try it. `out` in a partial is the op's own result. Everything else derives from the row: values on
floats and arrays, forward and reverse mode, the rule shown to a learner, and what the browser runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeAlias

from . import expressions
from .expressions import ATOM, FUNCTIONS, Expression, UnknownNameError, parse
from .numbers import counted

Box: TypeAlias = "tuple[tuple[float, float], ...]"
"""An interval for each operand."""

SCALARS = (float, int, bool)


@dataclass(frozen=True, eq=False)
class Op:
    """An elementwise op, out = f(x, y, ...)."""

    name: str
    operands: tuple[str, ...]
    forward: Expression
    partials: tuple[Expression, ...]
    latex: str
    domain: tuple[Box, ...] = ()
    _on_floats: Callable[..., Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fast = expressions.compile_fast(self.forward, self.operands)
        object.__setattr__(self, "_on_floats", fast)

    def __reduce__(self) -> tuple[Callable[..., Op], tuple[Any, ...]]:
        """To be pickled: a row of the table by its name, any other as its formulas."""
        if OPS.get(self.name) is self:
            return _of_table, (self.name,)
        row = self.name, self.operands, self.forward, self.partials, self.latex, self.domain
        return Op, row

    @property
    def formula(self) -> Expression:
        """How a use of the op is written: as its operator if it is one, else as a call."""
        if isinstance(self.forward, tuple):
            function, *arguments = self.forward
            if tuple(arguments) == self.operands and FUNCTIONS[str(function)].binding != ATOM:
                return self.forward
        return (self.name, *self.operands)

    @property
    def is_comparison(self) -> bool:
        """Whether the result is a truth value."""
        return (
            isinstance(self.forward, tuple)
            and FUNCTIONS[str(self.forward[0])].binding == expressions.COMPARISON
        )

    def evaluate(self, *values: Any) -> Any:
        """The value at floats or arrays, with IEEE's inf and nan instead of exceptions."""
        for value in values:
            if type(value) not in SCALARS:
                return self._for_arrays[0](values)
        try:
            result = self._on_floats(*values)
        except (ArithmeticError, ValueError):
            result = self._on_any_floats(*values)
        return float(result) if type(result) is int else result

    def partial(self, port: int, out: Any, *values: Any) -> Any:
        """The local partial for the operand in place `port`, at operand values and result `out`."""
        constant = self.partials[port]
        if type(constant) is int or type(constant) is float:
            return float(constant)
        arguments = (*values, out)
        if type(constant) is str:  # an operand, or the result
            slope = arguments[(*self.operands, "out").index(constant)]
            if type(slope) is not bool and getattr(slope, "dtype", None) != "bool":
                return slope
        if type(out) not in SCALARS and any(hasattr(value, "parents") for value in arguments):
            return self._on_tensors[port](*arguments)
        if all(type(value) in SCALARS for value in arguments):
            fast, total = self._partials_on_floats[port]
            try:
                return float(fast(*arguments))
            except (ArithmeticError, ValueError):
                return float(total(*arguments))
        return self._for_arrays[1 + port](arguments)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """x_bar · ∂out/∂operand, summed over the axes that broadcasting added to the operand."""
        slope = self.partial(port, out, *values)
        contribution = x_bar if type(slope) is float and slope == 1.0 else x_bar * slope
        if type(contribution) in SCALARS or not getattr(contribution, "shape", ()):
            return contribution
        return self._unbroadcast(contribution, values[port])

    def vjps(self, ports: Sequence[int], x_bar: Any, out: Any, *values: Any) -> Sequence[Any]:
        """`vjp` for several operands."""
        return [self.vjp(port, x_bar, out, *values) for port in ports]

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """∂out/∂operand · x_dot, repeated where broadcasting repeated the operand."""
        contribution = self.partial(port, out, *values) * x_dot
        if type(contribution) in SCALARS and type(out) in SCALARS:
            return contribution
        from .arrays import broadcast_like

        return broadcast_like(contribution, out)

    @cached_property
    def _on_any_floats(self) -> Callable[..., Any]:
        return expressions.compile_total(self.forward, self.operands)

    @cached_property
    def _partials_on_floats(self) -> list[tuple[Callable[..., Any], Callable[..., Any]]]:
        variables = (*self.operands, "out")
        return [
            (
                expressions.compile_fast(partial, variables),
                expressions.compile_total(partial, variables),
            )
            for partial in self.partials
        ]

    @cached_property
    def _on_tensors(self) -> list[Callable[..., Any]]:
        """The partials as recorded operations, for derivatives of derivatives."""
        from .functions import language

        variables = (*self.operands, "out")
        return [expressions.compile_in(p, variables, language()) for p in self.partials]

    @cached_property
    def _for_arrays(self) -> list[Callable[..., Any]]:
        """The value and the partials, as functions of a sequence of numbers and arrays."""
        from .arrays import FUNCTIONS as namespace
        from .arrays import quietly

        variables = (*self.operands, "out")
        functions = [
            expressions.compile_in(self.forward, self.operands, namespace),
            *(expressions.compile_in(slope, variables, namespace) for slope in self.partials),
        ]
        return [partial(quietly, function) for function in functions]

    @cached_property
    def _unbroadcast(self) -> Callable[..., Any]:
        from .arrays import unbroadcast

        return unbroadcast


OPS: dict[str, Op] = {}
"""Every op by name, in the order of the rows below."""


def _of_table(name: str) -> Op:
    return OPS[name]


def row(
    name: str,
    forward: str,
    partials: Sequence[str],
    latex: str,
    operands: Sequence[str] = (),
    domain: Sequence[Box] = (),
) -> Op:
    """Make an op from the text of its row.

    `operands` are x, or x and y, unless given; there must be one partial for each. `domain` is a
    list of boxes, an interval for each operand, on which the op is smooth. Raises ValueError for a
    row that does not fit together.
    """
    operands = tuple(operands) or ("x", "y")[: len(partials)]
    if len(partials) != len(operands):
        raise ValueError(
            f"op {name!r}: {counted(len(operands), 'operand')}, {' and '.join(operands)}, but "
            f"{counted(len(partials), 'partial')}: give one for each, or name the operands with "
            "operands=[...]"
        )
    if any(len(box) != len(operands) for box in domain):
        raise ValueError(
            f"op {name!r}: a box of its domain needs {counted(len(operands), 'interval')}"
        )
    try:
        formula = parse(forward, operands)
        slopes = tuple(parse(partial, (*operands, "out")) for partial in partials)
    except ValueError as error:
        kind = UnknownNameError if isinstance(error, UnknownNameError) else ValueError
        raise kind(f"op {name!r}: {error}") from None
    return Op(name, operands, formula, slopes, latex, tuple(domain))


def op(name: str, *columns: Any, **more: Any) -> Op:
    """Add a row to the table: `row`, kept under its name."""
    OPS[name] = row(name, *columns, **more)
    return OPS[name]


# Intervals that the rows' domains are made of.
ANY = (-3.0, 3.0)
ABOVE = (0.2, 3.0)
BELOW = (-3.0, -0.2)
LOW = (-3.0, 0.9)
HIGH = (1.1, 3.0)

op("add", "x + y", ["1", "1"], r"{x} + {y}", domain=[(ANY, ANY)])
op("sub", "x - y", ["1", "-1"], r"{x} - {y}", domain=[(ANY, ANY)])
op("mul", "x * y", ["y", "x"], r"{x} \cdot {y}", domain=[(ANY, ANY)])
op(
    "div",
    "x / y",
    ["1 / y", "-x / y ** 2"],
    r"\frac{{{x}}}{{{y}}}",
    domain=[(ANY, ABOVE), (ANY, BELOW)],
)
op("neg", "-x", ["-1"], r"-{x}", domain=[(ANY,)])
op(
    "floordiv",
    "x // y",
    ["0", "0"],
    r"\left\lfloor {x} / {y} \right\rfloor",
    domain=[((2.1, 2.9), (0.75, 1.0))],
)
op("mod", "x % y", ["1", "-floor(x / y)"], r"{x} \bmod {y}", domain=[((2.1, 2.9), (0.75, 1.0))])
op(
    "pow",
    "x ** y",
    # At the two corners 0^0 and 0^y the plain formula would be 0 · inf.
    [
        "where((x == 0) * (y == 0), 0, y * x ** (y - 1))",
        "where((x == 0) * (y >= 0), 0, out * log(x))",
    ],
    r"{{{x}}}^{{{y}}}",
    domain=[(ABOVE, ANY)],
)

op("lt", "x < y", ["0", "0"], r"{x} < {y}", domain=[(LOW, HIGH), (HIGH, LOW)])
op("le", "x <= y", ["0", "0"], r"{x} \le {y}", domain=[(LOW, HIGH), (HIGH, LOW)])
op("gt", "x > y", ["0", "0"], r"{x} > {y}", domain=[(LOW, HIGH), (HIGH, LOW)])
op("ge", "x >= y", ["0", "0"], r"{x} \ge {y}", domain=[(LOW, HIGH), (HIGH, LOW)])
op("eq", "x == y", ["0", "0"], r"{x} = {y}", domain=[(LOW, HIGH), (HIGH, LOW)])
op("ne", "x != y", ["0", "0"], r"{x} \ne {y}", domain=[(LOW, HIGH), (HIGH, LOW)])

op("identity", "x", ["1"], r"{x}", domain=[(ANY,)])
op("sign", "sign(x)", ["0"], r"\operatorname{{sign}} {x}", domain=[(ABOVE,), (BELOW,)])
op("floor", "floor(x)", ["0"], r"\left\lfloor {x} \right\rfloor", domain=[((1.1, 1.9),)])
op("exp", "exp(x)", ["out"], r"e^{{{x}}}", domain=[(ANY,)])
op("log", "log(x)", ["1 / x"], r"\ln {x}", domain=[(ABOVE,)])
op("sqrt", "sqrt(x)", ["1 / (2 * out)"], r"\sqrt{{{x}}}", domain=[(ABOVE,)])
op("sin", "sin(x)", ["cos(x)"], r"\sin {x}", domain=[(ANY,)])
op("cos", "cos(x)", ["-sin(x)"], r"\cos {x}", domain=[(ANY,)])
op("tan", "tan(x)", ["1 + out ** 2"], r"\tan {x}", domain=[((-1.2, 1.2),)])
op("asin", "asin(x)", ["1 / sqrt(1 - x ** 2)"], r"\arcsin {x}", domain=[((-0.9, 0.9),)])
op("acos", "acos(x)", ["-1 / sqrt(1 - x ** 2)"], r"\arccos {x}", domain=[((-0.9, 0.9),)])
op("atan", "atan(x)", ["1 / (1 + x ** 2)"], r"\arctan {x}", domain=[(ANY,)])
op("expm1", "expm1(x)", ["out + 1"], r"\left(e^{{{x}}} - 1\right)", domain=[(ANY,)])
op("log1p", "log1p(x)", ["1 / (1 + x)"], r"\ln\left(1 + {x}\right)", domain=[((-0.8, 3.0),)])
op("sinh", "sinh(x)", ["cosh(x)"], r"\sinh {x}", domain=[(ANY,)])
op("cosh", "cosh(x)", ["sinh(x)"], r"\cosh {x}", domain=[(ANY,)])
op("tanh", "tanh(x)", ["1 - out ** 2"], r"\tanh {x}", domain=[(ANY,)])
op("sigmoid", "1 / (1 + exp(-x))", ["out * (1 - out)"], r"\sigma\left({x}\right)", domain=[(ANY,)])
op(
    "relu",
    "maximum(x, 0)",
    ["where(x > 0, 1, 0)"],
    r"\operatorname{{relu}} {x}",
    domain=[(ABOVE,), (BELOW,)],
)
op("abs", "abs(x)", ["sign(x)"], r"\left|{x}\right|", domain=[(ABOVE,), (BELOW,)])
op(
    "maximum",
    "maximum(x, y)",
    # At a tie each operand gets half: the mean of the two slopes, as PyTorch and JAX have it.
    ["where(x == y, 0.5, where(x > y, 1, 0))", "where(x == y, 0.5, where(y > x, 1, 0))"],
    r"\max\left({x}, {y}\right)",
    domain=[(LOW, HIGH), (HIGH, LOW)],
)
op(
    "minimum",
    "minimum(x, y)",
    ["where(x == y, 0.5, where(x < y, 1, 0))", "where(x == y, 0.5, where(y < x, 1, 0))"],
    r"\min\left({x}, {y}\right)",
    domain=[(LOW, HIGH), (HIGH, LOW)],
)
op(
    "clip",
    "minimum(maximum(x, low), high)",
    [
        "where((x < low) + (x > high), 0, 1)",
        "where((x < low) * (low < high), 1, 0)",
        "where(maximum(x, low) > high, 1, 0)",
    ],
    r"\operatorname{{clip}}\left({x}, {low}, {high}\right)",
    operands=["x", "low", "high"],
    domain=[((-3.0, -1.1), (-1.0, -0.1), (0.1, 1.0)), ((-0.1, 0.1), (-1.0, -0.2), (0.2, 1.0))],
)
op(
    "where",
    "where(c, x, y)",
    ["0", "where(c, 1, 0)", "where(c, 0, 1)"],
    r"\operatorname{{where}}\left({c}, {x}, {y}\right)",
    operands=["c", "x", "y"],
    domain=[((0.5, 1.0), ANY, ANY)],
)

NEGATED: Mapping[str, str] = {
    "lt": "ge",
    "le": "gt",
    "gt": "le",
    "ge": "lt",
    "eq": "ne",
    "ne": "eq",
}
"""The comparison that holds when the named one does not."""
