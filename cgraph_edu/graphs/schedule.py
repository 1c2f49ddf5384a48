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
from typing import Any

from ..core.tensor import is_array
from .graph import Graph
from .placement import Block, Message, Placement, blocks, chosen, size


@dataclass(frozen=True)
class Machine:
    """What each worker is like, and the network between them."""

    rate: float = 1e9
    """Operations on numbers in a second."""
    overhead: float = 3e-4
    """Seconds that a task costs besides its operations."""
    latency: float = 1e-3
    """Seconds that the smallest message takes."""
    bandwidth: float = 1e9
    """Bytes in a second."""

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
class Schedule:
    """A placement in time: its tasks, in the order in which they were scheduled."""

    placement: Placement
    machine: Machine
    tasks: tuple[Task, ...]

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
        self.users: dict[int, list[int]] = {block.index: [] for block in placement.blocks}
        """The blocks that use it."""
        self.used_by: dict[int, list[int]] = {}
        """For each node the blocks other than its own that use it."""
        for source, target, _ in placement.graph.uses:
            giver, taker = placement.home[source].index, placement.home[target].index
            if giver != taker and taker not in self.used_by.setdefault(source, []):
                self.parents[taker].append(source)
                self.used_by[source].append(taker)

    def run(self) -> Schedule:
        for block in self.placement.blocks:
            needs = [(node, self.placement.home[node].index) for node in self.parents[block.index]]
            self.do(block, False, needs)
        for block in reversed(self.placement.blocks):
            needs = [(node, user) for node in block.nodes for user in self.used_by.get(node, ())]
            self.do(block, True, needs)
        return Schedule(self.placement, self.machine, tuple(self.tasks))

    def do(self, block: Block, is_reverse: bool, needs: Sequence[tuple[int, int]]) -> None:
        """Run a block's task once each node that it needs has come from that other block."""
        graph, worker = self.placement.graph, self.placement.of[block.index]
        start, after = self.free.get(worker, (0.0, None))
        message = None
        for node, other in needs:
            giver = self.done[other, is_reverse]
            from_worker = self.tasks[giver].worker
            arrival, carried = self.tasks[giver].stop, None
            if from_worker != worker:
                bytes_sent = size(graph.tape[node].value)
                carried = Message(node, from_worker, worker, bytes_sent, is_reverse)
                arrival += self.machine.carry(bytes_sent)
            if arrival > start:
                start, after, message = arrival, giver, carried
        stop = start + self.machine_seconds(block, is_reverse)
        self.done[block.index, is_reverse] = len(self.tasks)
        self.free[worker] = stop, len(self.tasks)
        self.tasks.append(Task(block.index, is_reverse, worker, start, stop, after, message))

    def machine_seconds(self, block: Block, is_reverse: bool) -> float:
        work = operations(self.placement.graph, block, is_reverse)
        return 0.0 if work == 0 else self.machine.seconds(work)


def automatic(
    graph: Graph,
    workers: int,
    machine: Machine | None = None,
    by: str = "scope",
    fixed: Mapping[str, int] | None = None,
) -> Placement:
    """A placement by a simple rule, with the blocks in `fixed` where they are.

    Block by block, in the graph's order: each goes to the worker on which its forward task would
    end first, counting the wait for what has to be sent; among several, to the one with the lowest
    number. An input goes where it is used first.

    Errors are Placement's. Source: the idea of H. Topcuoglu, S. Hariri and M. Wu, "Performance-
    effective and low-complexity task scheduling for heterogeneous computing", 2002, without its
    ranking of tasks.
    """
    machine = machine or Machine()
    if workers < 1:
        raise ValueError(f"workers={workers}: at least one is needed")
    parts = blocks(graph, by)
    of = chosen(parts, graph, fixed or {}, workers)
    home = {node: block for block in parts for node in block.nodes}
    needs: dict[int, dict[int, None]] = {block.index: {} for block in parts}
    for source, target, _ in graph.uses:
        if home[source] is not home[target]:
            needs[home[target].index][source] = None
    free = [0.0] * workers
    stops: dict[int, float] = {}
    for block in parts:
        if all(graph.tape[node].op is None for node in block.nodes):
            stops[block.index] = 0.0
            continue
        seconds = machine.seconds(operations(graph, block, False))

        def stop(worker: int, block: Block = block, seconds: float = seconds) -> float:
            begin = free[worker]
            for node in needs[block.index]:
                giver = home[node].index
                far = of.get(giver, worker) != worker
                wait = machine.carry(size(graph.tape[node].value)) if far else 0.0
                begin = max(begin, stops[giver] + wait)
            return begin + seconds

        place = of.get(block.index)
        if place is None:
            place = of[block.index] = min(range(workers), key=stop)
        stops[block.index] = free[place] = stop(place)
        for node in needs[block.index]:
            of.setdefault(home[node].index, place)
    names = {block.name: of.get(block.index, 0) for block in parts}
    return Placement(graph, names, workers, by)


def operations(graph: Graph, block: Block, is_reverse: bool) -> float:
    """About how many operations on numbers a block's task takes.

    Forward: for a matrix product 2·m·k·n; for any other op the entries of its largest operand or
    result; for an input none. In reverse as much again for each operand that is a node, and for an
    input the additions of what its uses contribute.
    """
    total = 0.0
    for index in block.nodes:
        node = graph.tape[index]
        if node.op is None:
            total += entries(node.value) if is_reverse else 0.0
            continue
        values = [
            graph.tape[operand].value if isinstance(operand, int) else operand.value
            for operand in node.operands
        ]
        work = float(max(map(entries, (node.value, *values))))
        if node.op.name == "matmul":
            work = 2.0 * entries(node.value) * values[0].shape[-1]
        total += work * (len(node.parents) if is_reverse else 1)
    return total


def entries(value: Any) -> int:
    """How many numbers a value holds."""
    return math.prod(value.shape) if is_array(value) else 1
