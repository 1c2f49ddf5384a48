"""A function measured beside its peers.

Each peer has a process of its own, so that none carries another's libraries or garbage: what is on
Python's heap decides what its cyclic garbage collector costs. All share one core and take turns,
A B C, then C B A; a ratio is taken within a round, where the machine is as fast for one as for the
other, and the median over the rounds is what counts. Every library runs on one thread.

Before anything is timed, each peer's answers are compared with figures that were found another way;
a wrong one ends the run.
"""

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias

# Each process reads this before it imports NumPy, PyTorch or JAX.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

ROUND = 0.02
"""A peer is called again and again for so many seconds in each round, but once at least."""

Run: TypeAlias = Callable[[], Any]
Parts: TypeAlias = list[list[float]]
"""An answer taken apart: each number on its own, and each array's entries together."""


@dataclass(frozen=True)
class Peer:
    """One way of doing the work."""

    name: str
    make: Callable[[], Run]
    """Called in the peer's process: imports its library, and gives the function to be timed."""
    answers: Sequence[Any]
    """What the function should give when it is called, and called again."""
    collector: bool = True
    """Whether Python's cyclic garbage collector is on, as it is by default."""
    operations: int = 1
    """What a call's time is divided by."""


@dataclass(frozen=True)
class Row:
    """A row of the table: what was measured, and what it should be at most."""

    workload: str
    ours: str
    theirs: str
    figure: float
    goal: float | None = None
    unit: str = " ×"

    def __str__(self) -> str:
        goal = ""
        if self.goal is not None:
            goal = f"{self.goal:g} {'✓' if self.figure <= self.goal else '✗'}"
        figure = f"{self.figure:.3g}"
        return f"| {self.workload} | {self.ours} | {self.theirs} | {figure}{self.unit} | {goal} |"


@dataclass
class Times:
    """What `compare` measured: seconds for each operation, by the peer's name."""

    rounds: dict[str, list[float]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    """Of the first call, once the library was imported."""

    def row(self, workload: str, ours: str, theirs: str, goal: float | None = None) -> list[Row]:
        """The median of the rounds' ratios; no row if the peer does not run here."""
        if theirs not in self.rounds:
            return []
        mine, other = self.rounds[ours], self.rounds[theirs]
        ratio = median(a / b for a, b in zip(mine, other, strict=True))
        texts = f"{ours} {seconds(median(mine))}", f"{theirs} {seconds(median(other))}"
        return [Row(workload, *texts, ratio, goal)]

    def first_row(
        self, workload: str, ours: str, theirs: str, goal: float | None = None
    ) -> list[Row]:
        """The ratio of the first calls, likewise."""
        if theirs not in self.first:
            return []
        mine, other = self.first[ours], self.first[theirs]
        texts = f"{ours} {seconds(mine)}", f"{theirs} {seconds(other)}"
        return [Row(workload, *texts, mine / other, goal)]


def compare(peers: Iterable[Peer], rounds: int = 15, tolerance: float = 1e-9) -> Times:
    """Check each peer's first answers, and time the peers in turns.

    The first is ours. A peer that can't run here is left out, and the reason printed.
    """
    times = Times()
    running: list[tuple[Peer, ProcessPoolExecutor]] = []
    with ExitStack() as stack:
        for peer in peers:
            process = stack.enter_context(_process())
            start = process.submit(_start, peer.make, peer.collector, len(peer.answers))
            try:
                times.first[peer.name], found = start.result()
            except Exception as error:
                if not running:
                    raise
                print(f"{peer.name} does not run here: {error!r}", file=sys.stderr)
                continue
            for expected, answer in zip(peer.answers, found, strict=True):
                check(peer.name, answer, parts(expected), tolerance)
            times.rounds[peer.name] = []
            running.append((peer, process))
        for _ in range(rounds):
            for peer, process in running:
                time = process.submit(_time).result()
                times.rounds[peer.name].append(time / peer.operations)
            running.reverse()
    return times


def check(name: str, found: Parts, expected: Parts, tolerance: float) -> None:
    """Raise ValueError where a number is off by more than its share of the largest in its part."""
    for place, (part, wanted) in enumerate(zip(found, expected, strict=True)):
        bound = tolerance * max(map(abs, wanted))
        for a, b in zip(part, wanted, strict=True):
            if not abs(a - b) <= bound:  # nor if it is nan
                raise ValueError(f"{name} is wrong: {a!r} for {b!r}, in part {place} of its answer")


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives in a process of its own."""
    with _process() as process:
        return process.submit(function, *arguments).result()


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def parts(answer: Any) -> Parts:
    """The parts of an answer: of tuples, lists, dicts, and arrays of any library."""
    if isinstance(answer, dict):
        return parts(list(answer.values()))
    if isinstance(answer, (tuple, list)):
        return list(chain.from_iterable(map(parts, answer)))
    return [answer.reshape(-1).tolist() if hasattr(answer, "reshape") else [float(answer)]]


def seconds(time: float) -> str:
    """A time as a person would write it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if time >= size:
            return f"{time / size:.3g} {unit}"
    return f"{time / 1e-9:.3g} ns"


def show(rows: Iterable[Row]) -> None:
    """Print the table, in Markdown."""
    print("| workload | cgraph_edu | peer | | goal, at most |\n|---|---|---|---|---|")
    for row in rows:
        print(row, flush=True)


# --- In the peer's process ------------------------------------------------------------------------

_run: Run
_calls = 1


def _start(make: Callable[[], Run], collector: bool, count: int) -> tuple[float, list[Parts]]:
    """Make the function; the seconds that its first call took, and what its first calls gave."""
    global _run, _calls
    if not collector:
        gc.disable()
    _run = make()
    start = perf_counter()
    answer = _run()
    first = perf_counter() - start
    found = [parts(answer), *(parts(_run()) for _ in range(1, count))]
    while (took := _time()) * _calls < ROUND:
        _calls = max(2 * _calls, int(ROUND / took))
    return first, found


def _time() -> float:
    """The seconds that a call takes now, without those for clearing up beforehand."""
    gc.collect()  # nobody pays for garbage of the round before; with the collector off, all frees
    start = perf_counter()
    for _ in range(_calls):
        _run()
    return (perf_counter() - start) / _calls
