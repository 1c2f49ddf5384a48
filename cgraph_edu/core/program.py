"""A trace made simpler: the intermediate form between the tape and compiled Python.

Three things are done to the tape, each exact, and noted for the learner:

    folded   what is known without the inputs, or is just its operand: x * 1, x ** 0
    merged   an operation that was done before, on the same operands
    dropped  what neither the result nor a guard needs (when the Python is written)
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from .ops import OPS, Op
from .tensor import Operation, Tensor, is_array

Operand: TypeAlias = "Value | Any"
"""A Value, or a constant: a float, a truth value or an array."""

COMMUTATIVE = ("add", "mul")
SHORTENED = ("identity", "mul", "div", "pow", "sub", "neg", "where")
"""Ops that are their operand where another one is 1 or 0, or where a condition is known."""


@dataclass(eq=False, slots=True)
class Value:
    """An input, or the result of an op."""

    name: str | None
    op: Operation | None
    operands: tuple[Operand, ...]
    like: Any
    """What it was on the trace; every run has a value of the same type and shape."""
    is_named: bool = False
    """Whether the name is the learner's own."""


@dataclass(eq=False, slots=True)
class Check:
    """A guard: from here on the code is right only if `value` comes out as `expected`."""

    value: Value
    expected: bool
    number: int
    """Its place among the guards of the trace."""


@dataclass(eq=False, slots=True)
class Note:
    """An operation that is done no more, and what stands in its place."""

    value: Value
    instead: Operand


@dataclass(eq=False)
class Program:
    """Values and guards in the order of recording."""

    inputs: list[Value] = field(default_factory=list)
    steps: list[Value | Check] = field(default_factory=list)
    merged: list[Note] = field(default_factory=list)
    folded: list[Note] = field(default_factory=list)
    found: dict[Tensor, Operand] = field(default_factory=dict)
    """What each Tensor of the trace has become."""

    def operand(self, x: Any) -> Operand:
        """What an operand on the tape has become."""
        if not isinstance(x, Tensor):
            return x
        return x.value if x.is_constant else self.found[x]


def simplify(
    inputs: Sequence[Tensor],
    tape: Iterable[Tensor],
    guards: Sequence[tuple[Tensor, bool]],
    names: Mapping[Tensor, str],
    exact: Container[Tensor],
) -> Program:
    """The program of a tape on which every Tensor without an op is one of the `inputs`.

    What is `exact` comes out to the last bit as it was recorded: guards may compare it.
    """
    program = Program()
    found = program.found
    for tensor in inputs:
        found[tensor] = value = Value(names.get(tensor), None, (), tensor.value)
        program.inputs.append(value)
    checks: dict[Tensor, int] = {}
    for number, (comparison, _) in enumerate(guards):
        checks.setdefault(comparison, number)
    known: dict[Any, Value] = {}
    facts: dict[Value, bool] = {}
    for tensor in tape:
        if tensor.op is not None:
            operands = tuple(map(program.operand, tensor.operands))
            is_named = tensor.name is not None
            value = Value(names.get(tensor), tensor.op, operands, tensor.value, is_named)
            found[tensor] = _simplified(value, tensor.op, program, known, facts, tensor in exact)
        if tensor in checks:
            fact, expected = found[tensor], guards[checks[tensor]][1]
            if isinstance(fact, Value) and fact not in facts:
                facts[fact] = expected
                program.steps.append(Check(fact, expected, checks[tensor]))
    return program


def _simplified(
    value: Value,
    op: Operation,
    program: Program,
    known: dict[Any, Value],
    facts: Mapping[Value, bool],
    is_exact: bool,
) -> Operand:
    short = _folded(op, value.operands, facts)
    if short is not None and _is_alike(short, value.like):
        program.folded.append(Note(value, short))
        return short
    key = _key(op, value.operands)
    if not is_exact and op.name == "pow" and type(value.like) is float and key not in known:
        x, power = value.operands
        if _is(power, 2.0):  # a product is quicker, and may differ in the last bit
            value.op, value.operands = op, _ = OPS["mul"], (x, x)
            key = _key(op, value.operands)
    same = known.setdefault(key, value)
    if same is value:
        program.steps.append(value)
    else:
        program.merged.append(Note(value, same))
    return same


def _folded(
    op: Operation, operands: tuple[Operand, ...], facts: Mapping[Value, bool]
) -> Operand | None:
    """What the op gives, where that is clear before it runs; else None. Only exact rules."""
    for operand in operands:
        if isinstance(operand, Value):
            break
    else:
        return op.evaluate(*operands)
    if op.name not in SHORTENED:
        return None
    match op.name, operands:
        case "identity", (x,):
            return x
        case (("mul" | "div" | "pow"), (x, y)) if _is(y, 1.0):
            return x
        case "mul", (x, y) if _is(x, 1.0):
            return y
        case "mul", (x, y) if (x is False or y is False) and _is_fact(x) and _is_fact(y):
            return 0.0
        case "sub", (x, y) if _is(y, 0.0):  # x + 0 is not exact: -0.0 + 0 is 0.0
            return x
        case "pow", (_, y) if _is(y, 0.0):
            return 1.0
        case ("neg", (Value(op=Op(name="neg"), operands=(x,)),)):
            return x
        case "where", (condition, x, y):
            fact = facts.get(condition) if isinstance(condition, Value) else condition
            if not is_array(fact) and fact is not None:
                return x if fact else y
    return None


def _is_fact(operand: Operand) -> bool:
    """Whether it is a truth value."""
    return type(operand.like if isinstance(operand, Value) else operand) is bool


def _is(operand: Operand, number: float) -> bool:
    same_sign = type(operand) is float and math.copysign(1.0, operand) == 1.0
    return same_sign and operand == number


def _is_alike(operand: Operand, value: Any) -> bool:
    """Whether an operand can stand for `value`: the same type, and shape."""
    like = operand.like if isinstance(operand, Value) else operand
    if is_array(like) and is_array(value):
        return bool(like.shape == value.shape and like.dtype == value.dtype)
    return type(like) is type(value)


def _key(op: Operation, operands: tuple[Operand, ...]) -> Any:
    """Equal for two operations that give the same."""
    parts = [
        operand
        if isinstance(operand, Value)
        else (id(operand),)
        if is_array(operand)
        else (type(operand), repr(operand))
        for operand in operands
    ]
    if op.name in COMMUTATIVE:
        parts.sort(key=hash)
    return settings_key(op), *parts


def settings_key(op: Operation) -> Any:
    """Equal for two ops that do the same."""
    if isinstance(op, Op):
        return op
    # Every RuleOp is a dataclass.
    settings = tuple(_setting(getattr(op, f.name)) for f in fields(op))  # type: ignore[arg-type]
    try:
        hash(settings)
    except TypeError:
        return id(op)  # an index of arrays: not looked into
    return type(op), settings


def _setting(value: Any) -> Any:
    if isinstance(value, slice):  # it can't be hashed before Python 3.12
        return slice, value.start, value.stop, value.step
    return tuple(map(_setting, value)) if type(value) is tuple else (type(value), value)
