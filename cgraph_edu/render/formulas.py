"""Mathematics as plain text, as HTML and as LaTeX, from one expression.

In plain text a tangent is x_dot and an adjoint x_bar, the words of the code. Combining marks (x̄)
would be nearer to paper, but many terminals and monospaced fonts shift or drop them, they are hard
to type and to search for, and they have no form for a name of several letters. HTML has them over
a single letter, and an index for a longer name; LaTeX has them over both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..core.expressions import ATOM, COMPARISON, FUNCTIONS, MINUS, POWER, PRODUCT, Expression
from ..core.numbers import format_number
from ..core.ops import OPS
from ..graphs.table import ADJOINT, ALONG, DERIVATIVE, ELLIPSIS, TANGENT, Definition, Formula
from . import cells
from . import latex as tex
from .text import LOWERED, shortened
from .typeset import Names, plain_name, words

MOST_LETTERS = 60
"""What is longer, the use of an op with many operands, is cut."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(expression: Expression) -> str:
    """As plain text: "x1_bar + v2_bar · x2"."""
    return _Plain(()).write(expression)


def html(mathematics: Formula | Definition, alike: Names = ()) -> str:
    """As HTML, to stand in `cells.math`; names that look alike are shown as typed."""
    if isinstance(mathematics, Definition):
        mathematics = Formula(mathematics.graph.formula(mathematics.node))
    return _Html(alike).write(mathematics.expression)


def latex(mathematics: Formula | Definition, alike: Names = ()) -> str:
    """As LaTeX, to stand in a display; names that look alike are shown as typed."""
    if isinstance(mathematics, Definition):
        return tex.definition(mathematics.graph, mathematics.node, alike)
    return _Latex(alike).write(mathematics.expression)


class _Plain:
    """Plain text; `literal` are names to be shown as typed."""

    signs: ClassVar[Mapping[str, str]] = {"mul": "·", "le": "≤", "ge": "≥", "ne": "≠", "eq": "="}
    brackets = ("(", ")")
    arrow, gap = "→", ELLIPSIS

    def __init__(self, literal: Names) -> None:
        self.literal = literal

    def write(self, expression: Expression) -> str:
        """An expression."""
        return self._write(expression)[0]

    def name(self, text: str) -> str:
        """A name, or the text of an op that is no expression ("x @ w"); the middle gives way."""
        return text if len(text) <= MOST_LETTERS else f"{text[:40]}…{text[-15:]}"

    def number(self, value: float) -> str:
        return format_number(value)

    def tangent(self, name: str) -> str:
        return f"{name}_dot"

    def adjoint(self, name: str) -> str:
        return f"{name}_bar"

    def derivative(self, target: str, source: str, place: str = "") -> str:
        plain = f"∂{self.name(target)}/∂{self.name(source)}"
        return f"({plain}){self.index(place)}" if place else plain

    def index(self, place: str) -> str:
        return place.translate(LOWERED)

    def power(self, base: str, exponent: Expression) -> str:
        raised = self.write(exponent)
        if isinstance(exponent, (int, float)) and exponent == round(exponent):
            return base + raised.translate(_RAISED)
        return f"{base} ** {raised if isinstance(exponent, str) else f'({raised})'}"

    def call(self, function: str, arguments: Sequence[Expression]) -> tuple[str, int]:
        """What is no operator, and how tightly it binds."""
        return f"{function}({', '.join(map(self.write, arguments))})", ATOM

    def is_operator(self, function: str) -> bool:
        known = FUNCTIONS.get(function)
        return known is not None and known.symbol is not None

    def sign(self, function: str) -> str:
        return self.signs.get(function) or FUNCTIONS[function].symbol or ""

    def along(self, start: str, steps: Sequence[Any]) -> str:
        """A path: after its start the place of an operand (0: not shown) and a node, and so on."""
        arrows = [
            f" {self.arrow}{self.index(str(place)) if place else ''} {self.name(name)}"
            for place, name in zip(steps[::2], steps[1::2], strict=True)
        ]
        return self.name(start) + "".join(shortened(arrows, f" {self.arrow} {self.gap}"))

    def _write(self, expression: Expression, is_first: bool = True) -> tuple[str, int]:
        """The text, and how tightly its outermost operator binds.

        What does not come first, but after a sign, stands in brackets if it has a sign of its own.
        """
        text, binding = self._bare(expression, is_first)
        return (text, binding) if is_first or binding != MINUS else (text.join(self.brackets), ATOM)

    def _bare(self, expression: Expression, is_first: bool) -> tuple[str, int]:
        if isinstance(expression, str):
            return self.name(expression), ATOM
        if not isinstance(expression, tuple):
            text = self.number(expression)
            return text, MINUS if text[0] in "-−" else PRODUCT if "cdot" in text else ATOM
        function, *arguments = expression
        match function:
            case "pow":
                return self.power(self._within(arguments[0], ATOM), arguments[1]), POWER
            case _ if function == TANGENT:
                return self.tangent(str(arguments[0])), ATOM
            case _ if function == ADJOINT:
                return self.adjoint(str(arguments[0])), ATOM
            case _ if function == DERIVATIVE:
                return self.derivative(*map(str, arguments)), ATOM
            case _ if function == ALONG:
                return self.along(str(arguments[0]), arguments[1:]), ATOM
        if not self.is_operator(str(function)):
            return self.call(str(function), arguments)
        operands = shortened(arguments)
        return self._operation(str(function), operands, is_first), FUNCTIONS[str(function)].binding

    def _operation(self, function: str, operands: Sequence[Expression], is_first: bool) -> str:
        binding = FUNCTIONS[function].binding
        sign = self.sign(function)
        if len(operands) == 1:
            return sign + self._within(operands[0], PRODUCT, is_first=False)
        # Each factor is one: (2 · x) · y is the product of two.
        is_closed = function == "mul" or binding == COMPARISON
        text = self._within(operands[0], binding + is_closed, is_first)
        for operand in operands[1:]:
            inner = operand[0] if isinstance(operand, tuple) else None
            if (function, inner) == ("add", "neg"):
                text += f" {self.sign('sub')} {self.write(operand).removeprefix(self.sign('neg'))}"
                continue
            least = binding if function == inner == "add" else binding + 1
            text += f" {sign} {self._within(operand, least, is_first=binding == COMPARISON)}"
        return text

    def _within(self, expression: Expression, least: int, is_first: bool = True) -> str:
        """In brackets unless it binds at least so tightly."""
        text, binding = self._write(expression, is_first)
        return text if binding >= least else text.join(self.brackets)


class _Html(_Plain):
    signs: ClassVar[Mapping[str, str]] = {
        **_Plain.signs,
        "sub": "−",
        "neg": "−",
        "lt": "&lt;",
        "gt": "&gt;",
    }

    def name(self, text: str) -> str:
        return "".join(map(cells.run, words(super().name(text), self.literal)))

    def number(self, value: float) -> str:
        return cells.number(value)

    def tangent(self, name: str) -> str:
        return self._marked(name, "dot", "\N{COMBINING DOT ABOVE}")

    def adjoint(self, name: str) -> str:
        return self._marked(name, "bar", "\N{COMBINING MACRON}")

    def _marked(self, name: str, word: str, mark: str) -> str:
        stem, index = plain_name(name, self.literal)
        if len(stem) == 1:
            accented = f'<span style="font-family:{cells.ACCENTED}">{stem}{mark}</span>'
            return self.name(name).replace(stem, accented, 1)
        return f"{self.name(name)}<sub>{',' if index else ''}{word}</sub>"

    def index(self, place: str) -> str:
        return f"<sub>{place}</sub>"

    def power(self, base: str, exponent: Expression) -> str:
        return f"{base}<sup>{self.write(exponent)}</sup>"


class _Latex(_Plain):
    signs: ClassVar[Mapping[str, str]] = {
        "mul": r"\cdot",
        "mod": r"\bmod",
        "le": r"\le",
        "ge": r"\ge",
        "ne": r"\ne",
        "eq": "=",
    }
    brackets = (r"\left(", r"\right)")
    arrow, gap = r"\to", r"\cdots"

    def name(self, text: str) -> str:
        return r"\cdots" if text == ELLIPSIS else tex.name(text, self.literal)

    def number(self, value: float) -> str:
        return tex.number(value)

    def index(self, place: str) -> str:
        return f"_{{{place}}}"

    def tangent(self, name: str) -> str:
        return tex.name(name, self.literal, r"\dot")

    def adjoint(self, name: str) -> str:
        is_long = len(plain_name(name, self.literal)[0]) > 1
        return tex.name(name, self.literal, r"\overline" if is_long else r"\bar")

    def derivative(self, target: str, source: str, place: str = "") -> str:
        plain = tex.partial(target, source, self.literal)
        return rf"\left({plain}\right){self.index(place)}" if place else plain

    def power(self, base: str, exponent: Expression) -> str:
        return f"{{{base}}}^{{{self.write(exponent)}}}"

    def is_operator(self, function: str) -> bool:
        return function not in ("div", "floordiv") and super().is_operator(function)

    def call(self, function: str, arguments: Sequence[Expression]) -> tuple[str, int]:
        op = OPS[function]
        # \ln {x} puts nothing about its operand.
        least = ATOM if op.latex.endswith(" {x}") else 0
        texts = [self._within(argument, least) for argument in arguments]
        return op.latex.format(**dict(zip(op.operands, texts, strict=True))), POWER
