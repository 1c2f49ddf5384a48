"""What a faulty engine gets wrong: which paths it lost, counted twice or with the wrong sign."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, islice
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

from ..core.numbers import close, format_count
from ..core.tensor import is_array
from .faulty import ENGINES
from .graph import Edge, Graph, Node
from .paths import Path, PathSum, entries
from .table import Cell, Column, Formula, Group, Row, Table, Tabular, Value, along, product

FEW = 6
"""An input with so many paths has them all listed; of more, the largest that went wrong."""

MOST_LISTED = 3
MOST_PLACES = 3
"""So many places are told where something went wrong."""

MOST_INPUTS = 20
"""So many inputs are shown."""

STATES = {-1: "wrong sign", 0: "lost", 1: "kept", 2: "counted twice"}
"""What became of a path, by how often it is counted."""

Sums: TypeAlias = dict[int, tuple[int, Any, float]]
"""By how often paths are counted: how many they are, their sum, and the sum of their sizes."""

Way: TypeAlias = "tuple[Any, Edge, Way] | tuple[Any, None, None]"
"""A path from some node on: its product, its first edge, and the way after that."""


_place = itemgetter(0)


@dataclass(frozen=True)
class Wrong:
    """A derivative as a faulty engine found it, and the right one."""

    found: Any
    right: Any


@dataclass(frozen=True)
class Miscount:
    """The paths from one input that an engine counts `times` times, not once."""

    times: int
    """0: they are lost; 2: counted twice; -1: counted with the wrong sign."""
    count: int
    """How many they are, exactly."""
    total: Any
    """The sum of their products."""
    out_of: int
    """How many paths there are in all."""
    _largest: Callable[[], list[Path]] = field(repr=False)

    @property
    def largest(self) -> list[Path]:
        """Three of them, or all if they are fewer: those with the largest products by size.

        Arrays have no order: of them, the first three in writing order.
        """
        return self._largest()

    def __str__(self) -> str:
        """In words: "lost: b → d → e, worth 3"; of more than one path how many."""
        if self.count == 1:
            which = trail(self.largest[0])
        elif self.count == self.out_of:
            which = "both paths" if self.count == 2 else f"all {format_count(self.count)} paths"
        else:
            which = f"{format_count(self.count)} of {format_count(self.out_of)} paths"
        together = " together" if self.count > 1 else ""
        return f"{STATES[self.times]}: {which}, worth {Value(self.total)}{together}"


class Diagnosis(Tabular):
    """What a faulty engine gets wrong about ∂target/∂x, for every input x.

    Attributes:
        engine: the engine's name.
        bug: the mistake that it makes, in words.

    Raises:
        ValueError: for an engine that is not known, or a target that is several numbers.
    """

    def __init__(self, graph: Graph, target: Node, engine: str) -> None:
        if engine not in ENGINES:
            known = ", ".join(ENGINES)
            raise ValueError(f"no faulty engine is named {engine!r}; there are: {known}")
        self.graph = graph
        self.target = target
        self.engine = engine
        self._engine = ENGINES[engine](graph, target)
        self.bug = self._engine.bug

    def __repr__(self) -> str:
        wrong, right = (", ".join(names) or "none" for names in (self.wrong, self.right))
        return f"Diagnosis({self.engine}: wrong: {wrong}; right: {right})"

    # --- The figures -----------------------------------------------------------------------------

    @cached_property
    def wrong(self) -> dict[str, Wrong]:
        """The inputs whose derivative comes out wrong, with both figures."""
        return {name: both for name, both in self._figures.items() if self._is_wrong(name)}

    @cached_property
    def right(self) -> dict[str, Any]:
        """The inputs whose derivative comes out right, with it."""
        return {name: both.right for name, both in self._figures.items() if name not in self.wrong}

    @cached_property
    def _figures(self) -> dict[str, Wrong]:
        found = self.graph.gradient(self.target.name, engine=self.engine)
        right = self.graph.gradient(self.target.name)
        return {name: Wrong(found[name], right[name]) for name in right}

    def _is_wrong(self, name: str) -> bool:
        if name not in self.miscounts:  # then only rounding can differ
            return False
        both, miscount = self._figures[name], self.miscounts[name]
        size = self._sums[self.graph.node(name).index][miscount.times][2]
        pairs = zip(entries(both.found), entries(both.right), strict=True)
        return not all(close(x, y, size) for x, y in pairs)

    # --- The paths -------------------------------------------------------------------------------

    @property
    def lost(self) -> dict[str, Miscount]:
        """For each input that has some, its paths that are not counted."""
        return {name: m for name, m in self.miscounts.items() if m.times == 0}

    @property
    def repeated(self) -> dict[str, Miscount]:
        """For each input that has some, its paths that are counted twice."""
        return {name: m for name, m in self.miscounts.items() if m.times > 1}

    @property
    def flipped(self) -> dict[str, Miscount]:
        """For each input that has some, its paths that are counted with the wrong sign."""
        return {name: m for name, m in self.miscounts.items() if m.times < 0}

    @cached_property
    def miscounts(self) -> dict[str, Miscount]:
        """For each input that has some, its paths that are not counted once.

        An input may come out right all the same: if they are worth 0.
        """
        found = {}
        for node in self.graph.inputs:
            sums = self._sums.get(node.index, {})
            out_of = sum(count for count, _, _ in sums.values())
            for times, (count, total, _) in sums.items():
                if times != 1:  # no engine has more than one way to miscount
                    largest = self._lister(node, times)
                    found[node.name] = Miscount(times, count, total, out_of, largest)
        return found

    @cached_property
    def _sums(self) -> dict[int, Sums]:
        """For each input its paths, counted and summed edge by edge from the target on."""
        engine = self._engine
        found: dict[int, Sums] = {
            node: {engine.passes: (1, seed, 1.0)} for node, seed in engine.seed.items()
        }
        for node, edges in groupby(engine.backwards, key=attrgetter("target")):
            onward = found.pop(node)  # a big graph's counts are long: none is kept in vain
            for edge in edges:
                here = found.setdefault(edge.source, {})
                for times, (count, total, size) in onward.items():
                    times *= engine.times(edge)
                    known = here.get(times, (0, None, 0.0))
                    carried = engine.carry(edge, total)
                    here[times] = (
                        known[0] + count,
                        carried if known[1] is None else known[1] + carried,
                        known[2] + size * _size(edge.partial),
                    )
        return found

    def _lister(self, source: Node, times: int) -> Callable[[], list[Path]]:
        paths = self.graph.path_sum(source.name, self.target.name)

        def listed() -> list[Path]:
            return [_path(paths, way) for way in self._ways[source.index, times]]

        return listed

    @cached_property
    def _ways(self) -> dict[tuple[int, int], list[Way]]:
        """For each input, by how often they are counted: the largest paths.

        Every node keeps its best ways to the target: no other can be part of a best path.
        """
        engine = self._engine
        best: dict[tuple[int, int], list[Way]] = {}
        # By nodes: what a way is sorted by, how often it is counted, the way. Of equally large
        # ones the first in writing order comes first.
        candidates: dict[int, list[tuple[tuple[float, ...], int, Way]]] = {
            node: [((0.0,), engine.passes, (seed, None, None))]
            for node, seed in engine.seed.items()
        }

        def chosen(node: int) -> Iterator[tuple[int, int, Way]]:
            taken: Counter[int] = Counter()
            for rank, (_, times, way) in enumerate(sorted(candidates.pop(node), key=_place)):
                taken[times] += 1
                if taken[times] <= MOST_LISTED:
                    yield rank, times, way

        for node, edges in groupby(engine.backwards, key=attrgetter("target")):
            onward = list(chosen(node))
            for edge in edges:
                found = candidates.setdefault(edge.source, [])
                for rank, times, way in onward:
                    carried = engine.carry(edge, way[0])
                    place = (-_size(carried), edge.target, edge.port, rank)
                    found.append((place, times * engine.times(edge), (carried, edge, way)))
        for node in list(candidates):
            for _, times, way in chosen(node):
                best.setdefault((node, times), []).append(way)
        return best

    # --- In words --------------------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """What is wrong, in sentences: a line for each input, then where it happened."""
        return "\n".join([*self._verdicts(), *self._places()])

    def _verdicts(self) -> Iterator[str]:
        for name, miscount in islice(self.miscounts.items(), MOST_INPUTS):
            both = self._figures[name]
            if name in self.wrong:
                yield f"{name}: {Value(both.found)} instead of {Value(both.right)}; {miscount}."
            elif not is_array(both.right) and math.isnan(both.right):
                yield f"{name}: nan, as it should be, but that is no number; {miscount}."
            else:
                yield f"{name}: {Value(both.right)} all the same, by luck; {miscount}."
        if len(self.miscounts) > MOST_INPUTS:
            wrong, inputs = (format_count(len(found)) for found in (self.wrong, self._figures))
            yield f"And so on: {wrong} of {inputs} inputs come out wrong."
        if not self.miscounts:
            yield f"All is right: {self._engine.excuse}."

    def _places(self) -> Iterator[str]:
        if self.miscounts:
            places = list(self._engine.places())
            yield from places[:MOST_PLACES]
            if len(places) > MOST_PLACES:
                yield f"The same at {format_count(len(places) - MOST_PLACES)} more nodes."

    def table(self) -> Table:
        """Each input with both figures, and its paths with what became of them."""
        figures = (
            Column("input"),
            Column("right", "right"),
            Column("found", "right"),
            Column(),
        )
        paths = (Column("path"), Column("", "right"), Column("product", sign="="), Column())
        is_wide = bool(self.miscounts)
        rows = []
        for name, both in islice(self._figures.items(), MOST_INPUTS):
            mark = "✗" if name in self.wrong else "✓"
            head: tuple[Cell, ...] = (
                Formula(name),
                Value(both.right),
                Value(both.found, strong=True),
                mark,
            )
            for cells in self._path_rows(name) if is_wide else [()]:
                rows.append(Row((*head, *cells)))
                head = ("",) * len(figures)
        return Table(
            groups=(Group(figures), Group(paths)) if is_wide else (Group(figures),),
            rows=tuple(rows),
            title=f"{self.engine}: {self.bug}",
            notes=tuple(self.summary.split("\n")),
            names=tuple(node.name for node in self.graph.nodes),
        )

    def _path_rows(self, name: str) -> Iterator[tuple[Cell, ...]]:
        """The paths of an input: all where they are few, else how many went wrong, and some."""
        miscount = self.miscounts.get(name)
        if miscount is None:
            yield ("",) * 4
        elif miscount.out_of <= FEW:
            for path in self.graph.path_sum(name, self.target.name).paths:
                times = self._engine.passes * math.prod(map(self._engine.times, path.edges))
                yield Formula(along(path)), _factors(path), Value(path.product), STATES[times]
        else:
            count = f"{format_count(miscount.count)} path{'s' if miscount.count > 1 else ''}"
            yield count, "", Value(miscount.total), STATES[miscount.times]
            for path in miscount.largest:
                yield Formula(along(path)), "", Value(path.product), "among them"


def trail(path: Path) -> str:
    """A path as text, "b → d → e"."""
    return str(Formula(along(path)))


def _factors(path: Path) -> Cell:
    """The local partials along a path of numbers, multiplied: "1 · 2"."""
    are_numbers = all(type(factor) is float for factor in path.factors)
    return Formula(product(path.factors)) if are_numbers and len(path.factors) > 1 else ""


def _path(paths: PathSum, way: Way) -> Path:
    found, edge, rest = way
    edges = []
    while edge is not None and rest is not None:
        edges.append(edge)
        _, edge, rest = rest
    return Path(paths, tuple(edges), found)


def _size(value: Any) -> float:
    """A magnitude to sort by; what is not a number comes first, to be seen."""
    if value is None or is_array(value):
        return 0.0
    return math.inf if value != value else abs(value)
