"""The small expression language of the op table: parse, print, compile.

An op's row says what it computes and what its local partials are as text, "1 - out ** 2". The text
is parsed once, by Python's own parser, into a tree of plain tuples:

    "1 - out ** 2"   ->   ("sub", 1, ("pow", "out", 2))

A leaf is a number or the name of a variable. Everything else is a tuple whose first item names one
of the functions below. Only these are allowed: nothing in a row is ever run as arbitrary Python.
The same tree goes to the browser as JSON.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from . import floats
from .numbers import counted

Expression: TypeAlias = "int | float | str | tuple[Expression, ...]"

COMPARISON, SUM, PRODUCT, MINUS, POWER, ATOM = range(1, 7)
"""How tightly an operator binds, as in Python."""


class Function(NamedTuple):
    """A function of the language: how it is written, and how it acts on floats."""

    arity: int
    fast: Callable[..., Any] | None
    """On floats, in Python's own arithmetic; may raise. None: the operator itself is used."""
    total: Callable[..., Any]
    """On floats, defined everywhere (IEEE 754)."""
    symbol: str | None = None
    binding: int = ATOM


def _compare(symbol: str) -> Function:
    function: Callable[..., Any] = eval(f"lambda x, y: x {symbol} y")
    return Function(2, None, function, symbol, COMPARISON)


def _elementary(name: str) -> Function:
    function = getattr(math, name)
    return Function(1, function, floats.total(function))


FUNCTIONS: Mapping[str, Function] = {
    "add": Function(2, None, lambda x, y: x + y, "+", SUM),
    "sub": Function(2, None, lambda x, y: x - y, "-", SUM),
    "mul": Function(2, None, lambda x, y: x * y, "*", PRODUCT),
    "div": Function(2, None, floats.div, "/", PRODUCT),
    "floordiv": Function(2, None, floats.floordiv, "//", PRODUCT),
    "mod": Function(2, None, floats.mod, "%", PRODUCT),
    "neg": Function(1, None, lambda x: -x, "-", MINUS),
    # Python's ** turns complex for a negative base; math.pow refuses instead.
    "pow": Function(2, math.pow, floats.pow, "**", POWER),
    "lt": _compare("<"),
    "le": _compare("<="),
    "gt": _compare(">"),
    "ge": _compare(">="),
    "eq": _compare("=="),
    "ne": _compare("!="),
    **{name: _elementary(name) for name in "exp expm1 sqrt sin cos tan asin acos atan".split()},
    **{name: _elementary(name) for name in "sinh cosh tanh".split()},
    "log1p": Function(1, math.log1p, floats.log1p),
    "log": Function(1, math.log, floats.log),
    "abs": Function(1, abs, abs),
    "sign": Function(1, floats.sign, floats.sign),
    "floor": Function(1, lambda x: float(math.floor(x)), floats.floor),
    "maximum": Function(2, floats.maximum, floats.maximum),
    "minimum": Function(2, floats.minimum, floats.minimum),
    "where": Function(3, floats.where, floats.where),
}

_SYNTAX: Mapping[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.USub: "neg",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}


class UnknownNameError(ValueError):
    """An expression uses a name that is none of its variables."""


def parse(source: str, variables: Sequence[str]) -> Expression:
    """Parse `source`, in which only `variables`, numbers and FUNCTIONS may appear.

    Raises ValueError, naming the offending part, for anything else.
    """
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{source!r} is not an expression: {error.msg}") from None
    return _convert(tree, source, variables)


def _convert(tree: ast.expr, source: str, variables: Sequence[str]) -> Expression:
    match tree:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            if name in variables:
                return name
            if name in ("pi", "e"):
                raise ValueError(
                    f"unknown name {name!r} in {source!r}: write {getattr(math, name)} for {name}"
                )
            known = ", ".join(variables)
            raise UnknownNameError(
                f"unknown name {name!r} in {source!r}; its variables are: {known}"
            )
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _SYNTAX:
            arguments = [left, right]
            function = _SYNTAX[type(operator)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            arguments = [operand]
            function = "neg"
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if (
            type(operator) in _SYNTAX
        ):
            arguments = [left, right]
            function = _SYNTAX[type(operator)]
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]) if (
            function in FUNCTIONS and len(arguments) == FUNCTIONS[function].arity
        ):
            pass
        case _:
            part = ast.get_source_segment(source, tree) or source
            raise ValueError(f"{part!r} is not allowed in an op's expression: {_remedy(tree)}")
    return (function, *(_convert(argument, source, variables) for argument in arguments))


def _remedy(tree: ast.expr) -> str:
    """What to write in place of something that is not allowed."""
    match tree:
        case ast.BinOp(op=ast.BitXor()):
            return "a power is written x ** 2"
        case ast.Call(func=ast.Attribute(attr=name)) if name in FUNCTIONS:
            return f"write {name} alone"
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            return f"{name} takes {counted(FUNCTIONS[name].arity, 'argument')}"
    known = " ".join(name for name, f in FUNCTIONS.items() if f.symbol is None)
    return f"use numbers, variables, operators, comparisons and {known}"


def substitute(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """The expression with its variables replaced."""
    if isinstance(expression, str):
        return values.get(expression, expression)
    if not isinstance(expression, tuple):
        return expression
    return (expression[0], *(substitute(argument, values) for argument in expression[1:]))


def write(
    expression: Expression, calls: Container[str] = (), number: Callable[[Any], str] = repr
) -> str:
    """The expression as Python source.

    The functions named in `calls` are written as calls, `div(x, y)`, even those that are operators,
    so that a namespace can say what division means.
    """
    return _write(expression, calls, number)[0]


def _write(
    expression: Expression, calls: Container[str], number: Callable[[Any], str]
) -> tuple[str, int]:
    if isinstance(expression, str):
        return expression, ATOM
    if not isinstance(expression, tuple):
        return number(expression), ATOM if expression >= 0 else MINUS
    name = str(expression[0])
    function = FUNCTIONS.get(name)
    parts = [_write(argument, calls, number) for argument in expression[1:]]
    if function is None or function.symbol is None or name in calls:
        return f"{name}({', '.join(text for text, _ in parts)})", ATOM
    binding = function.binding
    if len(parts) == 1:
        return f"{function.symbol}{_bracket(parts[0], binding)}", binding
    # Operators group to the left, powers to the right, and comparisons not at all.
    left = binding + (binding in (POWER, COMPARISON))
    right = binding + (binding != POWER)
    return f"{_bracket(parts[0], left)} {function.symbol} {_bracket(parts[1], right)}", binding


def _bracket(part: tuple[str, int], at_least: int) -> str:
    text, binding = part
    return text if binding >= at_least else f"({text})"


def write_fast(expression: Expression) -> str:
    """The expression as Python source in Python's own arithmetic, for the namespace FAST."""
    # `**` is the one operator that goes through a function here.
    return write(expression, calls=("pow",), number=_float_literal)


def _float_literal(value: float) -> str:
    return repr(float(value))


FAST = {name: f.fast for name, f in FUNCTIONS.items() if f.fast}
_TOTAL = {name: f.total for name, f in FUNCTIONS.items()}


def compile_fast(expression: Expression, variables: Sequence[str]) -> Callable[..., Any]:
    """A function of floats in Python's own arithmetic; it may raise where IEEE gives inf or nan."""
    return _compile(write_fast(expression), variables, FAST)


def compile_total(expression: Expression, variables: Sequence[str]) -> Callable[..., Any]:
    """A function of floats that is defined everywhere, with IEEE's inf and nan."""
    return _compile(write(expression, FUNCTIONS, _float_literal), variables, _TOTAL)


def compile_in(
    expression: Expression, variables: Sequence[str], namespace: Mapping[str, Any]
) -> Callable[..., Any]:
    """A function of whatever `namespace` works on; it must define the language's functions."""
    return _compile(write(expression, FUNCTIONS), variables, namespace)


def _compile(
    source: str, variables: Sequence[str], namespace: Mapping[str, Any]
) -> Callable[..., Any]:
    # Safe: `source` was written by `write` from a parsed tree, never by a person.
    scope = {**namespace, "__builtins__": {}}
    function: Callable[..., Any] = eval(f"lambda {', '.join(variables)}: {source}", scope)
    return function
