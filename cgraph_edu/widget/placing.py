"""What the placement view says of a placement: its figures beside the automatic one, its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ..core.numbers import counted, format_bytes
from ..graphs.graph import Graph
from ..graphs.placement import NUMBER, Placement
from ..graphs.schedule import Machine, Schedule, Task, automatic, simulate
from ..render.cells import FAINT, PAGE, REMARK, cell, row
from ..render.html import embedded
from ..render.placement import draw_placement
from ..render.svg import escape
from ..render.typeset import lookalikes, plain_name


def in_seconds(seconds: float) -> str:
    """A time with three digits, in ms below a second: two times are easily compared."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{float(f'{1e3 * seconds:.3g}'):.12g} ms"


EXPLANATION = (
    "Block by block, in the graph's order, each goes to the worker on which its forward task could "
    "start first, counting the wait for what has to be sent; an input goes where it is used first. "
    "Then both passes are simulated: where one worker for all would be done as soon, everything "
    "stays on one."
)


class Field(NamedTuple):
    """An assumption about the machines, as a person reads and changes it."""

    name: str
    """Of the attribute of Machine."""
    label: str
    note: str
    unit: str
    scale: float
    """What one unit is in Machine's own."""
    can_be_zero: bool


FIELDS = (
    Field("latency", "latency", "of a message", "ms", 1e-3, True),
    Field("bandwidth", "bandwidth", "of the network", "MB/s", 1e6, False),
    Field("rate", "operations", "of a worker", "million/s", 1e6, False),
    Field("overhead", "overhead", "of a task", "ms", 1e-3, True),
)


def shown(machine: Machine) -> dict[str, float]:
    """The assumptions in their units."""
    return {f.name: float(f"{getattr(machine, f.name) / f.scale:.6g}") for f in FIELDS}


def changed(machine: Machine, given: Mapping[str, float]) -> Machine:
    """The machine with what a person changed; raises ValueError for what can't be."""
    before = shown(machine)
    found = {}
    for field in FIELDS:
        x = given[field.name]
        if x != before[field.name]:
            found[field.name] = x * field.scale
    return replace(machine, **found)


class Comparison(NamedTuple):
    """A placement and the automatic one, simulated on the same machines."""

    yours: Schedule
    automatic: Schedule

    @property
    def is_automatic(self) -> bool:
        """Whether they are the same placement."""
        return self.yours.placement.of == self.automatic.placement.of


def compare(placement: Placement, machine: Machine) -> Comparison:
    """Both, simulated."""
    other = automatic(placement.graph, placement.workers, machine, placement.by)
    return Comparison(simulate(placement, machine), simulate(other, machine))


class Figure(NamedTuple):
    """A line of the comparison."""

    name: str
    yours: str
    automatic: str
    better: str
    """ "yours", "automatic", or "" where they are as good, or neither is better."""
    word: str
    """What the better one is: "fewer"."""


def figures(comparison: Comparison) -> list[Figure]:
    """The lines of the comparison."""

    def line(name: str, word: str, measure: Any, told: Any = str) -> Figure:
        yours, other = measure(comparison.yours), measure(comparison.automatic)
        better = ""
        if word and told(yours) != told(other):
            better = "yours" if yours < other else "automatic"
        return Figure(name, told(yours), told(other), better, word)

    def percent(share: float) -> str:
        return f"{100 * share:.0f} %"

    workers = comparison.yours.placement.workers
    return [
        line("cut edges", "fewer", lambda s: len(s.placement.cuts)),
        line("messages", "fewer", lambda s: len(s.placement.messages)),
        line("sent forward", "less", lambda s: s.placement.moved(False), format_bytes),
        line("sent in reverse", "less", lambda s: s.placement.moved(True), format_bytes),
        line("simulated time", "faster", lambda s: s.makespan, in_seconds),
        *(line(f"worker {w} busy", "", lambda s, w=w: s.busy(w), percent) for w in range(workers)),
    ]


def explained(comparison: Comparison) -> str:
    """How the automatic placement is found, and what it comes to here."""
    return f"{EXPLANATION} {_remark(comparison)}".strip()


def _remark(comparison: Comparison) -> str:
    placement = comparison.automatic.placement
    used = set(placement.of)
    if placement.workers == 1 or len(used) > 1:
        return ""
    least = in_seconds(comparison.automatic.machine.carry(NUMBER))
    return f"So it is here, where a message takes {least} or more."


def path(schedule: Schedule) -> list[dict[str, Any]]:
    """The steps of the critical path, in order: tasks, and the messages between them.

        {"text": "c forward", "worker": 0, "isReverse": False, "items": [2], "wires": [],
         "seconds": "0.3 ms"}

    A message has the wires that it is drawn on, as [source, target], boxes of the picture.
    """
    found = []
    for task in schedule.critical:
        if task.message is not None:
            found.append(_message(schedule.placement, task))
        if task.stop > task.start:
            block = schedule.placement.blocks[task.block]
            found.append(
                {
                    "text": f"{block.name} {'in reverse' if task.is_reverse else 'forward'}",
                    "worker": task.worker,
                    "isReverse": task.is_reverse,
                    "items": [block.item],
                    "wires": [],
                    "seconds": in_seconds(task.stop - task.start),
                }
            )
    return found


def _message(placement: Placement, task: Task) -> dict[str, Any]:
    message = task.message
    assert message
    home = placement.home[message.node]
    name = placement.graph.tape[message.node].name
    if len(home.nodes) > 1:
        name += f" ({home.name})"  # the picture does not have the node itself
    what = f"adjoint of {name}" if message.is_reverse else name
    # An adjoint goes back along the wires by which the value came.
    user = message.sender if message.is_reverse else message.receiver
    wires = {
        (home.item, placement.home[target].item): None
        for source, target, _ in placement.graph.uses
        if source == message.node and placement.worker_of(target) == user
    }
    return {
        "text": f"send {what}, {format_bytes(message.size)}, to worker {message.receiver}",
        "worker": None,
        "isReverse": message.is_reverse,
        "items": [home.item],
        "wires": [list(wire) for wire in wires],
        "seconds": "",
    }


def sum_of_path(schedule: Schedule) -> str:
    """The simulated time as what it is made of: "computing 2.4 ms + sending 2 ms = 4.4 ms"."""
    tasks = sum(task.stop - task.start for task in schedule.critical)
    sent = schedule.makespan - tasks
    count = sum(task.message is not None for task in schedule.critical)
    if not count:
        return f"computing {in_seconds(tasks)}, and no message to wait for"
    return (
        f"computing {in_seconds(tasks)} + {counted(count, 'message')} {in_seconds(sent)} = "
        f"{in_seconds(schedule.makespan)}"
    )


def in_words(comparison: Comparison) -> str:
    """The comparison, for those who hear it change."""
    yours, other = comparison.yours, comparison.automatic
    cuts = counted(len(yours.placement.cuts), "cut edge")
    moved = format_bytes(yours.placement.moved())
    beside = "" if comparison.is_automatic else f"; the automatic one {in_seconds(other.makespan)}"
    return f"{cuts}, {moved} sent, {in_seconds(yours.makespan)}{beside}"


def plain(comparison: Comparison) -> str:
    """The placement and its figures as text."""
    placement = comparison.yours.placement
    graph = placement.graph
    lines = [f"{graph.output.name} on {counted(placement.workers, 'worker')}"]
    for worker in range(placement.workers):
        names = [name for name, at in placement.items() if at == worker]
        lines.append(f"  worker {worker}: {', '.join(names) or 'nothing'}")
    rows = [
        ("", "yours", "automatic"),
        *((f.name, f.yours, f.automatic) for f in figures(comparison)),
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for name, *values in rows:
        cells = [value.rjust(width) for value, width in zip(values, widths[1:], strict=True)]
        lines.append("  ".join(("", name.ljust(widths[0]), *cells)))
    lines.append("  critical path: " + " → ".join(_steps(comparison.yours)))
    return "\n".join(lines)


def _steps(schedule: Schedule) -> Iterator[str]:
    return (step["text"] for step in path(schedule))


def html(placement: Placement, machine: Machine, is_reverse: bool) -> str:
    """The placement for a viewer without widgets: the picture, and tables."""
    comparison = compare(placement, machine)
    rule = f"border-top:1px solid {FAINT}"
    blocks = [row(cell("block", "th", REMARK, "left"), cell("worker", "th", REMARK))]
    blocks += [
        row(cell(escape(name), style=rule, align="left"), cell(str(worker), style=rule))
        for name, worker in placement.items()
    ]
    lines = [row(cell(""), cell("yours", "th", REMARK), cell("automatic", "th", REMARK))]
    for figure in figures(comparison):
        values = [
            f"{'<b>' if figure.better == side else ''}{value}"
            f"{f'</b> {figure.word}' if figure.better == side else ''}"
            for side, value in (("yours", figure.yours), ("automatic", figure.automatic))
        ]
        cells = [cell(value, style=rule) for value in values]
        lines.append(row(cell(figure.name, style=rule, align="left"), *cells))
    steps = escape(" → ".join(_steps(comparison.yours)))
    table = '<table style="border-collapse:collapse;margin:8px 24px 8px 0;display:inline-table">'
    return (
        f'<div style="{PAGE}">'
        f"{embedded(draw_placement(placement, is_reverse=is_reverse), plain(comparison))}"
        f'<div style="padding:4px 24px">{table}{"".join(blocks)}</table>{table}{"".join(lines)}'
        f"</table><p>Critical path: {steps}: {escape(sum_of_path(comparison.yours))}</p>"
        "</div></div>"
    )


def blocks_told(graph: Graph, placement: Placement) -> list[dict[str, Any]]:
    """The blocks for the browser."""
    alike = lookalikes(node.name for node in graph.nodes)
    found = []
    for block in placement.blocks:
        node = graph.tape[block.nodes[0]]
        is_node = block.nodes == (block.item,)
        is_mathematics = is_node and node.name == block.name
        found.append(
            {
                "name": block.name,
                "item": block.item,
                "label": list(plain_name(block.name, alike)) if is_mathematics else None,
                "note": (
                    ("input" if node.op is None else graph.describe(node))
                    if is_node
                    else counted(len(block.nodes), "node")
                ),
            }
        )
    return found
