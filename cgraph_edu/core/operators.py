"""The quick way to record: straight-line Python for each op row, on floats.

Recording one operation on two floats should cost little more than making one object, so the general
`tensor.apply` is too slow for it. Here the code for this common case is written from the row's
expressions, operation by operation:

    def operator(self, other):
        kind = type(other)
        if kind is Tensor or kind is Variable:
            x, y = self.value, other.value
            if type(x) is float and type(y) is float:
                out = x * y
                ...one new Tensor, with out, the operands, and the local partials (y, x)...
        ...
        return apply(op, self, other)

Whatever is not the common case (arrays, constants, a division by zero, text) goes to `apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .expressions import FAST, Expression, substitute, write_fast
from .ops import Op

_MAKE = """\
{indent}try:
{indent}    out = {out}
{indent}    partials = ({partials},)
{indent}except (ArithmeticError, ValueError):
{indent}    return apply(op, {arguments})
{indent}if out - out == 0.0:
{indent}    result = new(Tensor)
{indent}    result.value = out
{indent}    result.op = op
{indent}    result.operands = {operands}
{indent}    result.parents = {parents}
{indent}    result.partials = partials
{indent}    result.order = order()
{indent}    result.name = None
{indent}    return result
"""

_UNARY = """\
def function(x_operand):
    kind = type(x_operand)
    if kind is Tensor or kind is Variable:
        x = x_operand.value
        if type(x) is float:
{make}    return apply(op, x_operand)
"""

_BINARY = """\
def function(self, other):
    kind = type(other)
    {own} = self.value
    if type({own}) is float:
        if kind is Tensor or kind is Variable:
            {given} = other.value
            if type({given}) is float:
{both}        elif kind is float or kind is int:
            try:
                {given} = float(other)
            except OverflowError:
                return apply(op, {arguments})
{one}    return apply(op, {arguments})
"""


def unary(row: Op, scope: Mapping[str, Any]) -> Callable[..., Any]:
    """A recording function of one operand."""
    (x,) = row.operands
    make = _make(row, {x: "x"}, " " * 12, "x_operand", "(x_operand,)", "(x_operand,)", (0,))
    return _compiled(_UNARY.format(make=make), row, scope)


def binary(row: Op, scope: Mapping[str, Any], reflected: bool = False) -> Callable[..., Any]:
    """An operator method; `reflected` is the one that Python calls for `2.0 * x`."""
    first, second = row.operands
    own, given = ("y", "x") if reflected else ("x", "y")
    names = {first: "x", second: "y"}
    arguments = "other, self" if reflected else "self, other"
    constant = "(y_constant, self)" if reflected else "(self, y_constant)"
    constant = constant.replace("y_constant", given)
    both = _make(row, names, " " * 16, arguments, f"({arguments})", f"({arguments})", (0, 1))
    kept = 1 if reflected else 0
    one = _make(row, names, " " * 12, arguments, constant, "(self,)", (kept,))
    source = _BINARY.format(own=own, given=given, both=both, one=one, arguments=arguments)
    return _compiled(source, row, scope)


def _make(
    row: Op,
    names: Mapping[str, str],
    indent: str,
    arguments: str,
    operands: str,
    parents: str,
    ports: tuple[int, ...],
) -> str:
    return _MAKE.format(
        indent=indent,
        out=_written(row.forward, names),
        partials=", ".join(_written(row.partials[port], names) for port in ports),
        arguments=arguments,
        operands=operands,
        parents=parents if parents != operands else "result.operands",
    )


def _written(expression: Expression, names: Mapping[str, str]) -> str:
    return write_fast(substitute(expression, names))


def _compiled(source: str, row: Op, scope: Mapping[str, Any]) -> Callable[..., Any]:
    # Safe: written above from a parsed row, never by a person.
    # It counts as this module's, so that warnings and tracebacks skip it for the learner's line.
    namespace = {**FAST, **scope, "op": row, "new": object.__new__, "__name__": __name__}
    exec(compile(source, f"{__file__}: {row.name}", "exec"), namespace)
    function: Callable[..., Any] = namespace["function"]
    function.__name__ = function.__qualname__ = row.name
    return function
