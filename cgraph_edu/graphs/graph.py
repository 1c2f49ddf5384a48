"""Graph: a finished computation, with its values and the local partial on every edge."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..core import derivatives, recording
from ..core.describe import held, use
from ..core.expressions import Expression, write
from ..core.numbers import TOLERANCE, format_number
from ..core.ops import Op
from ..core.recording import DomainWarning, GuardError
from ..core.rules import RuleOp
from ..core.tensor import Operation, Tensor, apply, is_array, record, variable

if TYPE_CHECKING:
    from .check import Check
    from .cost import Cost
    from .derivation import Derivation
    from .diagnosis import Diagnosis
    from .folding import Folding
    from .paths import PathSum, Waypoint
    from .traces import ForwardTrace, ReverseTrace

Retrace = Callable[[Mapping[str, Any]], "Graph"]
ENGINES = ("reverse", "forward", "paths", "finite_difference")
DEEPEST = 100
"""Scopes inside so many others belong to the last of them."""
FAULTY = ("overwrite", "no_order", "stale", "wrong_sign")


class UnknownNameError(KeyError):
    """A name that the graph does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Constant:
    """A number in a formula; it belongs to its node's label."""

    value: Any
    name: str | None = None


@dataclass(frozen=True)
class Node:
    """A value in the graph: an input, or the result of an op on its parents."""

    index: int
    """Its place on the graph's tape."""
    name: str
    op: Operation | None
    """None for an input."""
    operands: tuple[int | Constant, ...]
    """For each operand the index of a node, or a constant."""
    value: Any
    drawn: bool = True
    """False for a node that only a guard needs."""
    scope: tuple[str, ...] = ()
    """The scopes that it was computed in, from the outside in."""
    notes: tuple[str, ...] = ()
    """What a dialect has to say of it: "leaf", "MulBackward0", "watched"."""

    @property
    def parents(self) -> tuple[int, ...]:
        """The operands that are nodes, in order; a node used twice is there twice."""
        return tuple(operand for operand in self.operands if isinstance(operand, int))


@dataclass(frozen=True)
class Edge:
    """One use of one operand: `port` is the operand's place in the target's formula."""

    source: int
    target: int
    port: int
    partial: Any
    """∂target/∂source: a number, or an array for an elementwise op on arrays; else None."""


@dataclass(frozen=True)
class Guard:
    """A fact that Python read while tracing: the comparison at `node` came out as `expected`."""

    node: int
    expected: bool


@dataclass(frozen=True, eq=False)
class Origin:
    """The framework that a graph was captured from, and what that found on its own."""

    framework: Any
    """Its bridge's `Framework`."""
    target: str
    inputs: Mapping[str, Any]
    """The values of the inputs then."""
    gradient: Callable[[], Mapping[str, Any]]
    """Gives ∂target/∂x then, by the framework's own differentiation of the learner's own run."""
    precision: float
    """The spacing of its numbers at 1: 1.2e-7 where single precision was used."""


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """A recorded computation. Immutable: `at` gives another one.

    Attributes:
        tape: all nodes in the order of recording, which is a topological order.
        output: the last of them.
        nodes: those that lead to the output and so are drawn.
        edges: the uses of nodes by nodes, in the order of their targets, then of their ports.
    """

    tape: tuple[Node, ...]
    output: Node
    guards: tuple[Guard, ...] = ()
    retrace: Retrace | None = field(default=None, repr=False)
    """Runs the learner's code again at other inputs; None for a graph without its code."""
    origin: Origin | None = field(default=None, repr=False)
    """Where it was captured; None for a graph of our own engine."""

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The drawn nodes, in topological order."""
        return tuple(node for node in self.tape if node.drawn)

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes that a person sets, in the order of recording."""
        return tuple(node for node in self.nodes if node.op is None)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge between drawn nodes, with its local partial at the present values."""
        return tuple(self._edges())

    def _edges(self) -> Iterator[Edge]:
        for node in self.nodes:
            values = self._operand_values(node)
            for port, operand in enumerate(node.operands):
                if isinstance(operand, int):
                    yield Edge(operand, node.index, port, self._partial(node, port, values))

    def _partial(self, node: Node, port: int, values: Sequence[Any]) -> Any:
        if isinstance(node.op, Op):
            return node.op.partial(port, node.value, *values)
        if node.op is None or is_array(node.value) or is_array(values[port]):
            return None
        return node.op.vjp(port, 1.0, node.value, *values)

    @cached_property
    def uses(self) -> list[tuple[int, int, Any]]:
        """The edges as (source, target, partial), in the same order: quick to walk."""
        return [(edge.source, edge.target, edge.partial) for edge in self.edges]

    def kind(self, node: Node) -> str:
        """What a node is in the picture: "input", "inner" or "output"."""
        if node.op is None:
            return "input"
        return "output" if node.index == self.output.index else "inner"

    @property
    def title(self) -> str:
        """A title for its picture."""
        output = self.output
        formula = "" if output.op is None else f" = {self.describe(output)}"
        return f"Computational graph of {output.name}{formula}"

    @cached_property
    def folding(self) -> Folding | None:
        """The parts that its picture is folded into; None where it is small and has no scopes."""
        from .folding import fold

        return fold(self)

    @property
    def modules(self) -> Folding | None:
        """The parts of a graph that was captured with modules; its pictures are folded into them.

        None for any other graph.
        """
        return None if self.origin is None else self.folding

    def is_twin(self, edge: Edge) -> bool:
        """Whether its source is an operand of its target more than once, as in a * a."""
        return self.tape[edge.target].parents.count(edge.source) > 1

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.tape}

    def node(self, name: str) -> Node:
        """The node of that name; UnknownNameError lists the names there are."""
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(node.name for node in self.nodes)
            raise UnknownNameError(f"no node is named {name!r}; the nodes are: {known}") from None

    def value(self, name: str) -> Any:
        """The value of a node."""
        return self.node(name).value

    def formula(self, node: Node) -> Expression:
        """A node's formula in terms of its parents' names, for printing and drawing."""
        if node.op is None:
            return node.name
        return use(node.op, [self._operand_expression(operand) for operand in node.operands])

    def describe(self, node: Node) -> str:
        """A node's formula as Python would write it: "c * d"."""
        return write(self.formula(node), number=format_number)

    def _operand_expression(self, operand: int | Constant) -> Expression:
        if isinstance(operand, int):
            return self.tape[operand].name
        if operand.name is not None:
            return operand.name
        if is_array(operand.value):
            return f"array{operand.value.shape}"
        value: float = operand.value
        return value

    def _operand_values(self, node: Node) -> list[Any]:
        return [
            self.tape[operand].value if isinstance(operand, int) else operand.value
            for operand in node.operands
        ]

    @cached_property
    def has_arrays(self) -> bool:
        """Whether any node holds an array."""
        return any(is_array(node.value) for node in self.tape)

    @cached_property
    def tolerance(self) -> float:
        """How far two routes to one number in it may differ, as a part of its size."""
        is_single = any(is_array(n.value) and n.value.dtype.name == "float32" for n in self.tape)
        coarsest = 0.0 if self.origin is None else self.origin.precision
        return max(1e-5, 8 * coarsest) if is_single or coarsest > 1e-10 else TOLERANCE

    @property
    def foreign(self) -> dict[str, list[str]]:
        """The ops whose local partials are a framework's own, by the framework's name."""
        found: dict[str, list[str]] = {}
        for node in self.nodes:
            if isinstance(node.op, RuleOp) and node.op.by:
                found.setdefault(node.op.by, []).append(node.op.name)
        return {name: list(dict.fromkeys(ops)) for name, ops in found.items()}

    @property
    def is_live(self) -> bool:
        """Whether a browser can evaluate it: it holds numbers only, and each op has a formula."""
        return not self.has_arrays and all(n.op is None or isinstance(n.op, Op) for n in self.tape)

    def partial(self, source: str, target: str, port: int | None = None) -> Any:
        """The local partial ∂target/∂source on the edge between two nodes.

        Where a node is used twice by the same op (`a * a`) there are two edges: `port`, the place
        of the operand counted from 0, says which. Raises ValueError where there is no such edge.
        """
        start, end = self.node(source).index, self.node(target).index
        found = [edge for edge in self.edges if (edge.source, edge.target) == (start, end)]
        if port is not None:
            found = [edge for edge in found if edge.port == port]
        if not found:
            at_port = "" if port is None else f" at port {port}"
            raise ValueError(f"there is no edge from {source} to {target}{at_port}")
        if len(found) > 1:
            ports = ", ".join(str(edge.port) for edge in found)
            raise ValueError(f"{len(found)} edges from {source} to {target}: give port={ports}")
        if found[0].partial is None:
            raise ValueError(f"{self.describe(self.node(target))} has no entry-by-entry partial")
        return found[0].partial

    def vjp(self, edge: Edge, x_bar: Any) -> Any:
        """An adjoint of the edge's target, carried back over the edge to its source."""
        node = self.tape[edge.target]
        if node.op is None:
            raise ValueError(f"{node.name} is an input: no edge leads to it")
        values = self._operand_values(node)
        with derivatives.ieee(node.value, *values):
            return node.op.vjp(edge.port, x_bar, node.value, *values)

    def at(self, **inputs: Any) -> Graph:
        """The graph at other inputs; those that are not named keep their values.

        Where a guard no longer holds, Python would have taken another branch: a graph that knows
        its code (a cell, `cg.trace`) is traced again, any other raises GuardError.
        """
        values = self._completed(inputs)
        tape = self._evaluated(values)
        for guard in self.guards:
            if bool(tape[guard.node].value) is not guard.expected:
                if self.retrace is not None:
                    return self.retrace(values)
                raise GuardError(self._broken(guard, values))
        graph = replace(self, tape=tape, output=tape[self.output.index])
        graph.warn_domain()
        return graph

    def guard_text(self, guard: Guard) -> str:
        """A guard in words: "a > 0", or "a <= 0" where that came out False."""
        node = self.tape[guard.node]
        if not isinstance(node.op, Op):
            return node.name
        operands = [self._words(operand, 2) for operand in node.operands]
        return write(use(held(node.op, guard.expected), operands), number=format_number)

    def _words(self, operand: int | Constant, depth: int) -> Expression:
        if isinstance(operand, int):
            node = self.tape[operand]
            if node.op is not None and not node.drawn:
                inner = (self._words(o, depth - 1) for o in node.operands)
                return use(node.op, list(inner)) if depth else "..."
            if not node.drawn and not is_array(node.value):
                number: float = node.value
                return number
        return self._operand_expression(operand)

    def _broken(self, guard: Guard, values: Mapping[str, Any]) -> str:
        at = ", ".join(f"{name} = {x}" for name, x in values.items() if not is_array(x))
        return (
            f"this graph was recorded for {self.guard_text(guard)}; at {at} Python would take "
            "another branch. Run the code again at these inputs"
        )

    def _completed(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        values = {node.name: node.value for node in self.inputs}
        for name, value in inputs.items():
            if name not in values:
                known = ", ".join(values) or "none"
                raise UnknownNameError(f"{name!r} is not an input; the inputs are: {known}")
            values[name] = _fitting(name, variable(value, name).value, values[name])
        return values

    def _evaluated(self, values: Mapping[str, Any]) -> tuple[Node, ...]:
        replayed = self.replay([values.get(n.name, n.value) for n in self.tape if n.op is None])
        return tuple(
            replace(node, value=value) for node, value in zip(self.tape, replayed, strict=True)
        )

    def replay(self, inputs: Iterable[Any]) -> list[Any]:
        """Run the tape again on numbers, arrays or Tensors, one for each input on it."""
        given = iter(inputs)
        values: list[Any] = []
        for node in self.tape:
            if node.op is None:
                values.append(next(given))
            else:
                operands = (
                    values[operand] if isinstance(operand, int) else operand.value
                    for operand in node.operands
                )
                values.append(apply(node.op, *operands))
        return values

    def gradient(
        self,
        target: str | None = None,
        wrt: str | Sequence[str] | None = None,
        engine: str = "reverse",
    ) -> dict[str, Any]:
        """∂target/∂x for the inputs `wrt` (all, unless named), by name.

        `target` is the output unless named. An input that the target does not depend on has 0.0.
        `engine` is "reverse", "forward", "paths" (the path sum) or "finite_difference"; or one that
        is wrong on purpose, "overwrite", "no_order", "stale" or "wrong_sign" (see `diagnose`).
        """
        end = self.output if target is None else self.node(target)
        if wrt is None:
            wrt = [node.name for node in self.inputs]
        names = [wrt] if isinstance(wrt, str) else wrt
        sources = [self.node(name) for name in names]
        if engine in ENGINES:
            slopes = getattr(self, f"_by_{engine}")(end, sources)
        elif engine in FAULTY:
            from . import faulty

            slopes = faulty.gradient(self, end, sources, engine)
        else:
            known = ", ".join((*ENGINES, *FAULTY))
            raise ValueError(f"no engine is named {engine!r}; there are: {known}")
        return dict(zip(names, slopes, strict=True))

    @cached_property
    def _tensors(self) -> list[Tensor]:
        """The tape as Tensors, as the engine records it."""
        tensors: list[Tensor] = []
        for node in self.tape:
            if node.op is None:
                tensor: Tensor = variable(node.value, node.name)
            else:
                operands = [tensors[o] if isinstance(o, int) else o.value for o in node.operands]
                tensor = record(node.op, node.value, tuple(operands))
                tensor.name = node.name
            tensors.append(tensor)
        return tensors

    def _by_reverse(self, target: Node, sources: Sequence[Node]) -> Iterable[Any]:
        tensors = self._tensors
        if target.index not in self._adjoints:  # one pass serves every source
            self._adjoints[target.index] = derivatives.reverse(tensors[target.index])
        x_bar = self._adjoints[target.index]
        return [x_bar.get(tensors[s.index], derivatives.zeros_like(s.value)) for s in sources]

    @cached_property
    def _adjoints(self) -> dict[int, dict[Tensor, Any]]:
        return {}

    def adjoints(self, target: str | None = None, entry: Sequence[int] = ()) -> dict[str, Any]:
        """∂target/∂x for every node x behind the target, by name and in x's shape.

        One reverse pass finds them. `target` is the output unless named; where it is an array,
        `entry` is the index of one of its numbers. Raises IndexError where it has no such number.
        """
        end = self.output if target is None else self.node(target)
        seed = None
        if is_array(end.value):
            seed = derivatives.zeros_like(end.value)
            seed[tuple(entry)] = 1.0
        tensors = self._tensors
        x_bar = derivatives.reverse(tensors[end.index], seed)
        reached = (node for node in self.nodes if tensors[node.index] in x_bar)
        return {node.name: x_bar[tensors[node.index]] for node in reached}

    def tangents(self, seeds: Mapping[str, Any]) -> dict[str, Any]:
        """How fast every node changes when the inputs named in `seeds` move so fast, by name.

        One pass of forward mode. A node that does not change is not in it.
        """
        tensors = self._tensors
        moving = {tensors[self.node(name).index]: seed for name, seed in seeds.items()}
        x_dot = derivatives.forward([tensors[self.output.index]], moving)
        reached = (node for node in self.tape if tensors[node.index] in x_dot)
        return {node.name: x_dot[tensors[node.index]] for node in reached}

    def _by_forward(self, target: Node, sources: Sequence[Node]) -> Iterator[Any]:
        tensors = self._tensors
        end = tensors[target.index]
        for source in sources:
            if is_array(source.value):
                raise ValueError(f"forward mode gives one number a pass; {source.name} is an array")
            x_dot = derivatives.forward([end], {tensors[source.index]: 1.0})
            yield x_dot.get(end, 0.0)

    def _by_paths(self, target: Node, sources: Sequence[Node]) -> Iterator[Any]:
        return (self.path_sum(source.name, target.name).total for source in sources)

    def _by_finite_difference(self, target: Node, sources: Sequence[Node]) -> Iterator[Any]:
        for source in sources:
            if source.op is not None or is_array(source.value):
                raise ValueError(f"{source.name}: finite differences need an input, a number")

            def moved(x: float, name: str = source.name) -> float:
                values = {node.name: node.value for node in self.inputs} | {name: x}
                return float(self._evaluated(values)[target.index].value)

            yield derivatives.finite_difference(moved, source.value)

    def path_sum(
        self, source: str, target: str | None = None, between: Waypoint | None = None
    ) -> PathSum:
        """The sum over all paths from `source` to `target` (the output, unless named).

        With `between`, a node "c" or an edge ("c", "e"), over the paths through it.
        """
        from .paths import PathSum

        end = self.output if target is None else self.node(target)
        return PathSum(self, self.node(source), end, between)

    def forward_trace(self, wrt: str) -> ForwardTrace:
        """Forward mode, node by node: each value, and its tangent with respect to one input."""
        from .traces import ForwardTrace

        return ForwardTrace(self, self.node(wrt))

    def reverse_trace(self, target: str | None = None) -> ReverseTrace:
        """Reverse mode, node by node: each value, and then each adjoint, from the target back."""
        from .traces import ReverseTrace

        return ReverseTrace(self, self.output if target is None else self.node(target))

    def derive(self, target: str, source: str) -> Derivation:
        """The chain rule for ∂target/∂source, written out in stages."""
        from .derivation import Derivation

        return Derivation(self, self.node(target), self.node(source))

    def diagnose(self, engine: str, target: str | None = None) -> Diagnosis:
        """What a faulty engine gets wrong: which inputs, and which paths it lost or repeated."""
        from .diagnosis import Diagnosis

        return Diagnosis(self, self.output if target is None else self.node(target), engine)

    def cost(self) -> Cost:
        """What a derivative costs by each method, counted in multiplications and passes."""
        from .cost import Cost

        return Cost(self)

    def check(
        self,
        target: str | None = None,
        wrt: str | Sequence[str] | None = None,
        frameworks: bool = True,
    ) -> Check:
        """The gradient by every way there is: path sum, both modes, differences, frameworks.

        A table with ∂target/∂x for the inputs `wrt` (all, unless named), its value by each way, the
        difference from reverse mode, and whether they agree. PyTorch, JAX and TensorFlow compute it
        with their own functions where they are installed, and are named where they are not; with
        `frameworks=False` they are left out, and the table is the same on every machine.
        """
        from .check import Check

        end = self.output if target is None else self.node(target)
        names = [node.name for node in self.inputs] if wrt is None else wrt
        sources = [self.node(name) for name in ([names] if isinstance(names, str) else names)]
        witnesses = door("bridges.check").witnesses() if frameworks else ()
        return Check(self, end, sources, witnesses)

    def domain_messages(self) -> Iterator[tuple[Node, str]]:
        """Each node that is inf or nan although its operands are finite, with a sentence on it."""
        for node in self.nodes:
            if node.op is None or is_array(node.value) or math.isfinite(node.value):
                continue
            operands = {self.tape[i].name: self.tape[i].value for i in node.parents}
            if not any(is_array(x) or not math.isfinite(x) for x in operands.values()):
                formula = f"{node.name} = {self.describe(node)}"
                yield node, recording.domain_message(formula, node.value, operands)

    def warn_domain(self) -> None:
        """Warn of each such node."""
        for _, message in self.domain_messages():
            recording.warn(message, DomainWarning)

    def to_json(self) -> str:
        """The graph as JSON text: its ops, nodes, values and guards, but not the learner's code.

        Raises ValueError for a graph of arrays or with a `cg.custom_op`.
        """
        from .document import to_json

        return to_json(self)

    @staticmethod
    def from_json(document: str | bytes | Mapping[str, Any]) -> Graph:
        """The graph that `to_json` wrote. Where a guard fails, `at` raises GuardError.

        The document is data: checked part by part, and never run. Its inputs' values count; the
        others are computed again. Raises ValueError, which names what is wrong with it.
        """
        from .reading import from_json

        return from_json(document)

    def to_networkx(self) -> Any:
        """A networkx MultiDiGraph: nodes by name with `value`, `formula` and `op`, edges by port.

        An edge's key is the place of the operand in the target's formula, and `partial` is on it.
        """
        from .networks import to_networkx

        return to_networkx(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, in the form that the name's ending says.

        .html: a page with sliders, paths and gradients that needs no Python and no network; of a
            graph of arrays, heat maps and numbers without sliders. Where a slider comes to a point
            at which Python would take another branch, the page says so and keeps the numbers of the
            branch it has.
        .svg, .png, .pdf: the picture. .dot: the graph for Graphviz. .json: the text of `to_json`.

        Raises ValueError for another ending, and for what `draw` and `to_json` refuse.
        """
        ending = os.path.splitext(path)[1].lower()
        if ending in (".png", ".pdf"):
            door("render.plot").save(self, path, ending[1:])
            return
        if ending == ".html":
            text = door("widget.page").page(self)
        elif ending == ".svg":
            text = self.draw()
        elif ending == ".json":
            text = self.to_json()
        elif ending == ".dot":
            from .networks import to_dot

            text = to_dot(self)
        else:
            raise ValueError(
                f"{os.fspath(path)!r}: a graph is saved as .html, .svg, .png, .pdf, .dot or .json"
            )
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)

    # --- Doors to the layers above, opened by name when used: this layer imports none of them --

    def draw(self, show: str = "partials", theme: str = "light", part: str | None = None) -> Any:
        """Draw it. `show` is "definition", "values" or "partials"; `theme` "light" or "dark".

        What was captured from a framework with modules is drawn with a box for each; `part` is the
        one to draw opened, "encoder.fc1", or "" for everything.
        """
        return door("render.picture").picture(self, show, theme, part)

    def plot(self, ax: Any = None, show: str = "partials", theme: str = "light") -> Any:
        """Draw it with matplotlib, onto `ax` or a new figure; gives the Axes."""
        return door("render.plot").plot(self, ax, show, theme)

    def to_dask(
        self,
        placement: Mapping[str, int] | None = None,
        by: str = "scope",
        workers: Sequence[Any] | None = None,
    ) -> Any:
        """The graph as tasks of Dask: a collection that gives its value and its gradient.

            g.to_dask().compute(scheduler="threads")   # {"value": 6.0, "gradient": {"a": ...}}
            client.compute(g.to_dask({"c": 0, "d": 1}, by="node"))

        Each block, a node or a scope as `by` says, is a task in each of the two passes. `placement`
        gives blocks their workers, by number; those it leaves out are placed automatically. Without
        one, Dask decides where they run. `workers` are the addresses or names of the workers, in
        the order of their numbers; a `LocalCluster` names them by these.

        Raises ValueError for an array as output, and for an op that can't be sent to another
        process, which it names; errors of the placement are Placement's.
        """
        return door("bridges.dask").to_dask(self, placement, by, workers)

    def explore(self) -> Any:
        """The widget: an Explorer, or for arrays and a `cg.custom_op` an ArrayExplorer."""
        return door("widget.either").explorer(self)

    def __repr__(self) -> str:
        inputs = ", ".join(node.name for node in self.inputs)
        return f"Graph({self.output.name} from {inputs}: {len(self.nodes)} nodes)"

    def __str__(self) -> str:
        text: str = door("render.text").plain(self)
        return text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = door("render.picture").bundle(self)
        return bundle


def _fitting(name: str, value: Any, present: Any) -> Any:
    """The value for an input that holds `present`: a number fills an array of its shape."""
    if not is_array(present):
        return value
    import numpy as np

    shape = np.shape(value)
    if shape and shape != present.shape:
        raise ValueError(f"{name} has the shape {present.shape}, and this value has {shape}")
    return value if shape else np.full_like(present, value)


def door(module: str) -> Any:
    """A module of a layer above, opened when something is to be drawn."""
    return import_module(f"..{module}", __package__)
