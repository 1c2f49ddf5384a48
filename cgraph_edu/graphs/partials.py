"""The local partial on an edge as a formula, from its op's row.

The row of `pow` says that ∂out/∂x is "where(y == 0, 0, y * x ** (y - 1))". For v1 = x ** 2 that is
2 · x: the operands are put in, the case that holds here is chosen, constants are worked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ..core.expressions import FUNCTIONS, Expression, substitute
from ..core.ops import Op
from ..core.tensor import is_array
from .graph import Constant, Edge, Graph
from .table import derivative

if TYPE_CHECKING:
    from .paths import PathSum

Both: TypeAlias = "tuple[Expression, Expression | None]"
"""An expression in symbols, and with the numbers put in; None for those where there are arrays."""

Leaf: TypeAlias = "tuple[Expression, Any]"
"""What stands for a variable, in symbols and as its value."""

# Variables of our own: no operand's name has a space in it.
_FLOW, _PARTIAL = "what flows", "the partial"


PLACES = "(∂y/∂x)₁, (∂y/∂x)₂: with respect to the first, the second operand of y alone"
"""What the places mean that `symbol` shows."""


def symbol(paths: PathSum, edge: Edge) -> Expression:
    """∂c/∂b; with the operand's place where that alone could mean another derivative, too."""
    tape = paths.graph.tape
    port = edge.port if is_ambiguous(paths, edge) else None
    return derivative(tape[edge.target].name, tape[edge.source].name, port)


def is_ambiguous(paths: PathSum, edge: Edge) -> bool:
    """Whether it is one of several edges between two nodes, or one of several ways to all."""
    is_whole = (edge.source, edge.target) == (paths.source.index, paths.target.index)
    return paths.graph.is_twin(edge) or (is_whole and paths.count > 1)


def local_partial(graph: Graph, edge: Edge) -> Both:
    """∂target/∂source. An op that is no formula has none: then it is the symbol itself."""
    leaves = _leaves(graph, edge)
    return _put_in(_rule(graph, edge, leaves), leaves)


def flowing(graph: Graph, edge: Edge, symbol: Expression, value: Any) -> Both:
    """What flows over the edge: a tangent or an adjoint, times the local partial.

    `symbol` and `value` are the tangent's or adjoint's. A quotient is written as one: x_dot / y,
    not x_dot · (1 / y).
    """
    leaves = _leaves(graph, edge)
    rule = _times(_FLOW, _rule(graph, edge, leaves))
    return _put_in(rule, leaves | {_FLOW: (symbol, value)})


def _leaves(graph: Graph, edge: Edge) -> dict[str, Leaf]:
    """What the variables of the op's row stand for."""
    node = graph.tape[edge.target]
    if not isinstance(node.op, Op):
        return {_PARTIAL: (derivative(node.name, graph.tape[edge.source].name), edge.partial)}
    leaves: dict[str, Leaf] = {"out": (node.name, node.value)}
    for variable, operand in zip(node.op.operands, node.operands, strict=True):
        if isinstance(operand, Constant):
            shape = getattr(operand.value, "shape", ())
            symbol = operand.name or (f"array{shape}" if shape else operand.value)
            leaves[variable] = symbol, operand.value
        else:
            leaves[variable] = graph.tape[operand].name, graph.tape[operand].value
    return leaves


def _rule(graph: Graph, edge: Edge, leaves: Mapping[str, Leaf]) -> Expression:
    """The partial in terms of the row's variables; the constants in it are numbers already."""
    op = graph.tape[edge.target].op
    if not isinstance(op, Op):
        return _PARTIAL
    decided = _decided(op.partials[edge.port], leaves)
    constants = {name: leaf for name, (leaf, _) in leaves.items() if not isinstance(leaf, str)}
    return _simplified(substitute(decided, constants))


def _put_in(rule: Expression, leaves: Mapping[str, Leaf]) -> Both:
    symbols = substitute(rule, {name: symbol for name, (symbol, _) in leaves.items()})
    values = {name: value for name, (_, value) in leaves.items()}
    if any(value is None or is_array(value) for value in values.values()):
        return symbols, None
    return symbols, substitute(rule, values)


def _decided(rule: Expression, leaves: Mapping[str, Leaf]) -> Expression:
    """The rule with each `where` replaced by the case that holds here, unless that is an array."""
    if not isinstance(rule, tuple):
        return rule
    function, *arguments = rule
    if function == "where":
        condition = _value(arguments[0], leaves)
        if condition is not None:
            return _decided(arguments[1 if condition else 2], leaves)
    return (function, *(_decided(argument, leaves) for argument in arguments))


def _value(expression: Expression, leaves: Mapping[str, Leaf]) -> Any:
    """The value of a condition; None where there is an array in it."""
    if isinstance(expression, str):
        value = leaves[expression][1]
        return None if is_array(value) else value
    if not isinstance(expression, tuple):
        return expression
    values = [_value(argument, leaves) for argument in expression[1:]]
    return None if None in values else FUNCTIONS[str(expression[0])].total(*values)


def _simplified(expression: Expression) -> Expression:
    """With its arithmetic on constants done: 2 · x ** (2 - 1) is 2 · x."""
    if not isinstance(expression, tuple):
        return expression
    function, *rest = expression
    arguments = [_simplified(argument) for argument in rest]
    if function in ("add", "sub", "mul", "neg", "pow") and all(map(_is_number, arguments)):
        number: float = FUNCTIONS[str(function)].total(*map(float, arguments))  # type: ignore[arg-type]
        return number
    match function, *arguments:
        case ("mul", 1, x) | ("mul", x, 1) | ("div", x, 1) | ("pow", x, 1):
            return x
        case ("div", ("neg", x), y):
            return ("neg", ("div", x, y))
        case ("div", int() | float() as x, y) if x < 0:
            return ("neg", ("div", -x, y))
        case ("mul", ("mul", *factors), y):
            return ("mul", *factors, y)
    return (function, *arguments)


def _is_number(expression: Expression) -> bool:
    return isinstance(expression, (int, float))


def _times(flow: Expression, rule: Expression) -> Expression:
    """The product of the two, as one would write it."""
    match rule:
        case 1:
            return flow
        case -1:
            return ("neg", flow)
        case ("neg", x):
            return ("neg", _times(flow, x))
        case ("div", x, y):
            numerator = _times(flow, x)
            if isinstance(numerator, tuple) and numerator[0] == "neg":
                return ("neg", ("div", numerator[1], y))
            return ("div", numerator, y)
        case ("mul", *factors):
            return ("mul", flow, *factors)
    return ("mul", flow, rule)
