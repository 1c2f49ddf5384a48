"""What a gradient costs by each method, counted and not timed.

The convention is that of a calculation by hand: a product of n factors takes n - 1 multiplications,
a sum of n terms n - 1 additions, and nobody multiplies by a seed, which is 1. So

    path by path   a path of n edges: n - 1 multiplications; P paths from an input: P - 1 additions
    factored       the same for the shorter form, each bracket worked out once
    forward mode   for each input: an edge that the input reaches: 1 multiplication, but none for
                   those that leave it; k such edges into a node: k - 1 additions
    reverse mode   once for all inputs: an edge: 1 multiplication, but none for those that enter the
                   output; a node with k uses: k - 1 additions

The gradient is that of the output by all inputs. Where arrays flow, one multiplication is one use
of an op's rule (a vjp, in forward mode a jvp) on whole arrays; an input of n entries then takes n
forward passes, an output of m entries m reverse passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ..core.numbers import counted, format_count
from ..core.tensor import is_array
from .factored import Operations
from .graph import Graph
from .table import Cell, Column, Group, Row, Table, Tabular, Value

METHODS = {
    "paths": "path by path",
    "factored": "factored",
    "forward": "forward mode",
    "reverse": "reverse mode",
}

MOST_STEPS = 10**6
"""Each input has a factored form of its own: with more inputs times edges they are left out."""


class Cost(Tabular):
    """What the gradient of a graph's output by all its inputs costs, by each method.

    Attributes:
        nodes, edges: how many the graph has.
        inputs, outputs: how many numbers they hold.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = len(graph.nodes)
        self.edges = len(graph.uses)
        self.inputs = sum(_entries(node.value) for node in graph.inputs)
        self.outputs = _entries(graph.output.value)

    def __repr__(self) -> str:
        return f"Cost({self._size})"

    @property
    def _size(self) -> str:
        return ", ".join(
            counted(count, thing)
            for count, thing in ((self.nodes, "node"), (self.edges, "edge"), (self.paths, "path"))
        )

    @property
    def paths(self) -> int:
        """How many paths lead from an input to the output, exactly."""
        return sum(count for count, _ in self._paths_by_input.values())

    @property
    def multiplications(self) -> dict[str, int]:
        """How many by each method: "paths", "factored", "forward", "reverse"."""
        return {name: found.multiplications for name, found in self.operations.items()}

    @property
    def additions(self) -> dict[str, int]:
        """How many by each method: "paths", "factored", "forward", "reverse"."""
        return {name: found.additions for name, found in self.operations.items()}

    def passes(self, inputs: int | None = None, outputs: int | None = None) -> dict[str, int]:
        """How often each mode goes through a graph with so many inputs and outputs.

        Forward mode goes once for each input and finds the derivative of every output by it;
        reverse mode goes once for each output and finds its derivative by every input. The numbers
        are the graph's own unless given.
        """
        return {
            "forward": self.inputs if inputs is None else inputs,
            "reverse": self.outputs if outputs is None else outputs,
        }

    @cached_property
    def operations(self) -> Mapping[str, Operations]:
        """What each method takes, by name.

        "factored" is left out for arrays, and for a graph with very many inputs.
        """
        found = {"paths": self._by_paths()}
        if not self.graph.has_arrays and len(self.graph.inputs) * self.edges <= MOST_STEPS:
            found["factored"] = self._factored()
        return found | {"forward": self._by_forward(), "reverse": self._by_reverse()}

    @cached_property
    def _paths_by_input(self) -> dict[int, tuple[int, int]]:
        """For each input how many paths there are from it, and how many edges these have in all."""
        ways = {self.graph.output.index: (1, 0)}
        onward = (0, 0)
        node = None
        for source, target, _ in sorted(self.graph.uses, key=lambda use: -use[1]):
            if target != node:
                onward = ways.pop(target)  # counts can be long: none is kept in vain
                node = target
            count, length = ways.get(source, (0, 0))
            ways[source] = count + onward[0], length + onward[0] + onward[1]
        return ways

    def _by_paths(self) -> Operations:
        ways = self._paths_by_input.values()
        return Operations(
            self.outputs * sum(max(0, length - count) for count, length in ways),
            self.outputs * sum(count - 1 for count, _ in ways),
        )

    def _factored(self) -> Operations:
        forms = [
            self.graph.path_sum(node.name).factored.operations["factored"]
            for node in self.graph.inputs
        ]
        return Operations(
            sum(form.multiplications for form in forms), sum(form.additions for form in forms)
        )

    def _by_forward(self) -> Operations:
        # For each node the inputs that reach it, as the bits of an integer; and the inputs again by
        # how many entries, so passes, they have.
        reached_by: dict[int, int] = {}
        of_size: dict[int, int] = {}
        for place, node in enumerate(self.graph.inputs):
            reached_by[node.index] = 1 << place
            size = _entries(node.value)
            of_size[size] = of_size.get(size, 0) | 1 << place

        def passes(inputs: int) -> int:
            return sum(size * (inputs & each).bit_count() for size, each in of_size.items())

        multiplications = arrivals = meetings = 0
        last_use = {source: target for source, target, _ in self.graph.uses}
        for node in self.graph.nodes:
            for parent in node.parents:
                inputs = reached_by[parent]
                reached_by[node.index] = reached_by.get(node.index, 0) | inputs
                arrivals += passes(inputs)
                multiplications += 0 if self.graph.tape[parent].op is None else passes(inputs)
            if node.op is not None:
                meetings += passes(reached_by[node.index])
            for parent in set(node.parents):
                if last_use[parent] == node.index:
                    del reached_by[parent]
        return Operations(multiplications, arrivals - meetings)

    def _by_reverse(self) -> Operations:
        uses, output = self.graph.uses, self.graph.output.index
        multiplications = sum(target != output for _, target, _ in uses)
        additions = len(uses) - len({source for source, _, _ in uses})
        return Operations(self.outputs * multiplications, self.outputs * additions)

    def table(self) -> Table:
        """The methods, with their passes, multiplications and additions."""
        passes = self.passes()
        rows = []
        for name, found in self.operations.items():
            cells: tuple[Cell, ...] = (
                METHODS[name],
                Value(passes[name]) if name in passes else "",
                Value(found.multiplications),
                Value(found.additions),
            )
            rows.append(Row(cells))
        columns = (
            Column("method"),
            Column("passes", "right"),
            Column("multiplications", "right"),
            Column("additions", "right"),
        )
        notes = [
            f"Forward mode takes one pass for each input (here {format_count(self.inputs)}), "
            f"reverse mode one for each output (here {format_count(self.outputs)})."
        ]
        if self.graph.has_arrays:
            notes.append(
                "Each entry of an array counts as an input or output of its own; a multiplication "
                "is one use of an op's rule, on whole arrays."
            )
        return Table((Group(columns),), tuple(rows), title=self._title(), notes=tuple(notes))

    def _title(self) -> str:
        return f"The gradient of {self.graph.output.name}: {self._size}"


def _entries(value: Any) -> int:
    return int(value.size) if is_array(value) else 1
