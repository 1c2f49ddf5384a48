"""PlacementExplorer: a graph on several workers, whose blocks a learner places, compares and runs.

The browser asks, with a number for each question, and Python draws, simulates and answers with that
number: the browser shows nothing as current that answers an older question.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import anywidget
import traitlets
from traitlets import TraitError

from ..core.numbers import agree, counted
from ..core.tensor import is_array
from ..graphs.graph import Graph
from ..graphs.placement import Placement, blocks
from ..graphs.schedule import Machine, automatic, simulate
from ..render import typeset
from ..render.placement import draw_placement
from ..render.timeline import Span, draw_timeline
from . import placing
from .explorer import STATIC, WIDGET_VIEW

MOST_WORKERS = 8
MOST_BLOCKS = 150
"""Each has a box in the picture and a line in the table."""
TIMELINE = 940
"""The width of a timeline, in px."""
MOST_LINES = 12
"""Derivatives of a run that are listed."""
PULSE = 1.0
"""So many seconds are between two signs of a run that goes on."""


class Result(Protocol):
    """What a run gives: `cg.distributed.run` says more."""

    @property
    def value(self) -> Any:
        """The output's."""

    @property
    def gradient(self) -> Mapping[str, Any]:
        """By the input's name."""

    @property
    def placement(self) -> Placement:
        """Where the blocks really were."""

    @property
    def timeline(self) -> Sequence[Span]:
        """What each worker did, and when."""


Run = Callable[[Placement], Result]

NO_RUN = "To run it, ask for the view with cg.distributed.explore(graph)."


class PlacementExplorer(anywidget.AnyWidget):
    """A graph whose blocks are placed on workers, by hand and automatically, side by side.

    Args:
        graph: a Graph.
        workers: how many workers there are, 1 to 8.
        placement: a worker, counted from 0, for the blocks that it names; the others are placed
            automatically.
        by: what a block is, a "scope" (and each node outside of one) or a "node".
        machine: what the workers and the network are like, for the simulation.
        run: computes a Placement for real and returns what `cg.distributed.run` does. It is called
            in a thread. Without it there is nothing to run.

    Traits, which may be set and observed: `placement`, a dict of each block's worker, of which a
    part may be set; `workers`; `machine`, a `cg.distributed.Machine`; `is_reverse`, which of the
    two passes is in the picture; `theme`. To be observed: `result`, what the last run returned, and
    `message`, why something could not be done.

    Raises:
        TypeError: for a `graph` that is none.
        ValueError: for a placement that the graph can't have, or for more than 150 blocks.
        TraitError: when a trait is set to what there is not.
    """

    _esm = STATIC / "placement.js"

    document = traitlets.Dict().tag(sync=True)
    theme = traitlets.Enum(("auto", "light", "dark"), "auto").tag(sync=True)
    # What the browser asks, all in one piece and with a number; and the answer, with the same.
    request = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    # The same for running it.
    order = traitlets.Dict().tag(sync=True)
    outcome = traitlets.Dict().tag(sync=True)

    placement = traitlets.Dict()
    workers = traitlets.Int()
    machine = traitlets.Instance(Machine)
    is_reverse = traitlets.Bool(False)
    message = traitlets.Unicode()
    result = traitlets.Any()

    def __init__(
        self,
        graph: Graph,
        workers: int = 2,
        placement: Mapping[str, int] | None = None,
        by: str = "scope",
        machine: Machine | None = None,
        run: Run | None = None,
    ) -> None:
        self.graph = graph
        self.by = by
        self._run = run
        _checked_workers(workers)
        machine = machine or Machine()
        count = len(blocks(graph, by))
        if count > MOST_BLOCKS:
            raise ValueError(
                f"{count:,} blocks are more than can be placed by hand, {MOST_BLOCKS}: "
                "put parts of the code into cg.scope, and place by='scope'"
            )
        placed = automatic(graph, workers, machine, by, placement)
        self._shown = (placed, machine, False)
        super().__init__(
            document={
                "version": 1,
                "blocks": placing.blocks_told(graph, placed),
                "most": MOST_WORKERS,
                "fields": [
                    {
                        "name": field.name,
                        "label": field.label,
                        "note": field.note,
                        "unit": field.unit,
                        "zero": field.can_be_zero,
                    }
                    for field in placing.FIELDS
                ],
                "run": "" if run else NO_RUN,
            },
            answer={"number": 0, "message": "", **_survey(*self._shown)},
            placement=dict(placed),
            workers=workers,
            machine=machine,
        )

    @property
    def placed(self) -> Placement:
        """The blocks where they are now."""
        return self._shown[0]

    # --- What may be set --------------------------------------------------------------------------

    @traitlets.validate("workers")
    def _possible_workers(self, proposal: Any) -> int:
        try:
            return _checked_workers(proposal["value"])
        except ValueError as error:
            raise TraitError(str(error)) from None

    @traitlets.validate("placement")
    def _complete(self, proposal: Any) -> dict[str, int]:
        wanted = {**_at_most(self.placed, self.workers), **proposal["value"]}
        try:
            return dict(Placement(self.graph, wanted, self.workers, self.by))
        except (ValueError, KeyError) as error:
            raise TraitError(str(error.args[0])) from None

    @traitlets.observe("request")
    def _hear(self, change: Any) -> None:
        asked = self.request
        if not isinstance(asked.get("number"), int):
            return
        try:
            workers = _checked_workers(asked["workers"])
            machine = placing.changed(self.machine, asked["machine"])
            if asked["placement"] is None:
                wanted = dict(automatic(self.graph, workers, machine, self.by))
            else:
                wanted = dict(zip(self.placed, asked["placement"], strict=True))
            with self.hold_trait_notifications():
                self.workers = workers
                self.machine = machine
                self.placement = wanted
                self.is_reverse = bool(asked["isReverse"])
        except (TraitError, ValueError, KeyError, TypeError) as error:
            self._say(f"That can't be done: {error.args[0] if error.args else error}.")
            return
        self._follow()

    @traitlets.observe("placement", "workers", "machine", "is_reverse")
    def _follow(self, change: Any = None) -> None:
        """Answer, unless this is what was answered last."""
        placed = Placement(
            self.graph, _at_most(self.placement, self.workers), self.workers, self.by
        )
        number = self.request.get("number", 0)
        shown = (placed, self.machine, self.is_reverse)
        is_known = _key(*shown) == _key(*self._shown)
        if is_known and (number, "") == (self.answer.get("number"), self.message):
            return
        self._shown = shown
        answer = self.answer if is_known else _survey(*shown)
        with self.hold_sync(), self.hold_trait_notifications():
            self.message = ""
            self.placement = dict(placed)
            self.answer = {**answer, "number": number, "message": ""}

    def _say(self, message: str) -> None:
        """Answer with a message, and what was there before."""
        self.message = message
        self.answer = {**self.answer, "number": self.request.get("number", 0), "message": message}

    # --- To run it --------------------------------------------------------------------------------

    @traitlets.observe("order")
    def _start(self, change: Any) -> None:
        """Run a placement that the browser names, in a thread: the kernel's messages go on."""
        number = self.order.get("number")
        if (
            self._run is None
            or not isinstance(number, int)
            or self.outcome.get("state") == "running"
        ):
            return
        try:
            workers = _checked_workers(self.order["workers"])
            named = dict(zip(self.placed, self.order["placement"], strict=True))
            placed = Placement(self.graph, named, workers, self.by)
        except (ValueError, KeyError, TypeError) as error:
            self.outcome = {"number": number, "state": "failed", "of": [], "error": str(error)}
            return
        self.outcome = {"number": number, "state": "running", "of": list(placed.of), "seconds": 0.0}
        loop: asyncio.AbstractEventLoop | None = None
        with suppress(RuntimeError):  # there is none where no kernel is, but a script
            loop = asyncio.get_running_loop()
        if loop:
            loop.call_later(PULSE, self._go_on, number, time.monotonic(), loop)
        arguments = placed, self.machine, number, loop
        threading.Thread(target=self._work, args=arguments, daemon=True).start()

    def _go_on(self, number: int, begun: float, loop: asyncio.AbstractEventLoop) -> None:
        """Say that the run goes on: else the browser would wait for a kernel that is gone."""
        if (self.outcome["number"], self.outcome["state"]) == (number, "running"):
            self.outcome = {**self.outcome, "seconds": time.monotonic() - begun}
            loop.call_later(PULSE, self._go_on, number, begun, loop)

    def _work(
        self,
        placed: Placement,
        machine: Machine,
        number: int,
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        assert self._run
        result = None
        about = {"number": number, "of": list(placed.of)}
        try:
            result = self._run(placed)
            outcome = {**about, "state": "done", **_told(self.graph, placed, machine, result)}
        except BaseException as error:  # also a learner's sys.exit(): else it would run for ever
            kind = "" if type(error).__name__ == "DistributedError" else f"{type(error).__name__}: "
            outcome = {**about, "state": "failed", "error": f"{kind}{error}"}
        # Traits belong to the thread that the kernel's messages come in by.
        if loop is None or loop.is_closed():
            self._finish(result, outcome)
        else:
            loop.call_soon_threadsafe(self._finish, result, outcome)

    def _finish(self, result: Result | None, outcome: dict[str, Any]) -> None:
        with self.hold_sync():
            try:
                if result is not None:
                    self.result = result
            finally:  # also if somebody who observes the result raises an error
                self.outcome = outcome

    # --- Elsewhere --------------------------------------------------------------------------------

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {
            WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id},
            "text/html": placing.html(*self._shown),
            "text/plain": repr(self),
        }, {}

    def __repr__(self) -> str:
        return placing.plain(placing.compare(*self._shown[:2]))


def _checked_workers(workers: Any) -> int:
    is_count = isinstance(workers, int) and not isinstance(workers, bool)
    if not is_count or not 1 <= workers <= MOST_WORKERS:
        raise ValueError(f"workers={workers!r}: there can be 1 to {MOST_WORKERS}")
    return int(workers)


def _at_most(placement: Mapping[str, int], workers: int) -> dict[str, int]:
    """The same; what was on a worker that is gone is on the last of those left."""
    return {name: min(worker, workers - 1) for name, worker in placement.items()}


def _key(placed: Placement, machine: Machine, is_reverse: bool) -> tuple[Any, ...]:
    return placed.of, placed.workers, machine, is_reverse


def _survey(placed: Placement, machine: Machine, is_reverse: bool) -> dict[str, Any]:
    """What the browser shows of a placement."""
    comparison = placing.compare(placed, machine)
    return {
        "placement": list(placed.of),
        "workers": placed.workers,
        "isReverse": is_reverse,
        "machine": placing.shown(machine),
        "svg": draw_placement(placed, is_reverse=is_reverse),
        "timeline": draw_timeline(comparison.yours, width=TIMELINE),
        "figures": [figure._asdict() for figure in placing.figures(comparison)],
        "isAutomatic": comparison.is_automatic,
        "explanation": placing.explained(comparison),
        "path": placing.path(comparison.yours),
        "sum": placing.sum_of_path(comparison.yours),
        "words": placing.in_words(comparison),
    }


def _told(graph: Graph, placed: Placement, machine: Machine, result: Result) -> dict[str, Any]:
    """What the browser shows of a run, beside what the local engine finds."""
    local = graph.gradient()
    names = list(result.gradient)
    output = graph.output
    lines = [_line(output.name, result.value, output.value, graph.tolerance)]
    lines += [
        _line(f"∂{output.name}/∂{name}", result.gradient[name], local[name], graph.tolerance)
        for name in names[:MOST_LINES]
    ]
    others = [
        agree(result.gradient[name], local[name], 1.0, graph.tolerance)
        for name in names[MOST_LINES:]
    ]
    rest = ""
    if others:
        mark = "✓ all as here" if all(others) else f"✗ {others.count(False)} not as here"
        rest = f"and {counted(len(others), 'derivative')} more {mark}"
    ran = list(result.placement.of)
    took = max((span.stop for span in result.timeline), default=0.0)
    elsewhere = [
        f"{block.name} ran on worker {there}, not on worker {wanted}"
        for block, wanted, there in zip(placed.blocks, placed.of, ran, strict=True)
        if wanted != there
    ]
    return {
        "lines": lines,
        "rest": rest,
        "ran": ran,
        "where": "; ".join(elsewhere) or "Every block ran where it was placed",
        "took": (
            f"From the first task to the last it took {placing.in_seconds(took)}; simulated, "
            f"{placing.in_seconds(simulate(placed, machine).makespan)}"
        ),
        "timeline": draw_timeline(result.timeline, width=TIMELINE, workers=placed.workers),
    }


def _line(name: str, found: Any, local: Any, tolerance: float) -> dict[str, Any]:
    return {"name": name, "value": _in_short(found), "agrees": agree(found, local, 1.0, tolerance)}


def _in_short(value: Any) -> str:
    if not is_array(value):
        return typeset.number(value)
    from .heat import summary

    return f"{typeset.number(value)}, {summary(value)['words']}"
