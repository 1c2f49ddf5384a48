"""A graph as tasks of Dask: one forward and one reverse task for each block of a placement.

Tasks are pure: each gives its result, and adds to nothing. A forward task gives a `Record` of its
block's values; it stays where it is, and a small task picks out what another worker needs. A
reverse task gives what its block contributes to the adjoints of the nodes that it uses; on another
worker than such a node's these are added up first, so that one adjoint goes back.

What is added, is added in the order of core/derivatives.py: on one worker the results are those of
the local engine, bit for bit.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeAlias
from uuid import uuid4

from ..core import derivatives
from ..core.ops import Op
from ..core.tensor import Operation, is_array, variable
from ..graphs.graph import Constant, Graph, Node
from ..graphs.placement import Block, Placement, blocks, size
from ..graphs.schedule import automatic

try:
    import cloudpickle
    import dask.threaded
    from dask.base import DaskMethodsMixin
    from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
    from dask.task_spec import Task, TaskRef
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "Dask is not installed: pip install 'cgraph-edu[dask]'", name=error.name
    ) from None

Step: TypeAlias = "tuple[int, str, Operation | Carried | None, Any]"
"""A node's index on the tape, name, op and operands: an int is the index of a node, anything else a
constant. An input has no op, and its value in place of the operands."""

Terms: TypeAlias = "dict[int, list[tuple[int, Any]]]"
"""For nodes by index what is to be added to their adjoints, each with the index of its user."""


TOLD = 2000
"""So many characters of an error's own words are told: Dask sends none that has 10,000."""


class NodeError(Exception):
    """An op raised an error in a task.

    Attributes:
        node: the name of its node.
        error: what it raised.
        is_reverse: whether that was in the reverse pass.
    """

    def __init__(self, node: str, error: BaseException, is_reverse: bool) -> None:
        super().__init__(node, error, is_reverse)
        self.node = node
        self.error = error
        self.is_reverse = is_reverse

    def __str__(self) -> str:
        return f"at {self.node}: {told(self.error)}"


class DaskGraph(DaskMethodsMixin):
    """A graph's value and gradient as a Dask collection: {"value": ..., "gradient": {...}}.

    Attributes:
        tasks: the tasks by key; a key is what the task does, as people read it, and a token.
        blocks: for the key of each forward task its block.
        placement: where they are to run.
    """

    __dask_scheduler__ = staticmethod(dask.threaded.get)
    __dask_optimize__ = None

    def __init__(
        self,
        placement: Placement,
        tasks: Mapping[str, Any],
        keys: Sequence[str],
        blocks: Mapping[str, Block],
        workers_of: Mapping[str, Sequence[Any]],
    ) -> None:
        self.placement = placement
        self.tasks = tasks
        self.keys = keys
        self.blocks = blocks
        self.workers_of = workers_of

    def __dask_graph__(self) -> HighLevelGraph:
        pinned = {"workers": self.workers_of.get, "allow_other_workers": True}
        layer = MaterializedLayer(self.tasks, annotations=pinned if self.workers_of else None)
        return HighLevelGraph({self.name: layer}, {self.name: set()})

    def __dask_keys__(self) -> list[str]:
        return list(self.keys)

    def __dask_layers__(self) -> tuple[str]:
        return (self.name,)

    def __dask_tokenize__(self) -> str:
        return self.name

    def __dask_postcompute__(self) -> tuple[Any, tuple[Any, ...]]:
        inputs = self.placement.graph.inputs
        used = _used(self.placement.graph)
        zeros = {x.index: derivatives.zeros_like(x.value) for x in inputs if x.index not in used}
        return answer, ([(x.name, x.index) for x in inputs], zeros)

    def __dask_postpersist__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._persisted, ()

    def _persisted(
        self, tasks: Mapping[str, Any], rename: Mapping[str, str] | None = None
    ) -> DaskGraph:
        keys = [(rename or {}).get(key, key) for key in self.keys]
        return DaskGraph(self.placement, tasks, keys, {}, {})

    @property
    def name(self) -> str:
        """What its layer is called."""
        return f"graph of {self.keys[0]}"

    def __repr__(self) -> str:
        return f"DaskGraph({self.placement.graph!r}, {len(self.tasks)} tasks)"


def answer(results: Sequence[Any], inputs: Any, zeros: Mapping[int, Any]) -> dict[str, Any]:
    """The value and the gradient, from what the tasks behind a DaskGraph's keys gave."""
    value, *adjoints = results
    found = dict(zeros)
    for adjoint in adjoints:
        found.update(adjoint)
    return {"value": value, "gradient": {name: found[index] for name, index in inputs}}


# --- What runs on the workers ---------------------------------------------------------------------


class Carried:
    """An op of a learner's own, which is unpickled where it is first used.

    Dask unpickles a task before it runs it, and ends a worker that can't, as for want of a module.
    Here that is an error like any other of the op.
    """

    def __init__(self, pickled: bytes) -> None:
        self.pickled = pickled

    def __reduce__(self) -> tuple[Any, ...]:
        return Carried, (self.pickled,)

    @cached_property
    def op(self) -> Operation:
        """The op itself."""
        op: Operation = cloudpickle.loads(self.pickled)
        return op

    def evaluate(self, *values: Any) -> Any:
        """`Operation.evaluate`."""
        return self.op.evaluate(*values)

    def vjps(self, ports: Sequence[int], x_bar: Any, out: Any, *values: Any) -> Sequence[Any]:
        """`Operation.vjps`."""
        return self.op.vjps(ports, x_bar, out, *values)


class Record:
    """What a forward task leaves for its reverse task and for its neighbours on the same worker."""

    __slots__ = ("steps", "values")

    def __init__(self, steps: Sequence[Step], values: dict[int, Any]) -> None:
        self.steps = steps
        self.values = values
        """The values of its nodes and of those that it uses, by their index on the tape."""

    def __sizeof__(self) -> int:  # Dask asks for it
        return sum(map(size, self.values.values()))


def forward(steps: Sequence[Step], taken: Sequence[Any], *given: Any) -> Record:
    """Compute a block.

    `given` are values of single nodes and Records of other blocks; `taken` has for each value the
    node whose it is, and for each Record a tuple of the nodes that are used out of it.
    """
    values: dict[int, Any] = {}
    for nodes, x in zip(taken, given, strict=True):
        values.update({i: x.values[i] for i in nodes} if type(nodes) is tuple else {nodes: x})
    for index, name, op, operands in steps:
        if op is None:
            value = operands
        else:
            value = _attempted(name, False, op.evaluate, *_plain(operands, values))
        if type(value) is not float and is_array(value):
            value.flags.writeable = False
        values[index] = value
    return Record(steps, values)


def reverse(
    record: Record, alone: Sequence[int], places: Sequence[Any], *given: Any
) -> dict[int, Any]:
    """Carry the adjoints of a block's nodes back to what they were computed from.

    `given` are adjoints, each with its node and its place in the order in `places`, and what
    reverse tasks of other blocks gave, with None there. The result has the adjoints of the inputs
    in the block, and `Terms` for the nodes outside of it; those in `alone` are added up already.
    """
    own = {step[0] for step in record.steps}
    terms: Terms = {}
    for place, x in zip(places, given, strict=True):
        if place is not None:
            terms.setdefault(place[0], []).append((place[1], x))
        else:
            for index in own & x.keys():
                terms.setdefault(index, []).extend(x[index])
    found: dict[int, Any] = {}
    for index, name, op, operands in sorted(record.steps, key=itemgetter(0), reverse=True):
        x_bar = added(terms.pop(index, ()))
        if op is None:
            found[index] = x_bar
            continue
        out, values = record.values[index], _plain(operands, record.values)
        ports = [port for port, operand in enumerate(operands) if type(operand) is int]
        with derivatives.ieee(out, *values):
            contributions = _attempted(name, True, op.vjps, ports, x_bar, out, *values)
        for port, contribution in zip(ports, contributions, strict=True):
            terms.setdefault(operands[port], []).append((index, contribution))
    for index in alone:
        terms[index] = [(terms[index][0][0], added(terms[index]))]
    return found | terms


def added(terms: Sequence[tuple[int, Any]]) -> Any:
    """An adjoint: the sum of its terms, from its last user to its first, as `reverse` has it."""
    if len(terms) == 1:
        return terms[0][1]
    total: Any = 0.0
    with derivatives.ieee(*[term for _, term in terms]):
        for _, term in sorted(terms, key=itemgetter(0), reverse=True):
            is_first = type(total) is float and total == 0.0
            total = term if is_first else total + term
    return total


def sent(record: Record, index: int) -> Any:
    """The value of one node, for another worker."""
    return record.values[index]


def sent_back(index: int, *found: Mapping[int, Any]) -> Any:
    """The adjoint of one node, for the worker that it belongs to: what this one's uses add to it.

    `found` is what the reverse tasks of the blocks that use it gave.
    """
    return added([term for terms in found for term in terms[index]])


def adjoints(found: Mapping[int, Any], inputs: Sequence[int]) -> dict[int, Any]:
    """Those of a block's inputs, out of what its reverse task gave."""
    return {index: found[index] for index in inputs}


def _plain(operands: Sequence[Any], values: Mapping[int, Any]) -> list[Any]:
    return [values[operand] if type(operand) is int else operand for operand in operands]


def _attempted(name: str, is_reverse: bool, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives; what it raises becomes a NodeError of the node with this name."""
    try:
        return function(*arguments)
    except BaseException as error:
        if is_interrupt(error):
            raise
        failed = NodeError(name, sendable(error), is_reverse)
    # Raised here it has no context: that would be sent, too.
    raise failed from failed.error


def is_interrupt(error: BaseException) -> bool:
    """Whether somebody wants Python to stop, and it is not an op or a function that says so.

    Ctrl-C comes to the main thread, where tasks run only with `compute(scheduler="sync")`. In
    another thread `sys.exit()`, say, would not end Python, but it would end Dask's worker.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and not isinstance(error, Exception)


def sendable(error: BaseException) -> BaseException:
    """The error as it can travel, alone; one that can't be pickled, or told, is told in words."""
    try:
        copy: BaseException = cloudpickle.loads(cloudpickle.dumps(error))
        str(copy)
        return copy.with_traceback(error.__traceback__)
    except Exception:
        return RuntimeError(told(error)).with_traceback(error.__traceback__)


def told(error: BaseException) -> str:
    """An error in words, as Python tells it."""
    try:
        words = f": {error!s:.{TOLD}}" if str(error) else ""
    except Exception:
        words = ""
    return type(error).__name__ + words


# --- Making the tasks -----------------------------------------------------------------------------


def to_dask(
    graph: Graph,
    placement: Mapping[str, int] | None = None,
    by: str = "scope",
    workers: Sequence[Any] | None = None,
) -> DaskGraph:
    """`Graph.to_dask`."""
    carried = _carried(graph)
    check_placement(placement)
    if placement is None:
        there = Placement(graph, dict.fromkeys(map(_name, blocks(graph, by)), 0), 1, by)
        return _Tasks(there, (), carried).made()
    count = max([0, *placement.values()]) + 1 if workers is None else len(workers)
    there = placed(graph, placement, count, by)
    return _Tasks(there, range(there.workers) if workers is None else workers, carried).made()


def placed(graph: Graph, placement: Mapping[str, int], workers: int, by: str) -> Placement:
    """A placement of the graph: the one given, or one that completes it automatically."""
    if isinstance(placement, Placement):
        if placement.graph is graph:
            return placement
        return Placement(graph, dict(placement), placement.workers, placement.by)
    return automatic(graph, workers, by=by, fixed=placement)


def check_placement(placement: Any) -> None:
    """Raise TypeError for what says of no block where it goes."""
    if not (placement is None or isinstance(placement, Mapping)):
        raise TypeError(
            f"placement={placement!r:.100}: it gives the number of a worker for each name, such as "
            '{"c": 0, "layer 1": 1}'
        )


def _name(block: Block) -> str:
    return block.name


def _carried(graph: Graph) -> dict[int, Carried]:
    """The learner's own ops, by their ids; ValueError for one that can't be sent elsewhere."""
    found: dict[int, Carried] = {}
    for node in graph.nodes:
        if node.op is None or isinstance(node.op, Op) or id(node.op) in found:
            continue
        formula = f"{node.name} = {graph.describe(node)}"
        if node.op.by:
            raise ValueError(
                f"{formula} is computed by {node.op.by} itself, which can't be sent to another "
                "process: only graphs of cgraph_edu's own ops can"
            )
        try:
            carried = found[id(node.op)] = Carried(cloudpickle.dumps(node.op))
        except Exception as error:
            raise ValueError(f"{formula} can't be sent to another process: {error}") from error
        carried.op = node.op  # in this process it is itself
    return found


def _used(graph: Graph) -> set[int]:
    """The nodes that the output depends on, itself included, by their indices on the tape."""
    return {graph.output.index, *(parent for node in graph.nodes for parent in node.parents)}


class _Tasks:
    """The tasks of a placement."""

    def __init__(
        self, placement: Placement, workers: Sequence[Any], carried: Mapping[int, Carried]
    ) -> None:
        self.placement = placement
        self.graph = placement.graph
        self.workers = workers
        self.carried = carried
        self.token = uuid4().hex[:12]
        self.tasks: dict[str, Task] = {}
        self.blocks: dict[str, Block] = {}
        self.workers_of: dict[str, list[Any]] = {}
        self.used = _used(self.graph)
        self.users: dict[int, dict[int, int]] = {}
        """For each node the blocks that use it, each with the last node in it that does."""
        for node in self.graph.nodes:
            for parent in node.parents:
                self.users.setdefault(parent, {})[placement.home[node.index].index] = node.index

    def made(self) -> DaskGraph:
        seed = self._seed()
        parts = {
            block.index: [self.graph.tape[i] for i in block.nodes if i in self.used]
            for block in self.placement.blocks
        }
        needed = [block for block in self.placement.blocks if parts[block.index]]
        for block in needed:
            self._forward(block, parts[block.index])
        keys = [self._sent(self.graph.output.index)]
        for block in reversed(needed):
            self._reverse(block, parts[block.index], seed)
        for block in needed:
            inputs = [node.index for node in parts[block.index] if node.op is None]
            if len(inputs) == len(parts[block.index]):
                keys.append(self._key(block.name, "reverse"))  # which gives nothing else
            elif inputs:
                found = TaskRef(self._key(block.name, "reverse"))
                worker = self.placement.of[block.index]
                keys.append(self._add(block.name, "gradient", worker, adjoints, found, inputs))
        return DaskGraph(self.placement, self.tasks, keys, self.blocks, self.workers_of)

    def _seed(self) -> Any:
        """The output's own adjoint; ValueError where the output is an array."""
        output = variable(self.graph.output.value, self.graph.output.name)
        return derivatives.reverse(output)[output]

    def _key(self, name: str, what: str) -> str:
        return f"{name}, {what}-{self.token}"

    def _add(self, name: str, what: str, worker: int, function: Any, *arguments: Any) -> str:
        """A task for a worker; gives its key."""
        key = self._key(name, what)
        self.tasks[key] = Task(key, function, *arguments)
        if self.workers:
            self.workers_of[key] = [self.workers[worker]]
        return key

    def _sent(self, node: int) -> str:
        """The task that picks a node's value out of its block's Record."""
        home, name = self.placement.home[node], self.graph.tape[node].name
        if self._key(name, "sent") in self.tasks:
            return self._key(name, "sent")
        record = TaskRef(self._key(home.name, "forward"))
        return self._add(name, "sent", self.placement.of[home.index], sent, record, node)

    def _forward(self, block: Block, nodes: Sequence[Node]) -> None:
        worker = self.placement.of[block.index]
        own = set(block.nodes)
        outside = dict.fromkeys(p for node in nodes for p in node.parents if p not in own)
        records: dict[str, list[int]] = {}
        taken: list[Any] = []
        given: list[Any] = []
        for node in outside:
            home = self.placement.home[node]
            if self.placement.of[home.index] == worker:
                records.setdefault(home.name, []).append(node)
            else:
                taken.append(node)
                given.append(TaskRef(self._sent(node)))
        for name, used in records.items():
            taken.append(tuple(used))
            given.append(TaskRef(self._key(name, "forward")))
        steps = [self._step(node) for node in nodes]
        key = self._add(block.name, "forward", worker, forward, steps, taken, *given)
        self.blocks[key] = block

    def _step(self, node: Node) -> Step:
        if node.op is None:
            return node.index, node.name, None, node.value
        op = self.carried.get(id(node.op), node.op)
        return node.index, node.name, op, _operands(node)

    def _reverse(self, block: Block, nodes: Sequence[Node], seed: Any) -> None:
        worker = self.placement.of[block.index]
        places: list[Any] = []
        given: list[Any] = []
        neighbours: dict[int, None] = {}
        """The blocks on this worker that use this one's nodes."""
        for node in nodes:
            if node.index == self.graph.output.index:
                places.append((node.index, node.index))
                given.append(seed)
            elsewhere: dict[int, list[int]] = {}
            for user in self.users.get(node.index, ()):
                other = self.placement.of[user]
                if other != worker:
                    elsewhere.setdefault(other, []).append(user)
                elif user != block.index:
                    neighbours[user] = None
            for other, users in sorted(elsewhere.items()):
                found = [self._found(user) for user in users]
                what = f"sent back by worker {other}"
                key = self._add(node.name, what, other, sent_back, node.index, *found)
                places.append((node.index, max(self.users[node.index][user] for user in users)))
                given.append(TaskRef(key))
        for user in neighbours:
            places.append(None)
            given.append(self._found(user))
        own = set(block.nodes)
        outside = Counter(p for node in nodes for p in node.parents if p not in own)
        alone = [i for i, uses in outside.items() if uses > 1 and len(self.users[i]) == 1]
        record = TaskRef(self._key(block.name, "forward"))
        self._add(block.name, "reverse", worker, reverse, record, alone, places, *given)

    def _found(self, block: int) -> TaskRef:
        return TaskRef(self._key(self.placement.blocks[block].name, "reverse"))


def _operands(node: Node) -> list[Any]:
    return [o.value if isinstance(o, Constant) else o for o in node.operands]
