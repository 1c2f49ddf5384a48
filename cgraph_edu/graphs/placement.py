"""Placement: which worker computes which part of a graph, and what is sent between workers.

What is placed is a block: a node, or all that a scope holds. In the forward pass the value of a
node is sent once to each other worker that uses it. In the reverse pass each of those sends back
one adjoint of the same size: the sum of what its own uses of that node contribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from numbers import Integral
from typing import Any

from ..core.tensor import Tensor, is_array
from .graph import Edge, Graph, UnknownNameError, door

NUMBER = 8
"""The bytes of a number, which is a float of 64 bits."""

UNITS = ("node", "scope")


@dataclass(frozen=True)
class Block:
    """What is placed as one: a node, or the nodes of a scope."""

    index: int
    """Its place among the blocks, which are in topological order."""
    name: str
    nodes: tuple[int, ...]
    """Indices on the graph's tape, in topological order."""
    item: int
    """What stands for it in `graph.folding.view(0)`, or on the tape where nothing is folded."""


@dataclass(frozen=True)
class Message:
    """A node's value on its way to a worker that uses it, or an adjoint on its way back."""

    node: int
    """The index on the tape of the node whose value it is, or whose adjoint."""
    sender: int
    receiver: int
    size: int
    """In bytes, of the numbers alone."""
    is_reverse: bool


class Placement(Mapping[str, int]):
    """A worker, counted from 0, for each block of a graph: a mapping from names to workers.

        placement = Placement(graph, {"c": 0, "d": 1, ...}, workers=2)
        placement["c"], placement.messages, placement.moved()

    A name is a block's, or that of a node in one. `print` and a notebook tell it in words, and
    a notebook shows its picture.

    Attributes:
        graph: what is placed.
        workers: how many workers there are.
        by: "node" or "scope", what a block is.
        blocks: the blocks, in topological order.
        of: the worker of each block.

    Raises:
        TypeError: for a `graph` that is none, and for workers that are not given by name.
        ValueError: for a block without a worker, a worker that there is not, or another `by`.
        UnknownNameError: for a name that is no block's.
    """

    def __init__(
        self, graph: Graph, workers_of: Mapping[str, int], workers: int, by: str = "scope"
    ) -> None:
        if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
            raise ValueError(f"workers={workers!r}: at least one is needed")
        self.graph = graph
        self.workers = workers
        self.by = by
        self.blocks = blocks(graph, by)
        given = chosen(self.blocks, graph, workers_of, workers)
        missing = [block.name for block in self.blocks if block.index not in given]
        if missing:
            raise ValueError(f"no worker is given for {', '.join(missing)}")
        self.of = tuple(given[block.index] for block in self.blocks)

    def __getitem__(self, name: str) -> int:
        block = self._by_name.get(name) or self.home.get(self.graph.node(name).index)
        if block is None:
            raise UnknownNameError(_placeless(name))
        return self.of[block.index]

    def __iter__(self) -> Iterator[str]:
        return (block.name for block in self.blocks)

    def __len__(self) -> int:
        return len(self.blocks)

    def __repr__(self) -> str:
        return f"Placement({dict(self)}, workers={self.workers})"

    def __str__(self) -> str:
        text: str = door("render.placement").describe_placement(self)
        return text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle: dict[str, str] = door("render.placement").bundle(self)
        return bundle

    @cached_property
    def _by_name(self) -> Mapping[str, Block]:
        return {block.name: block for block in self.blocks}

    @cached_property
    def home(self) -> Mapping[int, Block]:
        """The block of each node, by its index on the tape."""
        return {node: block for block in self.blocks for node in block.nodes}

    def worker_of(self, node: int) -> int:
        """The worker that computes a node, given by its index on the tape."""
        return self.of[self.home[node].index]

    @cached_property
    def drawn(self) -> Graph:
        """The graph that its picture shows: each block is a node of it."""
        folding = self.graph.folding if self.by == "scope" else None
        return self.graph if folding is None else folding.view(0)

    @cached_property
    def cuts(self) -> tuple[Edge, ...]:
        """The edges of its picture whose two ends are on different workers."""
        of = {block.item: self.of[block.index] for block in self.blocks}
        return tuple(edge for edge in self.drawn.edges if of[edge.source] != of[edge.target])

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """What is sent: all of the forward pass in topological order, then the reverse pass."""
        pairs: dict[tuple[int, int], None] = {}
        for source, target, _ in self.graph.uses:
            if self.worker_of(source) != self.worker_of(target):
                pairs[source, self.worker_of(target)] = None
        order = {node: i for i, node in enumerate(self.home)}
        sent = [
            Message(node, self.worker_of(node), other, size(self.graph.tape[node].value), False)
            for node, other in sorted(pairs, key=lambda pair: (order[pair[0]], pair[1]))
        ]
        back = [Message(m.node, m.receiver, m.sender, m.size, True) for m in reversed(sent)]
        return (*sent, *back)

    def moved(self, is_reverse: bool | None = None) -> int:
        """The bytes that are sent, in one of the two passes or, unless it is named, in both."""
        return sum(m.size for m in self.messages if is_reverse in (None, m.is_reverse))

    def with_worker(self, name: str, worker: int) -> Placement:
        """The same placement, but for one block."""
        return Placement(self.graph, {**self, name: worker}, self.workers, self.by)


def blocks(graph: Graph, by: str = "scope") -> tuple[Block, ...]:
    """What can be placed in a graph, in topological order.

    By "scope" these are the boxes of its folded picture: scopes, parts of a large graph, and nodes
    outside of them. By "node" it is every node. Raises ValueError for another `by`, and TypeError
    for what is no Graph.
    """
    _check_graph(graph)
    if by not in UNITS:
        raise ValueError(f"by={by!r}: what is placed as one is a 'node' or a 'scope'")
    folding = graph.folding if by == "scope" else None
    if folding is None:
        return tuple(
            Block(i, node.name, (node.index,), node.index) for i, node in enumerate(graph.nodes)
        )
    items = sorted(folding.groups[0].items, key=folding.start)
    groups = [folding.group(item) for item in items]
    names = [
        graph.tape[item].name if group is None else group.name
        for item, group in zip(items, groups, strict=True)
    ]
    return tuple(
        Block(
            i,
            name,
            (item,) if group is None else tuple(folding.order[group.start : group.end]),
            item,
        )
        for i, (name, item, group) in enumerate(
            zip(_distinct(names, graph), items, groups, strict=True)
        )
    )


def _check_graph(graph: Any) -> None:
    if not isinstance(graph, Graph):
        what = f"not a {type(graph).__name__}"
        if isinstance(graph, Tensor):
            name = graph.name or "output"
            what = f"and {name} is a Tensor: cg.graph({name}) makes a graph of it"
        raise TypeError(f"a Graph is placed, {what}")


def _distinct(names: Sequence[str], graph: Graph) -> list[str]:
    """The second of two blocks with one name, as of a scope and a node, is "loss_1"."""
    if len(set(names)) == len(names):
        return list(names)
    taken = {*names, *(node.name for node in graph.tape)}
    seen: set[str] = set()
    found = []
    for name in names:
        if name in seen:
            name = next(new for i in count(1) if (new := f"{name}_{i}") not in taken)
            taken.add(name)
        seen.add(name)
        found.append(name)
    return found


def chosen(blocks: Sequence[Block], graph: Graph, workers_of: Any, workers: int) -> dict[int, int]:
    """The workers that a person gave, by the blocks' places; errors are Placement's."""
    if not isinstance(workers_of, Mapping):
        example = blocks[0].name
        raise TypeError(
            f"workers are given by the names of blocks, {{{example!r}: 0}}, not {workers_of!r}"
        )
    by_name = {block.name: block for block in blocks}
    found = {}
    for name, worker in workers_of.items():
        if name not in by_name:
            raise UnknownNameError(_unknown(name, by_name, graph))
        is_count = isinstance(worker, Integral) and not isinstance(worker, bool)
        if not is_count or not 0 <= worker < workers:
            there = (
                "there is worker 0 alone" if workers == 1 else f"the workers are 0 to {workers - 1}"
            )
            raise ValueError(f"{name!r} is given to worker {worker!r}: {there}")
        found[by_name[name].index] = int(worker)
    return found


def _unknown(name: str, by_name: Mapping[str, Block], graph: Graph) -> str:
    """What is wrong with a name that is no block's."""
    known = {node.name: node.index for node in graph.tape}
    if name not in known:
        return f"no block is named {name!r}; the blocks are: {', '.join(by_name)}"
    around = [block.name for block in by_name.values() if known[name] in block.nodes]
    if around:
        return f"{name!r} is a part of {around[0]!r}, which is placed as one"
    return _placeless(name)


def _placeless(name: str) -> str:
    return f"{name!r} is not computed for the output, so it has no place"


def size(value: Any) -> int:
    """The bytes of a value."""
    return int(value.nbytes) if is_array(value) else NUMBER
