"""What a table says, without knowing how it is drawn: words, values, mathematics.

Mathematics is an expression (core/expressions.py) with five things more: the tangent and the
adjoint of a node, a derivative ∂y/∂x, a path, and sums and products of any number of parts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..core.expressions import Expression
from .graph import Graph, Node, door

if TYPE_CHECKING:
    from .paths import Path

# No op can have one of these names: each has a space in it.
TANGENT, ADJOINT, DERIVATIVE = "tangent of", "adjoint of", "derivative of"
ALONG = "way along"
ELLIPSIS = "…"


def tangent(name: str) -> Expression:
    """x_dot, the tangent of a node."""
    return (TANGENT, name)


def adjoint(name: str) -> Expression:
    """x_bar, the adjoint of a node."""
    return (ADJOINT, name)


def derivative(target: str, source: str, port: int | None = None) -> Expression:
    """∂target/∂source; where the operand must be told, for the one in place `port`, as an index."""
    return (DERIVATIVE, target, source) + (() if port is None else (port + 1,))


def along(path: Path) -> Expression:
    """B → c → e; an arrow has the operand's place where a node is an operand more than once."""
    graph = path.sum.graph
    steps: list[Expression] = [path.nodes[0]]
    for name, edge in zip(path.nodes[1:], path.edges, strict=True):
        steps += [edge.port + 1 if graph.is_twin(edge) else 0, name]
    return (ALONG, *steps)


def product(factors: Sequence[Expression]) -> Expression:
    """The factors, multiplied; 1 for none."""
    return _joined("mul", factors, 1)


def total(terms: Sequence[Expression]) -> Expression:
    """The terms, added up; 0 for none."""
    return _joined("add", terms, 0)


def _joined(function: str, parts: Sequence[Expression], empty: int) -> Expression:
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else (function, *parts)


@dataclass(frozen=True)
class Formula:
    """Mathematics; `str` gives it as text."""

    expression: Expression

    def __str__(self) -> str:
        text: str = door("render.formulas").plain(self.expression)
        return text


@dataclass(frozen=True)
class Definition:
    """A node's formula in terms of its parents' names; `str` gives it as text."""

    graph: Graph
    node: Node

    def __str__(self) -> str:
        return str(Formula(self.graph.formula(self.node)))


@dataclass(frozen=True)
class Value:
    """A number, a count (an int, written in full) or an array. A strong one is set in bold."""

    value: Any
    strong: bool = False

    def __str__(self) -> str:
        text: str = door("render.text").number(self.value)
        return text


Cell: TypeAlias = "str | Formula | Definition | Value"
"""A plain str is words; "" is an empty cell."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str = ""
    align: Literal["left", "right"] = "left"
    sign: str = ""
    """Stands before mathematics and values, but not before words: "=", so that equations align."""
    soft: bool = False
    """Whether its cells are only a remark on the others."""


@dataclass(frozen=True)
class Group:
    """Columns that belong together, under one heading."""

    columns: tuple[Column, ...]
    title: str = ""


@dataclass(frozen=True)
class Row:
    """A cell for each column of all groups."""

    cells: tuple[Cell, ...]
    rule: bool = False
    """Whether a line is drawn above it, as above a sum."""


@dataclass(frozen=True)
class Table:
    """Groups of columns side by side, and rows of cells."""

    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    title: str = ""
    notes: tuple[str, ...] = ()
    """Sentences beneath it."""
    names: tuple[str, ...] = ()
    """The names in it: such as would look alike (x1, x_1) are then shown as typed."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of all groups."""
        return tuple(column for group in self.groups for column in group.columns)


class Tabular(ABC):
    """What prints, and shows itself in a notebook, as a table."""

    @abstractmethod
    def table(self) -> Table:
        """What it says, as a table."""

    @property
    def html(self) -> str:
        """A <table> with nothing but inline style."""
        text: str = door("render.table").html(self.table())
        return text

    @property
    def latex(self) -> str:
        """A display, $$...$$, for MathJax, KaTeX and LaTeX with amsmath."""
        text: str = door("render.table").latex(self.table())
        return text

    def __str__(self) -> str:
        text: str = door("render.table").plain(self.table())
        return text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html, "text/latex": self.latex}
