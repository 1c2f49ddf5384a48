"""Random scalar programs over the whole op table, for hypothesis.

A program is a list of steps; each names an op and says where its operands come from: an input, an
earlier step or a constant. Sources repeat, so there are shared nodes, parallel edges and fan-out;
whole steps repeat, so there are common subexpressions; some values lead nowhere, and some steps
are Python's `if`. It runs on Tensors with the operators and functions that a learner writes, and on
plain numbers with witnesses that know nothing of the engine.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.ops import ANY, OPS
from cgraph_edu.core.tensor import apply
from tests.witnesses import COMPARISONS, WITNESSES

Step = tuple[str, tuple[int | float, ...]]
"""An op, and for each operand the place of an earlier value (an int) or a constant (a float)."""

FREE = "add sub mul neg sin cos tanh atan sigmoid identity relu abs sign maximum minimum clip where"
"""Ops that take any operands; those of the others are brought into a box of the row's domain."""

CONTROL: Mapping[str, Callable[..., Any]] = {"if": lambda fact, x, y: x if fact else y}

ENGINE: dict[str, Callable[..., Any]] = {
    **{name: partial(apply, row) for name, row in OPS.items()},
    **{name: getattr(cg, name) for name in OPS if hasattr(cg, name)},
    **{name: getattr(operator, name) for name in "add sub mul floordiv mod pow neg abs".split()},
    **{name: getattr(operator, name) for name in COMPARISONS},
    "div": operator.truediv,
    **CONTROL,
}
"""Each op as a learner writes it."""

PLAIN: Mapping[str, Callable[..., Any]] = {**WITNESSES, **CONTROL}
"""Each op without the engine."""

KINKS: Mapping[str, Callable[..., float]] = {
    **dict.fromkeys(("relu", "abs", "sign"), abs),
    **dict.fromkeys(("maximum", "minimum", *COMPARISONS), lambda x, y: abs(x - y)),
    "clip": lambda x, low, high: min(abs(x - low), abs(x - high), abs(low - high)),
    "where": lambda c, x, y: 1.0 if type(c) is bool else abs(c),
}
"""How far an op is from where it has no derivative; the other ops have one all over their boxes."""

LARGEST = 20.0
"""Values that may get larger are brought into -3 to 3 before they are used again."""

APART = 0.01
"""Ops are kept further than this from their kinks, at a program's own inputs."""


@dataclass(frozen=True)
class Program:
    """A function of numbers or Tensors, and inputs to try it at."""

    steps: tuple[Step, ...]
    inputs: tuple[float, ...]
    results: tuple[int, ...]
    """The places of the values that are added up; what leads to none of them is dead."""

    @property
    def named(self) -> dict[str, float]:
        """The inputs by name: x0, x1, ..."""
        return {f"x{i}": x for i, x in enumerate(self.inputs)}

    def values(self, ops: Mapping[str, Callable[..., Any]], inputs: Sequence[Any]) -> list[Any]:
        """The inputs, and what each step gives."""
        values: list[Any] = list(inputs)
        for name, sources in self.steps:
            values.append(ops[name](*(values[s] if type(s) is int else s for s in sources)))
        return values

    def __call__(self, *inputs: Any) -> Any:
        """Run it by the engine."""
        return self._result(self.values(ENGINE, inputs))

    def plain(self, *inputs: float) -> float:
        """Run it without the engine."""
        return float(self._result(self.values(PLAIN, inputs)))

    def _result(self, values: list[Any]) -> Any:
        first, *others = (values[place] for place in self.results)
        return sum(others, first)

    def margin(self, inputs: Sequence[float] | None = None) -> float:
        """How far its ops are from where they have no derivative."""
        values = self.values(PLAIN, self.inputs if inputs is None else inputs)
        return min(
            (
                KINKS[name](*(values[s] if type(s) is int else s for s in sources))
                for name, sources in self.steps
                if name in KINKS
            ),
            default=1.0,
        )

    def branches(self, inputs: Sequence[float]) -> tuple[bool, ...]:
        """What its `if`s find."""
        values = self.values(PLAIN, inputs)
        return tuple(bool(values[int(s[0])]) for name, s in self.steps if name == "if")

    def graph(self, inputs: Sequence[float] | None = None) -> cg.Graph:
        """Its graph, at its own inputs or at others."""
        values = self.inputs if inputs is None else inputs
        named = {f"x{i}": x for i, x in enumerate(values)}
        return cg.trace(lambda **tensors: self(*tensors.values()), **named)


# --- Making them ----------------------------------------------------------------------------------

Choice = tuple[str, tuple[int, int, int], float]
"""What hypothesis draws for a step: an op, a whole number for each operand, and a constant."""

CONSTANTS = 24
"""Whole numbers from here on stand for the constant, those below for an earlier value."""


@dataclass
class _Builder:
    values: list[Any]
    """What the inputs and the steps are at the program's own inputs."""
    bounds: list[float]
    """How large each can get at any inputs."""
    steps: list[Step] = field(default_factory=list)

    @property
    def known(self) -> int:
        return len(self.values)

    def add(self, name: str, *sources: int | float) -> int:
        sizes = [self.bounds[s] if type(s) is int else abs(s) for s in sources]
        self.bounds.append(_bound(name, sizes))
        self.values.append(PLAIN[name](*self.at(sources)))
        self.steps.append((name, sources))
        return self.known - 1

    def at(self, sources: Sequence[int | float]) -> list[Any]:
        return [self.values[s] if type(s) is int else s for s in sources]

    def within(self, source: int | float, interval: tuple[float, float]) -> int | float:
        """The source, moved into an interval: mid + half · sin(source)."""
        low, high = interval
        mid, half = (low + high) / 2, (high - low) / 2
        if type(source) is not int:
            return mid + half * math.sin(source)
        moved = self.add("mul", self.add("sin", source), half)
        return self.add("add", moved, mid)

    def step(self, name: str, numbers: tuple[int, ...], constant: float) -> None:
        first, *others = [
            constant if number >= CONSTANTS and i else self.known - 1 - number % self.known
            for i, number in enumerate(numbers)
        ]
        if name == "again" and self.steps:
            earlier, same = self.steps[numbers[0] % len(self.steps)]
            self.add(earlier, *same)
        elif name == "chain":
            for _ in range(numbers[0]):
                first = self.add("sin", self.add("mul", first, 1.25))
        elif name == "if":
            fact = self.add("gt", *self._apart("gt", [first, constant]))
            self.add("if", fact, *(self.known - 1 - n % self.known for n in numbers[1:]))
        elif name in OPS:
            sources = [first, *others][: len(OPS[name].operands)]
            if numbers[1] % 2 and name != "where":
                sources.reverse()
            self.add(name, *self._apart(name, self._fitting(name, sources, numbers[2])))

    def _apart(self, name: str, sources: list[int | float]) -> list[int | float]:
        """The operands, moved a little where the op has a kink or a tie."""
        for i, source in enumerate(sources):
            if name not in KINKS or KINKS[name](*self.at(sources)) > APART:
                break
            shift = 0.37 * (i + 1)
            sources[i] = self.add("add", source, shift) if type(source) is int else source + shift
        return sources

    def _fitting(self, name: str, sources: list[int | float], number: int) -> list[int | float]:
        if name in FREE.split() or name in COMPARISONS:
            return [
                self.within(s, ANY) if type(s) is int and self.bounds[s] > LARGEST else s
                for s in sources
            ]
        box = OPS[name].domain[number % len(OPS[name].domain)]
        return [self.within(s, interval) for s, interval in zip(sources, box, strict=True)]


def _bound(name: str, sizes: list[float]) -> float:
    match name:
        case "add" | "sub":
            return math.fsum(sizes)
        case "mul":
            return math.prod(sizes)
        case "neg" | "identity" | "relu" | "abs":
            return sizes[0]
        case "maximum" | "minimum" | "clip":
            return max(sizes)
        case "where" | "if":
            return max(sizes[1:])
        case name if name in FREE.split() or name in COMPARISONS:
            return math.pi / 2
    return _IN_BOXES[name]


# Each of these ops is largest at a corner of a box.
_IN_BOXES: Mapping[str, float] = {
    name: max(abs(PLAIN[name](*corner)) for box in row.domain for corner in itertools.product(*box))
    for name, row in OPS.items()
    if name not in FREE.split() and name not in COMPARISONS
}


def _built(inputs: list[float], choices: list[Choice], is_trimmed: bool) -> Program:
    builder = _Builder(list(inputs), [2.0] * len(inputs))
    for choice in choices:
        builder.step(*choice)
    results = [place for place, value in enumerate(builder.values) if type(value) is float][-1:]
    if not is_trimmed:
        used = {s for _, sources in builder.steps for s in sources if type(s) is int}
        results += [place for place in range(builder.known) if place not in {*used, *results}]
    return Program(tuple(builder.steps), tuple(inputs), tuple(results))


NUMBERS = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))
_NAMES = ["mul", "mul", "add", "add", "sub", *OPS, "again", "again", "if", "chain"]
_WHOLE = st.integers(0, 31)
_CHOICES = st.tuples(st.sampled_from(_NAMES), st.tuples(_WHOLE, _WHOLE, _WHOLE), NUMBERS)


def programs(most_steps: int = 14) -> st.SearchStrategy[Program]:
    """Programs of one to three inputs."""
    return st.builds(
        _built,
        st.lists(NUMBERS, min_size=1, max_size=3),
        st.lists(_CHOICES, min_size=1, max_size=most_steps),
        st.booleans(),
    )
