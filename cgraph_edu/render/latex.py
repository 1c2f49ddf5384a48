"""A graph in LaTeX: its formulas, and each derivative as the sum over paths."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.expressions import ATOM, FUNCTIONS
from ..core.numbers import format_number
from ..core.ops import Op
from ..core.rules import RuleOp
from ..core.tensor import is_array
from ..graphs.graph import Constant, Graph, Node
from ..graphs.paths import Path, PathSum
from .text import path_sums
from .typeset import GREEK, Names, lookalikes, plain_name

FEW = 6
"""With more paths than this the sum is given without its terms."""

_GREEK = {letter: word for word, letter in GREEK.items() if word != "omicron"}


def latex(graph: Graph, wrt: Sequence[str] | None = None) -> str:
    """Each node's formula with its value, then each derivative with its paths, as one display."""
    alike = lookalikes(node.name for node in graph.nodes)
    rows = [
        rf"{name(node.name, alike)} &= {formula(graph, node, alike)}"
        for node in graph.nodes
        if node.op
    ]
    rows += (derivative(paths, alike) for paths in path_sums(graph, wrt))
    return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"


def formula(graph: Graph, node: Node, alike: Names = ()) -> str:
    r"""A node's formula and value: c \cdot d = 6."""
    text = definition(graph, node, alike)
    return text if node.op is None or is_array(node.value) else f"{text} = {number(node.value)}"


def definition(graph: Graph, node: Node, alike: Names = ()) -> str:
    r"""A node's formula: c \cdot d; an input's name."""
    if node.op is None:
        return name(node.name, alike)
    operands = [_operand(graph, operand, node.op, alike) for operand in node.operands]
    if isinstance(node.op, Op):
        return node.op.latex.format(**dict(zip(node.op.operands, operands, strict=True)))
    return node.op.latex(operands)


def derivative(paths: PathSum, alike: Names = ()) -> str:
    """∂e/∂b as the sum of its path products, in symbols and in numbers."""
    head = rf"{partial(paths.target.name, paths.source.name, alike)} &= "
    if not paths.is_summed:
        return head + (r"\text{an array}" if is_array(paths.engine) else number(paths.engine))
    if is_array(paths.total):
        return head + rf"\text{{an array of shape }} {paths.source.value.shape}"
    if not 0 < paths.count <= FEW:
        return head + number(paths.total)
    shown = list(paths.paths)
    is_obvious = len(shown) == 1 and len(shown[0].edges) < 2
    if is_obvious or any(is_array(f) or f is None for path in shown for f in path.factors):
        return head + number(paths.total)
    symbols = " + ".join(_symbols(path, alike) for path in shown)
    numbers = " + ".join(_numbers(path) for path in shown)
    return head + f"{symbols} = {numbers} = {number(paths.total)}"


def partial(target: str, source: str, alike: Names = ()) -> str:
    r"""\frac{\partial e}{\partial b}."""
    return rf"\frac{{\partial {name(target, alike)}}}{{\partial {name(source, alike)}}}"


def name(text: str, alike: Names = (), accent: str = "") -> str:
    r"""A learner's name as in the picture: alpha as \alpha, x_1 with an index; `alike` as typed.

    An accent, \bar, stands over the name and not over its index.
    """
    stem, index = plain_name(text, alike)
    if stem in _GREEK:
        stem = f"\\{_GREEK[stem]}"
    elif len(stem) != 1 or not stem.isalpha():
        stem = rf"\mathit{{{_escaped(stem)}}}"
    if accent:
        stem = f"{accent}{{{stem}}}"
    return f"{stem}_{{{_escaped(index)}}}" if index else stem


def number(value: float | bool) -> str:
    r"""A number, with a power of ten where it has one: 1.5 \cdot 10^{-7}."""
    if isinstance(value, bool):
        return rf"\text{{{value}}}"
    text = format_number(value)
    if text.lstrip("-") in ("inf", "nan"):
        return text.replace("inf", r"\infty").replace("nan", r"\text{nan}")
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else text


def _operand(graph: Graph, operand: int | Constant, op: Op | RuleOp, alike: Names) -> str:
    if isinstance(operand, int):
        text = name(graph.tape[operand].name, alike)
        compound = False
    elif operand.name is not None:
        return name(operand.name)
    elif is_array(operand.value):
        return r"\text{array}"
    else:
        text = number(operand.value)
        compound = text.startswith("-") or "cdot" in text
    return rf"\left({text}\right)" if compound and _binds(op) else text


def _binds(op: Op | RuleOp) -> bool:
    return (
        isinstance(op, Op)
        and isinstance(op.formula, tuple)
        and getattr(FUNCTIONS.get(str(op.formula[0])), "binding", ATOM) != ATOM
    )


def _symbols(path: Path, alike: Names) -> str:
    return r" \cdot ".join(
        partial(target, source, alike)
        for source, target in zip(path.nodes, path.nodes[1:], strict=False)
    )


def _numbers(path: Path) -> str:
    first, *others = map(number, path.factors)
    rest = (rf"\left({other}\right)" if other.startswith("-") else other for other in others)
    return r" \cdot ".join([first, *rest])


def _escaped(text: str) -> str:
    for old, new in (("\\", r"\backslash "), ("{", r"\{"), ("}", r"\}")):
        text = text.replace(old, new)
    return re.sub(r"([_#$%&])", r"\\\1", text).replace("^", r"\hat{}")
