"""The chain rule for one derivative, written out in stages.

∂e/∂b = ∂e/∂c · ∂c/∂b + ∂e/∂d · ∂d/∂b     chain rule
      = d · 1 + c · 1                     local partials
      = 2 · 1 + 3 · 1                     numbers
      = 2 + 3                             products
      = 5
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from ..core.expressions import Expression
from ..core.numbers import format_count
from .graph import Edge, Graph, Node, door
from .partials import PLACES, is_ambiguous, local_partial, symbol
from .paths import Path, PathSum
from .table import (
    ELLIPSIS,
    Column,
    Formula,
    Group,
    Row,
    Table,
    Tabular,
    Value,
    derivative,
    product,
    total,
)

MOST_PATHS, MOST_FACTORS = 6, 24
"""No more is written than so many paths, with so many factors together."""

CHAIN_RULE, LOCAL_PARTIALS, NUMBERS, PRODUCTS, RESULT = (
    "chain rule",
    "local partials",
    "numbers",
    "products",
    "result",
)


@dataclass(frozen=True)
class Stage:
    """One line of a derivation: what stands to the right of "="."""

    name: str
    """ "chain rule", "local partials", "numbers", "products" or "result"."""
    content: Formula | Value
    names: tuple[str, ...] = ()
    """The names in the graph: such as would look alike are shown as typed."""

    @property
    def text(self) -> str:
        """As plain text."""
        text: str = door("render.table").cell_text(self.content)
        return text

    @property
    def latex(self) -> str:
        """As LaTeX, to stand in a display."""
        text: str = door("render.table").cell_latex(self.content, self.names)
        return text


class Derivation(Tabular):
    """The chain rule for ∂target/∂source, in stages: symbols, local partials, numbers, result.

    Each path from the source to the target gives a product, and the products are added up. Where
    there are too many to read, the largest are written; "…" stands for the others, whose sum is
    exact.

    Attributes:
        graph: the graph.
        target, source: two of its nodes.
    """

    def __init__(self, graph: Graph, target: Node, source: Node) -> None:
        self.graph = graph
        self.target = target
        self.source = source
        self.paths = PathSum(graph, source, target)

    def __repr__(self) -> str:
        return f"Derivation(∂{self.target.name}/∂{self.source.name}, {len(self.stages)} stages)"

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in order; only the result where no edge leads from source to target.

        For arrays there are the chain rule and the result, which the chains of vjps give.
        """
        contents: dict[str, Formula | Value] = {}
        if any(path.edges for path in self._written):
            contents[CHAIN_RULE] = self._sum(lambda edge: symbol(self.paths, edge))
            if not self.graph.has_arrays:
                contents[LOCAL_PARTIALS] = self._sum(
                    lambda edge: local_partial(self.graph, edge)[0]
                )
                contents[NUMBERS] = self._sum(lambda edge: edge.partial)
                rest = [self.paths.remainder(len(self._written))] if self._left_out else []
                contents[PRODUCTS] = Formula(total([p.product for p in self._written] + rest))
        contents[RESULT] = Value(self.paths.total, strong=True)
        return tuple(Stage(name, content, self._names) for name, content in contents.items())

    @cached_property
    def _written(self) -> list[Path]:
        """All paths in writing order where they are few and short; else the largest."""
        largest = self.paths.top(MOST_PATHS)
        ends = accumulate(len(path.edges) for path in largest)
        few = max(1, sum(end <= MOST_FACTORS for end in ends))
        return list(self.paths.paths) if few >= self.paths.count else largest[:few]

    @property
    def _left_out(self) -> int:
        """How many paths are not written."""
        return self.paths.count - len(self._written)

    def _sum(self, factor: Callable[[Edge], Expression]) -> Formula:
        """The sum over the paths of their products, each from the target back to the source."""
        terms = [product([factor(edge) for edge in path.edges[::-1]]) for path in self._written]
        return Formula(total(terms + [ELLIPSIS] * bool(self._left_out)))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.graph.nodes)

    def table(self) -> Table:
        """A line for each stage; one that says the same as the next is left out."""
        left = Formula(derivative(self.target.name, self.source.name))
        texts = [str(left), *(stage.text for stage in self.stages)]
        rows: list[Row] = []
        for stage, text, after in zip(self.stages, texts[1:], [*texts[2:], ""], strict=True):
            if text not in (texts[0], after):
                remark = "" if stage.name == RESULT else stage.name
                rows.append(Row((left if not rows else "", stage.content, remark)))
        if not self.paths.count:
            why = f"{self.target.name} does not depend on {self.source.name}"
            rows = [Row((left, self.stages[-1].content, why))]
        columns = (Column(), Column(sign="="), Column(soft=True))
        return Table((Group(columns),), tuple(rows), notes=tuple(self._notes()), names=self._names)

    def _notes(self) -> Iterator[str]:
        edges = (edge for path in self._written for edge in path.edges)
        if any(is_ambiguous(self.paths, edge) for edge in edges):
            yield PLACES
        if self._left_out:
            yield f"…: {format_count(self._left_out)} more paths"

    @property
    def latex(self) -> str:
        """A display, $$...$$, aligned on "="."""
        text: str = door("render.table").aligned(self.table())
        return text
