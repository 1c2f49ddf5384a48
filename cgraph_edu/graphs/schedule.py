"""When each worker does what: a placement, simulated on machines of stated speed.

Each worker does one task at a time, in the graph's order: its blocks forward, then its blocks in
reverse. A task starts when its worker is free and what it needs has come. What is assumed of the
machines is in `Machine`; that messages get in each other's way is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

from ..core.numbers import counted
from ..core.tensor import is_array
from .graph import Graph, Node
from .placement import Block, Message, Placement, blocks, chosen, size

LEAST, MOST = 1e-12, 1e18
"""Of what a machine has: with less or more, times would be beyond what floats can hold."""


@dataclass(frozen=True)
class Machine:
    """What each worker is like, and the network between them.

    Raises ValueError for what is not a number from 1e-12 to 1e18; `overhead` and `latency` can
    be 0, too.
    """

    rate: float = 1e9
    """Operations on numbers in a second."""
    overhead: float = 3e-4
    """Seconds that a task costs besides its operations."""
    latency: float = 1e-3
    """Seconds that the smallest message takes."""
    bandwidth: float = 1e9
    """Bytes in a second."""

    def __post_init__(self) -> None:
        for name, least in (
            ("rate", ""),
            ("overhead", "0 or "),
            ("latency", "0 or "),
            ("bandwidth", ""),
        ):
            x = getattr(self, name)
            is_number = isinstance(x, Real) and not isinstance(x, bool)
            if not is_number or not (LEAST <= x <= MOST or (least and x == 0)):
                raise ValueError(f"{name}={x!r}: it is {least}a number from {LEAST:g} to {MOST:g}")

    def seconds(self, operations: float) -> float:
        """How long a task takes."""
        return self.overhead + operations / self.rate

    def carry(self, size: float) -> float:
        """How long a message of so many bytes takes."""
        return self.latency + size / self.bandwidth


@dataclass(frozen=True)
class Task:
    """A block's part in one of the two passes, with when it runs and what it had waited for."""

    block: int
    is_reverse: bool
    worker: int
    start: float
    stop: float
    after: int | None
    """The task that it could not start before, by its place among the tasks."""
    message: Message | None
    """What came from that task, where it ran on another worker."""


@dataclass(frozen=True)
class Transfer:
    """A message in time: it is sent when its value is ready, and then takes as long as it takes."""

    message: Message
    start: float
    stop: float


@dataclass(frozen=True, repr=False)
class Schedule:
    """A placement in time: its tasks, in the order in which they were scheduled."""

    placement: Placement
    machine: Machine
    tasks: tuple[Task, ...]

    def __repr__(self) -> str:
        workers = counted(self.placement.workers, "worker")
        return f"Schedule({counted(len(self.tasks), 'task')} on {workers}: {self.makespan:g} s)"

    @cached_property
    def makespan(self) -> float:
        """Seconds from the start to the end of the last task."""
        return max((task.stop for task in self.tasks), default=0.0)

    @cached_property
    def critical(self) -> tuple[Task, ...]:
        """The critical path: the chain of tasks that ends last, each waiting for the one before."""
        at = max(self.tasks, key=lambda task: task.stop, default=None)
        chain = []
        while at is not None:
            chain.append(at)
            at = None if at.after is None else self.tasks[at.after]
        return tuple(reversed(chain))

    @cached_property
    def transfers(self) -> tuple[Transfer, ...]:
        """When each of the placement's messages is on its way.

        An adjoint is sent when its worker has done all that contributes to it.
        """
        home = self.placement.home
        stops = {(task.block, task.is_reverse): task.stop for task in self.tasks}
        ready: dict[tuple[int, int, bool], float] = {}
        for source, target, _ in self.placement.graph.uses:
            giver, taker = home[source].index, home[target].index
            sender, receiver = self.placement.of[giver], self.placement.of[taker]
            if sender != receiver:
                back = source, receiver, True
                ready[source, sender, False] = stops[giver, False]
                ready[back] = max(ready.get(back, 0.0), stops[taker, True])
        found = []
        for message in self.placement.messages:
            start = ready[message.node, message.sender, message.is_reverse]
            found.append(Transfer(message, start, start + self.machine.carry(message.size)))
        return tuple(found)

    def busy(self, worker: int) -> float:
        """The share of the makespan in which a worker computes."""
        spent = sum(task.stop - task.start for task in self.tasks if task.worker == worker)
        return spent / self.makespan if self.makespan else 0.0


def simulate(placement: Placement, machine: Machine | None = None) -> Schedule:
    """When each task of a placement runs."""
    return _Simulation(placement, machine or Machine()).run()


class _Simulation:
    def __init__(self, placement: Placement, machine: Machine) -> None:
        self.placement = placement
        self.machine = machine
        self.free: dict[int, tuple[float, int | None]] = {}
        """For each worker when its last task stops, and which that is."""
        self.tasks: list[Task] = []
        self.done: dict[tuple[int, bool], int] = {}
        self.parents: dict[int, list[int]] = {block.index: [] for block in placement.blocks}
        """The nodes outside of a block that it uses."""
        self.used_by: dict[int, dict[int, None]] = {}
        """For each node the blocks other than its own that use it."""
        for source, target, _ in placement.graph.uses:
            giver, taker = placement.home[source].index, placement.home[target].index
            if giver != taker and taker not in self.used_by.setdefault(source, {}):
                self.parents[taker].append(source)
                self.used_by[source][taker] = None

    def run(self) -> Schedule:
        for block in self.placement.blocks:
            needs = [(node, self.placement.home[node].index) for node in self.parents[block.index]]
            self.do(block, False, needs)
        last = self.placement.home[self.placement.graph.output.index]
        for block in reversed(self.placement.blocks):
            needs = [(node, user) for node in block.nodes for user in self.used_by.get(node, ())]
            if needs or block is last:  # else it is an input that a guard alone reads
                self.do(block, True, needs)
        return Schedule(self.placement, self.machine, tuple(self.tasks))

    def do(self, block: Block, is_reverse: bool, needs: Sequence[tuple[int, int]]) -> None:
        """Run a block's task once each node that it needs has come from that other block."""
        worker = self.placement.of[block.index]
        start, after = self.free.get(worker, (0.0, None))
        sent = None
        for node, other in needs:
            giver = self.done[other, is_reverse]
            is_far = self.tasks[giver].worker != worker
            wait = self.machine.carry(self.size(node)) if is_far else 0.0
            arrival = self.tasks[giver].stop + wait
            if arrival > start:
                start, after, sent = arrival, giver, node if is_far else None
        message = None
        if sent is not None and after is not None:
            sender = self.tasks[after].worker
            message = Message(sent, sender, worker, self.size(sent), is_reverse)
        stop = start + self.seconds(block, is_reverse)
        self.done[block.index, is_reverse] = len(self.tasks)
        self.free[worker] = stop, len(self.tasks)
        self.tasks.append(Task(block.index, is_reverse, worker, start, stop, after, message))

    def size(self, node: int) -> int:
        return size(self.placement.graph.tape[node].value)

    def seconds(self, block: Block, is_reverse: bool) -> float:
        """An input is there from the start: nothing is done for it in the forward pass."""
        work = operations(self.placement.graph, block, is_reverse)
        return self.machine.seconds(work) if work else 0.0


def automatic(
    graph: Graph,
    workers: int,
    machine: Machine | None = None,
    by: str = "scope",
    fixed: Mapping[str, int] | None = None,
) -> Placement:
    """A placement by a simple rule, with the blocks in `fixed` where they are.

    Block by block, in the graph's order: each goes to the worker on which its forward task could
    start first, counting the wait for what has to be sent; among several, to the one with the
    lowest number. An input goes where it is used first. At the end both passes are simulated: where
    one worker for all would be done as soon, they stay on one.

    Errors are Placement's. Source: the idea of H. Topcuoglu, S. Hariri and M. Wu, "Performance-
    effective and low-complexity task scheduling for heterogeneous computing", 2002, without its
    ranking of tasks.
    """
    machine = machine or Machine()
    parts = blocks(graph, by)
    given = chosen(parts, graph, fixed or {}, workers)

    def placed(of: Mapping[int, int]) -> Placement:
        return Placement(graph, {block.name: of[block.index] for block in parts}, workers, by)

    candidates = [
        placed({block.index: given.get(block.index, worker) for block in parts})
        for worker in sorted(set(given.values())) or [0]
    ]
    if workers > 1:
        candidates.append(placed(_spread(graph, parts, workers, machine, given)))
    return min(candidates, key=lambda placement: simulate(placement, machine).makespan)


def _spread(
    graph: Graph, parts: Sequence[Block], workers: int, machine: Machine, given: Mapping[int, int]
) -> dict[int, int]:
    """The worker of each block by the first part of `automatic`'s rule."""
    of = dict(given)
    home = {node: block.index for block in parts for node in block.nodes}
    needs: dict[int, dict[int, None]] = {block.index: {} for block in parts}
    for source, target, _ in graph.uses:
        if home[source] != home[target]:
            needs[home[target]][source] = None
    free = [0.0] * workers
    stops: dict[int, float] = {}
    for block in parts:
        if all(graph.tape[node].op is None for node in block.nodes):
            stops[block.index] = 0.0
            continue
        # What it needs, from where, when it is ready there, and when it is anywhere else.
        wanted = [
            (of.get(home[node]), stops[home[node]], machine.carry(size(graph.tape[node].value)))
            for node in needs[block.index]
        ]
        anywhere = max((stop + (at is not None) * wait for at, stop, wait in wanted), default=0.0)
        come = {
            worker: max(stop + (at not in (None, worker)) * wait for at, stop, wait in wanted)
            for worker in {at for at, _, _ in wanted if at is not None}
        }

        def start(worker: int, come: dict[int, float] = come, late: float = anywhere) -> float:
            return max(free[worker], come.get(worker, late))

        place = of.get(block.index)
        if place is None:
            place = of[block.index] = min(range(workers), key=start)
        seconds = machine.seconds(operations(graph, block, False))
        stops[block.index] = free[place] = start(place) + seconds
        for node in needs[block.index]:
            of.setdefault(home[node], place)
    return {block.index: of.get(block.index, 0) for block in parts}


def operations(graph: Graph, block: Block, is_reverse: bool) -> float:
    """About how many operations on numbers a block's task takes.

    Forward: for a matrix product 2·m·k·n, and so on for other sums of products; for any other op
    the entries of its largest operand or result; for an input none. In reverse as much again for
    each operand that is a node, and for an input the additions of what its uses contribute.
    """
    total = 0.0
    for index in block.nodes:
        node = graph.tape[index]
        if node.op is None:
            total += entries(node.value) if is_reverse else 0.0
        else:
            total += _work(graph, node) * (len(node.parents) if is_reverse else 1)
    return total


def _work(graph: Graph, node: Node) -> float:
    """The operations of one node, forward."""
    values = [
        graph.tape[operand].value if isinstance(operand, int) else operand.value
        for operand in node.operands
    ]
    match node.op.name if node.op else "":
        case "matmul" | "mm":
            return 2.0 * entries(node.value) * int(values[0].shape[-1])
        case "conv2d":
            return 2.0 * entries(node.value) * entries(values[1][0])
        case "einsum" if letters_of := getattr(node.op, "inputs", ()):
            lengths: dict[str, int] = {}
            for letters, value in zip(letters_of, values, strict=True):
                lengths.update(zip(letters, value.shape if is_array(value) else (), strict=True))
            return 2.0 * math.prod(lengths.values())
        case _:
            return float(max(map(entries, (node.value, *values))))


def entries(value: Any) -> int:
    """How many numbers a value holds."""
    return math.prod(value.shape) if is_array(value) else 1
