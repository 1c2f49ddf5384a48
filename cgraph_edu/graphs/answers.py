"""Judging an answer to "what is ∂target/∂source?", and telling the mistake behind a wrong one.

The usual mistakes give numbers of their own: one path where there are two, factors added instead of
multiplied, the value instead of the derivative. Each is worked out; a wrong answer that is one of
these numbers was most likely found so. The hint names the mistake and never the result.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Any

from ..core.expressions import FUNCTIONS, compile_total, parse
from ..core.numbers import close, format_number
from ..core.recording import DomainWarning, GuardError
from ..core.tensor import Tensor, is_array
from .diagnosis import trail
from .graph import Graph

FEW = 8
"""Of so many paths each choice is tried; of more, the largest one by one."""

MOST_NAMED = 12
MOST_NODES = 100
"""So many inputs and nodes are tried for a mistake."""

LONGEST = 1000
TOLERANCE = 0.01

HINTS: Mapping[str, str] = {
    "one path": "That is the path {path} alone. Is there another way for {source} to reach "
    "{target}?",
    "a path missed": "Some of the paths are in it, but not all. Count the ways from {source} to "
    "{target}.",
    "factors added": "Along a path the local partials are multiplied, not added.",
    "paths multiplied": "What comes along different paths is added, not multiplied.",
    "a sign lost": "The size is right, or that of its parts. Check the sign of each path's "
    "product.",
    "the value": "That is the value of {target}. The question is how fast it changes when "
    "{source} does.",
    "another input": "That is the derivative with respect to {other}. The question asks for "
    "{source}.",
    "another point": "The rule may be right, but it was used at other values. Put in those that "
    "the graph shows now.",
    "another step": "That is how {target} changes with {other}. Follow the edges back to {source}.",
    "unknown": "Follow each path from {source} to {target}: multiply along it, then add up the "
    "paths.",
}
"""What to say of each mistake; the browser says the same."""

_FORM = "Write a number or a formula, such as -2.5, 1/3 or 2*a + 1."
_SIGNS = {"−": "-", "·": "*", "×": "*", "÷": "/", "^": "**", "²": "**2", "³": "**3"}
_NUMBER = re.compile(
    r"[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE
)
_COMMA = re.compile(r"[-+−]?\d*,\d+")
_FOREIGN = re.compile(r"[<>=!]|\d_|0[box]", re.IGNORECASE)
"""What Python reads, and nobody else: comparisons, 1_0 and 0x10."""
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")


class AnswerError(ValueError):
    """An answer that says no number: what was read, and what to write instead."""


@dataclass(frozen=True)
class Mistake:
    """A number that a usual mistake leads to."""

    name: str
    """A key of HINTS."""
    value: float
    hint: str


@dataclass(frozen=True)
class Verdict:
    """What is to be said of an answer. It is true if the answer is right."""

    is_right: bool
    read: str
    """What was read: "1/3 = 0.333333"."""
    mistakes: tuple[str, ...] = ()
    """The mistakes that lead to just this number; more than one if they can't be told apart."""
    hint: str = ""
    """What to say of a wrong answer. It never contains the right one."""

    def __bool__(self) -> bool:
        return self.is_right


def check_answer(
    graph: Graph,
    wrt: str,
    answer: Any,
    target: str | None = None,
    tolerance: float = TOLERANCE,
) -> None:
    """Pass if `answer` is ∂target/∂wrt, and fail with a hint if it is not.

        cg.check_answer(graph, wrt="b", answer=5)
        cg.check_answer(graph, wrt="b", answer="(b + 1) + (a + b)")

    For autograders: a cell of tests in nbgrader or Otter holds just this line. `answer` is a number
    or a text with a number or a formula in the names of the graph. It is right within `tolerance`
    of the derivative's size, |answer - right| <= tolerance · |right|.

    Raises:
        AssertionError: the answer is wrong. Its text names the likely mistake, not the result.
        AnswerError: the answer says no number (it is empty, or no formula): a ValueError.
        KeyError: the graph has no such node.
        ValueError: the derivative is not one number.
    """
    verdict = judge(graph, wrt, answer, target, tolerance)
    if not verdict:
        raise AssertionError(
            f"{verdict.read} is not ∂{target or graph.output.name}/∂{wrt}. {verdict.hint}"
        )


def try_answer(
    graph: Graph,
    wrt: str,
    answer: Any = None,
    target: str | None = None,
    tolerance: float = TOLERANCE,
) -> None:
    """Print whether `answer` is ∂target/∂wrt: "Right!", or one line with a hint.

        my_answer = None
        cg.try_answer(graph, wrt="b", answer=my_answer)

    For learners: the last line of an exercise. Parameters and hints are those of `check_answer`,
    but no answer raises: not a wrong one, not None, not one that says no number.

    Raises:
        KeyError: the graph has no such node.
        ValueError: the derivative is not one number.
    """
    checked_tolerance(tolerance)
    _Question(graph, wrt, target)  # a wrong question is told before anyone answers
    if answer is None:
        print("No answer yet. Write one in place of None and run the cell again.")
        return
    try:
        check_answer(graph, wrt, answer, target, tolerance)
    except (AssertionError, AnswerError) as hint:
        print(" ".join(str(hint).split()))
    else:
        print("Right!")


def judge(
    graph: Graph,
    wrt: str,
    answer: Any,
    target: str | None = None,
    tolerance: float = TOLERANCE,
) -> Verdict:
    """The same without failing. Raises all else that `check_answer` does."""
    checked_tolerance(tolerance)
    question = _Question(graph, wrt, target)
    value, read = read_answer(graph, answer)
    if question.accepts(value, tolerance):
        return Verdict(True, read)
    found = question.mistakes_near(value, tolerance)
    if not found:
        return Verdict(False, read, (), question.hint("unknown"))
    names = tuple(dict.fromkeys(one.name for one in found))
    hints = list(dict.fromkeys(one.hint for one in found))
    return Verdict(False, read, names, " Or: ".join(hints[:2]))


def checked_tolerance(tolerance: float) -> float:
    """A part of the derivative's size. Raises ValueError unless 0 < tolerance < 1."""
    if not 0 < tolerance < 1:
        raise ValueError(f"a tolerance is a part, between 0 and 1, not {tolerance!r}")
    return tolerance


# --- What was answered ---------------------------------------------------------------------------


def read_answer(graph: Graph, answer: Any) -> tuple[float, str]:
    """The number that an answer says, and how it was read: (0.333333, "1/3 = 0.333333").

    Names stand for the values that the graph has now. Raises AnswerError for what says no number.
    """
    answer = answer.value if isinstance(answer, Tensor) else answer
    if isinstance(answer, str):
        value, read = _read_text(graph, answer.strip())
    else:
        value = _read_number(answer)
        read = format_number(value)
    if math.isnan(value):
        raise AnswerError(f"{read} is not a number. {_FORM}")
    return value, read


def _read_number(answer: Any) -> float:
    """A number of Python's, NumPy's, a dialect's or a framework's."""
    kind = str(getattr(answer, "dtype", type(answer).__name__))
    if kind.endswith("bool") or tuple(getattr(answer, "shape", ())):
        raise AnswerError(f"{answer!r} is not a number. {_FORM}")
    try:
        return float(answer)
    except TypeError:
        raise AnswerError(f"{answer!r} is not a number. {_FORM}") from None
    except OverflowError:
        raise AnswerError(f"That number is too large. {_FORM}") from None


def _read_text(graph: Graph, text: str) -> tuple[float, str]:
    if not text:
        raise AnswerError(f"There is no answer yet. {_FORM}")
    if len(text) > LONGEST:
        raise AnswerError(f"That is longer than {LONGEST} characters. {_FORM}")
    plain = text.replace(",", ".") if _COMMA.fullmatch(text) else text
    for sign, operator in _SIGNS.items():
        plain = plain.replace(sign, operator)
    if not _NUMBER.fullmatch(plain):
        value = _evaluated(graph, text, plain)
        return value, f"{text} = {format_number(value)}"
    value = float(plain)
    return value, text if plain == text else f"{text}, read as {format_number(value)},"


def _evaluated(graph: Graph, text: str, plain: str) -> float:
    values = {"pi": math.pi}
    values |= {node.name: node.value for node in graph.nodes if not is_array(node.value)}
    for name in _NAME.findall(plain):
        if name not in values and name not in FUNCTIONS:
            known = ", ".join(node.name for node in islice(graph.nodes, MOST_NAMED))
            raise AnswerError(f"There is no {name} in this graph. Its names are {known}.")
    try:
        if _FOREIGN.search(plain):
            raise ValueError
        names = sorted(set(_NAME.findall(plain)) & values.keys())
        return float(compile_total(parse(plain, names), names)(*map(values.get, names)))
    except (ValueError, OverflowError, RecursionError, MemoryError):
        raise AnswerError(f"{text!r} could not be read. {_FORM}") from None


# --- Mistakes ------------------------------------------------------------------------------------


class _Question:
    """What is asked, the right answer, and those that usual mistakes lead to."""

    def __init__(self, graph: Graph, wrt: str, target: str | None) -> None:
        self.graph = graph
        self.sums = graph.path_sum(wrt, target)
        self.source, self.target = self.sums.source, self.sums.target
        if graph.has_arrays:
            raise ValueError("answers are judged for graphs of numbers; this one has arrays")
        self.right = float(self.sums.total)
        if math.isnan(self.right):
            names = f"∂{self.target.name}/∂{self.source.name}"
            raise ValueError(f"{names} is nan at these inputs: no answer is right")
        few = self.sums.count <= FEW
        self.paths = list(self.sums.paths) if few else self.sums.top(FEW)
        self.is_whole = few
        self.size = sum(abs(path.product) for path in self.paths)

    def accepts(self, value: float, tolerance: float) -> bool:
        """Whether a value is right; where terms cancel, rounding is not held against it."""
        return _near(value, self.right, tolerance) or close(value, self.right, self.size)

    def mistakes_near(self, value: float, tolerance: float) -> list[Mistake]:
        """The mistakes that lead to a value: exactly, if there are such, else about."""
        found = [one for one in self.mistakes() if not self.accepts(one.value, tolerance)]
        exact = [one for one in found if _near(value, one.value, 1e-6)]
        return exact or [one for one in found if _near(value, one.value, tolerance)]

    def hint(self, name: str, **words: str) -> str:
        """What to say of a mistake."""
        return HINTS[name].format(source=self.source.name, target=self.target.name, **words)

    def mistakes(self) -> Iterator[Mistake]:
        """All mistakes, the likeliest first: signs last where there is no minus on the way."""
        factors = (factor for path in self.paths for factor in path.factors)
        has_minus = any(factor < 0 for factor in factors)
        yield from self._one_path()
        yield from self._named("a path missed", self._path_missed())
        yield from self._named("factors added", self._factors_added())
        yield from self._named("paths multiplied", self._paths_multiplied())
        if has_minus:
            yield from self._named("a sign lost", self._sign_lost())
        yield from self._named("the value", [self.target.value])
        yield from self._named("another point", self._elsewhere())
        yield from self._derivatives_by_others()
        if not has_minus:
            yield from self._named("a sign lost", self._sign_lost())

    def _named(self, name: str, values: Iterable[float]) -> Iterator[Mistake]:
        return (Mistake(name, float(value), self.hint(name)) for value in values)

    def _one_path(self) -> Iterator[Mistake]:
        for path in self.paths if self.sums.count > 1 else ():
            hint = self.hint("one path", path=trail(path))
            yield Mistake("one path", path.product, hint)

    def _path_missed(self) -> Iterator[float]:
        products = [path.product for path in self.paths]
        if self.is_whole:
            sizes = range(2, len(products))
            yield from (sum(some) for size in sizes for some in combinations(products, size))
        else:
            yield from (self.right - product for product in products)

    def _factors_added(self) -> Iterator[float]:
        if self.is_whole and any(len(path.factors) > 1 for path in self.paths):
            sums = [sum(path.factors) for path in self.paths]
            yield sum(sums)
            yield math.prod(sums)
            yield from (
                total for path, total in zip(self.paths, sums, strict=True) if len(path.factors) > 1
            )

    def _paths_multiplied(self) -> Iterator[float]:
        if self.is_whole and len(self.paths) > 1:
            yield math.prod(path.product for path in self.paths)

    def _sign_lost(self) -> Iterator[float]:
        yield -self.right
        if self.is_whole:
            yield self.size
            yield from (self.right - 2 * path.product for path in self.paths)
            edges = {edge for path in self.paths for edge in path.edges if edge.partial < 0}
            for edge in edges:
                yield sum(
                    -path.product if edge in path.edges else path.product for path in self.paths
                )

    def _elsewhere(self) -> Iterator[float]:
        here = {node.name: node.value for node in islice(self.graph.inputs, MOST_NAMED)}
        x = self.source.name
        points: list[Mapping[str, float]] = []
        if x in here:
            points += [{x: value} for value in (*here.values(), 0.0, 1.0, -here[x])]
        points += [{p: here[q], q: here[p]} for p, q in combinations(here, 2)]
        # Where the code takes another branch the graph is another one, and no mistake of this kind.
        recorded = replace(self.graph, retrace=None)
        for point in points:
            try:
                with warnings.catch_warnings(action="ignore", category=DomainWarning):
                    other = recorded.at(**point)
            except GuardError:
                continue
            yield other.path_sum(self.source.name, self.target.name).total

    def _derivatives_by_others(self) -> Iterator[Mistake]:
        for node in islice(self.graph.nodes, MOST_NODES):
            if node not in (self.source, self.target):
                name = "another input" if node.op is None else "another step"
                value = self.graph.path_sum(node.name, self.target.name).total
                yield Mistake(name, float(value), self.hint(name, other=node.name))


def _near(x: float, y: float, tolerance: float) -> bool:
    return close(x, y) or abs(x - y) <= tolerance * abs(y) < math.inf
