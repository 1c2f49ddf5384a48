"""A trace: one run of a learner's function, recorded, and the code compiled from it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from types import CodeType, FrameType
from typing import Any, TypeAlias

from . import derivatives
from .describe import describe, formula, held
from .ops import Op
from .program import simplify
from .recording import GuardError, record
from .source import Writer
from .tensor import Tensor, apply, is_array, tape, variable
from .trees import CONTAINERS, is_number, leaves, transform, transform_named

OTHER = object()
"""What compiled code gives where a guard fails: these inputs belong to another trace."""

Code: TypeAlias = Callable[..., Any]
Answer: TypeAlias = Callable[[Any, Mapping[Tensor, Any]], Any]
"""From the result and the adjoints of the inputs to what a function shall give."""


class GuardFailed(Exception):
    """A guard of a trace does not hold at other inputs."""

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass(eq=False)
class Trace:
    """One run of a function: what it recorded, and which facts that depends on."""

    name: str
    """The learner's name for the function."""
    parameters: Sequence[str]
    arguments: Sequence[Any]
    """For each parameter a tree of inputs and plain Python values."""
    result: Any
    """A tree of Tensors and constants."""
    guards: Sequence[tuple[Tensor, bool]]
    local: Sequence[Tensor] = ()
    """What the function had given names to when it returned."""
    sources: dict[str, str] = field(default_factory=dict)
    """The Python text of each function that was compiled, by its name."""
    gradients: dict[Any, Code] = field(default_factory=dict)
    """The compiled gradients, by what they are asked for."""

    @cached_property
    def inputs(self) -> list[Tensor]:
        """The inputs, in the order of the arguments."""
        return [leaf for leaf in leaves(self.arguments) if isinstance(leaf, Tensor)]

    @cached_property
    def outputs(self) -> list[Tensor]:
        """The Tensors of the result that depend on an input."""
        found = leaves(self.result)
        return [leaf for leaf in found if isinstance(leaf, Tensor) and not leaf.is_constant]

    @cached_property
    def tape(self) -> list[Tensor]:
        """All that the result and the guards were computed from."""
        return tape(*self.inputs, *self.outputs, *(comparison for comparison, _ in self.guards))

    @cached_property
    def outside(self) -> list[Tensor]:
        """Tensors that the function used without getting them as arguments.

        They are no part of the signature, so such a trace is good for one call only.
        """
        own = set(self.inputs)
        return [tensor for tensor in self.tape if tensor.op is None and tensor not in own]

    @cached_property
    def names(self) -> dict[Tensor, str]:
        """A name for each Tensor: the learner's own, or v1, v2, ...; none for a bare comparison."""
        taken = {tensor.name for tensor in self._everything}
        names, count = {}, 0
        for tensor in self._everything:
            name = tensor.name
            if name is None and tensor.op is not None and tensor.op.is_comparison:
                continue
            while name is None:
                count += 1
                name = f"v{count}" if f"v{count}" not in taken else None
            names[tensor] = name
        return names

    @cached_property
    def _everything(self) -> list[Tensor]:
        """The tape, and named values that nothing needs: to be dropped, but not in silence."""
        own = set(self.inputs)
        unused = (t for t in self.local if all(x.op is not None or x in own for x in tape(t)))
        return tape(*self.tape, *unused)

    @property
    def _identifier(self) -> str:
        return self.name if self.name.isidentifier() else "function"

    # --- The engine's own way: for Tensors, and for inf and nan ----------------------------------

    def on_tensors(self, arguments: Sequence[Any]) -> Any:
        """The result, recorded as ordinary operations on the arguments; OTHER if a guard fails."""
        try:
            found = self._replay(arguments, is_plain=False)
        except GuardFailed:
            return OTHER
        return transform(lambda x: _replaced(x, found), self.result)

    def _replay(self, arguments: Sequence[Any], is_plain: bool) -> dict[Tensor, Any]:
        """What each Tensor of the trace is at other arguments.

        On Tensors the guards are guards of the run under way; on plain values the learner's names
        go along, for warnings.
        """
        given = [leaf for leaf in leaves(arguments) if is_number(leaf)]
        found: dict[Tensor, Any] = dict(zip(self.inputs, given, strict=True))
        facts = {comparison: i for i, (comparison, _) in reversed([*enumerate(self.guards)])}
        for tensor in self.tape:
            if tensor.op is not None:
                value = apply(
                    tensor.op, *(_replaced(operand, found) for operand in tensor.operands)
                )
                if is_plain and isinstance(value, Tensor):
                    value.name = tensor.name
                found[tensor] = value
            if tensor in facts:
                fact = _plain(found[tensor]) if is_plain else found[tensor]
                if bool(fact) is not self.guards[facts[tensor]][1]:
                    raise GuardFailed(facts[tensor])
        return found

    def _by_engine(self, arguments: Sequence[Any], wanted: Sequence[Tensor]) -> Any:
        """The result on plain values, and the gradient: with inf and nan, and their warnings."""
        inputs = iter(self.inputs)
        lifted = transform(
            lambda x: variable(x, next(inputs).name) if is_number(x) else x, list(arguments)
        )
        found = self._replay(lifted, is_plain=True)
        slopes: dict[Tensor, Any] = {}
        if wanted:
            x_bar = derivatives.reverse(found[self.outputs[0]]) if self.outputs else {}
            zero = derivatives.zeros_like
            slopes = {x: x_bar.get(found[x], zero(found[x].value)) for x in wanted}
        return transform(lambda x: _plain(_replaced(x, found)), self.result), slopes

    # --- Compiled code ---------------------------------------------------------------------------

    @cached_property
    def code(self) -> Code:
        """The compiled function, as `cg.function` runs it."""
        return self.value_code()

    def value_code(self, is_bare: bool = False) -> Code:
        """A function of the arguments that gives the result.

        Where a guard fails it gives OTHER or, if bare, raises GuardError.
        """
        return self._compiled(self._identifier, (), lambda value, slopes: value, is_bare)

    def gradient_code(
        self, argnums: Sequence[int], is_one: bool, with_value: bool, is_bare: bool = False
    ) -> Code:
        """The same for the gradient, after the value if wanted."""
        if type(self.result) in CONTAINERS:
            raise TypeError(
                f"{self.name} gives a {type(self.result).__name__}: a gradient needs one number"
            )
        if not self.outputs and getattr(_plain(self.result), "size", 1) != 1:
            raise ValueError(
                f"{self.name} gives {describe(self.result)}: a gradient needs one number"
            )
        trees = [self.arguments[i] for i in argnums]
        wanted = [leaf for leaf in leaves(trees) if isinstance(leaf, Tensor)]

        def answer(value: Any, slopes: Mapping[Tensor, Any]) -> Any:
            gradient = tuple(transform(lambda x: slopes.get(x, x), tree) for tree in trees)
            chosen = gradient[0] if is_one else gradient
            return (value, chosen) if with_value else chosen

        name = f"{'value_and_' * with_value}gradient_of_{self._identifier}"
        return self._compiled(name, wanted, answer, is_bare)

    def _compiled(self, name: str, wanted: Sequence[Tensor], answer: Answer, is_bare: bool) -> Code:
        x_bar, guards = self._adjoints if wanted else ({}, self.guards)
        names = dict(self.names)
        for x, bar in x_bar.items():
            if isinstance(bar, Tensor) and x in names:
                names.setdefault(bar, f"{names[x]}_bar")
        bars = (bar for bar in (x_bar.get(x) for x in wanted) if isinstance(bar, Tensor))
        everything = tape(*self._everything, *bars, *(comparison for comparison, _ in guards))
        program = simplify(self.inputs, everything, guards, names, exact=self.names)

        def failed(number: int) -> Any:
            if not is_bare:
                return OTHER
            raise GuardError(
                f"this code was compiled for {_fact(*guards[number])}; at these inputs Python "
                f"takes another branch. Call {self.name} itself, which is traced again if need be"
            )

        def by_engine(*arguments: Any) -> Any:
            try:
                return answer(*self._by_engine(arguments, wanted))
            except GuardFailed as failure:
                return failed(failure.number)

        writer = Writer(program, {"failed": failed, "by_engine": by_engine})
        parameters = [writer.unique(parameter) for parameter in self.parameters]
        for parameter, tree in zip(parameters, self.arguments, strict=True):
            writer.unpack(tree, parameter)
        slopes = {x: x_bar.get(x, derivatives.zeros_like(x.value)) for x in wanted}
        results = leaves(answer(self.result, slopes))
        dropped = writer.body(results, [_fact(*guard) for guard in guards])
        labelled = {x: writer.label(bar, f"{names[x]}_bar") for x, bar in slopes.items()}
        writer.give(answer(self.result, labelled))
        head = f"{writer.own_name(name)}({', '.join(parameters)})"
        self.sources[name] = writer.text(head, dropped)
        return writer.compiled(head)

    @cached_property
    def _adjoints(self) -> tuple[dict[Tensor, Any], Sequence[tuple[Tensor, bool]]]:
        """The adjoint of each Tensor, as recorded operations; and the guards, with theirs."""
        if len(self.outputs) == 0:
            return {}, self.guards
        with record() as recording:
            x_bar = derivatives.reverse(self.outputs[0], is_recorded=True)
        return x_bar, [*self.guards, *recording.guards]


def _fact(comparison: Tensor, outcome: bool) -> str:
    if not isinstance(comparison.op, Op):
        return str(comparison.name)
    return formula(held(comparison.op, outcome), comparison.operands)


def _replaced(x: Any, found: Mapping[Tensor, Any]) -> Any:
    return found.get(x, x) if isinstance(x, Tensor) else x


def _plain(x: Any) -> Any:
    return x.value if isinstance(x, Tensor) else x


# --- Running a learner's function ----------------------------------------------------------------


def run(
    f: Callable[..., Any],
    name: str,
    positional: Sequence[Any],
    named: Mapping[str, Any],
    parameters: Sequence[str],
) -> Trace:
    """Call f on inputs in place of its numbers, and keep what it records."""
    labels = iter([*parameters, *named])
    first = len(positional)
    with record() as recording, _watching(f) as local:
        trees = (*positional, *named.values())
        arguments = [transform_named(_input, tree, next(labels)) for tree in trees]
        result = f(*arguments[:first], **dict(zip(named, arguments[first:], strict=True)))
    own = Trace(name, [*parameters, *named], arguments, _checked(result, name), recording.guards)
    inputs = set(own.inputs)
    for label, value in local.items():
        # What comes from outside keeps its name.
        if isinstance(value, Tensor) and value.name is None and value.op is not None:
            value.name = label
    own.local = [t for t in local.values() if isinstance(t, Tensor) and not t.is_constant]
    own.local = [t for t in own.local if t not in inputs]
    return own


def _input(leaf: Any, name: str) -> Any:
    """A fresh input for a number; other arguments as they are. The function can't write into it."""
    value = leaf.value if isinstance(leaf, Tensor) else leaf
    if is_array(value):
        value = value.copy()
        value.flags.writeable = False
    return variable(value, name) if is_number(leaf) else value


def _checked(result: Any, name: str) -> Any:
    for leaf in leaves(result):
        if leaf is None:
            raise TypeError(f"{name} gives None where a number belongs: is a `return` missing?")
        is_real = leaf.dtype.kind in "fiub" if is_array(leaf) else isinstance(leaf, (Tensor, Real))
        if not is_real:
            raise TypeError(
                f"{name} gives {describe(leaf)} ({type(leaf).__name__}): a static graph gives real "
                "numbers and arrays of them, or tuples, lists and dicts of those"
            )
    return result


@contextmanager
def _watching(f: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """The names that f has given to values when it returns."""
    code: CodeType | None = getattr(f, "__code__", None)
    local: dict[str, Any] = {}

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "return" and frame.f_code is code:
            local.clear()
            local.update(frame.f_locals)

    if code is None or sys.getprofile() is not None:  # a profiler is at work: leave it alone
        yield local
        return
    sys.setprofile(look)
    try:
        yield local
    finally:
        sys.setprofile(None)
