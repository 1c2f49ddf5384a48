"""A computation in a learner's words: "a", "c * d", "sin(x)", "a > 0"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .expressions import Expression, substitute, write
from .numbers import format_number
from .ops import NEGATED, OPS, Op
from .rules import RuleOp

LONGEST = 60
"""Values that a person wrote are cut at this many characters."""


def describe(operand: Any) -> str:
    """An operand's name, else its formula, else its value."""
    return write(_expression(operand, depth=3), number=format_number)


def formula(op: Op | RuleOp, operands: Sequence[Any]) -> str:
    """A use of an op, as Python would write it, with its operands described."""
    return write(_use(op, operands, depth=3), number=format_number)


def held(op: Op, outcome: bool) -> Op:
    """The comparison that held: `op` itself, or its opposite where its outcome was False."""
    return op if outcome or op.name not in NEGATED else OPS[NEGATED[op.name]]


def use(op: Op | RuleOp, operands: Sequence[Expression]) -> Expression:
    """A use of an op on operands that are expressions already."""
    row = op if isinstance(op, Op) else op.row
    if row is not None:
        return substitute(row.formula, dict(zip(row.operands, operands, strict=True)))
    assert isinstance(op, RuleOp)
    texts = [write(operand, number=format_number) for operand in operands]
    return op.write(texts)


def _use(op: Op | RuleOp, operands: Sequence[Any], depth: int) -> Expression:
    return use(op, [_expression(operand, depth - 1) for operand in operands])


def _expression(operand: Any, depth: int) -> Expression:
    name = getattr(operand, "name", None)
    if isinstance(name, str):
        return name
    op = getattr(operand, "op", None)
    if op is not None:
        return _use(op, operand.operands, depth) if depth else "..."
    value = getattr(operand, "value", operand)
    if isinstance(value, (int, float)):
        return value if abs(value) < 1e300 or value != value else repr(float(value))
    if hasattr(value, "shape"):
        return f"array{value.shape}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(
            describe(entry) if hasattr(entry, "op") else repr(entry) for entry in value
        )
        shown = f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    else:
        shown = repr(value)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."
