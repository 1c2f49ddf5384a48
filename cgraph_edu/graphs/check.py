"""The gradient by every way there is, side by side: what makes a number on the screen believable.

The path sum and the two modes share the local partials. Finite differences and the frameworks do
not: they are the independent witnesses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, prod
from typing import Any, TypeAlias

from ..core.derivatives import finite_difference, ieee, zeros_like
from ..core.numbers import agree, format_count
from ..core.rules import RuleOp
from ..core.tensor import Operation, is_array
from .graph import Graph, Node
from .table import Cell, Column, Formula, Group, Row, Table, Tabular, Value, derivative

MOST_ENTRIES = 24
"""Of a larger array so many entries, evenly spread, are tried where each takes a pass."""

MOST_SHOWN = 6
"""A larger array is told by its shape."""

ROUGH = 1e-5
"""How far off a finite difference may be."""

Gradient: TypeAlias = Callable[[Graph, Node, Sequence[Node]], Sequence[Any]]
"""Gives ∂target/∂source for each of several inputs."""


class NoGradientError(ValueError):
    """A framework can't differentiate this graph; the message says why."""


@dataclass(frozen=True)
class Witness:
    """A framework that finds a gradient on its own."""

    name: str
    gradient: Gradient | None
    """None where it is not installed. It raises NoGradientError for what it can't do."""


@dataclass(frozen=True)
class Finding:
    """One derivative, found in one way."""

    source: str
    way: str
    value: Any
    """None where there is none; for a large array maybe only some of its entries."""
    difference: float | None
    """The largest distance of an entry from reverse mode's."""
    agrees: bool | None
    """None where there is nothing to compare."""
    remark: str = ""
    """Why there is no value, or of how many entries it is."""


class Check(Tabular):
    """∂target/∂source for some inputs by path sum, both modes, finite differences and frameworks.

    It is true if all that have a value agree with reverse mode. They agree within 1e-9, relative to
    the size of what was added up; in single precision, and for finite differences, within 1e-5; in
    half precision within 8 of its roundings.

    Attributes:
        findings: what each way found, input by input.
    """

    def __init__(
        self, graph: Graph, target: Node, sources: Sequence[Node], witnesses: Sequence[Witness]
    ) -> None:
        for node in sources:
            if node.op is not None:
                raise ValueError(f"{node.name} is computed: a gradient is checked for inputs")
        if is_array(target.value) and target.value.size != 1:
            raise ValueError(
                f"{target.name} is several numbers: a gradient needs one, their sum say"
            )
        self.graph = graph
        self.target = target
        self.sources = tuple(sources)
        self._witnesses = tuple(witnesses)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What each way found, input by input."""
        names = [node.name for node in self.sources]
        reverse = self.graph.gradient(self.target.name, names)
        by_witness = [self._told(witness) for witness in self._witnesses]
        found: list[Finding] = []
        for i, source in enumerate(self.sources):
            engine = reverse[source.name]
            found.append(self._by_paths(source, engine))
            found.append(Finding(source.name, "reverse mode", engine, None, None))
            found.append(self._by_entries(source, engine, "forward mode", self._forward))
            found.append(self._by_entries(source, engine, "finite differences", self._moved))
            for witness, told in zip(self._witnesses, by_witness, strict=True):
                if isinstance(told, str):
                    found.append(Finding(source.name, witness.name, None, None, None, told))
                else:
                    found.append(self._compared(source, witness.name, told[i], engine))
        return tuple(found)

    def __bool__(self) -> bool:
        return all(finding.agrees is not False for finding in self.findings)

    def _told(self, witness: Witness) -> Sequence[Any] | str:
        """What a framework found, or why it found nothing."""
        if witness.gradient is None:
            return "not installed"
        try:
            return witness.gradient(self.graph, self.target, self.sources)
        except NoGradientError as error:
            return str(error)

    def _by_paths(self, source: Node, engine: Any) -> Finding:
        paths = self.graph.path_sum(source.name, self.target.name)
        if not paths.is_summed:
            remark = f"{format_count(paths.count)} paths through arrays: too many"
            return Finding(source.name, "path sum", None, None, None, remark)
        return self._compared(source, "path sum", paths.total, engine, scale=paths.scale)

    def _by_entries(
        self, source: Node, engine: Any, way: str, slope: Callable[[Node, Any], float]
    ) -> Finding:
        """A way that gives one entry of the derivative at a time."""
        try:
            if not is_array(source.value):
                value = slope(source, ())
                return self._compared(source, way, value, engine, is_rough=way != "forward mode")
            shape = source.value.shape
            count = prod(shape)
            step = max(1, -(-count // MOST_ENTRIES))
            places = [_index(i, shape) for i in range(0, count, step)]
            value = zeros_like(engine)
            expected = zeros_like(engine)
            for index in places:
                value[index] = slope(source, index)
                expected[index] = engine[index]
        except ValueError as error:
            return Finding(source.name, way, None, None, None, str(error))
        compared = self._compared(source, way, value, expected, is_rough=way != "forward mode")
        if len(places) == count:
            return compared
        remark = f"{len(places)} of {format_count(count)} entries"
        return Finding(source.name, way, None, compared.difference, compared.agrees, remark)

    def _forward(self, source: Node, index: Any) -> float:
        seed = _with(zeros_like(source.value), index, 1.0)
        tangent = self.graph.tangents({source.name: seed}).get(self.target.name, 0.0)
        return _number(tangent)

    def _moved(self, source: Node, index: Any) -> float:
        """The finite difference, in double precision."""
        start = self._in_double
        held = {
            n.index: start[n.index]
            for n in self.graph.tape
            if isinstance(n.op, RuleOp) and n.op.is_cut
        }

        def moved(x: float) -> float:
            changed = {source.index: _with(start[source.index], index, x)}
            return _number(self._evaluated(changed | held)[self.target.index])

        return finite_difference(moved, _number(_at(start[source.index], index)))

    @cached_property
    def _in_double(self) -> list[Any]:
        """Every node's value, computed in double precision."""
        return self._evaluated({})

    @cached_property
    def _doubled(self) -> list[Operation | None]:
        ops = (node.op for node in self.graph.tape)
        return [op.doubled() if isinstance(op, RuleOp) else op for op in ops]

    def _evaluated(self, given: dict[int, Any]) -> list[Any]:
        """The tape's values up to the target; those that are given are not computed."""
        values: list[Any] = []
        for node, op in zip(self.graph.tape, self._doubled, strict=True):
            if node.index in given:
                values.append(given[node.index])
            elif op is None:
                is_single = is_array(node.value) and node.value.dtype.kind == "f"
                values.append(node.value.astype(float) if is_single else node.value)
            else:
                operands = [values[o] if isinstance(o, int) else o.value for o in node.operands]
                values.append(op.evaluate(*operands))
            if node.index == self.target.index:
                break
        return values

    def _compared(
        self,
        source: Node,
        way: str,
        value: Any,
        engine: Any,
        is_rough: bool = False,
        scale: float = 0.0,
    ) -> Finding:
        tolerance = max(self.graph.tolerance, ROUGH if is_rough else 0.0)
        scale = max(scale, 1.0, abs(_number(self.target.value)) if is_rough else 0.0)
        if is_rough and not _is_finite(value):
            return Finding(source.name, way, value, None, None, "not finite here")
        with ieee(value, engine):
            agrees = agree(value, engine, scale, tolerance)
            apart = abs(value - engine)
            apart = float(apart.max(initial=0.0) if is_array(apart) else apart)
        return Finding(source.name, way, value, apart if isfinite(apart) else None, agrees)

    def table(self) -> Table:
        """One row for each input and way."""
        columns = (
            Column(),
            Column("way"),
            Column("value", "right"),
            Column("difference", "right"),
            Column("verdict", soft=True),
        )
        rows = tuple(self._rows())
        return Table((Group(columns),), rows, notes=tuple(self._notes()), names=self._names)

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.target.name, *(node.name for node in self.sources))

    def _rows(self) -> Iterator[Row]:
        last = ""
        for finding in self.findings:
            is_first = finding.source != last
            symbol = Formula(derivative(self.target.name, finding.source)) if is_first else ""
            verdict = {True: "✓", False: "✗", None: ""}[finding.agrees]
            difference = "" if finding.difference is None else f"{finding.difference:.1g}"
            yield Row(
                (
                    symbol,
                    finding.way,
                    _cell(finding.value),
                    difference,
                    " ".join(filter(None, (verdict, finding.remark))),
                ),
                rule=is_first and bool(last),
            )
            last = finding.source

    def _notes(self) -> Iterator[str]:
        wrong = [f for f in self.findings if f.agrees is False]
        if wrong:
            places = dict.fromkeys(f"{f.way} (by {f.source})" for f in wrong)
            yield f"✗ not equal to reverse mode: {', '.join(places)}"
        for framework, ops in self.graph.foreign.items():
            yield f"local partials by {framework}'s own vjp: {', '.join(ops)}"


def _cell(value: Any) -> Cell:
    """A number, or an array: a larger one by its shape."""
    if not is_array(value) or value.size <= MOST_SHOWN:
        return "" if value is None else Value(value)
    return f"array of shape {'×'.join(map(str, value.shape))}"


def _index(place: int, shape: Sequence[int]) -> tuple[int, ...]:
    """The index of the entry in that place, row by row."""
    index = []
    for length in reversed(shape):
        place, i = divmod(place, length)
        index.append(i)
    return tuple(reversed(index))


def _at(value: Any, index: Any) -> Any:
    return value[index] if is_array(value) else value


def _with(value: Any, index: Any, x: float) -> Any:
    """A copy of an array with another number at an index; in place of a number, that number."""
    if not is_array(value):
        return x
    copy = value.copy()
    copy[index] = x
    return copy


def _is_finite(value: Any) -> bool:
    return all(map(isfinite, value.ravel().tolist())) if is_array(value) else isfinite(value)


def _number(value: Any) -> float:
    return float(value.item() if is_array(value) else value)
