"""Evaluation traces: what each mode of differentiation computes, in its own order.

The tables are those of textbooks. Beside each node's value stands, in forward mode, its tangent

    v_dot = Σ over operands  ∂v/∂x · x_dot          read from the top down,

and in reverse mode what the node hands back to each of its operands

    x_bar = x_bar + v_bar · ∂v/∂x                   read from the bottom up.

(A. Griewank and A. Walther, "Evaluating Derivatives", 2008; A. Baydin, B. Pearlmutter, A. Radul and
J. Siskind, "Automatic differentiation in machine learning: a survey", 2018, tables 2 and 3.)

A trace computes its numbers itself, from the local partials, and does not ask the engine.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest
from typing import Any, TypeAlias

from ..core.derivatives import ieee, zeros_like
from ..core.expressions import Expression
from ..core.numbers import counted
from ..core.rules import RuleOp
from ..core.tensor import is_array
from .graph import Edge, Graph, Node
from .partials import flowing
from .table import (
    Cell,
    Column,
    Definition,
    Formula,
    Group,
    Row,
    Table,
    Tabular,
    Value,
    adjoint,
    tangent,
    total,
)

Line: TypeAlias = "tuple[Cell, ...]"
"""The cells of one group of columns."""

_EQUATIONS = (Column(), *(Column(sign="="),) * 3)


@dataclass(frozen=True)
class Term:
    """What one edge contributes to a tangent or an adjoint: "v2_bar · x1"."""

    edge: Edge
    """From the operand, `edge.source`, to the node that uses it, in the place `edge.port`."""
    formula: Formula
    numbers: Formula | None
    """The formula with the numbers put in; None where there are arrays."""
    value: Any


@dataclass(frozen=True)
class ForwardRow:
    """One node in forward mode; an input has no formula, and neither has its tangent."""

    name: str
    formula: Definition | None
    value: Any
    terms: tuple[Term, ...]
    """One for each operand that is a node, in order."""
    tangent_formula: Formula | None
    """The sum of the terms: "x1_dot · x2 + x2_dot · x1"."""
    tangent_numbers: Formula | None
    """The same with the numbers put in: "1 · 5 + 0 · 2"; None where there are arrays."""
    tangent: Any
    """v_dot, the derivative of this node with respect to the trace's `wrt`."""


@dataclass(frozen=True)
class Contribution:
    """One step of reverse mode: an adjoint gets what comes back from one use of its node."""

    name: str
    """The node whose adjoint it is."""
    edge: Edge | None
    """The use: by `edge.target`, in the place `edge.port`. None for the seed of the target."""
    formula: Formula | None
    """The right side: "v2_bar · x2", or "x1_bar + v1_bar / x1" where something was there before."""
    numbers: Formula | None
    """The same with the numbers put in; None where there are arrays."""
    value: Any
    """What is contributed."""
    adjoint: Any
    """x_bar after it."""


@dataclass(frozen=True)
class ReverseRow:
    """One node in reverse mode; an input has no formula."""

    name: str
    formula: Definition | None
    value: Any
    contributions: tuple[Contribution, ...]
    """What its adjoint is made of, in the order in which it comes; for the target, the seed."""
    adjoint: Any
    """x_bar, the derivative of the target with respect to this node."""


class Trace(Tabular):
    """The values of a graph's nodes, and beside them what a mode computes.

    `a | b` is both side by side in one table, with the values written once:
    `g.forward_trace("x1") | g.reverse_trace()`.
    """

    graph: Graph

    def __or__(self, other: Trace | SideBySide) -> SideBySide:
        return SideBySide((self,)) | other

    def table(self) -> Table:
        """The table that textbooks print."""
        return SideBySide((self,)).table()

    @property
    @abstractmethod
    def nodes(self) -> Sequence[Node]:
        """The nodes in it, in the order of recording."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The heading of its columns."""

    @abstractmethod
    def lines(self, node: Node) -> list[Line]:
        """What stands beside a node."""

    def _definition(self, node: Node) -> Definition | None:
        return None if node.op is None else Definition(self.graph, node)

    def _edges_to(self, node: Node) -> Sequence[Edge]:
        """The uses of its operands, in order."""
        return self._edges.get(node.index, ())

    @cached_property
    def _edges(self) -> dict[int, list[Edge]]:
        edges: dict[int, list[Edge]] = {}
        for edge in self.graph.edges:
            edges.setdefault(edge.target, []).append(edge)
        return edges


@dataclass(frozen=True)
class SideBySide(Tabular):
    """Traces of one graph in one table."""

    traces: tuple[Trace, ...]

    def __or__(self, other: Trace | SideBySide) -> SideBySide:
        if not isinstance(other, (Trace, SideBySide)):
            return NotImplemented
        traces = self.traces + (other.traces if isinstance(other, SideBySide) else (other,))
        if any(trace.graph is not traces[0].graph for trace in traces):
            raise ValueError("traces can stand side by side only if they are of the same graph")
        return SideBySide(traces)

    def table(self) -> Table:
        """The values once, and what each trace has beside them."""
        graph = self.traces[0].graph
        drawn = sorted({node.index for trace in self.traces for node in trace.nodes})
        groups = [Group(_EQUATIONS[:-1], "primal trace")]
        groups += [Group(_EQUATIONS, trace.title) for trace in self.traces]
        rows = []
        for node in (graph.tape[index] for index in drawn):
            blocks = [_primal(graph, node), *(trace.lines(node) for trace in self.traces)]
            for lines in zip_longest(*blocks):
                cells = (
                    line or ("",) * len(group.columns)
                    for line, group in zip(lines, groups, strict=True)
                )
                rows.append(Row(tuple(chain.from_iterable(cells))))
        names = tuple(node.name for node in graph.nodes)
        return Table(tuple(groups), tuple(rows), names=names)


def _primal(graph: Graph, node: Node) -> list[Line]:
    definition: Cell = "" if node.op is None else Definition(graph, node)
    return [(Formula(node.name), definition, Value(node.value))]


class ForwardTrace(Trace):
    """Forward mode: each node's value and its tangent, the derivative with respect to `wrt`.

    Attributes:
        graph: the graph.
        wrt: the node whose tangent is 1, an input as a rule.

    Raises:
        ValueError: where `wrt` is an array: forward mode follows one number at a time.
    """

    def __init__(self, graph: Graph, wrt: Node) -> None:
        if is_array(wrt.value):
            raise ValueError(
                f"forward mode follows one number at a time, and {wrt.name} is an array of shape "
                f"{wrt.value.shape}: reverse_trace() takes arrays"
            )
        self.graph = graph
        self.wrt = wrt

    def __repr__(self) -> str:
        return f"ForwardTrace(∂/∂{self.wrt.name}: {counted(len(self.rows), 'row')})"

    @property
    def nodes(self) -> Sequence[Node]:
        """All nodes, in the order of recording."""
        return self.graph.nodes

    @property
    def title(self) -> str:
        """The heading of its columns."""
        return f"tangent trace, with respect to {self.wrt.name}"

    @cached_property
    def rows(self) -> tuple[ForwardRow, ...]:
        """One for each node, in the order in which forward mode goes."""
        tangents: dict[int, Any] = {}  # of the nodes that depend on wrt
        with ieee(*(node.value for node in self.graph.nodes)):
            return tuple(self._row(node, tangents) for node in self.nodes)

    def _row(self, node: Node, tangents: dict[int, Any]) -> ForwardRow:
        terms: tuple[Term, ...] = ()
        if node.index == self.wrt.index:
            tangents[node.index] = 1.0
        else:
            terms = tuple(self._term(edge, tangents) for edge in self._edges_to(node))
            reached = [term.value for term in terms if term.edge.source in tangents]
            if reached:
                tangents[node.index] = sum(reached[1:], reached[0])
        return ForwardRow(
            node.name,
            self._definition(node),
            node.value,
            terms,
            _sum([term.formula for term in terms]),
            _sum([term.numbers for term in terms]),
            tangents.get(node.index, zeros_like(node.value)),
        )

    def _term(self, edge: Edge, tangents: dict[int, Any]) -> Term:
        source, node = self.graph.tape[edge.source], self.graph.tape[edge.target]
        x_dot = tangents.get(edge.source, zeros_like(source.value))
        formula, numbers = _flowing(self.graph, edge, tangent(source.name), x_dot)
        if edge.source not in tangents:  # not 0 · inf, but nothing at all
            value = zeros_like(node.value)
        elif node.op is None or _is_number(source, node):
            value = edge.partial * x_dot
        else:
            value = node.op.jvp(edge.port, x_dot, node.value, *self._operands(node))
        return Term(edge, formula, numbers, value)

    def _operands(self, node: Node) -> list[Any]:
        """Their values."""
        tape = self.graph.tape
        return [tape[o].value if isinstance(o, int) else o.value for o in node.operands]

    @cached_property
    def _by_name(self) -> dict[str, ForwardRow]:
        return {row.name: row for row in self.rows}

    def lines(self, node: Node) -> list[Line]:
        """Its tangent."""
        row = self._by_name[node.name]
        is_rule = any(term.numbers is None for term in row.terms) and isinstance(node.op, RuleOp)
        remark = f"jvp of {node.op.name}" if is_rule and node.op else ""
        x_dot = Value(row.tangent, strong=node.index == self.graph.output.index)
        numbers = _shown(row.tangent_numbers) or remark
        return [(Formula(tangent(node.name)), row.tangent_formula or "", numbers, x_dot)]


class ReverseTrace(Trace):
    """Reverse mode: each node's adjoint, ∂target/∂node, from the target back to the inputs.

    The table is read from the bottom up. Beside each node stands what it hands back to its
    operands, and beside an input its adjoint, which is complete there.

    Attributes:
        graph: the graph.
        target: the node that is differentiated.

    Raises:
        ValueError: where the target holds several numbers.
    """

    def __init__(self, graph: Graph, target: Node) -> None:
        if is_array(target.value) and target.value.size != 1:
            raise ValueError(
                f"{target.name} has shape {target.value.shape}: an adjoint needs one number to "
                "differentiate. Sum it first"
            )
        self.graph = graph
        self.target = target

    def __repr__(self) -> str:
        return f"ReverseTrace(∂{self.target.name}/∂: {counted(len(self.rows), 'row')})"

    @cached_property
    def nodes(self) -> Sequence[Node]:
        """Those that the target is computed from, and all inputs, in the order of recording."""
        leads = {self.target.index}
        for edge in reversed(self.graph.edges):
            if edge.target in leads:
                leads.add(edge.source)
        return [node for node in self.graph.nodes if node.op is None or node.index in leads]

    @property
    def title(self) -> str:
        """The heading of its columns."""
        return f"adjoint trace of {self.target.name}, from the bottom up"

    @cached_property
    def rows(self) -> tuple[ReverseRow, ...]:
        """One for each node, in the order of recording; reverse mode goes from the last back."""
        found: dict[str, list[Contribution]] = {}
        for step in self.steps:
            found.setdefault(step.name, []).append(step)
        return tuple(
            ReverseRow(
                node.name,
                self._definition(node),
                node.value,
                tuple(steps := found.get(node.name, [])),
                steps[-1].adjoint if steps else zeros_like(node.value),
            )
            for node in self.nodes
        )

    @cached_property
    def steps(self) -> tuple[Contribution, ...]:
        """All contributions, in the order in which reverse mode makes them: first the seed."""
        with ieee(*(node.value for node in self.graph.nodes)):
            return tuple(self._steps())

    def _steps(self) -> Iterator[Contribution]:
        target = self.target
        x_bar: dict[int, Any] = {target.index: zeros_like(target.value) + 1.0}
        seed = x_bar[target.index]
        yield Contribution(target.name, None, None, None, seed, seed)
        for node in reversed(self.nodes):
            for edge in self._edges_to(node) if node.index in x_bar else ():
                yield self._step(edge, x_bar)

    def _step(self, edge: Edge, x_bar: dict[int, Any]) -> Contribution:
        source, node = self.graph.tape[edge.source], self.graph.tape[edge.target]
        out_bar = x_bar[edge.target]
        formula, numbers = _flowing(self.graph, edge, adjoint(node.name), out_bar)
        if _is_number(source, node):
            value = out_bar * edge.partial
        else:
            value = self.graph.vjp(edge, out_bar)
        terms: list[Formula | None] = [formula]
        amounts = [numbers]
        if edge.source in x_bar:
            known = x_bar[edge.source]
            terms.insert(0, Formula(adjoint(source.name)))
            amounts.insert(0, None if is_array(known) else Formula(known))
            x_bar[edge.source] = known + value
        else:
            x_bar[edge.source] = value
        after = x_bar[edge.source]
        return Contribution(source.name, edge, _sum(terms), _sum(amounts), value, after)

    @cached_property
    def _handed_back(self) -> dict[int, list[Contribution]]:
        """The steps by the node that makes them, for the seed the target; the last one first."""
        steps: dict[int, list[Contribution]] = {}
        for step in reversed(self.steps):
            index = self.target.index if step.edge is None else step.edge.target
            steps.setdefault(index, []).append(step)
        return steps

    @cached_property
    def _adjoints(self) -> dict[str, Any]:
        return {row.name: row.adjoint for row in self.rows}

    def lines(self, node: Node) -> list[Line]:
        """What it hands back, the last step on top; for an input its adjoint."""
        steps = self._handed_back.get(node.index, [])
        if node.op is not None:
            return [self._line(step) for step in steps]
        if node.name not in self._adjoints:
            return []
        x_bar = Value(self._adjoints[node.name], strong=True)
        return [(Formula(adjoint(node.name)), "", "", x_bar)]

    def _line(self, step: Contribution) -> Line:
        remark = ""
        if step.edge is not None and step.numbers is None:
            node = self.graph.tape[step.edge.target]
            source = self.graph.tape[step.edge.source]
            if isinstance(node.op, RuleOp):
                remark = f"vjp of {node.op.name}"
            elif getattr(node.value, "shape", ()) != getattr(source.value, "shape", ()):
                remark = "summed to its shape"
        numbers = _shown(step.numbers) or remark
        x_bar = Value(step.adjoint)
        return (Formula(adjoint(step.name)), step.formula or "", numbers, x_bar)


def _is_number(*nodes: Node) -> bool:
    return not any(is_array(node.value) for node in nodes)


def _flowing(
    graph: Graph, edge: Edge, symbol: Expression, value: Any
) -> tuple[Formula, Formula | None]:
    symbols, numbers = flowing(graph, edge, symbol, value)
    return Formula(symbols), None if numbers is None else Formula(numbers)


def _sum(terms: Sequence[Formula | None]) -> Formula | None:
    """Their sum; None if there are none, or where one is missing."""
    known = [term.expression for term in terms if term is not None]
    return Formula(total(known)) if known and len(known) == len(terms) else None


def _shown(numbers: Formula | None) -> Cell:
    """The numbers, unless they are a single one, which the value repeats."""
    match numbers:
        case None | Formula(int() | float()) | Formula(("neg", int() | float())):
            return ""
    return numbers
