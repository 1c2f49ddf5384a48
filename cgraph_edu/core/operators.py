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

from .expressions import FAST, substitute, write_fast
from .ops import Op

_MAKE = """\
{indent}try:
{indent}    out = {out}
{indent}    {partials}
{indent}except (ArithmeticError, ValueError):
{indent}    return apply(op, {arguments})
{indent}if out - out == 0.0:
{indent}    result = new(Tensor)
{indent}    result.value = out
{indent}    result.op = op
{indent}    result.left = {left}
{indent}    result.right = {right}
{indent}    result.left_partial = left_partial
{indent}    result.right_partial = {right_partial}
{indent}    result.others = {others}
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
    make = _make(row, " " * 12, ["x_operand"], [0])
    return _compiled(_UNARY.format(make=make), row, scope)


def binary(row: Op, scope: Mapping[str, Any], reflected: bool = False) -> Callable[..., Any]:
    """An operator method; `reflected` is the one that Python calls for `2.0 * x`."""
    own, given = ("y", "x") if reflected else ("x", "y")
    operands = ["other", "self"] if reflected else ["self", "other"]
    source = _BINARY.format(
        own=own,
        given=given,
        arguments=", ".join(operands),
        both=_make(row, " " * 16, operands, [0, 1]),
        one=_make(row, " " * 12, operands, [1 if reflected else 0], given),
    )
    return _compiled(source, row, scope)


def _make(
    row: Op, indent: str, operands: list[str], ports: list[int], constant: str | None = None
) -> str:
    """The lines that make the result; `ports` are those of the parents."""
    names = dict(zip(row.operands, ("x", "y"), strict=False))
    partials = [write_fast(substitute(row.partials[port], names)) for port in ports]
    sides = ["left_partial", "right_partial"]
    return _MAKE.format(
        indent=indent,
        out=write_fast(substitute(row.forward, names)),
        partials="; ".join(f"{side} = {p}" for side, p in zip(sides, partials, strict=False)),
        arguments=", ".join(operands),
        left=operands[ports[0]],
        right=operands[ports[1]] if len(ports) == 2 else None,
        right_partial="right_partial" if len(ports) == 2 else None,
        others=None if constant is None else f"({', '.join(operands)})".replace("other", constant),
    )


def _compiled(source: str, row: Op, scope: Mapping[str, Any]) -> Callable[..., Any]:
    # Safe: written above from a parsed row, never by a person.
    # It counts as this module's, so that warnings and tracebacks skip it for the learner's line.
    namespace = {**FAST, **scope, "op": row, "new": object.__new__, "__name__": __name__}
    exec(compile(source, f"{__file__}: {row.name}", "exec"), namespace)
    function: Callable[..., Any] = namespace["function"]
    return function
