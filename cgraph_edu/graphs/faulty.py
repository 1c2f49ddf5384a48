"""Engines that are wrong on purpose.

A reverse pass takes the edges one by one, the last first, and adds to the adjoint of each source:

    x_bar = {target: 1}
    for edge in backwards:
        x_bar[edge.source] += x_bar[edge.target] · edge.partial

That is right for two reasons: it adds, and no node hands its adjoint on before all contributions to
it have arrived. Each engine here has one of the mistakes that are made with it, and really runs so.

What it finds is still a sum over paths, only that some are counted 0 times (lost), twice, or with
the wrong sign:

    found  =  Σ over paths  times(path) · product(path),    times(path)  =  Π times(edge)

How often an edge is counted follows from the shape of the graph alone: diagnosis.py tells by it
which paths went wrong, however many there are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar

from ..core.derivatives import zeros_like
from ..core.expressions import Expression
from ..core.numbers import format_count
from ..core.ops import Op
from ..core.tensor import is_array
from .graph import Edge, Graph, Node
from .partials import local_partial, symbol
from .paths import PathSum
from .table import Formula

MOST_NAMED = 3
"""More contributions than this are counted, not named."""


class Engine(ABC):
    """A reverse pass with a mistake in it."""

    passes: ClassVar[int] = 1
    """How often a path is counted that no mistake touches."""

    def __init__(self, graph: Graph, target: Node) -> None:
        if is_array(target.value) and target.value.size != 1:
            raise ValueError(
                f"{target.name} has shape {target.value.shape}: a gradient needs one number. "
                "Take its sum as the target"
            )
        self.graph = graph
        self.target = target
        self.seed = {target.index: zeros_like(target.value) + 1.0}

    @property
    @abstractmethod
    def bug(self) -> str:
        """The mistake, in words."""

    @property
    def excuse(self) -> str:
        """Why all is right, where no path went wrong."""
        return "every node is used once"

    @cached_property
    def backwards(self) -> list[Edge]:
        """The edges that lead to the target, in the order of a reverse pass."""
        leads = {self.target.index}
        found = []
        for edge in sorted(self.graph.edges, key=lambda edge: -edge.target):
            if edge.target in leads:
                leads.add(edge.source)
                found.append(edge)
        return found

    @cached_property
    def uses(self) -> dict[int, list[Edge]]:
        """For each node the edges over which contributions to its adjoint arrive, in order."""
        return _by(attrgetter("source"), self.arrivals)

    @property
    def arrivals(self) -> list[Edge]:
        """The edges in the order of the engine."""
        return self.backwards

    def carry(self, edge: Edge, x_bar: Any) -> Any:
        """An adjoint of the edge's target, carried over the edge to its source."""
        return self.graph.vjp(edge, x_bar) if self.graph.has_arrays else x_bar * edge.partial

    @abstractmethod
    def adjoints(self) -> dict[int, Any]:
        """What the engine takes for the adjoints, by the nodes' places on the tape."""

    def times(self, edge: Edge) -> int:
        """How often a path is counted for that it goes over this edge."""
        return 1

    def places(self) -> Iterator[str]:
        """Where the mistake did something, in sentences."""
        yield from ()

    def _is_input(self, node: int) -> bool:
        return self.graph.tape[node].op is None

    def _name(self, node: int) -> str:
        return self.graph.tape[node].name

    def _contributions(self, edges: Sequence[Edge]) -> str:
        """Whose contributions those are: "that of c", "those of c (operand 1) and d"."""
        if len(edges) > MOST_NAMED:
            return f"{format_count(len(edges))} others"
        return f"{'that' if len(edges) == 1 else 'those'} of {_and(map(self._user, edges))}"

    def _user(self, edge: Edge) -> str:
        node = self.graph.tape[edge.target]
        is_twin = self.graph.is_twin(edge)
        return node.name + (f" (operand {edge.port + 1})" if is_twin else "")


class Overwrite(Engine):
    """`x_bar[source] = ...` where `+=` belongs.

    Of all contributions to an adjoint the one that arrives last is left. So at most one path from
    each input survives.
    """

    bug = "an adjoint is set where it should be added to, so only the last contribution is left"
    excuse = "every node is used once, so there is nothing to overwrite"

    def adjoints(self) -> dict[int, Any]:
        """The reverse pass, with = for +=."""
        x_bar = dict(self.seed)
        for edge in self.backwards:
            x_bar[edge.source] = self.carry(edge, x_bar[edge.target])
        return x_bar

    def times(self, edge: Edge) -> int:
        """1 for the last use of a node to be processed, 0 for the others."""
        return int(self.uses[edge.source][-1] is edge)

    def places(self) -> Iterator[str]:
        """The nodes that are used more than once."""
        for node, edges in self.uses.items():
            if len(edges) > 1:
                yield (
                    f"At {self._name(node)} the contribution of {self._user(edges[-1])} overwrote "
                    f"{self._contributions(edges[:-1])}."
                )


class NoOrder(Engine):
    """Plain recursion, without a topological order.

        def hand_on(node):
            for source, partial in node.operands:
                source.bar += node.bar * partial
                if source is new:  hand_on(source)

    This is the first recursion that everybody writes: go on to each operand at once, and to none
    twice, lest the work double with every node. So a node hands its adjoint on as soon as the first
    contribution has arrived, and later ones stay where they are: an input keeps them all, but all
    paths through any other node are lost that come to it second. Each edge is used once, so it
    takes no longer than the right order. (Without "to none twice" the same recursion hands on
    again what it had handed on before. Then paths are counted again and again, and the work is as
    large as the number of paths.)
    """

    bug = "a node hands its adjoint on when the first contribution arrives, not when all have"

    @property
    def excuse(self) -> str:
        """Contributions that come late do no harm, or there are none."""
        if any(len(edges) > 1 for edges in self.uses.values()):
            return "only inputs are used more than once, and they hand nothing on"
        return "every node is used once, so no contribution comes late"

    @cached_property
    def _recursion(self) -> list[Edge]:
        """The edges in the order in which the recursion meets them."""
        operands = _by(attrgetter("target"), self.backwards)
        met: list[Edge] = []
        seen = {self.target.index}
        pending = [iter(operands.get(self.target.index, ()))]
        while pending:
            edge = next(pending[-1], None)
            if edge is None:
                pending.pop()
                continue
            met.append(edge)
            if edge.source not in seen:
                seen.add(edge.source)
                pending.append(iter(operands.get(edge.source, ())))
        return met

    @property
    def arrivals(self) -> list[Edge]:
        """The order of the recursion."""
        return self._recursion

    def adjoints(self) -> dict[int, Any]:
        """Each edge hands on what has arrived at its target by then."""
        x_bar = dict(self.seed)
        for edge in self._recursion:
            _add(x_bar, edge.source, self.carry(edge, x_bar[edge.target]))
        return x_bar

    def times(self, edge: Edge) -> int:
        """1 for the first contribution to a node, or to an input; 0 for the others."""
        return int(self._is_input(edge.source) or self.uses[edge.source][0] is edge)

    def places(self) -> Iterator[str]:
        """The nodes that are used more than once, and have an adjoint to hand on."""
        for node, edges in self.uses.items():
            if len(edges) > 1 and not self._is_input(node):
                yield (
                    f"{self._name(node)} handed on the contribution of {self._user(edges[0])} "
                    f"before {self._contributions(edges[1:])} arrived."
                )


class Stale(Engine):
    """Two backward passes, and nobody set the gradients to zero between them.

    As in PyTorch without `zero_grad()`: the second pass adds to the gradients that the first left.
    """

    bug = "a second pass adds to the gradients of the first, which nobody set to zero"
    passes = 2

    def adjoints(self) -> dict[int, Any]:
        """Two right passes into one set of gradients."""
        gradients: dict[int, Any] = {}
        for _ in range(self.passes):
            x_bar = dict(self.seed)
            for edge in self.backwards:
                _add(x_bar, edge.source, self.carry(edge, x_bar[edge.target]))
            for node, adjoint in x_bar.items():
                _add(gradients, node, adjoint)
        return gradients


class WrongSign(Engine):
    """The rule of one op has the wrong sign, for one of its operands.

    Whose minus sign is easiest to forget: it is the first rule with one, in the order of the
    computation, ∂(x - y)/∂y = -1 or ∂cos(x)/∂x = -sin(x) say. Where there is none, the rule for the
    last operand of the op that made the target has one too many. Every use of the rule is wrong.
    """

    @property
    def excuse(self) -> str:
        """Two wrong signs make a right one, or there is no rule to be wrong."""
        if self._wrong is None:
            return f"{self.target.name} is an input, so no rule is used"
        return "every path meets the wrong rule an even number of times, and the signs cancel"

    @cached_property
    def _wrong(self) -> tuple[str, int] | None:
        """The op's name and the operand's place; None where nothing is computed."""
        uses = sorted(self.backwards, key=lambda edge: (edge.target, edge.port))
        rules = ((self.graph.tape[edge.target].op, edge.port) for edge in uses)
        for op, port in rules:
            if isinstance(op, Op) and _without_minus(op.partials[port]) is not None:
                return op.name, port
        return self._rule(uses[-1]) if uses else None

    def _rule(self, edge: Edge) -> tuple[str, int]:
        op = self.graph.tape[edge.target].op
        return op.name if op is not None else "", edge.port

    def adjoints(self) -> dict[int, Any]:
        """The reverse pass, with that rule."""
        x_bar = dict(self.seed)
        for edge in self.backwards:
            contribution = self.carry(edge, x_bar[edge.target])
            is_wrong = self._rule(edge) == self._wrong
            _add(x_bar, edge.source, -contribution if is_wrong else contribution)
        return x_bar

    def times(self, edge: Edge) -> int:
        """-1 for a use of the wrong rule."""
        return -1 if self._rule(edge) == self._wrong else 1

    def places(self) -> Iterator[str]:
        """The uses of the rule."""
        for edge in self.backwards:
            if self._rule(edge) == self._wrong:
                user = self.graph.tape[edge.target]
                formula = f"{user.name} = {self.graph.describe(user)}"
                yield f"In {formula} the contribution to {self._name(edge.source)} is wrong."

    @property
    def bug(self) -> str:
        """The rule, right and wrong."""
        for edge in self.backwards:
            user = self.graph.tape[edge.target]
            op = user.op
            if op is None or self._rule(edge) != self._wrong:
                continue
            if isinstance(op, Op):
                return f"one rule has the wrong sign: it takes {self._taken(edge)}"
            which = f" for operand {edge.port + 1}" if len(user.operands) > 1 else ""
            return f"one rule has the wrong sign: that of {op.name}{which}"
        return "one rule has the wrong sign"

    def _taken(self, edge: Edge) -> str:
        """A use of the rule and what it is taken for: "1 for ∂c/∂b = -1"."""
        right = local_partial(self.graph, edge)[0]
        bare = _without_minus(right)
        wrong = ("neg", right) if bare is None else bare
        paths = PathSum(self.graph, self.graph.tape[edge.source], self.target)
        return f"{Formula(wrong)} for {Formula(symbol(paths, edge))} = {Formula(right)}"


ENGINES: Mapping[str, type[Engine]] = {
    "overwrite": Overwrite,
    "no_order": NoOrder,
    "stale": Stale,
    "wrong_sign": WrongSign,
}


def gradient(graph: Graph, target: Node, sources: Sequence[Node], engine: str) -> Iterator[Any]:
    """What a faulty engine takes for the adjoints of `sources`."""
    x_bar = ENGINES[engine](graph, target).adjoints()
    return (x_bar.get(node.index, zeros_like(node.value)) for node in sources)


def _add(x_bar: dict[int, Any], node: int, contribution: Any) -> None:
    x_bar[node] = x_bar[node] + contribution if node in x_bar else contribution


def _by(key: Callable[[Edge], int], edges: Iterable[Edge]) -> dict[int, list[Edge]]:
    found: dict[int, list[Edge]] = {}
    for edge in edges:
        found.setdefault(key(edge), []).append(edge)
    return found


def _and(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _without_minus(expression: Expression) -> Expression | None:
    """What is left if a leading minus is forgotten; None where there is none."""
    if isinstance(expression, (int, float)) and expression < 0:
        return -expression
    if not isinstance(expression, tuple):
        return None
    function, first, *others = expression
    if function == "neg":
        return first
    rest = _without_minus(first) if function in ("mul", "div") else None
    return None if rest is None else (function, rest, *others)
