"""A path sum in factored form: where all paths meet again, the sum is a product of shorter sums.

    αδ + αε + αζ + βδ + βε + βζ + γδ + γε + γζ  =  (α + β + γ)(δ + ε + ζ)

All paths from a node meet again at its immediate postdominator; all paths to a node were together
last at its immediate dominator (T. Lengauer, R. Tarjan, 1979; on an acyclic graph one pass finds
them). Written with the sum at each node once, the factored form is reverse mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from ..core.expressions import Expression
from ..core.numbers import format_count
from .graph import Edge
from .partials import PLACES, is_ambiguous, symbol
from .table import Column, Formula, Group, Row, Table, Tabular, Value, derivative, product, total

if TYPE_CHECKING:
    from .paths import PathSum

GREEK = "αβγδεζηθκλμνξρστφχψω"
"""Letters for edges; those that look like Latin ones are left out."""

LONGEST = 60
"""A form with more factors than this is told by its counts alone."""

Product: TypeAlias = "tuple[Edge | Sum, ...]"


@dataclass(frozen=True)
class Sum:
    """Products, one for each way on."""

    terms: tuple[Product, ...]


@dataclass(frozen=True)
class Operations:
    """How many multiplications and additions a method takes."""

    multiplications: int
    additions: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.multiplications + self.additions


class Factored(Tabular):
    """The factored form of a path sum.

    Attributes:
        sum: the path sum.
        meeting: the names of the nodes, source and target included, that all paths go through.
    """

    def __init__(self, sum: PathSum) -> None:
        if sum.graph.has_arrays:
            raise ValueError(
                "the partials of array ops are not numbers that could be factored: "
                "path_sum(...).paths has the chain of vjps along each path"
            )
        self.sum = sum
        # Sums can be taken out towards either end; the shorter form is the better one.
        forms = [_Form(sum, is_backward) for is_backward in (False, True)]
        self._form = min(forms, key=lambda form: form.operations.total)
        tape = sum.graph.tape
        self.meeting = tuple(tape[i].name for i in _meeting(sum))

    def __repr__(self) -> str:
        return f"Factored(∂{self.sum.target.name}/∂{self.sum.source.name})"

    @property
    def value(self) -> float:
        """The number that the form comes to; each sum in it is worked out once."""
        return self._form.value if self.sum.count else 0.0

    @property
    def operations(self) -> Mapping[str, Operations]:
        """What each method takes, by name: "paths", "factored", "forward", "reverse".

        A product of n factors takes n - 1 multiplications and a sum of n terms n - 1 additions.
        Forward mode multiplies once for each edge on a path but those that leave the source, whose
        tangent is 1, and adds where edges meet; reverse mode does so from the target back.
        """
        paths, edges = self.sum, self.sum.edges
        if not edges:
            return dict.fromkeys(("paths", "factored", "forward", "reverse"), Operations(0, 0))
        nodes = {edge.target for edge in edges}
        joins = len(edges) - len(nodes)
        return {
            "paths": Operations(paths.length - paths.count, paths.count - 1),
            "factored": self._form.operations,
            "forward": Operations(sum(e.source != paths.source.index for e in edges), joins),
            "reverse": Operations(sum(e.target != paths.target.index for e in edges), joins),
        }

    @cached_property
    def product(self) -> Product | None:
        """The form as a tree of edges and sums; None if it is longer than can be shown."""
        return self._form.product() if self._form.length <= LONGEST else None

    def expression(self, symbols: Mapping[int, Expression]) -> Expression:
        """The form with a symbol for each edge, by the identity of the edge."""
        if not self.sum.count:
            return 0
        if self.product is None:
            raise ValueError(f"the factored form has {self._form.length:,} factors: too long")

        def written(form: Product) -> Expression:
            return product([symbols[id(f)] if isinstance(f, Edge) else added(f) for f in form])

        def added(form: Sum) -> Expression:
            return total([written(term) for term in form.terms])

        return written(self.product)

    @property
    def letters(self) -> dict[str, Edge]:
        """The edges by the letters that stand for them."""
        names = (f"{GREEK[i % len(GREEK)]}{i // len(GREEK) or ''}" for i in count())
        return dict(zip(names, self._shown(), strict=False))

    def _shown(self) -> Sequence[Edge]:
        found: dict[int, Edge] = {}
        if self.product is not None:
            for edge in _leaves(self.product):
                found.setdefault(id(edge), edge)
        return list(found.values())

    def table(self) -> Table:
        """The form in letters and in numbers, what the letters stand for, and what it costs."""
        head = Formula(derivative(self.sum.target.name, self.sum.source.name))
        if self.product is None:
            rows = [Row((head, Value(self.value, strong=True)))]
        else:
            letters = self.letters
            symbols = self.expression({id(edge): letter for letter, edge in letters.items()})
            numbers = self.expression({id(edge): edge.partial for edge in letters.values()})
            forms = [Formula(symbols), *([Formula(numbers)] if letters else [])]
            rows = [Row((head if form is forms[0] else "", form)) for form in forms]
            rows.append(Row(("", Value(self.value, strong=True))))
            rows += [self._legend(letter, edge) for letter, edge in letters.items()]
        columns = Column(), Column(sign="=")
        names = tuple(node.name for node in self.sum.graph.nodes)
        return Table((Group(columns),), tuple(rows), notes=tuple(self._notes()), names=names)

    def _legend(self, letter: str, edge: Edge) -> Row:
        return Row((Formula(letter), Formula(symbol(self.sum, edge))))

    def _notes(self) -> Iterator[str]:
        if any(is_ambiguous(self.sum, edge) for edge in self._shown()):
            yield PLACES
        yield self._costs()

    def _costs(self) -> str:
        names = {
            "paths": "path by path",
            "factored": "factored",
            "forward": "in forward mode",
            "reverse": "in reverse mode",
        }
        costs = [
            f"{format_count(cost.multiplications)} + {format_count(cost.additions)} {names[method]}"
            for method, cost in self.operations.items()
        ]
        return f"Multiplications + additions: {', '.join(costs)}."


class _Form:
    """The factored form, taken out towards one of the ends.

    Forwards the sum at a node is over the edges that leave it, up to where their paths meet again;
    backwards it is over the edges that arrive, from where their paths were last together.
    """

    def __init__(self, sum: PathSum, is_backward: bool) -> None:
        self.is_backward = is_backward
        # Without a path there is no way to go: from the target to itself.
        ends = sum.source.index if sum.count else sum.target.index, sum.target.index
        self.start, self.end = reversed(ends) if is_backward else ends
        self.steps: dict[int, list[tuple[int, Edge]]] = {self.end: []}
        for edge in sum.edges:
            here, there = edge.source, edge.target
            if is_backward:
                here, there = there, here
            self.steps.setdefault(here, []).append((there, edge))
        self._count()

    def _count(self) -> None:
        """Where the ways from each node meet; factors, operations and value of the way to there."""
        self.meets = _Meetings(self.end)
        # Of the way from a node to the end: its factors, and within them operations and length.
        factors, inner = {self.end: 0}, {self.end: (0, 0, 0)}
        # From the end on: a node's ways on are known before the node.
        for node in sorted(self.steps, reverse=not self.is_backward):
            if node == self.end:
                continue
            place = self.meets.of(there for there, _ in self.steps[node])
            multiplications = additions = length = 0
            value = 0.0
            for there, edge in self.steps[node]:
                multiplications += factors[there] - factors[place]
                a, b, c = (x - y for x, y in zip(inner[there], inner[place], strict=True))
                multiplications, additions, length = (
                    multiplications + a,
                    additions + b,
                    length + c + 1,
                )
                value += edge.partial * self.meets.product(there, place)
            self.meets.add(node, place, value)
            additions += len(self.steps[node]) - 1
            factors[node] = factors[place] + 1
            a, b, c = inner[place]
            inner[node] = a + multiplications, b + additions, c + length
        multiplications, additions, self.length = inner[self.start]
        self.operations = Operations(multiplications + max(0, factors[self.start] - 1), additions)

    @property
    def value(self) -> float:
        """What the form comes to."""
        return self.meets.product(self.start, self.end)

    def product(self) -> Product:
        """The form as a tree."""
        return self._way(self.start, self.end)

    def _way(self, node: int, place: int) -> Product:
        parts: list[Edge | Sum] = []
        while node != place:
            meets = self.meets.next[node]
            terms = []
            for there, edge in self.steps[node]:
                onward = self._way(there, meets)
                terms.append((*onward, edge) if self.is_backward else (edge, *onward))
            if len(terms) == 1:
                parts += terms[0]
            else:
                parts.append(Sum(tuple(terms)))
            node = meets
        return tuple(reversed(parts)) if self.is_backward else tuple(parts)


class _Meetings:
    """For each node the first one that all ways from it to the end go through, a tree.

    Besides the next place each node knows one further on, and the product of the sums up to there.
    Both grow with the depth so that any place is found in a number of leaps that is logarithmic in
    it (E. Myers, "An applicative random-access stack", 1983).
    """

    def __init__(self, end: int) -> None:
        self.next = {end: end}
        self._far = {end: end}
        self._depth = {end: 0}
        self._sum = {end: 1.0}
        self._far_product = {end: 1.0}

    def add(self, node: int, place: int, value: float) -> None:
        """A node whose ways meet at `place`, and the sum over them up to there."""
        self.next[node] = place
        self._depth[node] = self._depth[place] + 1
        self._sum[node] = value
        middle = self._far[place]
        far = self._far[middle]
        if self._depth[place] - self._depth[middle] == self._depth[middle] - self._depth[far]:
            self._far[node] = far
            self._far_product[node] = value * self._far_product[place] * self._far_product[middle]
        else:
            self._far[node] = place
            self._far_product[node] = value

    def of(self, nodes: Iterable[int]) -> int:
        """The first place where the ways from all of them meet."""
        first, *others = nodes
        for other in others:
            depth = min(self._depth[first], self._depth[other])
            first, other = self._at(first, depth), self._at(other, depth)
            while first != other:  # of the same depth, so what is far of one is as far of the other
                step = self._far if self._far[first] != self._far[other] else self.next
                first, other = step[first], step[other]
        return first

    def _at(self, node: int, depth: int) -> int:
        while self._depth[node] > depth:
            far = self._far[node]
            node = far if self._depth[far] >= depth else self.next[node]
        return node

    def product(self, node: int, place: int) -> float:
        """The product of the sums on the way from a node to a place."""
        product, depth = 1.0, self._depth[place]
        while node != place:
            far = self._far[node]
            if self._depth[far] >= depth:
                product *= self._far_product[node]
                node = far
            else:
                product *= self._sum[node]
                node = self.next[node]
        return product


def _meeting(sum: PathSum) -> Iterator[int]:
    """The nodes that all paths go through: those that no edge passes over."""
    if sum.count:
        furthest = sum.source.index
        yield furthest
        for edge in sorted(sum.edges, key=lambda edge: edge.source):
            if edge.source == furthest != sum.source.index:
                yield furthest
            furthest = max(furthest, edge.target)
        if sum.edges:
            yield furthest


def _leaves(form: Product) -> Iterator[Edge]:
    for factor in form:
        if isinstance(factor, Edge):
            yield factor
        else:
            for term in factor.terms:
                yield from _leaves(term)
