"""Straight-line Python for a program: one line for each operation, in the order of the trace.

    def five(a, b):
        c = a + b
        d = b + 1.0
        e = c * d
        return e

On numbers the code is plain float arithmetic, written from the op rows' own expressions. Where that
raises, as 1.0 / 0.0 does, the engine takes over and gives IEEE's inf or nan. On arrays it calls
NumPy and the array ops.
"""

from __future__ import annotations

import keyword
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .describe import use
from .expressions import FAST, FUNCTIONS, Expression, substitute, write, write_fast
from .numbers import format_number
from .ops import Op
from .program import Check, Note, Operand, Program, Value, settings_key
from .tensor import Tensor, is_array
from .trees import CONTAINERS, items

RAISING = frozenset(
    "div floordiv mod pow exp expm1 log log1p sqrt".split()
    + "sin cos tan asin acos sinh cosh tanh floor".split()
)
"""The functions of the expression language that can raise on floats."""

DEEPEST = 4
"""How many unnamed operations are written into one line."""

LONG = 500
"""From so many operations on, values without a name of their own share the names of those that are
not needed any more: fewer variables stay in the processor's cache, and nobody reads the names."""

LISTED = 20
"""How many comments of a kind there are at most."""

SCALARS = {float, bool}

LITERALS = (int, bool, str, type(None))


@dataclass(frozen=True)
class Template:
    """An op row as text with places for its operands."""

    text: str
    is_call: bool
    """Whether it can stand in another formula without brackets."""
    can_raise: bool


@cache
def _on_floats(op: Op) -> Template:
    text = write_fast(_with_places(op))
    return Template(text, _is_call(op), not RAISING.isdisjoint(_functions(op.forward)))


@cache
def _on_arrays(op: Op) -> Template | None:
    """None for what depends on the types of the numbers brought in."""
    if "where" in _functions(op.forward):
        return None
    text = write(_in_numpy(_with_places(op)), number=lambda x: repr(float(x)))
    return Template(text, _is_call(op), True)


def _is_call(op: Op) -> bool:
    name = op.forward[0] if isinstance(op.forward, tuple) else ""
    return name == "pow" or (name != "" and FUNCTIONS[str(name)].symbol is None)


def _with_places(op: Op) -> Expression:
    return substitute(op.forward, {name: f"{{{i}}}" for i, name in enumerate(op.operands)})


def _functions(expression: Expression) -> set[str]:
    if not isinstance(expression, tuple):
        return set()
    return {str(expression[0])}.union(*map(_functions, expression[1:]))


def _in_numpy(expression: Expression) -> Expression:
    """NumPy's functions in place of those that are not plain operators."""
    if not isinstance(expression, tuple):
        return expression
    name = str(expression[0])
    if FUNCTIONS[name].symbol is None or name == "pow":
        from .arrays.elementwise import FUNCTIONS as functions

        name = f"np.{functions[name].__name__}"
    return (name, *map(_in_numpy, expression[1:]))


@dataclass(frozen=True)
class Named:
    """A result that has a name in the code already."""

    name: str


@dataclass
class Writer:
    """Writes one function. `namespace` collects what its text refers to."""

    program: Program
    namespace: dict[str, Any]
    taken: set[str] = field(default_factory=set)
    repeats: Counter[str] = field(default_factory=Counter)
    texts: dict[Value, str] = field(default_factory=dict)
    """How each value is referred to: by its name, or by its formula in brackets."""
    depth: dict[Value, int] = field(default_factory=dict)
    inner: dict[Value, list[Value]] = field(default_factory=dict)
    """The values that a formula in brackets refers to."""
    uses: Counter[Value] = field(default_factory=Counter)
    """How often each value is still to be used."""
    free: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    shared: dict[Any, str] = field(default_factory=dict)
    has_arrays: bool = False
    can_raise: bool = False

    def __post_init__(self) -> None:
        values = (step for step in self.program.steps if isinstance(step, Value))
        rows = {value.op for value in values if isinstance(value.op, Op)}
        called = set().union(*(_functions(row.forward) for row in rows))
        self.namespace |= {name: f for name, f in FAST.items() if name in called}
        self.namespace |= {"inf": math.inf, "nan": math.nan, "float": float}
        self.taken |= {*self.namespace, *keyword.kwlist, "np"}

    def unique(self, wanted: str) -> str:
        """A name like the one wanted that nothing else has."""
        base = name = re.sub(r"\W", "_", wanted)
        while name in self.taken:
            self.repeats[base] += 1
            name = f"{base}_{self.repeats[base]}"
        self.taken.add(name)
        return name

    def own_name(self, wanted: str) -> str:
        """A name for the function: the wanted one, unless its code calls something of that name.

        To be asked for when the code is written. The code's variables may have it as well.
        """
        taken = {*self.namespace, *keyword.kwlist, "np"}
        names = (wanted, *(f"{wanted}_{i}" for i in range(1, 2 + len(taken))))
        return next(name for name in names if name not in taken)

    def constant(self, value: Any, wanted: str) -> str:
        """A name for something that has no literal."""
        name = self.unique(wanted)
        self.namespace[name] = value
        return name

    def unpack(self, tree: Any, name: str) -> None:
        """Take an argument apart, so that each input has a name."""
        if isinstance(tree, Tensor):
            value = self.program.found[tree]
            value.name = self.texts[value] = name
            self.has_arrays |= is_array(value.like)
        elif type(tree) is dict:
            for key, branch in tree.items():
                child = self.unique(f"{name}_{key}")
                self.lines.append(f"{child} = {name}[{self._key(key)}]")
                self.unpack(branch, child)
        elif type(tree) in CONTAINERS and tree:
            children = [self.unique(f"{name}_{key}") for key, _ in items(tree)]
            self.lines.append(f"{', '.join(children)}, = {name}")
            for child, branch in zip(children, tree, strict=True):
                self.unpack(branch, child)

    def _key(self, key: Any) -> str:
        return repr(key) if type(key) in LITERALS else self.constant(key, "key")

    def body(self, results: Iterable[Any], guard_texts: Sequence[str]) -> list[Value]:
        """Write the operations that the results and the guards need; give those that they don't."""
        uses = self.uses = _uses(self.program, results)
        dropped: list[Value] = []
        for step in self.program.steps:
            if isinstance(step, Check):
                negation = "not " if step.expected else ""
                text = self._refer(step.value)
                text = text[1:-1] if step.value in self.depth else text  # without brackets
                self._used([step.value])
                self.lines.append(
                    f"if {negation}{text}: return failed({step.number})"
                    f"  # guard: {guard_texts[step.number]}"
                )
            elif step in uses:
                self._operation(step, is_inline=step.name is None and uses[step] == 1)
            else:
                dropped.append(step)
        return dropped

    def _operation(self, value: Value, is_inline: bool) -> None:
        text, is_call, comment = self._formula(value)
        operands = [operand for operand in value.operands if isinstance(operand, Value)]
        if is_inline:
            depth = 1 + max(self.depth.get(operand, 0) for operand in operands)
            if depth < DEEPEST:
                self.texts[value] = text if is_call else f"({text})"
                self.depth[value], self.inner[value] = depth, operands
                return
        self._used(operands)
        is_shared = bool(self.free) and not value.is_named
        name = self.texts[value] = self.free.pop() if is_shared else self.unique(value.name or "t")
        self.lines.append(f"{name} = {text}{comment}")

    def _used(self, operands: list[Value]) -> None:
        """Free the names of those that are used no more, in long code."""
        if len(self.program.steps) < LONG:
            return
        for operand in operands:
            if operand in self.inner:
                self._used(self.inner[operand])  # at most as deep as a line
                continue
            self.uses[operand] -= 1
            if self.uses[operand] == 0 and operand.op is not None and not operand.is_named:
                self.free.append(self.texts[operand])

    def _formula(self, value: Value) -> tuple[str, bool, str]:
        """The operation as text, whether that is a call, and a comment on it."""
        op, operands = value.op, value.operands
        texts = [self._refer(operand) for operand in operands]
        kinds = [o.like if isinstance(o, Value) else o for o in operands]
        types = set(map(type, kinds))
        if isinstance(op, Op) and types <= SCALARS:
            template = _on_floats(op)
            if bool in types and op.name != "where":  # truth values count as 0.0 and 1.0
                pairs = zip(texts, kinds, strict=True)
                texts = [f"float({text})" if type(kind) is bool else text for text, kind in pairs]
            self.can_raise |= template.can_raise
            return template.text.format(*texts), template.is_call, ""
        self.has_arrays |= any(map(is_array, [value.like, *kinds]))
        if isinstance(op, Op):
            inline = _on_arrays(op)
            if inline is not None and not any(map(_is_truth, kinds)):
                return inline.text.format(*texts), inline.is_call, ""
            return f"{self._shared(op, op, op.name)}.evaluate({', '.join(texts)})", True, ""
        assert op is not None
        name = self._shared(settings_key(op), op, f"{op.name}_op")
        call = f"{name}.compute({', '.join(texts)})"
        call = call if is_array(value.like) else f"float({call})"
        return call, True, f"  # {op.write(texts)}"

    def _refer(self, operand: Operand) -> str:
        if isinstance(operand, Value):
            return self.texts[operand]
        if is_array(operand):
            return self._shared(id(operand), operand, "array")
        return repr(operand if type(operand) is bool else float(operand))

    def _shared(self, key: Any, value: Any, wanted: str) -> str:
        """One name for something that has no literal, however often it is used."""
        name = self.shared.get(key)
        if name is None:
            name = self.shared[key] = self.constant(value, wanted)
        return name

    def give(self, results: Any) -> None:
        """Write the last line."""
        self.lines.append(f"return {self.result(results)}")

    def result(self, tree: Any) -> str:
        """The results as Python would write them."""
        kind = type(tree)
        if kind is dict:
            return f"{{{', '.join(f'{self._key(k)}: {self.result(b)}' for k, b in tree.items())}}}"
        if kind is tuple:
            return f"({', '.join(map(self.result, tree))}{',' * (len(tree) == 1)})"
        if kind is list:
            return f"[{', '.join(map(self.result, tree))}]"
        if isinstance(tree, Named):
            return tree.name
        if isinstance(tree, Tensor):
            return self._refer(self.program.operand(tree))
        if is_array(tree):
            return f"{self._refer(tree)}.copy()"  # the caller may write into it
        return repr(tree) if type(tree) is int else self._refer(tree)

    def label(self, adjoint: Any, name: str) -> Any:
        """The learner's name for an adjoint that turned out to be something else too."""
        text = self.result(adjoint)
        if text == name or not isinstance(adjoint, Tensor):
            return adjoint
        name = self.unique(name)
        # Two results must not share an array: the caller may write into one.
        copied = ".copy()" if is_array(adjoint.value) else ""
        self.lines.append(f"{name} = {text}{copied}")
        return Named(name)

    def _comments(self, dropped: Sequence[Value]) -> list[str]:
        """What is done no more, and what stands in its place."""
        merged = [f"{self._noted(n.value)} is {self._instead(n)}" for n in self.program.merged]
        folded = [f"{self._noted(n.value)} is {self._instead(n)}" for n in self.program.folded]
        unused = [self._noted(value) for value in dropped]
        lines = []
        for verb, notes in (("merged", merged), ("folded", folded), ("dropped", unused)):
            lines += [f"# {verb}: {note}" for note in notes[:LISTED]]
            if len(notes) > LISTED:
                lines.append(f"# {verb}: {len(notes) - LISTED} more")
        return lines

    def _noted(self, value: Value) -> str:
        return ("" if value.name is None else f"{value.name} = ") + self._words(value)

    def _words(self, value: Value) -> str:
        """An operation in the learner's words."""
        if value.op is None:
            return value.name or "an input"
        return write(use(value.op, [*map(self._known, value.operands)]), number=format_number)

    def _instead(self, note: Note) -> str:
        return write(self._known(note.instead), number=format_number)

    def _known(self, operand: Operand) -> Expression:
        if isinstance(operand, Value):
            return operand.name or self.texts.get(operand) or "..."
        return f"array{operand.shape}" if is_array(operand) else float(operand)

    def text(self, head: str, dropped: Sequence[Value]) -> str:
        """The whole function, to be read, under its head `f(x, y)`."""
        return "\n".join([*self._comments(dropped), *_indented(f"def {head}:", self.lines), ""])

    def compiled(self, head: str) -> Callable[..., Any]:
        """The function itself. Where Python's arithmetic raises, the engine goes on."""
        name, _, parameters = head.partition("(")
        body = self.lines
        if self.has_arrays:
            import numpy as np

            self.namespace["np"] = np
            body = _indented('with np.errstate(all="ignore"):', body)
        if self.has_arrays or self.can_raise:
            body = _indented("try:", body)
            # As 1.0 / 0.0 raises: inf or nan.
            body += _indented(
                "except (ArithmeticError, ValueError):", [f"return by_engine({parameters}"]
            )
        # Safe: written above from parsed rows; names are identifiers, constants are literals.
        # It counts as this module's, so that warnings skip it for the learner's line.
        scope = {**self.namespace, "__name__": __name__}
        exec(
            compile("\n".join(_indented(f"def {head}:", body)), f"{__file__}: {name}", "exec"),
            scope,
        )
        function: Callable[..., Any] = scope[name]
        return function


def _indented(head: str, body: Iterable[str]) -> list[str]:
    return [head, *(f"    {line}" for line in body)]


def _is_truth(kind: Any) -> bool:
    return type(kind) is bool or (is_array(kind) and kind.dtype.kind == "b")


def _uses(program: Program, results: Iterable[Any]) -> Counter[Value]:
    """How often each value is used, by what the results and the guards need."""
    uses: Counter[Value] = Counter()
    for result in results:
        value = program.operand(result)
        if isinstance(value, Value):
            uses[value] += 2  # it has to be there at the end, so it needs a name
    for step in reversed(program.steps):
        if isinstance(step, Check):
            uses[step.value] += 1
        elif step in uses:
            uses.update(operand for operand in step.operands if isinstance(operand, Value))
    return uses
